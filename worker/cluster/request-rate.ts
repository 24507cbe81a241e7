// How many requests a sandbox answers, whoever asks: a bucket that fills by the second. It bounds what a sandbox costs; fairness among those who ask is flow control's
// (`server/flow-control/`). In memory only; who is evicted starts with a full one.

export interface RequestRate {
  readonly perSecond: number;
  /** How many may come at once after a rest. */
  readonly burst: number;
}

export class RateLimiter {
  readonly #rate: RequestRate;
  #left: number;
  #at = 0;

  constructor(rate: RequestRate) {
    this.#rate = rate;
    this.#left = rate.burst;
  }

  /** Whether there is no request left in the bucket. `now` in ms. */
  isEmpty(now: number): boolean {
    const { perSecond, burst } = this.#rate;
    this.#left = Math.min(burst, this.#left + (Math.max(0, now - this.#at) / 1000) * perSecond);
    this.#at = now;
    return this.#left < 1;
  }

  /** Takes one request out: it has been answered. */
  take(): void {
    this.#left--;
  }

  /** When the half of the bucket is used up: as many a second as leave the half of what comes in to those whom nothing else limits. */
  get restraint(): number | undefined {
    const { perSecond, burst } = this.#rate;
    return this.#left < burst / 2 ? perSecond / 2 : undefined;
  }
}
