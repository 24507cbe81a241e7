// Calls of webhooks and extenders: those that clients' and components' requests wait for, and the way to one that is in the cluster.

import { Pending } from '../api/admission.ts';
import type { External, ExternalAnswer, ExternalRequest } from '../api/admission.ts';
import type { ClusterApi, Controller, Requeue } from '../api/controller.ts';
import type { Resource } from '../api/resource.ts';
import { makeRandom } from '../lib/host.ts';
import type { Random, RandomState } from '../lib/host.ts';
import { canonicalJson } from '../lib/json.ts';
import { fromUtf8, utf8 } from '../lib/text.ts';
import { askWithin, UNKNOWN_AUTHORITY } from '../server/connect/service-call.ts';

export const identityOfCall = (request: ExternalRequest): string => request.key ?? JSON.stringify(request);

/** What components' requests wait for. Whoever asked is called again when the answer is there, and takes it. */
export class ComponentCalls implements External {
  readonly #answers = new Map<string, ExternalAnswer>();
  readonly #open = new Set<string>();
  readonly #chances = new Map<string, RandomState>();

  /** A creation that had to wait makes the same names when it is tried again. */
  repeating(api: ClusterApi, random: Random): ClusterApi {
    const create = (resource: Resource, object: object): unknown => {
      const what = (): string => `${resource.group} ${resource.kind} ${canonicalJson(object)}`;
      const known = this.#chances.size ? this.#chances.get(what()) : undefined;
      const chance = random.state;
      if (known) random.state = known;
      try {
        const created = api.create(resource as never, object as never);
        if (known) this.#chances.delete(what());
        return created;
      } catch (error) {
        if (!known && error instanceof Pending) this.#chances.set(what(), chance);
        throw error;
      } finally {
        if (known) random.state = chance;
      }
    };
    return { ...api, create: create as never };
  }

  call(request: ExternalRequest): ExternalAnswer {
    const identity = identityOfCall(request);
    const known = this.#answers.get(identity);
    if (!known) throw new Pending(request);
    this.#answers.delete(identity);
    return known;
  }

  /** False if the question has been asked already. */
  begin(request: ExternalRequest): boolean {
    const identity = identityOfCall(request);
    if (this.#open.has(identity)) return false;
    this.#open.add(identity);
    return true;
  }

  finish(request: ExternalRequest, answer: ExternalAnswer): void {
    const identity = identityOfCall(request);
    this.#open.delete(identity);
    this.#answers.set(identity, answer);
  }
}

/**
 * What a request learns that has to wait: what servers said, so that it goes further when it is run again, and the chance that it had at first, so that it makes
 * the same names again.
 */
export class Attempts implements External {
  readonly #answers = new Map<string, ExternalAnswer>();
  #chance: RandomState | undefined;

  call(request: ExternalRequest): ExternalAnswer {
    const known = this.#answers.get(identityOfCall(request));
    if (!known) throw new Pending(request);
    return known;
  }

  learn(request: ExternalRequest, answer: ExternalAnswer): void {
    this.#answers.set(identityOfCall(request), answer);
  }

  /** Runs it once. What happens in the cluster until it is run again draws from numbers of its own. */
  run<T>(random: Random, work: () => T): T {
    const meanwhile = random.state;
    if (this.#chance) random.state = this.#chance;
    let next = this.#chance && meanwhile;
    try {
      return work();
    } catch (error) {
      if (!this.#chance && error instanceof Pending) {
        this.#chance = meanwhile;
        next = makeRandom(meanwhile.join()).state;
      }
      throw error;
    } finally {
      if (next) random.state = next;
    }
  }
}

const SERVICE_CALLS = 'service-calls';

/** Whether it is the cluster itself that answers, or an answer comes from outside. */
export const isWithin = ({ service, address }: ExternalRequest): boolean => service !== undefined || address !== undefined;

/** Calls of what is in the cluster's network. Each is given up when its time is over, by the cluster's own clock. */
export class ServiceCalls {
  readonly #enqueue: (key: string, requeue?: Requeue) => void;
  readonly #open = new Map<string, () => void>();
  #count = 0;

  /** Comes to a call when its time is over. */
  readonly controller: Controller = {
    name: SERVICE_CALLS,
    component: 'kube-apiserver',
    watches: [],
    reconcile: (key) => this.#open.get(key)?.(),
  };

  constructor(enqueue: (controller: string, key: string, requeue?: Requeue) => void) {
    this.#enqueue = (key, requeue) => enqueue(SERVICE_CALLS, key, requeue);
  }

  /** Calls `done` once. */
  call(server: Parameters<typeof askWithin>[0], request: ExternalRequest, done: (answer: ExternalAnswer) => void): void {
    const key = String(this.#count++);
    let isDone = false;
    const giveUp = askWithin(server, request.service ?? request.address!, questionOf(request), (answer) => {
      isDone = true;
      if (this.#open.delete(key)) this.#enqueue(key);
      done('problem' in answer ? { status: 0, body: '', error: answer.problem } : { status: answer.status, body: fromUtf8(answer.body) });
    });
    if (isDone) return;
    this.#open.set(key, () => giveUp('context deadline exceeded'));
    this.#enqueue(key, { after: request.timeoutMs });
  }
}

function questionOf(request: ExternalRequest): Parameters<typeof askWithin>[2] {
  const [, host = '', path = '/', search = ''] = /^https?:\/\/([^/]+)([^?]*)(\?.*)?$/.exec(request.url) ?? [];
  const body = utf8(request.body);
  return {
    method: request.method,
    target: `${path}${search}`,
    headers: [['Host', host], ...Object.entries(request.headers), ['Content-Length', String(body.length)]],
    body,
    ...(request.service && request.caBundle === undefined && !request.trustsAnyone && { distrust: UNKNOWN_AUTHORITY }),
  };
}
