// What is written down of requests, for the owner of the cluster to read: who changed what, who looked into a container, and who was refused. Mirrors
// apiserver pkg/audit at level Metadata, with a policy that leaves out what only reads and asks.

import { StatusError } from '../../api/status.ts';
import type { Status } from '../../api/status.ts';
import type { UserInfo } from '../../api/resource.ts';
import { formatMicroTime } from '../../lib/time.ts';
import type { HttpRequest, Reply } from '../http.ts';
import type { RequestInfo } from '../request-info.ts';
import { objectRef, userOf } from './event.ts';

/** audit.k8s.io/v1 Event. */
export interface AuditEvent {
  readonly level: 'Metadata';
  readonly auditID: string;
  readonly stage: 'ResponseComplete';
  readonly requestURI: string;
  readonly verb: string;
  readonly user: AuditUser;
  readonly impersonatedUser?: AuditUser;
  readonly authenticationMetadata?: { readonly impersonationConstraint: string };
  readonly sourceIPs: readonly string[];
  readonly userAgent?: string;
  readonly objectRef?: Readonly<Record<string, string>>;
  readonly responseStatus: {
    readonly metadata: object;
    readonly status?: string;
    readonly message?: string;
    readonly reason?: string;
    readonly code: number;
  };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface AuditUser {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface AuditSink {
  /** For a request that brings none. */
  newId(): string;
  add(event: AuditEvent): void;
}

/** What is known of a request, as it becomes known. */
export interface Trail {
  readonly auditID: string;
  info?: RequestInfo;
  sender?: UserInfo;
  user?: UserInfo;
  /** By which verb the sender counts as somebody else. */
  constraint?: string;
  readonly annotations: Record<string, string>;
}

const READING: ReadonlySet<string> = new Set(['get', 'list', 'watch', 'head', 'options']);
/** Reading through these is acting. */
const CONNECTING: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy']);

export function audit(sink: AuditSink, now: number, request: HttpRequest, trail: Trail, outcome: Reply | StatusError): void {
  const code = outcome instanceof StatusError ? outcome.code : 'status' in outcome ? outcome.status : 101;
  if (!isWorthIt(trail.info, code)) return;
  const { info, sender, user, constraint, annotations } = trail;
  const time = formatMicroTime(now);
  const agent = request.headers.get('user-agent');
  sink.add({
    level: 'Metadata',
    auditID: trail.auditID,
    stage: 'ResponseComplete',
    requestURI: request.path + (request.query.text ? `?${request.query.text}` : ''),
    verb: info?.verb ?? request.method.toLowerCase(),
    user: auditUser(sender),
    ...(user && sender && user !== sender && { impersonatedUser: auditUser(user) }),
    ...(constraint !== undefined && { authenticationMetadata: { impersonationConstraint: constraint } }),
    sourceIPs: [request.headers.get('cf-connecting-ip') ?? '127.0.0.1'],
    ...(agent && { userAgent: agent }),
    ...(info?.isResource && { objectRef: objectRef(info) }),
    responseStatus: { metadata: {}, ...(outcome instanceof StatusError && failureOf(outcome.status)), code },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    ...(Object.keys(annotations).length && { annotations }),
  });
}

/** Somebody's questions about their own rights are no more than reading. */
function isWorthIt(info: RequestInfo | undefined, code: number): boolean {
  if (code === 401 || code === 403) return true;
  if (!info?.isResource || info.group === 'authorization.k8s.io' || info.group === 'authentication.k8s.io') return false;
  return !READING.has(info.verb) || CONNECTING.has(info.subresource);
}

const auditUser = (user: UserInfo | undefined): AuditUser => ({ username: '', ...userOf(user) });

const failureOf = ({ status, message, reason }: Status): object => ({ status, ...(message && { message }), ...(reason && { reason }) });
