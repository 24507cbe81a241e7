// What /metrics says, in Prometheus' text format: requests counted since this server was started (in memory, as a process would), objects in the store, and what
// other parts count. Mirrors the names and labels of apiserver pkg/endpoints/metrics and component-base.

import type { Flow } from './flow-control.ts';
import type { RequestInfo } from './request-info.ts';
import type { VersionInfo } from './context.ts';

type Labels = Readonly<Record<string, string>>;

export type MetricType = 'counter' | 'gauge';

/** A metric with its samples; anybody may give some. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly samples: readonly (readonly [Labels, number])[];
}

/** Sums by labels. */
class Counter {
  readonly #sums = new Map<string, [Labels, number]>();

  add(labels: Labels): void {
    const key = Object.values(labels).join('\u0000');
    const known = this.#sums.get(key);
    if (known) known[1]++;
    else this.#sums.set(key, [labels, 1]);
  }

  samples(): readonly (readonly [Labels, number])[] {
    return [...this.#sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sample]) => sample);
  }
}

export class RequestMetrics {
  readonly #requests = new Counter();
  readonly #dispatched = new Counter();
  readonly #rejected = new Counter();

  count(info: RequestInfo, code: number, isDryRun: boolean): void {
    this.#requests.add({
      code: String(code),
      component: 'apiserver',
      dry_run: isDryRun ? 'All' : '',
      group: info.group,
      resource: info.resource,
      scope: scopeOf(info),
      subresource: info.isResource ? info.subresource : info.path,
      verb: (info.verb || 'other').toUpperCase(),
      version: info.version,
    });
  }

  countFlow({ schema, level }: Flow, isRejected: boolean): void {
    const labels = { flow_schema: schema.metadata.name, priority_level: level?.metadata.name ?? '' };
    if (isRejected) this.#rejected.add({ ...labels, reason: 'concurrency-limit' });
    else this.#dispatched.add(labels);
  }

  metrics(): Metric[] {
    const flow = 'apiserver_flowcontrol';
    return [
      {
        name: 'apiserver_request_total',
        help: 'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
        type: 'counter',
        samples: this.#requests.samples(),
      },
      {
        name: `${flow}_dispatched_requests_total`,
        help: 'Number of requests executed by API Priority and Fairness subsystem',
        type: 'counter',
        samples: this.#dispatched.samples(),
      },
      {
        name: `${flow}_rejected_requests_total`,
        help: 'Number of requests rejected by API Priority and Fairness subsystem',
        type: 'counter',
        samples: this.#rejected.samples(),
      },
    ];
  }
}

function scopeOf({ isResource, name, namespace }: RequestInfo): string {
  if (!isResource) return '';
  if (name) return 'resource';
  return namespace ? 'namespace' : 'cluster';
}

export const buildInfo = (version: VersionInfo): Metric => ({
  name: 'kubernetes_build_info',
  help: 'A metric with a constant "1" value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.',
  type: 'gauge',
  samples: [
    [
      {
        build_date: version.buildDate,
        compiler: version.compiler,
        git_commit: version.gitCommit,
        git_tree_state: version.gitTreeState,
        git_version: version.gitVersion,
        go_version: version.goVersion,
        major: version.major,
        minor: version.minor,
        platform: version.platform,
      },
      1,
    ],
  ],
});

/** In the order of their names; those without samples are left out. */
export function metricsText(metrics: readonly Metric[]): string {
  const shown = metrics.filter(({ samples }) => samples.length).sort((a, b) => (a.name < b.name ? -1 : 1));
  return shown
    .map(({ name, help, type, samples }) => {
      const lines = samples.map(([labels, value]) => `${name}${labelsText(labels)} ${value}\n`);
      return `# HELP ${name} [STABLE] ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
    })
    .join('');
}

function labelsText(labels: Labels): string {
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  );
  return parts.length ? `{${parts.join(',')}}` : '';
}
