// The course of a sandbox's time: what is due is done, slice by slice; what was slept through is lived through; and at speed `instant` a wait is over when
// nothing else is left to do.

import type { PrivateState } from '../store/store.ts';
import { Clock } from './clock.ts';
import type { Speed } from './clock.ts';
import type { Loop } from './loop.ts';
import type { Timed, Timers } from './timers.ts';

export interface CourseParts {
  readonly state: PrivateState;
  readonly timers: Pick<Timers<Timed>, 'next'>;
  readonly speed: Speed;
  /** So long ago a new sandbox was switched on: it is lived through before anybody sees it. */
  readonly bootMs: number;
  /** Keys reconciled before other requests get their turn. */
  readonly slice: number;
  /** Milliseconds since the epoch, outside. */
  worldNow(): number;
  /** Lets others have their turn. */
  pause(): Promise<void>;
  loop(): Loop;
  /** Programs of the world that wait for a tool whose answer is a promise; `runTool` runs one tool, and lets its program go on. */
  hasTools(): boolean;
  runTool(): Promise<void>;
  /** Saves what a step did. */
  commit(): void;
  /** While much is lived through at once: what history would have been forgotten by now, is. True if what was done may be saved later, because nobody looks on. */
  passUnseen(): boolean;
}

/** No slice is longer than this, where time passes while the processor works (in Cloudflare's cloud it does not). */
const SLICE_MS = 20;
/** So many slices that time cut short are saved together: what changes in each of them is written once. An answer to a request saves what was done before it. */
const CUT_SLICES_A_SAVE = 5;
/** Of the clock: reading it takes as long as a part of a look. */
const LOOKS_A_READING = 4;
/** At speed `instant`, how far the sandbox may run ahead after something was asked of it. */
const MAX_JUMP_MS = 60 * 60_000;
/** So many slices of what was slept through are saved together at most: if the object is evicted before, they are lived through once more. */
const SLICES_A_SAVE = 200;
/** An event this late, by the world's time, means that the sandbox was asleep and not merely busy. */
const FAR_BEHIND_MS = 2000;
/**
 * How much of a sleep is lived through event by event.
 * Differs: a real cluster would have run all the time; here, what lies before this is as if its controllers had been stopped.
 */
const MAX_CATCH_UP_MS = 24 * 3_600_000;

export class Course {
  readonly clock: Clock;
  /** When the sandbox was made, by its own clock, ms. */
  readonly bornAt: number;
  readonly #parts: CourseParts;
  #now: number;
  #jumpLimit = 0;
  #unsavedSlices = 0;
  #cutSlices = 0;
  #waking: Promise<void> | undefined;

  constructor(parts: CourseParts) {
    this.#parts = parts;
    const { state, speed, bootMs, worldNow } = parts;
    this.clock = new Clock(state, worldNow(), speed);
    this.#now = state.get<number>('clock', 'now') ?? this.#clockNow() - bootMs;
    const born = state.get<number>('clock', 'born');
    if (born === undefined) state.set('clock', 'born', this.#now);
    this.bornAt = born ?? this.#now;
    this.attend();
  }

  /** The sandbox's time, ms. Within a step it stands still. */
  get now(): number {
    return this.#now;
  }

  /** Sets the sandbox's time to what the clock says. */
  advance(): void {
    this.#now = Math.max(this.#now, this.#clockNow());
  }

  /** Somebody is there, and may wait for what comes of what they do. */
  attend(): void {
    this.#jumpLimit = this.#clockNow() + MAX_JUMP_MS;
  }

  /** Does a slice of the work that is due. True if there is more to do now. */
  drain(): boolean {
    const { timers, slice, worldNow, loop, hasTools, commit } = this.#parts;
    if (this.#isFarBehind()) this.#catchUpSlice();
    else {
      this.advance();
      const end = worldNow() + SLICE_MS;
      loop().run(slice, () => worldNow() >= end);
      const isCutShort = worldNow() >= end && !loop().isQuiet && !hasTools();
      if (!isCutShort || ++this.#cutSlices >= CUT_SLICES_A_SAVE) {
        this.#cutSlices = 0;
        commit();
      }
    }
    if (!loop().isQuiet) return true;
    const now = this.#clockNow();
    if (timers.next() <= now) return true;
    return this.clock.speed === 'instant' && !hasTools() && this.#jump(now);
  }

  /** When, outside, there will be something to do. Infinity if nothing is planned. */
  nextWake(): number {
    return this.clock.worldTimeOf(this.#parts.timers.next());
  }

  /** Before anything is asked of it, a sandbox that slept becomes as if it had been awake. Undefined if it is. */
  catchUp(): Promise<void> | undefined {
    if (!this.#isFarBehind()) return undefined;
    const { hasTools } = this.#parts;
    this.#waking ??= (async () => {
      while (this.#catchUpSlice() || hasTools()) await this.#rest();
      this.#waking = undefined;
    })();
    return this.#waking;
  }

  /** Makes the sandbox's time run otherwise from now on. */
  setSpeed(speed: Speed): void {
    this.clock.setSpeed(speed, this.#parts.worldNow());
    this.#parts.commit();
  }

  /** Moves the sandbox's time on by hand, and lives through what happens meanwhile. */
  async step(ms: number): Promise<void> {
    const { timers, worldNow, loop, hasTools, commit } = this.#parts;
    const end = this.#clockNow() + ms;
    for (let at = end - ms; at < end;) {
      at = Math.min(end, at + MAX_CATCH_UP_MS);
      this.clock.jump(at, worldNow());
      for (this.#catchUpSlice(); !loop().isQuiet || hasTools() || timers.next() <= at; this.#catchUpSlice()) await this.#rest();
    }
    // What the clock has run on meanwhile is lived through like any other time.
    this.#now = Math.max(this.#now, end);
    commit();
  }

  #clockNow(): number {
    return this.clock.read(this.#parts.worldNow());
  }

  /** Between two slices, what programs wait for is done, or others have their turn. */
  #rest(): Promise<void> {
    const { hasTools, runTool, pause } = this.#parts;
    return hasTools() ? runTool() : pause();
  }

  /** A wait is over; within a bound, so that what repeats forever does not run forever. */
  #jump(now: number): boolean {
    const { timers, worldNow } = this.#parts;
    const next = timers.next(true);
    if (next > this.#jumpLimit) return false;
    this.clock.jump(next, worldNow());
    return next > now;
  }

  /** Whether events are waiting that should have happened a while ago: the sandbox slept, or it is new, and was switched on before. */
  #isFarBehind(): boolean {
    const { timers, bootMs, worldNow } = this.#parts;
    const next = timers.next();
    return next < this.bornAt + bootMs || this.clock.worldTimeOf(next) < worldNow() - FAR_BEHIND_MS;
  }

  /** Lives through some of what was missed, each event at its own time. True if there is more. */
  #catchUpSlice(): boolean {
    const { timers, slice, worldNow, loop, hasTools, passUnseen, commit } = this.#parts;
    const target = this.#clockNow();
    this.#now = Math.max(this.#now, target - MAX_CATCH_UP_MS);
    const end = worldNow() + SLICE_MS;
    let isUnseen = true;
    for (let left = slice; left > 0 && (left % LOOKS_A_READING !== 0 || worldNow() < end); left--) {
      if (loop().isQuiet) {
        const next = timers.next();
        if (next > target) break;
        if (next > this.#now) {
          this.#now = next;
          isUnseen = passUnseen();
        }
      }
      loop().run(1);
      if (hasTools()) break;
    }
    const isMore = this.#isFarBehind();
    if (!isMore || !isUnseen || ++this.#unsavedSlices >= SLICES_A_SAVE) {
      this.#unsavedSlices = 0;
      commit();
    }
    return isMore;
  }
}
