// The sandbox's time: what it is, how fast it runs, and steps by hand.

import { useState } from 'preact/hooks';
import type { ClusterTime } from '../cluster/time.ts';
import { front } from '../front/client.ts';
import type { Clock, Speed } from '../front/types.ts';
import { language, texts } from '../locales/index.ts';
import { Icon } from '../parts/icon.tsx';
import { Menu } from '../parts/menu.tsx';
import { attempt, toast } from '../parts/toast.tsx';

const SPEEDS: readonly Speed[] = ['paused', 1, 10, 60, 600, 'instant'];
const STEPS = ['10s', '1m', '10m', '1h', '24h'] as const;

/** For those who may only see what time it is. */
export const ClockFace = ({ time }: { time: ClusterTime }) => (
  <div class="clock face" role="group" aria-label={texts.value.clock.title}>
    <Face time={time} />
  </div>
);

function Face({ time }: { time: ClusterTime }) {
  const at = new Date(time.now.value);
  return (
    <time dateTime={at.toISOString()} title={at.toISOString()}>
      <span class="date">{at.toLocaleDateString(language.value, { month: 'short', day: 'numeric' })}</span>
      {at.toLocaleTimeString('en-GB')}
    </time>
  );
}

export function ClockBar({ id, speed: given, time }: { id: string; speed: Speed; time: ClusterTime }) {
  const t = texts.value;
  const [speed, setSpeed] = useState(given);
  const [resumed, setResumed] = useState<Speed>(given === 'paused' ? 1 : given);
  const take = (clock: Clock): void => {
    time.set(clock.time, clock.speed);
    setSpeed(clock.speed);
  };
  const run = (wanted: Speed): void => {
    if (wanted !== 'paused') setResumed(wanted);
    attempt(async () => take(await front.setSpeed(id, wanted)));
  };
  const step = (by: string): void =>
    attempt(async () => {
      take(await front.step(id, by));
      toast(t.clock.stepped(by));
    });
  const isPaused = speed === 'paused';
  return (
    <div class="clock" role="group" aria-label={t.clock.title}>
      <Face time={time} />
      <button
        type="button"
        class="quiet square"
        aria-label={isPaused ? t.clock.resume : t.clock.pause}
        title={isPaused ? t.clock.resume : t.clock.pause}
        onClick={() => run(isPaused ? resumed : 'paused')}
      >
        <Icon name={isPaused ? 'play' : 'pause'} />
      </button>
      <Menu label={t.clock.step} choices={STEPS.map((by) => ({ label: t.clock.by(by), run: () => step(by) }))}>
        <Icon name="step" />
      </Menu>
      <Menu
        label={t.clock.speed}
        class="quiet"
        choices={SPEEDS.map((one) => ({ label: t.speed(one), isChosen: one === speed, run: () => run(one) }))}
      >
        <span class={`code ${isPaused ? 'paused' : ''}`}>{t.speedShort(speed)}</span>
      </Menu>
    </div>
  );
}
