// A request on its way past flow control: refused, waiting, or in its seats, which it leaves when it has been answered and its share of the server's time is over.

import type { FlowSchema } from '../../api/gen/flowcontrol-v1.ts';
import type { UserInfo } from '../../api/resource.ts';
import type { RequestInfo } from '../request-info.ts';
import type { FlowStats } from './flow-stats.ts';
import type { Level } from './level.ts';
import type { Occupant, Processor } from './processor.ts';
import type { FlowRequest, Queue, Refusal } from './queue-set.ts';
import type { WorkEstimate } from './work-estimate.ts';
import { seatsOf } from './work-estimate.ts';

/** Where requests of a schema go. */
export interface Route {
  readonly schema: FlowSchema;
  readonly level: Level;
  readonly stats: FlowStats;
}

export interface TicketParts {
  readonly route: Route;
  readonly user: UserInfo;
  readonly info: RequestInfo;
  readonly distinguisher: string;
  readonly work: WorkEstimate;
  readonly arrivedAt: number;
  readonly deadline: number;
  readonly mayWait: boolean;
  readonly processor: Processor;
  /** What a plain request takes if it is alone, ms, as things are. */
  serviceMs(): number;
  /** What executes or waits has changed by so many. */
  count(phase: 'executing' | 'waiting', ticket: Ticket, by: 1 | -1, now: number): void;
}

export class Ticket implements FlowRequest, Occupant {
  readonly route: Route;
  readonly user: UserInfo;
  readonly info: RequestInfo;
  readonly distinguisher: string;
  readonly work: WorkEstimate;
  readonly arrivedAt: number;
  readonly deadline: number;
  readonly mayWait: boolean;
  state: 'waiting' | 'executing' | 'refused' = 'waiting';
  startedAt?: number;
  arrivalR = 0;
  queue: Queue | undefined;
  readonly #processor: Processor;
  readonly #serviceMs: TicketParts['serviceMs'];
  readonly #count: TicketParts['count'];
  #decided: (() => void) | undefined;
  #isServed: boolean;
  #isAnswered = false;

  constructor(parts: TicketParts) {
    this.route = parts.route;
    this.user = parts.user;
    this.info = parts.info;
    this.distinguisher = parts.distinguisher;
    this.work = parts.work;
    this.arrivedAt = parts.arrivedAt;
    this.deadline = parts.deadline;
    this.mayWait = parts.mayWait;
    this.#processor = parts.processor;
    this.#serviceMs = parts.serviceMs;
    this.#count = parts.count;
    // Who is exempt takes nothing from anybody.
    this.#isServed = parts.route.level.isExempt;
  }

  get schema(): string {
    return this.route.schema.metadata.name;
  }

  get seats(): number {
    return seatsOf(this.work);
  }

  /** What follows the answer is as much longer than a plain request as it would be for upstream, which thinks that one takes 3 ms. */
  get length(): number {
    return 1 + this.work.additionalLatency / 3;
  }

  /** Resolves when it waits no longer. */
  decision(): Promise<void> {
    return this.state === 'waiting' ? new Promise((resolve) => (this.#decided = resolve)) : Promise.resolve();
  }

  queued(now: number, length: number): void {
    const { stats } = this.route;
    stats.queueLength.observe(length);
    stats.waiting++;
    stats.waitingSeats += this.seats;
    this.#count('waiting', this, 1, now);
  }

  started(now: number): void {
    const { stats } = this.route;
    this.#left(now);
    this.state = 'executing';
    stats.dispatched++;
    stats.executing++;
    stats.executingSeats += this.seats;
    if (!this.#isServed) {
      stats.waited.executed.observe((now - this.arrivedAt) / 1000);
      this.#processor.enter(this, this.#serviceMs());
    }
    this.#count('executing', this, 1, now);
    this.#decided?.();
  }

  refused(reason: Refusal, now: number): void {
    const { stats } = this.route;
    this.#left(now);
    this.state = 'refused';
    stats.countRejected(reason);
    stats.waited.refused.observe((now - this.arrivedAt) / 1000);
    this.#decided?.();
  }

  served(now: number): void {
    this.#isServed = true;
    if (this.#isAnswered) this.#leave(now);
  }

  answered(now: number): void {
    if (this.state !== 'executing' || this.#isAnswered) return;
    this.#isAnswered = true;
    const { executed } = this.route.stats;
    executed[this.info.verb === 'watch' ? 'watch' : 'regular'].observe((now - this.startedAt!) / 1000);
    if (this.#isServed) this.#leave(now);
  }

  #left(now: number): void {
    if (!this.queue) return;
    const { stats } = this.route;
    stats.waiting--;
    stats.waitingSeats -= this.seats;
    this.#count('waiting', this, -1, now);
  }

  #leave(now: number): void {
    const { stats, level } = this.route;
    stats.executing--;
    stats.executingSeats -= this.seats;
    this.#count('executing', this, -1, now);
    level.queues.finish(this, now);
  }
}
