// A sandbox on Cloudflare: its storage is the Durable Object's SQLite, its heart the one alarm. The only platform code below the front.

import { DurableObject } from 'cloudflare:workers';
import { Query } from '../server/http.ts';
import { isStream, isUpgrade } from '../server/http.ts';
import type { HttpReply, HttpRequest, Reply, Sink, StreamReply, UpgradeReply } from '../server/http.ts';
import { IndexedStore } from '../store/indexed-store.ts';
import { SqliteBackend } from '../store/sqlite.ts';
import type { Sql, SqlValue } from '../store/sqlite.ts';
import { Cluster } from './cluster.ts';
import type { ClusterOptions, Platform } from './cluster.ts';
import type { Access } from './tokens.ts';

export interface SandboxEnv {
  readonly ASSETS?: Fetcher;
}

/** The sandbox does not exist (yet, or any more). */
const GONE = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'this sandbox does not exist',
  reason: 'NotFound',
  details: {},
  code: 404,
};
/** Without a request or a watch for so long, a sandbox sleeps; what it missed it makes up when it is asked again. */
const SLEEP_AFTER_MS = 5 * 60_000;
const STREAM_BUFFER_BYTES = 1_000_000;

export class Sandbox extends DurableObject<SandboxEnv> {
  #cluster: Cluster | undefined;
  #isDraining = false;
  #alarmAt = Infinity;
  #usedAt = 0;

  constructor(ctx: DurableObjectState, env: SandboxEnv) {
    super(ctx, env);
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS options (value TEXT NOT NULL)');
    const saved = [...ctx.storage.sql.exec<{ value: string }>('SELECT value FROM options')][0];
    if (saved) this.#cluster = new Cluster(this.#platform(), JSON.parse(saved.value) as ClusterOptions);
  }

  /** Makes the cluster, with a token that may do everything. */
  create(options: ClusterOptions, token: string): void {
    if (this.#cluster) throw new Error('the sandbox exists already');
    this.ctx.storage.sql.exec('INSERT INTO options VALUES (?)', JSON.stringify(options));
    this.#cluster = new Cluster(this.#platform(), options);
    this.addToken(token, 'edit', 'kubernetes-admin');
    this.#work();
  }

  addToken(token: string, access: Access, user: string): void {
    this.#need().tokens.add(token, access, user);
    this.#need().save();
  }

  revokeToken(token: string): void {
    this.#need().tokens.revoke(token);
    this.#need().save();
  }

  async destroy(): Promise<void> {
    this.#cluster?.watchers.closeAll();
    this.#cluster = undefined;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  override async fetch(request: Request): Promise<Response> {
    if (!this.#cluster) return Response.json(GONE, { status: 404 });
    const { signal } = request;
    const given = await toHttpRequest(request);
    this.#usedAt = Date.now();
    const reply = await this.#cluster.handle(given);
    this.#work();
    return toResponse(reply, signal);
  }

  override alarm(): void {
    this.#alarmAt = Infinity;
    this.#drain();
  }

  #need(): Cluster {
    if (!this.#cluster) throw new Error('the sandbox does not exist');
    return this.#cluster;
  }

  /** Starts to do what a request caused, after its answer is on its way. */
  #work(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    setTimeout(() => this.#drain(), 0);
  }

  #drain(): void {
    this.#isDraining = true;
    const cluster = this.#cluster;
    if (!cluster) return;
    if (cluster.drain()) {
      setTimeout(() => this.#drain(), 0);
      return;
    }
    this.#isDraining = false;
    this.#setAlarm(cluster);
  }

  #setAlarm(cluster: Cluster): void {
    const isUsed = cluster.watchers.count > 0 || Date.now() - this.#usedAt < SLEEP_AFTER_MS;
    const wake = isUsed ? cluster.nextWake() : Infinity;
    if (wake === this.#alarmAt) return;
    this.#alarmAt = wake;
    if (wake === Infinity) void this.ctx.storage.deleteAlarm();
    else void this.ctx.storage.setAlarm(Math.ceil(wake));
  }

  #platform(): Platform {
    const { env } = this;
    return {
      store: new IndexedStore(new SqliteBackend(sqlOf(this.ctx.storage))),
      worldNow: () => Date.now(),
      schedule: (ms, run) => void setTimeout(run, Math.min(ms, 2 ** 31 - 1)),
      pause: () => new Promise((resolve) => setTimeout(resolve, 0)),
      callOutside: async ({ url, method, headers, body, timeoutMs }) => {
        try {
          const response = await fetch(url, { method, headers, ...(body && { body }), signal: AbortSignal.timeout(timeoutMs) });
          return { status: response.status, body: await response.text() };
        } catch (error) {
          return { status: 0, body: '', error: error instanceof Error ? error.message : String(error) };
        }
      },
      asset: async (path) => {
        const response = await env.ASSETS?.fetch(`http://assets/${path}`);
        return response?.ok ? response.text() : undefined;
      },
      report: (error) => console.error(error),
    };
  }
}

function sqlOf(storage: DurableObjectStorage): Sql {
  return {
    rows: (query, ...bindings) => [...storage.sql.exec(query, ...bindings).raw()] as SqlValue[][],
    transaction: (work) => storage.transactionSync(work),
  };
}

async function toHttpRequest(request: Request): Promise<HttpRequest> {
  const { pathname, search } = new URL(request.url);
  const body = request.body ? new Uint8Array(await request.arrayBuffer()) : new Uint8Array();
  return { method: request.method, path: pathname, query: new Query(search.slice(1)), headers: request.headers, body };
}

function toResponse(reply: Reply, signal: AbortSignal): Response {
  if (isUpgrade(reply)) return toWebSocket(reply);
  const headers = new Headers(reply.headers);
  for (const sentence of reply.warnings ?? []) headers.append('warning', `299 - ${JSON.stringify(sentence)}`);
  if (isStream(reply)) return toStream(reply, headers, signal);
  const isBodiless = reply.status === 304 || reply.status === 204;
  return new Response(isBodiless ? null : (reply as HttpReply).body, { status: reply.status, headers });
}

/** A reader that is slow gets its chunks when it asks for them; the source is told to wait meanwhile. */
function toStream(reply: StreamReply, headers: Headers, signal: AbortSignal): Response {
  const encoder = new TextEncoder();
  let stop = (): void => {};
  let wake: (() => void) | undefined;
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let isOpen = true;
        const close = (): void => {
          if (!isOpen) return;
          isOpen = false;
          controller.close();
        };
        const sink: Sink = {
          write: (chunk) => {
            if (isOpen) controller.enqueue(typeof chunk === 'string' ? encoder.encode(chunk) : chunk);
          },
          close,
          get isReady() {
            return isOpen && (controller.desiredSize ?? 0) > 0;
          },
          onDrain: (next) => {
            wake = next;
          },
        };
        signal.addEventListener('abort', () => {
          isOpen = false;
          stop();
        });
        stop = reply.open(sink);
      },
      pull() {
        const next = wake;
        wake = undefined;
        next?.();
      },
      cancel: () => stop(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: STREAM_BUFFER_BYTES }),
  );
  return new Response(stream, { status: reply.status, headers });
}

function toWebSocket(reply: UpgradeReply): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.binaryType = 'arraybuffer';
  const session = reply.open({
    send: (message) => server.send(message),
    close: (code, reason) => server.close(code, reason),
  });
  server.addEventListener('message', ({ data }) =>
    session.message(typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data as ArrayBuffer)),
  );
  server.addEventListener('close', () => session.closed());
  return new Response(null, { status: 101, webSocket: client, headers: { 'sec-websocket-protocol': reply.protocol } });
}
