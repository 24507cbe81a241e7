// The order of API versions: v2, v1, v11beta2, v10beta3, v1alpha1, and then whatever is no such name. Mirrors apimachinery pkg/version/helpers.go.

const PATTERN = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/;
const RANKS: Readonly<Record<string, number>> = { '': 2, beta: 1, alpha: 0 };

/** Above zero if `a` is to be preferred. */
export function compareKubeVersions(a: string, b: string): number {
  if (a === b) return 0;
  const [x, y] = [PATTERN.exec(a), PATTERN.exec(b)];
  if (!x && !y) return a < b ? 1 : -1;
  if (!x || !y) return x ? 1 : -1;
  const rank = RANKS[x[2] ?? '']! - RANKS[y[2] ?? '']!;
  return rank || Number(x[1]) - Number(y[1]) || Number(x[3] ?? 0) - Number(y[3] ?? 0);
}
