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
  /** Of a program that says nothing of how stable its metrics are. */
  readonly isBare?: boolean;
  readonly samples: readonly Sample[];
}

const FEW = 8;

function areSame(a: Labels, b: Labels): boolean {
  for (const name in a) if (a[name] !== b[name]) return false;
  for (const name in b) if (a[name] === undefined) return false;
  return true;
}

class Family<T> {
  readonly #known = new Map<string, { readonly labels: Labels; readonly value: T }>();
  readonly #make: () => T;

  constructor(make: () => T) {
    this.#make = make;
  }

  of(labels: Labels): T {
    // Few have many: comparing what is there is quicker than to put a text together, and to look for that.
    if (this.#known.size <= FEW) for (const known of this.#known.values()) if (areSame(known.labels, labels)) return known.value;
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
    this.of(labels).sum += amount;
  }

  /** The one sum of these labels: for whoever counts the same thing often. */
  of(labels: Labels): { sum: number } {
    return this.#sums.of(labels);
  }

  samples(): Sample[] {
    return this.#sums.entries().map(({ labels, value }) => [labels, value.sum]);
  }
}

/** How often a value was up to each of some bounds. */
export class Distribution {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #count = 0;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    const at = this.#bounds.findIndex((bound) => value <= bound);
    if (at >= 0) this.#counts[at]!++;
    this.#count++;
    this.#sum += value;
  }

  samples(labels: Labels): Sample[] {
    let below = 0;
    return [
      ...this.#bounds.map((bound, i): Sample => [{ ...labels, le: String(bound) }, (below += this.#counts[i]!), '_bucket']),
      [{ ...labels, le: '+Inf' }, this.#count, '_bucket'],
      [labels, this.#sum, '_sum'],
      [labels, this.#count, '_count'],
    ];
  }
}

/** Distributions by labels. */
export class Histogram {
  readonly #known: Family<Distribution>;

  constructor(bounds: readonly number[]) {
    this.#known = new Family(() => new Distribution(bounds));
  }

  observe(labels: Labels, value: number): void {
    this.of(labels).observe(value);
  }

  /** The one distribution of these labels: for whoever observes the same thing often. */
  of(labels: Labels): Distribution {
    return this.#known.of(labels);
  }

  samples(): Sample[] {
    return this.#known.entries().flatMap(({ labels, value }) => value.samples(labels));
  }
}

/** What is measured, as it is told. */
export interface Meter extends Omit<Metric, 'samples'> {
  /** Of a histogram. */
  readonly bounds?: readonly number[];
  /** From this minor version of Kubernetes on it is BETA. */
  readonly betaSince?: number;
  /** It has no labels, and is told from the start. */
  readonly isPlain?: boolean;
  /** From this minor version of Kubernetes on it is told. */
  readonly since?: number;
}

/** Everything that one process measures, by what it is. */
export class Meters {
  readonly #sums = new Map<Meter, Sums>();
  readonly #histograms = new Map<Meter, Histogram>();

  add(meter: Meter, labels: Labels = {}, amount = 1): void {
    let sums = this.#sums.get(meter);
    if (!sums) this.#sums.set(meter, (sums = new Sums()));
    sums.add(labels, amount);
  }

  observe(meter: Meter, labels: Labels, value: number): void {
    let histogram = this.#histograms.get(meter);
    if (!histogram) this.#histograms.set(meter, (histogram = new Histogram(meter.bounds ?? [])));
    histogram.observe(labels, value);
  }

  clear(): void {
    this.#sums.clear();
    this.#histograms.clear();
  }

  /** `known`: what is told from the start; `minor`: of Kubernetes. */
  list(known: readonly Meter[] = [], minor = 0): Metric[] {
    for (const meter of known) {
      if (!meter.isPlain || minor < (meter.since ?? 0)) continue;
      if (meter.bounds) this.#histograms.set(meter, this.#histograms.get(meter) ?? plainHistogram(meter.bounds));
      else this.add(meter, {}, 0);
    }
    return [...this.#sums, ...this.#histograms].map(([{ name, help, type, stability, betaSince = Infinity, isBare }, measured]) => ({
      name,
      help,
      type,
      ...(stability && { stability: minor >= betaSince ? 'BETA' : stability }),
      ...(isBare && { isBare }),
      samples: measured.samples(),
    }));
  }
}

function plainHistogram(bounds: readonly number[]): Histogram {
  const histogram = new Histogram(bounds);
  histogram.of({});
  return histogram;
}

/** In the order of their names; those without samples are left out. */
export function metricsText(metrics: readonly Metric[]): string {
  const shown = metrics.filter(({ samples }) => samples.length).sort((a, b) => (a.name < b.name ? -1 : 1));
  return shown
    .map(({ name, help, type, stability = 'STABLE', isBare, samples }) => {
      const lines = samples.map(([labels, value, suffix = '']) => `${name}${suffix}${labelsText(labels)} ${value}\n`);
      return `# HELP ${name} ${isBare ? '' : `[${stability}] `}${help.replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n${lines.join('')}`;
    })
    .join('');
}

function labelsText(labels: Labels): string {
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  );
  return parts.length ? `{${parts.join(',')}}` : '';
}
