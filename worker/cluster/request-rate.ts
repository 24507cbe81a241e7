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

  /** Takes one request out of the bucket. False if it is empty. `now` in ms. */
  take(now: number): boolean {
    const { perSecond, burst } = this.#rate;
    this.#left = Math.min(burst, this.#left + (Math.max(0, now - this.#at) / 1000) * perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }

  /** Puts one back that came to nothing. */
  giveBack(): void {
    this.#left++;
  }
}
