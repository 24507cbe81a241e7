// API Priority and Fairness: to which priority level a request belongs by which flow schema, and whether it may go on, has to wait, or is refused. Mirrors apiserver
// pkg/util/flowcontrol/apf_controller.go and pkg/server/filters/priority-and-fairness.go. What a seat is here, `processor.ts` says.
// In memory only: after an eviction nobody waits and nobody has asked for anything. Times are the world's, since a sandbox whose clock stands still is asked all the same.

import type { FlowSchema, PriorityLevelConfiguration } from '../../api/gen/flowcontrol-v1.ts';
import type { UserInfo } from '../../api/resource.ts';
import { parseDuration } from '../../lib/time.ts';
import type { HttpRequest } from '../http.ts';
import type { RequestInfo } from '../request-info.ts';
import { allocate } from './allocation.ts';
import { Classifier } from './classify.ts';
import { DroppedRequests } from './dropped-requests.ts';
import { FlowStats } from './flow-stats.ts';
import { Level } from './level.ts';
import { Processor } from './processor.ts';
import { Ticket } from './ticket.ts';
import type { Route } from './ticket.ts';
import { TimingRatio } from './timing.ts';
import { estimateWork, seatsOf } from './work-estimate.ts';
import type { Surroundings, WorkEstimate } from './work-estimate.ts';

export interface FlowObjects {
  /** The mandatory ones are always there, if only in thought: then without a UID. */
  readonly schemas: readonly FlowSchema[];
  readonly levels: readonly PriorityLevelConfiguration[];
}

export interface FlowControlParts {
  /** Grows whenever `read` may give something else. */
  mark(): number;
  read(): FlowObjects;
  /** Requests that may be executed at a time: --max-requests-inflight and --max-mutating-requests-inflight together. */
  seats(): number;
  /** Requests of one seat that the server may be asked a second, as things are, by those who are not exempt. */
  perSecond(): number;
  readonly around: Surroundings;
  worldNow(): number;
  schedule(ms: number, run: () => void): void;
}

/** Seats are lent and borrowed anew after this. */
const ADJUSTMENT_MS = 10_000;
/** After so many periods without a request, nothing is left of what was wanted before. */
const MAX_PERIODS = 600;
/** --request-timeout, of which a quarter may be spent in a queue. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Bodies of requests that wait are kept in memory. */
const MAX_WAITING_BYTES = 16 * 1024 ** 2;
const MAX_STATS = 200;
const RATIO_BOUNDS = [0, 0.001, 0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];
const ONE_SEAT: WorkEstimate = { initialSeats: 1, finalSeats: 0, additionalLatency: 0 };
const READING: ReadonlySet<string> = new Set(['get', 'list', 'watch', 'head']);
/** Such requests last, and are not flow control's business. */
const LONG_RUNNING: ReadonlySet<string> = new Set(['attach', 'exec', 'proxy', 'log', 'portforward']);

export const isLongRunning = ({ verb, subresource }: RequestInfo): boolean => verb === 'proxy' || LONG_RUNNING.has(subresource);

/** How many requests of a kind execute and wait. */
class Kind {
  readonly name: 'mutating' | 'readOnly';
  executing = 0;
  waiting = 0;
  readonly ratios: Readonly<Record<'executing' | 'waiting', TimingRatio>>;

  constructor(name: Kind['name'], now: number) {
    this.name = name;
    this.ratios = { executing: new TimingRatio(RATIO_BOUNDS, now), waiting: new TimingRatio(RATIO_BOUNDS, now) };
  }
}

export class FlowControl {
  readonly #parts: FlowControlParts;
  readonly #levels = new Map<string, Level>();
  readonly #stats = new Map<string, FlowStats>();
  readonly #dropped = new Map<string, DroppedRequests>();
  readonly #processor: Processor;
  readonly #kinds: Readonly<Record<'mutating' | 'readOnly', Kind>>;
  #classifier = new Classifier([]);
  #routes = new Map<FlowSchema, Route>();
  #mark = -1;
  #nominalSum = 0;
  #waiting = 0;
  #waitingBytes = 0;
  #adjustedAt: number;
  #wakeAt = Infinity;
  /** The part of what it aims at that a level gets. */
  fairFraction = 0;

  constructor(parts: FlowControlParts) {
    this.#parts = parts;
    const now = parts.worldNow();
    this.#processor = new Processor(now);
    this.#kinds = { mutating: new Kind('mutating', now), readOnly: new Kind('readOnly', now) };
    this.#adjustedAt = now;
  }

  /** Lets a request in, or into a queue, or not. Whoever is let in must tell `answered`. */
  start(user: UserInfo, info: RequestInfo, request: Pick<HttpRequest, 'query' | 'body'>): Ticket {
    const now = this.#sync();
    const route = this.routeOf(user, info);
    const { level, stats } = route;
    const work = level.isExempt ? ONE_SEAT : estimateWork(info, request.query, level.maxSeats, this.#watching(stats));
    stats.estimatedSeats.observe(seatsOf(work));
    const bytes = request.body.length;
    const ticket = new Ticket({
      route,
      user,
      info,
      distinguisher: level.isExempt ? '' : distinguisherOf(route.schema, user, info),
      work,
      arrivedAt: now,
      deadline: now + waitLimit(request),
      mayWait: this.#waitingBytes + bytes <= MAX_WAITING_BYTES,
      processor: this.#processor,
      serviceMs: this.#serviceMs,
      count: (phase, { info: { verb } }, by, at) => {
        const kind = this.#kinds[READING.has(verb) ? 'readOnly' : 'mutating'];
        kind[phase] += by;
        kind.ratios[phase].set(kind[phase], at);
        if (phase === 'executing') return;
        this.#waiting += by;
        this.#waitingBytes += by * bytes;
      },
    });
    level.queues.start(ticket, now);
    if (ticket.state === 'refused') this.#droppedOf(level).add(now);
    this.#arm(now);
    return ticket;
  }

  /** A request that has its answer. */
  answered(ticket: Ticket): void {
    const now = this.#sync();
    ticket.answered(now);
    this.#arm(now);
  }

  /** Only counts a request, of somebody whom nobody has to be kept from. */
  note(user: UserInfo, info: RequestInfo): Route {
    this.#sync();
    const route = this.routeOf(user, info);
    this.noteOn(route);
    return route;
  }

  /** The same, with the route that was found before: it is so as long as the generation is the same. */
  noteOn({ stats, level }: Route): void {
    stats.dispatched++;
    level.queues.dispatched++;
  }

  /** Grows when the objects say something else. */
  get generation(): number {
    if (this.#parts.mark() !== this.#mark) this.#sync();
    return this.#mark;
  }

  /** Seconds that somebody who was refused is told to wait. */
  retryAfter({ route: { level } }: Ticket): number {
    return this.#droppedOf(level).retryAfter;
  }

  /** As they are now, by name. */
  levels(): readonly Level[] {
    this.#sync();
    return [...this.#levels.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  stats(): readonly FlowStats[] {
    return [...this.#stats].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, stats]) => stats);
  }

  kinds(): readonly Kind[] {
    return Object.values(this.#kinds);
  }

  now(): number {
    return this.#parts.worldNow();
  }

  /** Whatever is over by now, is. */
  #sync(): number {
    const { worldNow, mark } = this.#parts;
    const now = worldNow();
    this.#processor.run(now);
    const newest = mark();
    if (newest !== this.#mark) {
      this.#mark = newest;
      this.#digest(now);
    } else if (now - this.#adjustedAt >= ADJUSTMENT_MS) this.#adjust(now);
    return now;
  }

  routeOf(user: UserInfo, info: RequestInfo): Route {
    return this.#routes.get(this.#classifier.schemaOf(user, info))!;
  }

  #watching(stats: FlowStats): Surroundings {
    const { stored, watchers } = this.#parts.around;
    return {
      stored,
      watchers: (info) => {
        const count = watchers(info);
        stats.watches.observe(count);
        return count;
      },
    };
  }

  /** Takes over what the objects say. A level that is gone stays as long as somebody is in it. */
  #digest(now: number): void {
    const { read, seats } = this.#parts;
    const { schemas, levels } = read();
    const wanted = new Map(levels.map((level) => [level.metadata.name, level]));
    for (const [name, level] of this.#levels) {
      level.isQuiescing = !wanted.has(name);
      if (!level.isQuiescing || !level.queues.isIdle) continue;
      this.#levels.delete(name);
      this.#dropped.delete(name);
    }
    for (const [name, config] of wanted) {
      const known = this.#levels.get(name);
      if (known) known.config = config;
      else this.#levels.set(name, new Level(config, this.#serviceMs(), now, this.#noRoom));
    }
    const served = schemas.filter(({ spec }) => wanted.has(spec.priorityLevelConfiguration.name));
    this.#classifier = new Classifier(served);
    this.#routes = new Map(served.map((schema) => [schema, this.#route(schema)]));
    this.#forgetStats();
    const all = [...this.#levels.values()];
    const allShares = all.reduce((sum, { shares }) => sum + shares.shares, 0);
    for (const level of all) level.setNominal(seats(), allShares);
    this.#nominalSum = all.reduce((sum, { limits }) => sum + limits.nominal, 0);
    this.#adjust(now);
    const places = all.reduce((sum, { config }) => sum + placesOf(config), 0);
    for (const { ratios } of this.kinds()) {
      ratios.executing.setWhole(Math.max(1, this.#nominalSum), now);
      ratios.waiting.setWhole(Math.max(1, places), now);
    }
  }

  #route(schema: FlowSchema): Route {
    const level = this.#levels.get(schema.spec.priorityLevelConfiguration.name)!;
    const key = `${level.name} ${schema.metadata.name}`;
    let stats = this.#stats.get(key);
    if (!stats) this.#stats.set(key, (stats = new FlowStats(level.name, schema.metadata.name)));
    return { schema, level, stats };
  }

  /** Of schemas that are long gone, what was counted goes too, when it becomes much. */
  #forgetStats(): void {
    if (this.#stats.size <= MAX_STATS) return;
    const used = new Set([...this.#routes.values()].map(({ stats }) => stats));
    for (const [key, stats] of this.#stats) if (!used.has(stats) && !stats.executing && !stats.waiting) this.#stats.delete(key);
  }

  readonly #serviceMs = (): number => 1000 / this.#parts.perSecond();

  readonly #noRoom = (request: object): void => {
    (request as Ticket).route.stats.noRoom++;
  };

  /**
   * Lets levels have the seats that others do not use.
   * Differs: what would have been done every ten seconds while nobody asked is done when somebody does.
   */
  #adjust(now: number): void {
    const periods = Math.min(MAX_PERIODS, Math.max(1, Math.floor((now - this.#adjustedAt) / ADJUSTMENT_MS)));
    this.#adjustedAt = now;
    const seats = this.#parts.seats();
    const levels = [...this.#levels.values()];
    for (const level of levels) level.measureDemand(now, periods);
    const claims = levels.map(({ demand, lowest, limits }) => ({ target: demand.target, lower: lowest, upper: limits.max }));
    const shared = allocate(this.#nominalSum, claims);
    if (shared) this.fairFraction = shared.fraction;
    levels.forEach((level, i) => level.apply(Math.round(shared?.parts[i] ?? level.current!), Math.max(1, Math.round(seats / 10)), now));
    this.#arm(now);
  }

  #droppedOf({ name }: Level): DroppedRequests {
    let known = this.#dropped.get(name);
    if (!known) this.#dropped.set(name, (known = new DroppedRequests()));
    return known;
  }

  /** As long as somebody waits, something happens at the next moment at which it could go on. */
  #arm(now: number): void {
    if (!this.#waiting) return;
    let at = Math.min(this.#processor.next(), this.#adjustedAt + ADJUSTMENT_MS);
    for (const { queues } of this.#levels.values()) at = Math.min(at, queues.nextDeadline);
    if (this.#wakeAt <= at) return;
    this.#wakeAt = at;
    this.#parts.schedule(Math.max(1, Math.ceil(at - now)), () => this.#wake(at));
  }

  #wake(at: number): void {
    if (this.#wakeAt === at) this.#wakeAt = Infinity;
    const now = this.#sync();
    for (const level of this.#levels.values()) {
      const before = level.queues.rejected;
      level.queues.giveUp(now);
      for (let i = before; i < level.queues.rejected; i++) this.#droppedOf(level).add(now);
    }
    this.#arm(now);
  }
}

function distinguisherOf({ spec }: FlowSchema, user: UserInfo, info: RequestInfo): string {
  switch (spec.distinguisherMethod?.type) {
    case 'ByUser':
      return user.name;
    case 'ByNamespace':
      return info.namespace;
    default:
      return '';
  }
}

function waitLimit({ query }: Pick<HttpRequest, 'query'>): number {
  const given = query.has('timeout') ? parseDuration(query.get('timeout')) : undefined;
  return Math.min(given || REQUEST_TIMEOUT_MS, REQUEST_TIMEOUT_MS) / 4;
}

function placesOf({ spec }: PriorityLevelConfiguration): number {
  const queuing = spec.limited?.limitResponse.queuing;
  return queuing ? queuing.queues * queuing.queueLengthLimit : 0;
}
