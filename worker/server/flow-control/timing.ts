// Values that are looked at over time: how long they were what. Mirrors apiserver pkg/util/flowcontrol/metrics/timing_ratio_histogram.go and
// fairqueuing/integrator.go. Times in ms.

import type { Labels, Sample } from '../../lib/metrics.ts';

const NANOSECONDS = 1e6;

/** How long a fraction was up to each of some bounds, as if it had been observed at every nanosecond. */
export class TimingRatio {
  readonly #bounds: readonly number[];
  readonly #spent: number[];
  #value = 0;
  #whole = 1;
  #at: number;
  #total = 0;
  #sum = 0;

  constructor(bounds: readonly number[], now: number) {
    this.#bounds = bounds;
    this.#spent = bounds.map(() => 0);
    this.#at = now;
  }

  set(value: number, now: number): void {
    this.#pass(now);
    this.#value = value;
  }

  setWhole(whole: number, now: number): void {
    this.#pass(now);
    this.#whole = whole;
  }

  samples(labels: Labels, now: number): Sample[] {
    this.#pass(now);
    let below = 0;
    const [total, sum] = [this.#total, this.#sum].map((ms) => Math.round(ms * NANOSECONDS)) as [number, number];
    return [
      ...this.#bounds.map((bound, i): Sample => [
        { ...labels, le: String(bound) },
        Math.round((below += this.#spent[i]!) * NANOSECONDS),
        '_bucket',
      ]),
      [{ ...labels, le: '+Inf' }, total, '_bucket'],
      [labels, sum, '_sum'],
      [labels, total, '_count'],
    ];
  }

  #pass(now: number): void {
    const ms = now - this.#at;
    if (ms <= 0) return;
    this.#at = now;
    const ratio = this.#value / this.#whole;
    const bucket = this.#bounds.findIndex((bound) => ratio <= bound);
    if (bucket >= 0) this.#spent[bucket]! += ms;
    this.#total += ms;
    this.#sum += ratio * ms;
  }
}

export interface Moments {
  readonly average: number;
  readonly deviation: number;
  readonly max: number;
}

/** The average of a value, weighted by time, and how much it varied. */
export class Integrator {
  #value = 0;
  #max = 0;
  #at: number;
  #ms = 0;
  #sum = 0;
  #squares = 0;

  constructor(now: number) {
    this.#at = now;
  }

  set(value: number, now: number): void {
    this.#pass(now);
    this.#value = value;
    if (value > this.#max) this.#max = value;
  }

  /** What there was since the last call. */
  take(now: number): Moments {
    this.#pass(now);
    const average = this.#ms ? this.#sum / this.#ms : this.#value;
    const variance = this.#ms ? this.#squares / this.#ms - average ** 2 : 0;
    const moments = { average, deviation: Math.sqrt(Math.max(0, variance)), max: this.#max };
    this.#ms = this.#sum = this.#squares = 0;
    this.#max = this.#value;
    return moments;
  }

  #pass(now: number): void {
    const ms = now - this.#at;
    if (ms <= 0) return;
    this.#at = now;
    this.#ms += ms;
    this.#sum += this.#value * ms;
    this.#squares += this.#value ** 2 * ms;
  }
}
