// What time it is in the sandbox, which may run faster than here, or stand still. It is read off the API server's answers, so that visitors know it too:
// a question about oneself is answered with the time of the answer.

import { signal } from '@preact/signals';
import type { Speed } from '../front/types.ts';
import type { Kube } from './kube.ts';

const ASK_EVERY_MS = 20_000;
const TICK_MS = 1000;
const REVIEWS = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

export class ClusterTime {
  /** Milliseconds; moves once a second. */
  readonly now = signal(Date.now());

  readonly #kube: Kube;
  #base = { here: Date.now(), there: Date.now(), rate: 1 };
  #isRateKnown = false;
  #timers: ReturnType<typeof setInterval>[] = [];

  constructor(kube: Kube) {
    this.#kube = kube;
  }

  start(): void {
    if (this.#timers.length) return;
    this.#timers = [setInterval(() => this.#tick(), TICK_MS), setInterval(() => void this.#ask(), ASK_EVERY_MS)];
    void this.#ask();
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
  }

  /** The front knows better. */
  set(time: string, speed: Speed): void {
    this.#isRateKnown = true;
    this.#base = { here: Date.now(), there: Date.parse(time), rate: speed === 'paused' ? 0 : speed === 'instant' ? 1 : speed };
    this.#tick();
  }

  #tick(): void {
    this.now.value = this.#base.there + (Date.now() - this.#base.here) * this.#base.rate;
  }

  async #ask(): Promise<void> {
    try {
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
      const { metadata } = await this.#kube.json<{ metadata: { creationTimestamp?: string } }>('POST', REVIEWS, body);
      const there = Date.parse(metadata.creationTimestamp ?? '');
      if (Number.isNaN(there)) return;
      const here = Date.now();
      const before = this.#base;
      const isFirst = Math.abs(before.there - before.here) < 1 && !this.#isRateKnown;
      const rate = this.#isRateKnown || isFirst ? before.rate : Math.max(0, (there - before.there) / (here - before.here));
      this.#base = { here, there, rate };
      this.#tick();
    } catch {
      // asked again soon
    }
  }
}
