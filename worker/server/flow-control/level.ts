// One priority level at work: its queues, how many seats it has at the moment, and what is measured of it. Mirrors priorityLevelState of apiserver
// pkg/util/flowcontrol/apf_controller.go.

import type { PriorityLevelConfiguration } from '../../api/gen/flowcontrol-v1.ts';
import type { Moments } from './timing.ts';
import { Integrator, TimingRatio } from './timing.ts';
import { QueueSet } from './queue-set.ts';
import type { FlowRequest } from './queue-set.ts';

/** What a level's object says of its seats. */
export interface Shares {
  readonly shares: number;
  readonly lendablePercent: number;
  /** Undefined: as many as there are. */
  readonly borrowingPercent: number | undefined;
}

export interface SeatLimits {
  readonly nominal: number;
  readonly min: number;
  readonly max: number;
}

/** How many seats it could have used. */
export interface Demand extends Moments {
  /** What is thought to be wanted next: the newest peak, or what is left of older ones. */
  readonly smoothed: number;
  readonly target: number;
}

const SEAT_BOUNDS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];
const REQUEST_BOUNDS = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1];
const DEMAND_BOUNDS = [0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.7, 2, 2.8, 4, 6];
/** Kept of what was wanted before, at each adjustment: half of it is forgotten in five minutes. */
const SMOOTHING = 0.977;
/** A request takes no more than this part of its level's seats. */
const MAX_SEATS_PART = 0.15;
const NO_DEMAND: Demand = { average: 0, deviation: 0, max: 0, smoothed: 0, target: 0 };

export class Level {
  readonly name: string;
  readonly queues: QueueSet;
  config: PriorityLevelConfiguration;
  limits: SeatLimits = { nominal: 0, min: 0, max: 0 };
  demand = NO_DEMAND;
  /** Seats at the moment. */
  current: number | undefined;
  /** Nobody wants it any more: it goes when it is idle. */
  isQuiescing = false;
  readonly seatUse: TimingRatio;
  readonly executing: TimingRatio;
  readonly waiting: TimingRatio;
  readonly seatDemand: TimingRatio;
  readonly #integrator: Integrator;

  constructor(config: PriorityLevelConfiguration, serviceMs: number, now: number, noRoom: (request: FlowRequest) => void) {
    this.name = config.metadata.name;
    this.config = config;
    this.queues = new QueueSet({ serviceMs, now, changed: (at) => this.#observe(at), noRoom });
    this.seatUse = new TimingRatio(SEAT_BOUNDS, now);
    this.executing = new TimingRatio(REQUEST_BOUNDS, now);
    this.waiting = new TimingRatio(REQUEST_BOUNDS, now);
    this.seatDemand = new TimingRatio(DEMAND_BOUNDS, now);
    this.#integrator = new Integrator(now);
  }

  get isExempt(): boolean {
    return this.config.spec.type === 'Exempt';
  }

  get shares(): Shares {
    const { limited, exempt } = this.config.spec;
    return {
      shares: (limited ?? exempt)?.nominalConcurrencyShares ?? 0,
      lendablePercent: (limited ?? exempt)?.lendablePercent ?? 0,
      borrowingPercent: limited?.borrowingLimitPercent,
    };
  }

  /** Seats that one request may take at most. */
  get maxSeats(): number {
    const queuing = this.config.spec.limited?.limitResponse.queuing;
    if (!queuing) return Infinity;
    const { nominal } = this.limits;
    return Math.max(1, Math.min(Math.ceil(nominal * MAX_SEATS_PART), Math.floor(nominal / queuing.handSize)));
  }

  /** Of the server's `seats`, shared by `allShares`. */
  setNominal(seats: number, allShares: number): void {
    const { shares, lendablePercent, borrowingPercent } = this.shares;
    const nominal = allShares ? Math.ceil((seats * shares) / allShares) : 0;
    const lendable = Math.round((nominal * lendablePercent) / 100);
    const borrowed = borrowingPercent === undefined ? seats : Math.round((nominal * borrowingPercent) / 100);
    this.limits = { nominal, min: nominal - lendable, max: nominal + borrowed };
    this.current ??= nominal - Math.trunc(lendable / 2);
  }

  /** Looks at what was wanted since it was looked at last, `periods` of adjustment ago: of those after the first, nobody has asked for anything. */
  measureDemand(now: number, periods: number): void {
    this.#measure(now, 1);
    if (periods > 1) this.#measure(now, periods - 1);
  }

  #measure(now: number, periods: number): void {
    const moments = this.#integrator.take(now);
    const envelope = moments.average + moments.deviation;
    const kept = SMOOTHING ** periods;
    const smoothed = Math.max(envelope, kept * this.demand.smoothed + (1 - kept) * envelope);
    this.demand = { ...moments, smoothed, target: Math.max(this.#lowest(moments), smoothed) };
  }

  /** It keeps what it really used, up to its nominal share, and what it does not lend. */
  get lowest(): number {
    return this.#lowest(this.demand);
  }

  #lowest({ max }: Moments): number {
    return Math.max(this.limits.min, Math.min(this.limits.nominal, max));
  }

  /** Sets how many seats there are. `spare` is what utilisation is a part of if there are none. */
  apply(current: number, spare: number, now: number): void {
    this.current = current;
    const whole = current || spare;
    this.seatUse.setWhole(whole, now);
    this.executing.setWhole(whole, now);
    this.seatDemand.setWhole(whole, now);
    const queuing = this.config.spec.limited?.limitResponse.queuing;
    this.waiting.setWhole(queuing ? queuing.queueLengthLimit * queuing.queues : 1, now);
    this.queues.configure(queuing, this.isExempt ? Infinity : current, now);
  }

  #observe(now: number): void {
    const { seatsInUse, seatsWaiting, executing, waiting } = this.queues;
    this.seatUse.set(seatsInUse, now);
    this.executing.set(executing, now);
    this.waiting.set(waiting, now);
    this.seatDemand.set(seatsInUse + seatsWaiting, now);
    this.#integrator.set(seatsInUse + seatsWaiting, now);
  }
}
