// Metrics, and Prometheus' text format of them. What is counted is in memory, since this server was started, as a process would have it; each combination of
// labels costs one entry, so labels may only be of what this server serves, never what a client made up. Mirrors component-base/metrics.

export type Labels = Readonly<Record<string, string>>;

/** A line: `suffix` follows the name (`_bucket`). */
export type Sample = readonly [labels: Labels, value: number, suffix?: string];

/** A metric with its samples; anybody may give some. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** STABLE, if left out. */
  readonly stability?: 'ALPHA' | 'BETA';
  readonly samples: readonly Sample[];
}

class Family<T> {
  readonly #known = new Map<string, { readonly labels: Labels; readonly value: T }>();
  readonly #make: () => T;

  constructor(make: () => T) {
    this.#make = make;
  }

  of(labels: Labels): T {
    const key = Object.values(labels).join('\u0000');
    let known = this.#known.get(key);
    if (!known) this.#known.set(key, (known = { labels, value: this.#make() }));
    return known.value;
  }

  /** In the order of their labels' values. */
  entries(): { readonly labels: Labels; readonly value: T }[] {
    return [...this.#known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  }
}

/** Sums by labels: what is counted up, or up and down. */
export class Sums {
  readonly #sums = new Family(() => ({ sum: 0 }));

  add(labels: Labels, amount = 1): void {
    this.#sums.of(labels).sum += amount;
  }

  samples(): Sample[] {
    return this.#sums.entries().map(({ labels, value }) => [labels, value.sum]);
  }
}

interface Distribution {
  readonly counts: number[];
  count: number;
  sum: number;
}

/** How often a value was up to each of some bounds, by labels. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #known: Family<Distribution>;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#known = new Family(() => ({ counts: bounds.map(() => 0), count: 0, sum: 0 }));
  }

  observe(labels: Labels, value: number): void {
    const known = this.#known.of(labels);
    const at = this.#bounds.findIndex((bound) => value <= bound);
    if (at >= 0) known.counts[at]!++;
    known.count++;
    known.sum += value;
  }

  samples(): Sample[] {
    return this.#known.entries().flatMap(({ labels, value: { counts, count, sum } }): Sample[] => {
      let below = 0;
      return [
        ...this.#bounds.map((bound, i): Sample => [{ ...labels, le: String(bound) }, (below += counts[i]!), '_bucket']),
        [{ ...labels, le: '+Inf' }, count, '_bucket'],
        [labels, sum, '_sum'],
        [labels, count, '_count'],
      ];
    });
  }
}

/** In the order of their names; those without samples are left out. */
export function metricsText(metrics: readonly Metric[]): string {
  const shown = metrics.filter(({ samples }) => samples.length).sort((a, b) => (a.name < b.name ? -1 : 1));
  return shown
    .map(({ name, help, type, stability = 'STABLE', samples }) => {
      const lines = samples.map(([labels, value, suffix = '']) => `${name}${suffix}${labelsText(labels)} ${value}\n`);
      return `# HELP ${name} [${stability}] ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
    })
    .join('');
}

function labelsText(labels: Labels): string {
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  );
  return parts.length ? `{${parts.join(',')}}` : '';
}
