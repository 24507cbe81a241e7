// The sandbox's own time, and how it runs beside the world's: as fast, faster, not at all, or `instant`, where a wait takes no time while there is work.

import type { PrivateState } from '../store/store.ts';

export type Speed = number | 'paused' | 'instant';

interface ClockState {
  readonly speed: Speed;
  /** At this moment of the world (ms) … */
  readonly world: number;
  /** … it was this in the sandbox (ms). */
  readonly sandbox: number;
}

export class Clock {
  readonly #state: PrivateState;
  #at: ClockState;

  constructor(state: PrivateState, worldNow: number, speed: Speed) {
    this.#state = state;
    const saved = state.get<ClockState>('clock', 'clock');
    this.#at = saved ?? { speed, world: worldNow, sandbox: worldNow };
    if (!saved) this.#save();
  }

  get speed(): Speed {
    return this.#at.speed;
  }

  /** What time it is in the sandbox when it is `worldNow` outside. */
  read(worldNow: number): number {
    const { speed, world, sandbox } = this.#at;
    if (speed === 'paused') return sandbox;
    return sandbox + Math.max(0, worldNow - world) * (speed === 'instant' ? 1 : speed);
  }

  /** The first whole millisecond outside at which it will be `time` in the sandbox: no part of one, or it might be read a little too early. Infinity if never. */
  worldTimeOf(time: number): number {
    const { speed, world, sandbox } = this.#at;
    if (speed === 'paused') return time <= sandbox ? world - (sandbox - time) : Infinity;
    return Math.ceil(world + (time - sandbox) / (speed === 'instant' ? 1 : speed));
  }

  setSpeed(speed: Speed, worldNow: number): void {
    this.#at = { speed, world: worldNow, sandbox: this.read(worldNow) };
    this.#save();
  }

  /** Moves the sandbox's time forward to `time`: for stepping, and for waits at speed `instant`. */
  jump(time: number, worldNow: number): void {
    if (time <= this.read(worldNow)) return;
    this.#at = { ...this.#at, world: worldNow, sandbox: time };
    this.#save();
  }

  #save(): void {
    this.#state.set('clock', 'clock', this.#at);
  }
}
