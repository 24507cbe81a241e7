// Calls of webhooks: those that wait for components' requests, and the way to a webhook that is a service of the cluster.

import { Pending } from '../api/admission.ts';
import type { External, ExternalAnswer, ExternalRequest } from '../api/admission.ts';
import type { ClusterApi } from '../api/controller.ts';
import type { Resource } from '../api/resource.ts';
import type { Random, RandomState } from '../lib/host.ts';
import { canonicalJson } from '../lib/json.ts';
import { fromUtf8, utf8 } from '../lib/text.ts';
import { askService } from '../server/connect/service-call.ts';

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

/** Asks a service of the cluster. Calls `done` once. */
export function callService(
  server: Parameters<typeof askService>[0],
  request: ExternalRequest,
  done: (answer: ExternalAnswer) => void,
): void {
  const [, host = '', path = '/', search = ''] = /^https:\/\/([^/]+)([^?]*)(\?.*)?$/.exec(request.url) ?? [];
  const body = utf8(request.body);
  const question = {
    method: request.method,
    target: `${path}${search}`,
    headers: [['Host', host], ...Object.entries(request.headers), ['Content-Length', String(body.length)]] as [string, string][],
    body,
  };
  askService(server, request.service!, question, (answer) =>
    done('problem' in answer ? { status: 0, body: '', error: answer.problem } : { status: answer.status, body: fromUtf8(answer.body) }),
  );
}
