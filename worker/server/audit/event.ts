// An event of the audit log and its line. Mirrors apiserver pkg/apis/audit/v1, pkg/audit/request.go and format.go: what is known at each stage, in Go's order of fields.

import type { UserInfo } from '../../api/resource.ts';
import type { Status } from '../../api/status.ts';
import { goQuote } from '../../lib/go-format.ts';
import { formatMicroTime } from '../../lib/time.ts';
import type { RequestInfo } from '../request-info.ts';
import type { Stage, Verdict } from './policy.ts';

/** What is written down of a request, as far as it is known. */
export interface Occurrence {
  readonly verdict: Verdict;
  readonly auditID: string;
  readonly requestURI: string;
  readonly info: RequestInfo;
  /** Undefined for who could not say who they are. */
  readonly user: UserInfo | undefined;
  readonly impersonated?: UserInfo | undefined;
  /** By which verb the user counts as somebody else. */
  readonly constraint?: string | undefined;
  readonly sourceIPs: readonly string[];
  readonly userAgent: string;
  /** Of the object that was sent. */
  readonly sent?: SentObject | undefined;
  /** JSON texts. */
  readonly requestObject?: string | undefined;
  readonly responseObject?: string | undefined;
  readonly response?: Partial<Pick<Status, 'status' | 'message' | 'reason' | 'details' | 'code'>> | undefined;
  /** Milliseconds. */
  readonly receivedAt: number;
  readonly at: number;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What an object says of itself, where its path does not. */
export interface SentObject {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

export type Format = 'json' | 'legacy';

export const lineOf = (event: Occurrence, stage: Stage, format: Format): string =>
  format === 'json' ? jsonLine(event, stage) : legacyLine(event, stage);

/** At first nothing is known but what was asked, and by whom. */
function jsonLine(event: Occurrence, stage: Stage): string {
  const isFirst = stage === 'RequestReceived';
  const { verdict, info, user, impersonated, constraint, annotations } = event;
  const head = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: verdict.level,
    auditID: event.auditID,
    stage,
    requestURI: event.requestURI,
    verb: info.verb,
    user: userOf(user),
    ...(impersonated && !isFirst && { impersonatedUser: userOf(impersonated) }),
    ...(constraint !== undefined && !isFirst && { authenticationMetadata: { impersonationConstraint: constraint } }),
    sourceIPs: event.sourceIPs,
    ...(event.userAgent && { userAgent: shortAgent(event.userAgent) }),
    ...(info.isResource && { objectRef: objectRef(info, isFirst ? undefined : event.sent) }),
    ...(event.response && !isFirst && { responseStatus: statusOf(event.response) }),
  };
  const received = formatMicroTime(event.receivedAt);
  const tail = {
    requestReceivedTimestamp: received,
    stageTimestamp: isFirst ? received : formatMicroTime(event.at),
    ...(!isFirst && Object.keys(annotations).length && { annotations: sorted(annotations) }),
  };
  const objects =
    (event.requestObject !== undefined && !isFirst ? `,"requestObject":${event.requestObject}` : '') +
    (event.responseObject !== undefined && !isFirst ? `,"responseObject":${event.responseObject}` : '');
  return `${escaped(`${JSON.stringify(head).slice(0, -1)}${objects},${JSON.stringify(tail).slice(1)}`)}\n`;
}

/** Go's encoder escapes what could end a script in a page; it stands in texts only. */
const escaped = (json: string): string =>
  json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

const sorted = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

export function userOf(user: UserInfo | undefined): object {
  if (!user) return {};
  const { name, uid, groups, extra } = user;
  const hasExtra = extra !== undefined && Object.keys(extra).length > 0;
  return {
    ...(name && { username: name }),
    ...(uid && { uid }),
    ...(groups.length && { groups }),
    ...(hasExtra && { extra: sorted(extra) }),
  };
}

export function objectRef(info: RequestInfo, sent: SentObject = {}): Record<string, string> {
  const all = {
    resource: info.resource,
    namespace: info.namespace || sent.namespace,
    name: info.name || sent.name,
    uid: sent.uid,
    apiGroup: info.group,
    apiVersion: info.version,
    resourceVersion: sent.resourceVersion,
    subresource: info.subresource,
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => Boolean(entry[1])));
}

const statusOf = ({ status, message, reason, details, code }: NonNullable<Occurrence['response']>): object => ({
  metadata: {},
  ...(status && { status }),
  ...(message && { message }),
  ...(reason && { reason }),
  ...(details && { details }),
  ...(code && { code }),
});

const MAX_AGENT = 1024;
const shortAgent = (agent: string): string => (agent.length > MAX_AGENT ? `${agent.slice(0, MAX_AGENT)}...TRUNCATED` : agent);

function legacyLine(event: Occurrence, stage: Stage): string {
  const { user, info, sourceIPs, response } = event;
  const isFirst = stage === 'RequestReceived';
  const impersonated = isFirst ? undefined : event.impersonated;
  const list = (all: readonly string[]): string => all.map(goQuote).join(',');
  const namespace = info.namespace || (isFirst ? '' : (event.sent?.namespace ?? ''));
  const time = new Date(event.receivedAt).toISOString().replace(/\.?0*Z$/, 'Z');
  const parts = {
    id: event.auditID,
    stage,
    ip: sourceIPs[0] ?? '<unknown>',
    method: info.verb,
    user: user?.name || '<none>',
    groups: user?.name && user.groups.length ? list(user.groups) : '<none>',
    as: impersonated?.name ?? '<self>',
    asgroups: impersonated ? list(impersonated.groups) : '<lookup>',
    'user-agent': shortAgent(event.userAgent),
    namespace: namespace || '<none>',
    uri: event.requestURI,
  };
  const text = Object.entries(parts).map(([key, value]) => `${key}=${goQuote(value)}`);
  return `${time} AUDIT: ${text.join(' ')} response="${!isFirst && response?.code ? response.code : '<deferred>'}"\n`;
}
