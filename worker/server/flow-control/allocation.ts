// How seats are shared among levels that want more or fewer than they have: everybody gets the same fraction of what they aim at, within bounds. Mirrors apiserver
// pkg/util/flowcontrol/conc_alloc.go.

export interface Claim {
  /** target ≥ lower ≥ 0, and upper ≥ lower. */
  readonly target: number;
  readonly lower: number;
  readonly upper: number;
}

/** Targets below this count as this. */
const MIN_TARGET = 0.001;
const EPSILON = 1e-7;

/**
 * What each claim gets, and the fraction of its target that one gets whom no bound holds. The parts sum up to `total`. Undefined if the bounds do not allow that.
 */
export function allocate(
  total: number,
  claims: readonly Claim[],
): { readonly parts: readonly number[]; readonly fraction: number } | undefined {
  const all = claims.map(({ target, lower, upper }) => ({ target: Math.max(target, MIN_TARGET), lower, upper }));
  const partsAt = (fraction: number): number[] =>
    all.map(({ target, lower, upper }) => Math.max(lower, Math.min(upper, fraction * target)));
  const sumAt = (fraction: number): number => partsAt(fraction).reduce(add, 0);
  const lowest = all.reduce((sum, { lower }) => sum + lower, 0);
  const highest = all.reduce((sum, { upper }) => sum + upper, 0);
  if (lowest - total > EPSILON || total - highest > EPSILON) return undefined;
  if (total === 0) return { parts: all.map(() => 0), fraction: 0 };
  // The sum grows with the fraction, in a straight line between the fractions at which somebody comes to a bound.
  const bends = all.flatMap(({ target, lower, upper }) => [lower / target, upper / target]).sort((a, b) => a - b);
  const end = bends.findIndex((bend) => sumAt(bend) >= total - EPSILON);
  const [from, to] = [bends[end - 1] ?? 0, bends[end]!];
  const [low, high] = [sumAt(from), sumAt(to)];
  const fraction = high - low <= EPSILON ? to : from + (to - from) * Math.min(1, (total - low) / (high - low));
  return { parts: partsAt(fraction), fraction };
}

const add = (a: number, b: number): number => a + b;
