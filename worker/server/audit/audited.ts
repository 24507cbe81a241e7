// A request that the audit policy asks for: what becomes known of it on its way, and the events of its stages. Mirrors apiserver pkg/endpoints/filters/audit.go and
// authn_audit.go. A request that has to wait runs again, so all of it is written down when it is answered.

import type { KubeObject } from '../../api/object.ts';
import type { UserInfo } from '../../api/resource.ts';
import { StatusError } from '../../api/status.ts';
import { isRecord } from '../../lib/json.ts';
import { fromUtf8 } from '../../lib/text.ts';
import { readYaml } from '../../lib/yaml.ts';
import { isLongRunning } from '../flow-control/flow-control.ts';
import { isStream, isUpgrade, JSON_TYPE } from '../http.ts';
import type { HttpReply, HttpRequest, Reply, Sink, Socket } from '../http.ts';
import type { RequestInfo } from '../request-info.ts';
import { lineOf } from './event.ts';
import type { Occurrence, SentObject } from './event.ts';
import { evaluate } from './policy.ts';
import type { Stage, Verdict } from './policy.ts';
import type { AuditSettings } from './settings.ts';

/** Where events go. */
export interface AuditLog {
  readonly settings: AuditSettings;
  write(line: string, told: () => string): void;
}

/** What else is known when a request is answered. */
export interface Outcome {
  readonly user: UserInfo | undefined;
  readonly constraint: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Asking {
  readonly log: AuditLog;
  readonly request: HttpRequest;
  readonly info: RequestInfo;
  readonly sender: UserInfo | undefined;
  readonly auditID: string;
  now(): number;
}

/** Undefined if nothing is to be written down of it. */
export function audited(asking: Asking): AuditedRequest | undefined {
  const verdict = evaluate(asking.log.settings.policy, asking.info, asking.sender);
  return verdict && new AuditedRequest(asking, verdict);
}

export const wantsRequest = ({ level }: Verdict): boolean => level === 'Request' || level === 'RequestResponse';

export class AuditedRequest {
  readonly #asking: Asking;
  readonly #verdict: Verdict;
  readonly #receivedAt: number;
  #sent: SentObject | undefined;
  #requestObject: string | undefined;
  #isRead = false;
  #answer: string | undefined;

  constructor(asking: Asking, verdict: Verdict) {
    this.#asking = asking;
    this.#verdict = verdict;
    this.#receivedAt = asking.now();
  }

  /** The object that was sent, with its defaults. It may be changed later. */
  received(object: KubeObject): void {
    this.#isRead = true;
    this.#sent = sentOf(object.metadata as unknown as Record<string, unknown>);
    if (wantsRequest(this.#verdict)) this.#requestObject = JSON.stringify(this.#verdict.omitManagedFields ? unmanaged(object) : object);
  }

  /** What the answer says, where it is not sent as JSON. */
  answered(text: string): void {
    this.#answer = text;
  }

  /** Its handler has it: who may not ask is not listened to. */
  handled(): void {
    const { request, info } = this.#asking;
    if (!info.isResource || isLongRunning(info) || !request.body.length) return;
    const isWhole = info.verb === 'create' || info.verb === 'update';
    if (!isWhole && !wantsRequest(this.#verdict)) return;
    const body = parsed(request);
    if (body === undefined) return;
    if (isWhole && isRecord(body) && isRecord(body['metadata'])) this.#sent = sentOf(body['metadata']);
    if (!wantsRequest(this.#verdict)) return;
    const isDeletion = info.verb.startsWith('delete') && isRecord(body);
    this.#requestObject = JSON.stringify(isDeletion ? { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', ...body } : body);
  }

  /** Writes down how it went; what goes on is at its end when it ends. */
  finish(outcome: Outcome, result: Reply | StatusError, reply: Reply): Reply {
    const { info, sender, log } = this.#asking;
    const isUnknown = sender === undefined;
    const lasts = info.verb === 'watch' || isLongRunning(info) || isUnknown;
    const event = this.#eventOf(outcome, result);
    const say = (stage: Stage, at = event.at): void => {
      if (this.#verdict.omits(stage)) return;
      const now = at === event.at ? event : { ...event, at };
      log.write(lineOf(now, stage, log.settings.format), () => lineOf(now, stage, 'legacy'));
    };
    if (!isUnknown) say('RequestReceived');
    if (lasts) say('ResponseStarted');
    if (isUnknown) return reply;
    if (lasts && (isStream(reply) || isUpgrade(reply))) return atEnd(reply, () => say('ResponseComplete', this.#asking.now()));
    say('ResponseComplete');
    return reply;
  }

  #eventOf({ user, constraint, annotations }: Outcome, result: Reply | StatusError): Occurrence {
    const { request, info, sender, auditID, now } = this.#asking;
    const answered = responseOf(result, this.#verdict, this.#answer);
    const isReadable =
      this.#isRead || !UNREADABLE.has(answered.response?.code ?? 0) || (info.verb === 'patch' && answered.response?.code === 400);
    return {
      verdict: this.#verdict,
      auditID,
      requestURI: request.path + (request.query.text ? `?${request.query.text}` : ''),
      info,
      user: sender,
      impersonated: user !== sender ? user : undefined,
      constraint,
      sourceIPs: sourcesOf(request),
      userAgent: request.headers.get('user-agent') ?? '',
      sent: isReadable ? this.#sent : undefined,
      requestObject: isReadable ? this.#requestObject : undefined,
      ...answered,
      receivedAt: this.#receivedAt,
      at: now(),
      annotations,
    };
  }
}

/** What could not be read is not there. A patch is, though it may come to nothing. */
const UNREADABLE: ReadonlySet<number> = new Set([400, 413, 415]);

export const sentOf = ({ namespace, name, uid, resourceVersion }: Record<string, unknown>): SentObject => ({
  namespace: namespace as string | undefined,
  name: name as string | undefined,
  uid: uid as string | undefined,
  resourceVersion: resourceVersion as string | undefined,
});

export function unmanaged(object: object): object {
  const { metadata } = object as { metadata?: { managedFields?: unknown } };
  if (metadata?.managedFields === undefined) return object;
  const { managedFields: _owners, ...kept } = metadata;
  return { ...object, metadata: kept };
}

/** Undefined for what is no text, or cannot be read. */
function parsed({ headers, body }: HttpRequest): unknown {
  const type = headers.get('content-type') ?? '';
  if (type.includes('protobuf')) return undefined;
  try {
    const text = fromUtf8(body);
    return type.includes('yaml') ? readYaml(text).value : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sourcesOf({ headers }: HttpRequest): readonly string[] {
  return [headers.get('cf-connecting-ip') ?? '127.0.0.1'];
}

type Response = Pick<Occurrence, 'response' | 'responseObject'>;

function responseOf(result: Reply | StatusError, verdict: Verdict, answer: string | undefined): Response {
  const wants = verdict.level === 'RequestResponse';
  if (result instanceof StatusError) {
    const { status } = result;
    return { response: status, responseObject: wants ? JSON.stringify(status) : undefined };
  }
  if (isUpgrade(result)) return { response: { code: 101 } };
  const code = result.status;
  const text = isStream(result) ? undefined : (jsonOf(result) ?? answer);
  if (text === undefined) return { response: { code } };
  const status = text.startsWith('{"kind":"Status"') ? (JSON.parse(text) as NonNullable<Occurrence['response']>) : {};
  return {
    response: { ...status, code },
    responseObject: wants ? (verdict.omitManagedFields ? JSON.stringify(withoutOwners(JSON.parse(text))) : text) : undefined,
  };
}

/** An object, or a list of them; not what is no kind of the API. */
function jsonOf({ headers, body }: HttpReply): string | undefined {
  if (headers['content-type'] !== JSON_TYPE || typeof body !== 'string' || !/^\{\s*"(kind|apiVersion)"/.test(body)) return undefined;
  return body.startsWith('{\n') ? JSON.stringify(JSON.parse(body)) : body.trimEnd();
}

/** Of an object, of a list's items, and of those in a table's rows. */
function withoutOwners(answer: object): object {
  const { items, rows } = answer as { items?: readonly object[]; rows?: readonly { object?: object }[] };
  return {
    ...unmanaged(answer),
    ...(Array.isArray(items) && { items: items.map(unmanaged) }),
    ...(Array.isArray(rows) && { rows: rows.map((row) => ({ ...row, ...(row.object && { object: unmanaged(row.object) }) })) }),
  };
}

function atEnd(reply: Reply, end: () => void): Reply {
  let isOver = false;
  const once = (): void => {
    if (isOver) return;
    isOver = true;
    end();
  };
  if (isUpgrade(reply))
    return {
      ...reply,
      open: (socket: Socket) => {
        const session = reply.open({
          send: (message) => socket.send(message),
          close: (code, reason) => {
            once();
            socket.close(code, reason);
          },
        });
        return {
          message: (data: Uint8Array) => session.message(data),
          closed: () => {
            session.closed();
            once();
          },
        };
      },
    };
  if (!isStream(reply)) return reply;
  return {
    ...reply,
    open: (sink: Sink) => {
      const stop = reply.open({
        write: (chunk) => sink.write(chunk),
        close: () => {
          once();
          sink.close();
        },
        get isReady() {
          return sink.isReady;
        },
        onDrain: (wake) => sink.onDrain(wake),
      });
      return () => {
        stop();
        once();
      };
    },
  };
}
