// A sandbox on Cloudflare: its storage is the Durable Object's SQLite, its heart the one alarm. `fetch` is its Kubernetes API; the other calls are the
// front's, which has checked who asks.

import { DurableObject } from 'cloudflare:workers';
import { internalError, sandboxGone, StatusError, tooManyRequests } from '../api/status.ts';
import { toBase64Url } from '../lib/text.ts';
import type { AuditEvent } from '../server/audit/trail.ts';
import { bearerOf } from '../server/authentication/bearer.ts';
import { settled } from '../registry/managed-fields/later.ts';
import { IndexedStore } from '../store/indexed-store.ts';
import { restore, snapshot } from '../store/snapshot.ts';
import type { Chunk } from '../store/snapshot.ts';
import { createTables, SqliteBackend } from '../store/sqlite.ts';
import type { Sql, SqlValue } from '../store/sqlite.ts';
import { addonNames } from './addons/index.ts';
import type { Speed } from './clock.ts';
import { AUDIT_SCOPE } from './audit-trail.ts';
import { Cluster } from './cluster.ts';
import type { ClusterOptions, Platform } from './options.ts';
import { Connections } from './connections.ts';
import type { Explanation } from '../scheduler/index.ts';
import { machineViews } from './machine-operations.ts';
import type { MachineAnswer, MachineOperation, MachineView } from './machine-operations.ts';
import { statusResponse, toHttpRequest, toResponse } from './http-edge.ts';
import { RateLimiter } from './request-rate.ts';
import type { RequestRate } from './request-rate.ts';
import { TOKEN_SCOPE } from './tokens.ts';
import type { Grant } from './tokens.ts';

export interface SandboxEnv {
  readonly ASSETS?: Fetcher;
  readonly SANDBOX: DurableObjectNamespace<Sandbox>;
}

/** All that is kept about a sandbox beside its store. */
export interface Charter {
  readonly options: ClusterOptions;
  /** When it goes, by the world's clock, ms. */
  readonly expiresAt?: number | undefined;
  readonly rate?: RequestRate;
}

/** What a copy does not take over. */
export interface CopyCharter extends Omit<Charter, 'options'> {
  readonly options: Pick<ClusterOptions, 'id' | 'quota'>;
}

export interface SandboxStatus {
  /** Its own time, ms. */
  readonly time: number;
  readonly speed: Speed;
  readonly objects: number;
  readonly bytes: number;
  /** Watches, followed logs and terminals that are open. */
  readonly connections: number;
}

/** Without a request or a watch for so long, a sandbox sleeps; what it missed it makes up when it is asked again. */
const SLEEP_AFTER_MS = 5 * 60_000;
/** If the object is lost in the middle of long work, it goes on after this. */
const RESUME_AFTER_MS = 30_000;
/** Chunks of a copy on their way at once. */
const COPY_WINDOW = 4;

export class Sandbox extends DurableObject<SandboxEnv> {
  #charter: Charter | undefined;
  #cluster: Cluster | undefined;
  #limiter: RateLimiter | undefined;
  readonly #connections = new Connections();
  #isDraining = false;
  #alarmAt = Infinity;
  #usedAt = 0;
  /** Requests that have no answer yet. */
  #unanswered = 0;

  constructor(ctx: DurableObjectState, env: SandboxEnv) {
    super(ctx, env);
    // Anybody can name a sandbox that does not exist: that must not leave a row behind.
    const { sql } = ctx.storage;
    const exists = [...sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'charter'")].length > 0;
    const saved = exists ? [...sql.exec<{ value: string }>('SELECT value FROM charter')][0] : undefined;
    if (saved) this.#open(JSON.parse(saved.value) as Charter);
  }

  // --- The Kubernetes API ---

  override async fetch(request: Request): Promise<Response> {
    const cluster = this.#cluster;
    if (!cluster) return statusResponse(sandboxGone().status);
    const now = Date.now();
    if (this.#limiter?.isEmpty(now)) return statusResponse(TOO_MANY.status);
    this.#usedAt = now;
    this.#unanswered++;
    let isRefused = false;
    try {
      const asked = await toHttpRequest(request, `/c/${cluster.options.id}`);
      const reply = await cluster.handle(asked, this.#unanswered > 1);
      isRefused = 'status' in reply && reply.status === 429;
      this.#work();
      return toResponse(reply, request, (end) => this.#connections.add(cluster.tokens.viaOf(bearerOf(asked) ?? '') ?? '', end));
    } catch (error) {
      if (error instanceof StatusError) return statusResponse(error.status);
      this.#fail(error);
      return statusResponse(internalError('the sandbox had to be restarted; please try again').status);
    } finally {
      // Who waits or is refused takes nothing from the others.
      if (!isRefused) this.#limiter?.take();
      this.#unanswered--;
    }
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = Infinity;
    if ((this.#charter?.expiresAt ?? Infinity) <= Date.now()) return this.destroy();
    this.#drain();
  }

  // --- The front's calls. Those about a sandbox that does not exist give undefined. ---

  /** Makes the cluster, and lets in who brings the token of this hash. */
  create(charter: Charter, tokenHash: string, grant: Grant): void {
    if (this.#cluster) throw new Error('the sandbox exists already');
    const own: Charter = { ...charter, options: { ...charter.options, secret: newSecret() } };
    this.#save(own);
    this.#open(own);
    this.grant(tokenHash, grant);
    this.#work();
  }

  grant(tokenHash: string, grant: Grant): true | undefined {
    if (!this.#cluster) return undefined;
    this.#usedAt = Date.now();
    this.#cluster.tokens.add(tokenHash, grant);
    this.#cluster.save();
    return true;
  }

  /** Takes back the tokens that came in one way, or all, and ends what is open through them. */
  revoke(via?: string): void {
    if (!this.#cluster) return;
    this.#cluster.tokens.revoke(via);
    this.#cluster.save();
    this.#connections.end(via);
  }

  status(): SandboxStatus | undefined {
    const cluster = this.#cluster;
    if (!cluster) return undefined;
    return {
      time: cluster.course.clock.read(Date.now()),
      speed: cluster.course.clock.speed,
      ...cluster.size,
      connections: this.#connections.count,
    };
  }

  setSpeed(speed: Speed): SandboxStatus | undefined {
    this.#cluster?.course.setSpeed(speed);
    this.#work();
    return this.status();
  }

  /** Moves its time on by hand. */
  async step(ms: number): Promise<SandboxStatus | undefined> {
    await this.#cluster?.course.step(ms);
    this.#work();
    return this.status();
  }

  async installAddon(name: string): Promise<{ installed: boolean; names: string[] } | undefined> {
    if (!this.#cluster) return undefined;
    await this.#cluster.course.catchUp();
    const installed = this.#cluster.installAddon(name);
    this.#work();
    return { installed, names: [...addonNames] };
  }

  /** What its API server wrote down of who did what. */
  audit(): readonly AuditEvent[] | undefined {
    return this.#cluster?.audit.list();
  }

  machines(): MachineView[] | undefined {
    return this.#cluster && machineViews(this.#cluster.simulation.world);
  }

  async operateMachine(name: string, operation: MachineOperation): Promise<MachineAnswer | undefined> {
    const answer = await this.#cluster?.operateMachine(name, operation);
    this.#usedAt = Date.now();
    this.#work();
    return answer;
  }

  /** What its scheduler decided of a pod, and why. `none` if there is no such pod that it has to place. */
  async decision(namespace: string, pod: string): Promise<Explanation | 'none' | undefined> {
    if (!this.#cluster) return undefined;
    await this.#cluster.course.catchUp();
    const found = this.#cluster.scheduler.explain(`${namespace}/${pod}`) ?? 'none';
    this.#work();
    return found;
  }

  setExpiry(expiresAt: number | undefined): true | undefined {
    if (!this.#charter || !this.#cluster) return undefined;
    this.#charter = { ...this.#charter, expiresAt };
    this.#save(this.#charter);
    this.#setAlarm(this.#cluster);
    return true;
  }

  async destroy(): Promise<void> {
    this.#connections.end();
    this.#cluster = undefined;
    this.#charter = undefined;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  /** Writes this sandbox as it stands into another, which does not exist yet. Nobody who may enter here may therefore enter there. */
  async copyTo(charter: CopyCharter, tokenHash: string, grant: Grant): Promise<true | undefined> {
    const cluster = this.#cluster;
    if (!cluster) return undefined;
    const { options, ...rest } = charter;
    const target = this.env.SANDBOX.getByName(options.id);
    const { historyAfter, end } = cluster.beginCopy();
    try {
      const sent: Promise<void>[] = [];
      for (const chunk of snapshot(sqlOf(this.ctx.storage), { without: [TOKEN_SCOPE, AUDIT_SCOPE], historyAfter })) {
        sent.push(target.receive(chunk));
        if (sent.length >= COPY_WINDOW) await sent.shift();
      }
      await Promise.all(sent);
      await target.create(
        {
          ...rest,
          options: { ...cluster.options, ...options, copiedAt: cluster.course.clock.read(Date.now()) },
        },
        tokenHash,
        grant,
      );
      return true;
    } catch (error) {
      await target.destroy();
      throw error;
    } finally {
      end();
    }
  }

  /** Takes rows of the sandbox that this one becomes a copy of. */
  receive(chunk: Chunk): void {
    if (this.#cluster) throw new Error('the sandbox exists already');
    const sql = sqlOf(this.ctx.storage);
    if (chunk.table === 'mark') createTables(sql);
    restore(sql, chunk);
  }

  // --- Work ---

  #open(charter: Charter): void {
    this.#charter = charter;
    this.#limiter = charter.rate && new RateLimiter(charter.rate);
    this.#cluster = new Cluster(this.#platform(), charter.options);
  }

  #save(charter: Charter): void {
    const { sql } = this.ctx.storage;
    sql.exec('CREATE TABLE IF NOT EXISTS charter (only INTEGER PRIMARY KEY CHECK (only = 1), value TEXT NOT NULL)');
    sql.exec('INSERT OR REPLACE INTO charter VALUES (1, ?)', JSON.stringify(charter));
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
    let isMore: boolean;
    try {
      isMore = cluster.course.drain();
    } catch (error) {
      return this.#fail(error);
    }
    if (isMore || cluster.hasTools) {
      const now = Date.now();
      if (this.#alarmAt > now + 2 * RESUME_AFTER_MS || this.#alarmAt < now) this.#alarm(now + RESUME_AFTER_MS);
      if (cluster.hasTools)
        cluster.runTool().then(
          () => this.#drain(),
          (error: unknown) => this.#fail(error),
        );
      else setTimeout(() => this.#drain(), 0);
      return;
    }
    this.#isDraining = false;
    this.#setAlarm(cluster);
  }

  /** What was to be saved could not be: memory is ahead of storage. The object starts again from what is stored. */
  #fail(error: unknown): void {
    console.error(error);
    setTimeout(() => this.ctx.abort('restarted after a failure to save'), 0);
  }

  #setAlarm(cluster: Cluster): void {
    const isUsed = this.#connections.count > 0 || Date.now() - this.#usedAt < SLEEP_AFTER_MS;
    this.#alarm(Math.min(isUsed ? cluster.course.nextWake() : Infinity, this.#charter?.expiresAt ?? Infinity));
  }

  #alarm(at: number): void {
    if (at === this.#alarmAt) return;
    this.#alarmAt = at;
    if (at === Infinity) void this.ctx.storage.deleteAlarm();
    else void this.ctx.storage.setAlarm(Math.ceil(at));
  }

  #platform(): Platform {
    const { env } = this;
    return {
      store: new IndexedStore(new SqliteBackend(sqlOf(this.ctx.storage)), { plain: settled }),
      worldNow: () => Date.now(),
      requestsPerSecond: () => this.#limiter?.restraint,
      schedule: (ms, run) => void setTimeout(run, Math.min(ms, 2 ** 31 - 1)),
      wake: () => this.#work(),
      pause: () => new Promise((resolve) => setTimeout(resolve, 0)),
      callOutside: async ({ url, method, headers, body, timeoutMs }) => {
        try {
          const response = await fetch(url, { method, headers, ...(body && { body }), signal: AbortSignal.timeout(timeoutMs) });
          return { status: response.status, body: await response.text() };
        } catch (error) {
          const isLate = error instanceof Error && error.name === 'TimeoutError';
          return {
            status: 0,
            body: '',
            error: isLate ? 'context deadline exceeded' : error instanceof Error ? error.message : String(error),
          };
        }
      },
      asset: async (path) => {
        const response = await env.ASSETS?.fetch(`http://assets/${path}`);
        // An unknown path is answered with the console's page.
        const isPage = response?.headers.get('content-type')?.startsWith('text/html');
        return response?.ok && !isPage ? new Uint8Array(await response.arrayBuffer()) : undefined;
      },
      report: (error) => console.error(error),
    };
  }
}

const TOO_MANY = tooManyRequests('this sandbox gets more requests than it answers: slow down, and use watches instead of polling', 1);

const newSecret = (): string => toBase64Url(crypto.getRandomValues(new Uint8Array(32)));

/** The SQL of a Durable Object, as the store wants it. */
export function sqlOf(storage: DurableObjectStorage): Sql {
  return {
    rows: (query, ...bindings) => [...storage.sql.exec(query, ...bindings).raw()] as SqlValue[][],
    transaction: (work) => storage.transactionSync(work),
  };
}
