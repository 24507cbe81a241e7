// What is measured of requests, for /metrics: of those for resources that are served, and of health checks. Mirrors apiserver pkg/endpoints/metrics.
// Differs: durations are those of the sandbox's time, in which an answer takes none unless something was waited for. What components write is counted; what they
// would watch is not: they are inside of this server.

import type { Resource } from '../api/resource.ts';
import type { HttpRequest, Reply, Sink, SocketSession, StreamReply, UpgradeReply } from './http.ts';
import { isStream, isUpgrade } from './http.ts';
import { Histogram, Sums } from '../lib/metrics.ts';
import type { Distribution, Labels, Metric, Sample } from '../lib/metrics.ts';
import type { RequestInfo } from './request-info.ts';
import type { VersionInfo } from './context.ts';

const DURATIONS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const SIZES = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const EVENT_SIZES = [1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072];

/** How many there were, and how long they took. */
export interface CountedWrites {
  readonly requests: { sum: number };
  readonly durations: Distribution;
}

export class RequestMetrics {
  readonly #now: () => number;
  readonly #requests = new Sums();
  readonly #durations = new Histogram(DURATIONS);
  readonly #sizes = new Histogram(SIZES);
  readonly #longRunning = new Sums();
  readonly #deprecated = new Map<string, Labels>();
  readonly #events = new Sums();
  readonly #eventSizes = new Histogram(EVENT_SIZES);
  readonly #terminations = new Sums();
  readonly #checks = new Sums();
  readonly #lastChecks = new Map<string, Sample>();

  /** `now` is the sandbox's time, ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts an answer; of one that goes on, the end is waited for. `since` is when the request came. */
  measure(request: HttpRequest, info: RequestInfo, since: number, reply: Reply): Reply {
    const labels = labelsOf(request, info);
    if (isStream(reply)) return this.#whileOpen(labels, since, reply);
    if (isUpgrade(reply)) return this.#whileConnected(labels, since, reply);
    this.#finished(labels, reply.status, since);
    if (labels.verb === 'GET' || labels.verb === 'LIST') this.#sizes.observe(withoutDryRun(labels), sizeOf(reply.body));
    return reply;
  }

  countDeprecated({ group, version, resource }: Resource, { subresource }: RequestInfo): void {
    const labels = { group, removed_release: '', resource, subresource, version };
    this.#deprecated.set(Object.values(labels).join(), labels);
  }

  /** The same sink, with what is sent counted as events. */
  countingEvents(sink: Sink, { group, version, kind }: Resource): Sink {
    const labels = { group, kind, version };
    return {
      write: (chunk) => {
        this.#events.add(labels);
        this.#eventSizes.observe(labels, sizeOf(chunk));
        sink.write(chunk);
      },
      close: () => sink.close(),
      get isReady() {
        return sink.isReady;
      },
      onDrain: (wake) => sink.onDrain(wake),
    };
  }

  /** Where writes of a component, which is inside of this server, are counted. */
  inner(verb: string, { group, version, resource, subresource }: RequestInfo, code: number): CountedWrites {
    const labels = { component: 'apiserver', dry_run: '', group, resource, scope: 'resource', subresource, verb, version };
    return { requests: this.#requests.of({ code: String(code), ...labels }), durations: this.#durations.of(labels) };
  }

  /** Counts a request that flow control refused. */
  countDropped(request: HttpRequest, info: RequestInfo): void {
    const labels = { code: '429', ...labelsOf(request, info) };
    this.#requests.add(labels);
    this.#terminations.add(withoutDryRun(labels));
  }

  countCheck(name: string, type: string, isWell: boolean): void {
    this.#checks.add({ name, status: isWell ? 'success' : 'error', type });
    this.#lastChecks.set(`${name} ${type}`, [{ name, type }, Number(isWell)]);
  }

  #finished(labels: RequestLabels, code: number, since: number): void {
    this.#requests.add({ code: String(code), ...labels });
    this.#durations.observe(labels, (this.#now() - since) / 1000);
  }

  #began(labels: RequestLabels, code: number, since: number): () => void {
    const running = withoutDryRun(labels);
    let isOpen = true;
    this.#longRunning.add(running);
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#longRunning.add(running, -1);
      this.#finished(labels, code, since);
    };
  }

  #whileOpen(labels: RequestLabels, since: number, reply: StreamReply): StreamReply {
    return {
      ...reply,
      open: (sink) => {
        const ended = this.#began(labels, reply.status, since);
        const stop = reply.open({
          write: (chunk) => sink.write(chunk),
          close: () => {
            ended();
            sink.close();
          },
          get isReady() {
            return sink.isReady;
          },
          onDrain: (wake) => sink.onDrain(wake),
        });
        return () => {
          ended();
          stop();
        };
      },
    };
  }

  #whileConnected(labels: RequestLabels, since: number, reply: UpgradeReply): UpgradeReply {
    return {
      ...reply,
      open: (socket): SocketSession => {
        const ended = this.#began(labels, 101, since);
        const session = reply.open({
          send: (message) => socket.send(message),
          close: (code, reason) => {
            ended();
            socket.close(code, reason);
          },
        });
        return {
          message: (data) => session.message(data),
          closed: () => {
            ended();
            session.closed();
          },
        };
      },
    };
  }

  /** What there is at /metrics/slis. Mirrors component-base/metrics/prometheus/slis. */
  indicators(): Metric[] {
    const last = [...this.#lastChecks].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sample]) => sample);
    return [
      { name: 'kubernetes_healthcheck', help: 'This metric records the result of a single healthcheck.', type: 'gauge', samples: last },
      {
        name: 'kubernetes_healthchecks_total',
        help: 'This metric records the results of all healthcheck.',
        type: 'counter',
        samples: this.#checks.samples(),
      },
    ];
  }

  metrics(): Metric[] {
    return [
      {
        name: 'apiserver_request_total',
        help: 'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
        type: 'counter',
        samples: this.#requests.samples(),
      },
      {
        name: 'apiserver_request_duration_seconds',
        help: 'Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
        type: 'histogram',
        samples: this.#durations.samples(),
      },
      {
        name: 'apiserver_response_sizes',
        help: 'Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.',
        type: 'histogram',
        samples: this.#sizes.samples(),
      },
      {
        name: 'apiserver_longrunning_requests',
        help: 'Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
        type: 'gauge',
        samples: this.#longRunning.samples(),
      },
      {
        name: 'apiserver_requested_deprecated_apis',
        help: 'Gauge of deprecated APIs that have been requested, broken out by API group, version, resource, subresource, and removed_release.',
        type: 'gauge',
        samples: [...this.#deprecated.values()].map((labels) => [labels, 1]),
      },
      {
        name: 'apiserver_watch_events_total',
        help: 'Number of events sent in watch clients',
        type: 'counter',
        stability: 'ALPHA',
        samples: this.#events.samples(),
      },
      {
        name: 'apiserver_watch_events_sizes',
        help: 'Watch event size distribution in bytes',
        type: 'histogram',
        stability: 'ALPHA',
        samples: this.#eventSizes.samples(),
      },
      {
        name: 'apiserver_request_terminations_total',
        help: 'Number of requests which apiserver terminated in self-defense.',
        type: 'counter',
        stability: 'ALPHA',
        samples: this.#terminations.samples(),
      },
    ];
  }
}

type RequestLabels = Readonly<
  Record<'component' | 'dry_run' | 'group' | 'resource' | 'scope' | 'subresource' | 'verb' | 'version', string>
>;

const sizeOf = (body: string | Uint8Array): number => body.length;

function labelsOf(request: HttpRequest, info: RequestInfo): RequestLabels {
  const scope = scopeOf(info);
  return {
    component: info.isResource ? 'apiserver' : '',
    dry_run: dryRunOf(request),
    group: info.group,
    resource: info.resource,
    scope,
    subresource: info.isResource ? info.subresource : info.path,
    verb: verbOf(request, info, scope),
    version: info.version,
  };
}

function withoutDryRun(all: RequestLabels & Labels): Labels {
  const { dry_run: _, ...labels } = all;
  return labels;
}

function scopeOf({ isResource, name, namespace, verb }: RequestInfo): string {
  if (name || verb === 'create') return 'resource';
  if (namespace) return 'namespace';
  return isResource ? 'cluster' : '';
}

function dryRunOf({ query }: HttpRequest): string {
  if (!query.has('dryRun')) return '';
  return query.all('dryRun').every((one) => one === 'All') ? 'All' : 'invalid';
}

const CONNECTIONS: ReadonlySet<string> = new Set(['log', 'exec', 'portforward', 'attach', 'proxy']);
const METHODS: ReadonlySet<string> = new Set(['DELETE', 'GET', 'LIST', 'PATCH', 'POST', 'PUT']);

/** The method, except where that says too little. */
function verbOf({ method, headers }: HttpRequest, info: RequestInfo, scope: string): string {
  if (CONNECTIONS.has(info.subresource)) return 'CONNECT';
  if (info.verb === 'watch') return 'WATCH';
  if (method === 'PATCH' && headers.get('content-type')?.startsWith('application/apply-patch')) return 'APPLY';
  const verb = method !== 'GET' && method !== 'HEAD' ? method : scope !== 'resource' && scope !== '' ? 'LIST' : 'GET';
  return METHODS.has(verb) ? verb : 'other';
}

export const buildInfo = (version: VersionInfo): Metric => ({
  name: 'kubernetes_build_info',
  help: "A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
  type: 'gauge',
  stability: Number(version.minor) >= 36 ? 'BETA' : 'ALPHA',
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
