// When those who were refused may come again: the wait doubles while many are refused, and gets shorter by a second when few are. Mirrors apiserver
// pkg/util/flowcontrol/dropped_requests_tracker.go.

const MAX_SECONDS = 32;

export class DroppedRequests {
  #history: { readonly second: number; readonly count: number }[] = [];
  #second = 0;
  #count = 0;
  #raisedAt = 0;
  /** What `Retry-After` says. */
  retryAfter = 1;

  /** `now` in ms. */
  add(now: number): void {
    const second = Math.floor(now / 1000);
    if (second === this.#second) {
      this.#count++;
      return;
    }
    const horizon = Math.min(2 * this.retryAfter, MAX_SECONDS);
    this.#history.push({ second: this.#second, count: this.#count });
    this.#history = this.#history.filter((one) => second - one.second <= horizon);
    this.#second = second;
    this.#count = 1;
    this.#adjust(second);
  }

  #adjust(second: number): void {
    const { retryAfter } = this;
    const dropped = this.#history.reduce((sum, one) => (second - one.second <= retryAfter ? sum + one.count : sum), 0);
    if (second - this.#raisedAt >= retryAfter && dropped >= 3 * retryAfter) {
      this.retryAfter = Math.min(2 * retryAfter, MAX_SECONDS);
      this.#raisedAt = second;
    } else if (dropped < retryAfter && retryAfter > 1) this.retryAfter--;
  }
}
