// The queues of one priority level, and who of those that wait gets the next seat: the flow that had least of the server. Mirrors apiserver
// pkg/util/flowcontrol/fairqueuing/queueset, which explains the mathematics: R is a meter of the work (seat-seconds) that a queue that never was empty has been given.
// Times are in ms, work is in seat-seconds.

import { seatsOf } from './work-estimate.ts';
import type { WorkEstimate } from './work-estimate.ts';
import { deal, hashOfFlow } from './shuffle-sharding.ts';

export type Refusal = 'concurrency-limit' | 'queue-full' | 'time-out';

/** One request, on its way through its level. */
export interface FlowRequest {
  readonly schema: string;
  readonly distinguisher: string;
  readonly work: WorkEstimate;
  readonly arrivedAt: number;
  /** When it gives up waiting. */
  readonly deadline: number;
  /** Whether there is a place for what it brings along. */
  readonly mayWait: boolean;
  startedAt?: number;
  arrivalR: number;
  queue: Queue | undefined;
  /** It waits in a queue from now on, which is so long with it. */
  queued(now: number, length: number): void;
  /** It holds seats from now on. */
  started(now: number): void;
  refused(reason: Refusal, now: number): void;
}

export interface Queue {
  readonly index: number;
  readonly waiting: FlowRequest[];
  readonly executing: Set<FlowRequest>;
  seatsInUse: number;
  seatsWaiting: number;
  /** R at which its next request is due. */
  nextDispatchR: number;
}

export interface Queuing {
  readonly queues: number;
  readonly handSize: number;
  readonly queueLengthLimit: number;
}

/** At a dispatch: R, where the queue stood whose request it was, and, of all that had one, the least and the most; the same less the work in progress. */
export interface DispatchBounds {
  readonly r: number;
  readonly s: number;
  readonly min: number;
  readonly max: number;
  readonly discountedMin: number;
  readonly discountedMax: number;
}

/** Hands that are remembered, and queues that nobody is in: there may be ten million. */
const MAX_HANDS = 1000;
const MAX_IDLE_QUEUES = 1000;

export class QueueSet {
  /** Those that somebody has been in, by their index. */
  readonly queues = new Map<number, Queue>();
  /** Who executes without having been in a queue. */
  readonly queueless = new Set<FlowRequest>();
  /** Seats there are at the moment. Infinity: nobody is limited. */
  limit = 0;
  waiting = 0;
  executing = 0;
  seatsInUse = 0;
  seatsWaiting = 0;
  dispatched = 0;
  rejected = 0;
  timedOut = 0;
  /** The meter. */
  currentR = 0;
  /** What the last dispatch was decided by. */
  lastDispatch: DispatchBounds | undefined;
  readonly #serviceSeconds: number;
  readonly #changed: (now: number) => void;
  readonly #noRoom: (request: FlowRequest) => void;
  readonly #hands = new Map<string, readonly number[]>();
  #queuing: Queuing | undefined;
  #active = 0;
  #robin = -1;
  #enqueued = 0;
  #at: number;
  #deadline = Infinity;

  /** `serviceMs`: what a plain request takes at least. `changed` is called when what executes or waits has changed; `noRoom` when one who is next has to wait for more seats. */
  constructor(parts: { serviceMs: number; now: number; changed(now: number): void; noRoom(request: FlowRequest): void }) {
    this.#serviceSeconds = parts.serviceMs / 1000;
    this.#changed = parts.changed;
    this.#noRoom = parts.noRoom;
    this.#at = parts.now;
  }

  get queueCount(): number {
    return this.#queuing?.queues ?? 0;
  }

  get isIdle(): boolean {
    return this.waiting === 0 && this.executing === 0;
  }

  /** Without `queuing`, who finds no seat is refused. */
  configure(queuing: Queuing | undefined, limit: number, now: number): void {
    this.#pass(now);
    const isSame = queuing?.queues === this.#queuing?.queues && queuing?.handSize === this.#queuing?.handSize;
    this.#queuing = queuing;
    this.limit = limit;
    if (!isSame) this.#hands.clear();
    for (const queue of this.queues.values()) this.#dropIfUseless(queue);
    this.#dispatchAll(now);
  }

  /** Either starts the request, or refuses it, or lets it wait. */
  start(request: FlowRequest, now: number): void {
    this.#pass(now);
    const queuing = this.#queuing;
    if (!queuing) {
      if (this.#hasRoom(seatsOf(request.work))) this.#execute(request, now);
      else this.#refuse(request, 'concurrency-limit', now);
      return;
    }
    const queue = this.#choose(request, queuing);
    if (this.seatsInUse >= this.limit && (queue.waiting.length >= queuing.queueLengthLimit || !request.mayWait)) {
      this.#refuse(request, 'queue-full', now);
      return;
    }
    if (!isActive(queue)) {
      queue.nextDispatchR = this.currentR;
      this.#active++;
    }
    request.queue = queue;
    request.arrivalR = this.currentR;
    queue.waiting.push(request);
    this.#countWaiting(queue, request, 1);
    request.queued(now, queue.waiting.length);
    bound(queue);
    this.#deadline = Math.min(this.#deadline, request.deadline);
    this.#dispatchAll(now);
    this.#changed(now);
  }

  /** The request is done, and its seats are free. */
  finish(request: FlowRequest, now: number): void {
    this.#pass(now);
    const { queue, work } = request;
    const seats = seatsOf(work);
    this.executing--;
    this.seatsInUse -= seats;
    if (queue) {
      queue.executing.delete(request);
      queue.seatsInUse -= seats;
      const seconds = (now - request.startedAt! - work.additionalLatency) / 1000;
      queue.nextDispatchR -= work.initialSeats * (this.#serviceSeconds - Math.max(0, seconds));
      bound(queue);
      if (!isActive(queue)) this.#active--;
      this.#dropIfUseless(queue);
    } else this.queueless.delete(request);
    this.#dispatchAll(now);
    this.#changed(now);
  }

  /** When somebody gives up waiting, Infinity if nobody waits. */
  get nextDeadline(): number {
    return this.waiting ? this.#deadline : Infinity;
  }

  /** Refuses those who have waited for too long. */
  giveUp(now: number): void {
    if (this.nextDeadline > now) return;
    this.#pass(now);
    this.#deadline = Infinity;
    for (const queue of this.queues.values()) {
      for (const request of queue.waiting.filter(({ deadline }) => deadline <= now)) {
        queue.waiting.splice(queue.waiting.indexOf(request), 1);
        this.#countWaiting(queue, request, -1);
        this.timedOut++;
        if (!isActive(queue)) this.#active--;
        bound(queue);
        this.#refuse(request, 'time-out', now);
      }
      for (const { deadline } of queue.waiting) this.#deadline = Math.min(this.#deadline, deadline);
      this.#dropIfUseless(queue);
    }
    this.#changed(now);
  }

  /** R goes on as fast as each of the queues that are not empty would be served. */
  #pass(now: number): void {
    const seconds = (now - this.#at) / 1000;
    if (seconds <= 0) return;
    this.#at = now;
    if (this.#active) this.currentR += (seconds * Math.min(this.seatsInUse + this.seatsWaiting, this.limit)) / this.#active;
  }

  /** Of the flow's hand, the queue where least work waits. */
  #choose({ schema, distinguisher }: FlowRequest, { queues, handSize }: Queuing): Queue {
    const flow = `${schema}\0${distinguisher}`;
    let hand = this.#hands.get(flow);
    if (!hand) {
      if (this.#hands.size >= MAX_HANDS) this.#hands.clear();
      // Of one queue there is nothing to choose.
      hand = queues > 1 ? deal(hashOfFlow(schema, distinguisher), queues, handSize) : [0];
      this.#hands.set(flow, hand);
    }
    const offset = this.#enqueued++ % hand.length;
    let [best, least] = [hand[offset]!, Infinity];
    for (let i = 0; i < hand.length && least > 0; i++) {
      const index = hand[(offset + i) % hand.length]!;
      const queue = this.queues.get(index);
      const work = queue ? this.workWaiting(queue) : 0;
      if (work < least) [best, least] = [index, work];
    }
    return this.#queue(best);
  }

  #queue(index: number): Queue {
    let queue = this.queues.get(index);
    if (!queue) {
      queue = { index, waiting: [], executing: new Set(), seatsInUse: 0, seatsWaiting: 0, nextDispatchR: 0 };
      this.queues.set(index, queue);
    }
    return queue;
  }

  workWaiting({ waiting }: Queue): number {
    return waiting.reduce((sum, { work }) => sum + this.#workOf(work), 0);
  }

  #workOf({ initialSeats, finalSeats, additionalLatency }: WorkEstimate): number {
    return initialSeats * this.#serviceSeconds + (finalSeats * additionalLatency) / 1000;
  }

  #hasRoom(seats: number): boolean {
    // One who wants more than there is goes alone.
    if (seats > this.limit) return this.executing === 0;
    return this.seatsInUse + seats <= this.limit;
  }

  #dispatchAll(now: number): void {
    while (this.waiting && this.seatsInUse < this.limit && this.#dispatch(now));
  }

  /** The oldest request of the queue whose oldest would be done first, if there is room for it. Equal queues take turns. */
  #dispatch(now: number): boolean {
    let [best, leastR, leastTurn] = [undefined as Queue | undefined, Infinity, Infinity];
    let [min, max, discountedMin, discountedMax] = [Infinity, 0, Infinity, 0];
    for (const queue of this.queues.values()) {
      const [oldest] = queue.waiting;
      if (!oldest) continue;
      const discounted = queue.nextDispatchR - queue.seatsInUse * this.#serviceSeconds;
      [min, max] = [Math.min(min, queue.nextDispatchR), Math.max(max, queue.nextDispatchR)];
      [discountedMin, discountedMax] = [Math.min(discountedMin, discounted), Math.max(discountedMax, discounted)];
      const finishR = queue.nextDispatchR + this.#workOf(oldest.work);
      // How long it is until its turn, if all are equal.
      const turn = queue.index > this.#robin ? queue.index - this.#robin : queue.index + Number.MAX_SAFE_INTEGER / 2;
      if (finishR < leastR || (finishR === leastR && turn < leastTurn)) [best, leastR, leastTurn] = [queue, finishR, turn];
    }
    const request = best?.waiting[0];
    if (!best || !request) return false;
    if (!this.#hasRoom(seatsOf(request.work))) {
      this.#noRoom(request);
      return false;
    }
    this.#robin = best.index;
    this.lastDispatch = { r: this.currentR, s: best.nextDispatchR, min, max, discountedMin, discountedMax };
    best.waiting.shift();
    this.#countWaiting(best, request, -1);
    best.nextDispatchR += this.#workOf(request.work);
    this.#execute(request, now);
    bound(best);
    return true;
  }

  #execute(request: FlowRequest, now: number): void {
    const seats = seatsOf(request.work);
    request.startedAt = now;
    this.executing++;
    this.dispatched++;
    this.seatsInUse += seats;
    if (request.queue) {
      request.queue.executing.add(request);
      request.queue.seatsInUse += seats;
    } else this.queueless.add(request);
    request.started(now);
    this.#changed(now);
  }

  #refuse(request: FlowRequest, reason: Refusal, now: number): void {
    this.rejected++;
    request.refused(reason, now);
  }

  #countWaiting(queue: Queue, { work }: FlowRequest, by: 1 | -1): void {
    const seats = by * seatsOf(work);
    this.waiting += by;
    this.seatsWaiting += seats;
    queue.seatsWaiting += seats;
  }

  /** A queue that is one too many goes when nobody is in it. */
  #dropIfUseless(queue: Queue): void {
    if (isActive(queue)) return;
    if (queue.index >= this.queueCount || this.queues.size > MAX_IDLE_QUEUES) this.queues.delete(queue.index);
  }
}

const isActive = ({ waiting, executing }: Queue): boolean => waiting.length > 0 || executing.size > 0;

/** A queue gets no credit for the time before its oldest request came. */
function bound(queue: Queue): void {
  const [oldest] = queue.waiting;
  if (oldest && queue.nextDispatchR < oldest.arrivalR) queue.nextDispatchR = oldest.arrivalR;
}
