// What becomes of a wish for replicas: smoothed over time, and held within bounds and rates. Mirrors the normalization in
// pkg/controller/podautoscaler/horizontal.go.

import type { HPAScalingRules } from '../../api/gen/autoscaling-v2.ts';

/** What was asked for, and done, lately. Times are ms. */
export interface Memory {
  readonly recommendations: readonly { readonly at: number; readonly replicas: number }[];
  readonly ups: readonly ScaleEvent[];
  readonly downs: readonly ScaleEvent[];
}

interface ScaleEvent {
  readonly at: number;
  readonly change: number;
}

export const NO_MEMORY: Memory = { recommendations: [], ups: [], downs: [] };

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

export interface Behavior {
  readonly scaleUp?: HPAScalingRules;
  readonly scaleDown?: HPAScalingRules;
}

interface Reason {
  readonly reason: string;
  readonly message: string;
}

export interface Normalized {
  readonly replicas: number;
  readonly memory: Memory;
  readonly ableToScale: Reason;
  readonly limited: Reason & { readonly is: boolean };
}

export const DOWNSCALE_WINDOW_MS = 300_000;

export function normalize(
  wanted: number,
  current: number,
  bounds: Bounds,
  behavior: Behavior | undefined,
  memory: Memory,
  now: number,
  /** How long only the highest wish counts, where no rules say so (ms). */
  window = DOWNSCALE_WINDOW_MS,
): Normalized {
  const { scaleUp, scaleDown } = behavior ?? {};
  const stable = behavior ? smoothBoth(wanted, current, behavior, memory, now, window) : smoothDown(wanted, memory, now, window);
  const limit =
    scaleUp && scaleDown
      ? byRates(stable.replicas, current, bounds, scaleUp, scaleDown, memory, now)
      : byRules(stable.replicas, current, bounds);
  return {
    replicas: limit.replicas,
    memory: remember(memory, wanted, behavior, now, window),
    ableToScale: stable.replicas === wanted ? READY : stable.reason,
    limited: { is: limit.replicas !== stable.replicas, ...limit.reason },
  };
}

/** Without rules, only going down waits: the highest of what was asked for lately counts. */
function smoothDown(wanted: number, { recommendations }: Memory, now: number, window: number): Smoothed {
  const cutoff = now - window;
  const lately = recommendations.filter(({ at }) => at >= cutoff).map(({ replicas }) => replicas);
  return { replicas: Math.max(wanted, ...lately), reason: STABILIZED_DOWN };
}

interface Smoothed {
  readonly replicas: number;
  readonly reason: Reason;
}

function smoothBoth(
  wanted: number,
  current: number,
  behavior: Behavior,
  { recommendations }: Memory,
  now: number,
  window: number,
): Smoothed {
  const since = (ms: number): number[] => recommendations.filter(({ at }) => at > now - ms).map(({ replicas }) => replicas);
  const up = Math.min(wanted, ...since(upWindow(behavior)));
  const down = Math.max(wanted, ...since(downWindow(behavior, window)));
  return { replicas: Math.min(Math.max(current, up), down), reason: wanted >= current ? STABILIZED_UP : STABILIZED_DOWN };
}

const upWindow = ({ scaleUp }: Behavior): number => (scaleUp?.stabilizationWindowSeconds ?? 0) * 1000;
const downWindow = ({ scaleDown }: Behavior, window: number): number =>
  scaleDown?.stabilizationWindowSeconds === undefined ? window : scaleDown.stabilizationWindowSeconds * 1000;

function remember(memory: Memory, wanted: number, behavior: Behavior | undefined, now: number, window: number): Memory {
  const keep = behavior ? Math.max(upWindow(behavior), downWindow(behavior, window)) : window;
  return { ...memory, recommendations: [...memory.recommendations.filter(({ at }) => at >= now - keep), { at: now, replicas: wanted }] };
}

/** Notes a change that was made, for the rates. */
export function rememberScale(memory: Memory, behavior: Behavior | undefined, from: number, to: number, now: number): Memory {
  if (!behavior) return memory;
  const add = (events: readonly ScaleEvent[], rules: HPAScalingRules | undefined, change: number): ScaleEvent[] => {
    const longest = Math.max(0, ...(rules?.policies ?? []).map(({ periodSeconds }) => periodSeconds));
    return [...events.filter(({ at }) => at >= now - longest * 1000), { at: now, change }];
  };
  return to > from
    ? { ...memory, ups: add(memory.ups, behavior.scaleUp, to - from) }
    : { ...memory, downs: add(memory.downs, behavior.scaleDown, from - to) };
}

interface Limited {
  readonly replicas: number;
  readonly reason: Reason;
}

/** At most twice as many, or four. */
function byRules(wanted: number, current: number, { min, max }: Bounds): Limited {
  const rate = Math.max(2 * current, 4);
  if (wanted < min) return { replicas: min, reason: TOO_FEW };
  const [most, reason] = max > rate ? [rate, UP_LIMIT] : [max, TOO_MANY];
  return wanted > most ? { replicas: most, reason } : { replicas: wanted, reason: WITHIN };
}

function byRates(
  wanted: number,
  current: number,
  { min, max }: Bounds,
  up: HPAScalingRules,
  down: HPAScalingRules,
  memory: Memory,
  now: number,
): Limited {
  if (wanted > current) {
    const rate = Math.max(current, upLimit(current, up, memory, now));
    const [most, reason] = max > rate ? [rate, UP_LIMIT] : [max, TOO_MANY];
    if (wanted > most) return { replicas: most, reason };
  } else if (wanted < current) {
    const rate = Math.min(current, downLimit(current, down, memory, now));
    const [least, reason] = min < rate ? [rate, DOWN_LIMIT] : [min, TOO_FEW];
    if (wanted < least) return { replicas: least, reason };
  }
  return { replicas: wanted, reason: WITHIN };
}

function upLimit(current: number, rules: HPAScalingRules, memory: Memory, now: number): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const proposals = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const before = atPeriodStart(current, periodSeconds, memory, now);
    return type === 'Pods' ? before + value : Math.ceil(before * (1 + value / 100));
  });
  return rules.selectPolicy === 'Min' ? Math.min(...proposals) : Math.max(...proposals);
}

function downLimit(current: number, rules: HPAScalingRules, memory: Memory, now: number): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const proposals = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const before = atPeriodStart(current, periodSeconds, memory, now);
    return type === 'Pods' ? before - value : Math.trunc(before * (1 - value / 100));
  });
  return rules.selectPolicy === 'Min' ? Math.max(...proposals) : Math.min(...proposals);
}

function atPeriodStart(current: number, periodSeconds: number, { ups, downs }: Memory, now: number): number {
  const changed = (events: readonly ScaleEvent[]): number =>
    events.reduce((sum, { at, change }) => (at > now - periodSeconds * 1000 ? sum + change : sum), 0);
  return current - changed(ups) + changed(downs);
}

const READY: Reason = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
const STABILIZED_UP: Reason = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
};
const STABILIZED_DOWN: Reason = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
};
const WITHIN: Reason = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' };
const TOO_MANY: Reason = { reason: 'TooManyReplicas', message: 'the desired replica count is more than the maximum replica count' };
const TOO_FEW: Reason = { reason: 'TooFewReplicas', message: 'the desired replica count is less than the minimum replica count' };
const UP_LIMIT: Reason = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
};
const DOWN_LIMIT: Reason = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
};
