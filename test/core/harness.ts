// A whole cluster in memory for tests: a clock that the test moves, a seed, no platform. No mocks: what runs is what runs in the cloud.

import type { AdmissionSettings } from '../../worker/admission/index.ts';
import { Cluster } from '../../worker/cluster/cluster.ts';
import type { ClusterOptions } from '../../worker/cluster/options.ts';
import { makeClusterApi, callAs } from '../../worker/cluster/cluster-api.ts';
import type { ExternalAnswer, ExternalRequest } from '../../worker/api/admission.ts';
import type { ClusterApi, Controller } from '../../worker/api/controller.ts';
import type { Status } from '../../worker/api/status.ts';
import { hashOf } from '../../worker/cluster/tokens.ts';
import { Query } from '../../worker/server/http.ts';
import type { HttpReply, Reply } from '../../worker/server/http.ts';
import { settled } from '../../worker/registry/managed-fields/later.ts';
import { IndexedStore } from '../../worker/store/indexed-store.ts';
import { MemoryBackend } from '../../worker/store/memory.ts';
import type { Backend, Store } from '../../worker/store/store.ts';

export const START = Date.parse('2026-01-01T00:00:00Z');
export const ADMIN_TOKEN = 'admin-token';

export interface TestOptions extends Partial<ClusterOptions> {
  /** Rows of an earlier life: the same backend makes the same cluster again, as after an eviction. */
  readonly backend?: Backend;
  /** Milliseconds since START at which this life begins. */
  readonly startAt?: number;
  readonly extraControllers?: readonly Controller[];
  /** Keys reconciled between two commits. */
  readonly slice?: number;
  /** Whether stored values cannot be changed by mistake; benchmarks do without. */
  readonly freeze?: boolean;
  /** What answers webhooks' calls. Nothing, if left out. */
  readonly outside?: (request: ExternalRequest) => ExternalAnswer | undefined;
  /** No other controllers run. */
  readonly alone?: boolean;
  /** Every request comes with others behind it. */
  readonly isBusy?: boolean;
  /** What flow control thinks that the server can do. Without end if left out: the world's clock stands still. */
  readonly requestsPerSecond?: number;
  /** Images are pulled, and run, as in any cluster but a bare one. */
  readonly strictImages?: boolean;
  /** How the API server of a bare cluster admits. */
  readonly admission?: AdmissionSettings;
}

export interface TestCluster {
  readonly cluster: Cluster;
  readonly backend: Backend;
  readonly store: Store;
  /** Reads and writes as an administrator. */
  readonly api: ClusterApi;
  /** What went wrong inside, for `expect(errors).toEqual([])`. */
  readonly errors: string[];
  /** Milliseconds since START, outside. */
  elapsed(): number;
  /** Does what is due now, until nothing is. */
  settle(): void;
  /** The same, with tools whose answers are promises. */
  settleTools(): Promise<void>;
  /** Lets time pass, event by event. */
  advance(ms: number): void;
  /** Lets time pass with nobody looking. */
  sleep(ms: number): void;
  /** Saves what is there, as at the end of a step. */
  save(): void;
  /** Every change there ever was, as text. */
  log(): string;
  /** A request to the API server; the answer as it is. `certificate`: the client's, in DER. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>, certificate?: Uint8Array): Promise<Reply>;
  /** The same; the answer parsed. */
  request<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
    certificate?: Uint8Array,
  ): Promise<{ status: number; body: T; headers: Record<string, string>; warnings: readonly string[] }>;
}

export function makeTestCluster(options: TestOptions = {}): TestCluster {
  const {
    backend = new MemoryBackend(),
    startAt = 0,
    extraControllers = [],
    alone = false,
    strictImages = false,
    admission,
    freeze = true,
    slice,
    outside,
    isBusy,
    requestsPerSecond = Infinity,
    ...rest
  } = options;
  const errors: string[] = [];
  let now = START + startAt;
  const wakes: { at: number; run: () => void }[] = [];
  const store = new IndexedStore(backend, { freeze, plain: settled });
  const isNew = store.revision === 0;
  const cluster = new Cluster(
    {
      store,
      worldNow: () => now,
      schedule: (ms, run) => {
        wakes.push({ at: now + ms, run });
      },
      wake: () => {},
      pause: () => Promise.resolve(),
      callOutside: async (request) => outside?.(request) ?? { status: 0, body: '', error: 'no network in tests' },
      asset: async () => undefined,
      requestsPerSecond: () => requestsPerSecond,
      report: (error) => errors.push(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    },
    { id: 'test', template: 'bare', nodes: 3, minor: 36, seed: 'test', speed: 1, ...rest },
    { extra: extraControllers, alone, strictImages, ...(admission && { admission }), ...(slice && { slice }) },
  );
  if (isNew) cluster.tokens.add(hashOf(ADMIN_TOKEN), { access: 'edit', user: 'kubernetes-admin', via: 'test' });
  const settle = (): void => {
    for (let slices = 0; cluster.course.drain(); slices++) if (slices > 10_000) throw new Error('the cluster does not come to rest');
  };
  const send: TestCluster['send'] = (method, path, body, headers = {}, certificate) => {
    const [pathname = '', search = ''] = path.split('?');
    const all: Record<string, string> = {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    };
    return cluster.handle(
      {
        method,
        path: pathname,
        query: new Query(search),
        headers: { get: (name) => all[name.toLowerCase()] ?? null, keys: () => Object.keys(all) },
        body: bytesOf(body),
        ...(certificate && { clientCertificate: certificate }),
      },
      isBusy,
    );
  };
  return {
    cluster,
    backend,
    store,
    api: makeClusterApi(cluster.registry, callAs({ name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }, 'test')),
    errors,
    elapsed: () => now - START,
    settle,
    settleTools: async () => {
      for (settle(); cluster.hasTools; settle()) await cluster.runTool();
    },
    advance: (ms) => {
      const end = now + ms;
      settle();
      const next = (): number => Math.min(cluster.course.nextWake(), ...wakes.map(({ at }) => at));
      while (next() <= end) {
        now = Math.max(now, next());
        for (const wake of wakes.filter(({ at }) => at <= now)) {
          wakes.splice(wakes.indexOf(wake), 1);
          wake.run();
        }
        settle();
      }
      now = end;
      settle();
    },
    sleep: (ms) => {
      now += ms;
    },
    save: () => cluster.save(),
    log: () =>
      store
        .changesAfter(store.compactedRevision, Infinity)
        .map(({ revision, type, text }) => `${revision} ${type} ${text}`)
        .join('\n'),
    send,
    request: async (method, path, body, headers, certificate) => {
      const plain = (await send(method, path, body, headers, certificate)) as HttpReply;
      const text = typeof plain.body === 'string' ? plain.body : new TextDecoder().decode(plain.body);
      return {
        status: plain.status,
        headers: plain.headers,
        warnings: plain.warnings ?? [],
        body: (plain.headers['content-type']?.startsWith('application/json') && text ? JSON.parse(text) : text) as never,
      };
    },
  };
}

function bytesOf(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
}

/** The Status of a refused request. */
export const statusOf = (reply: { body: unknown }): Status => reply.body as Status;
