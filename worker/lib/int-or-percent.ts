// Numbers that may be a share of another: `2` or `25%`. Mirrors apimachinery pkg/util/intstr.

/** An absent value counts as 0, and so does a text that is no percentage. */
export function scaledValue(value: number | string | undefined, total: number, round: 'up' | 'down'): number {
  if (typeof value !== 'string') return value ?? 0;
  const match = /^([+-]?\d+)%$/.exec(value);
  if (!match) return 0;
  const share = (Number(match[1]) * total) / 100;
  return round === 'up' ? Math.ceil(share) : Math.floor(share);
}
