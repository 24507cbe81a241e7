// /healthz, /livez, /readyz and their parts, and the list of paths at /. Mirrors apiserver pkg/server/healthz; the checks are those that a kube-apiserver
// registers.

import { jsonText, text } from './http.ts';
import type { HttpReply, HttpRequest } from './http.ts';
import type { Server } from './context.ts';
import type { Metric } from '../lib/metrics.ts';

/** What runs when an API server starts, in the order in which it is registered. */
const START_HOOKS = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-filter',
  'storage-object-count-tracker-hook',
  'start-apiextensions-informers',
  'start-apiextensions-controllers',
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'peer-endpoint-reconciler-controller',
  'start-cluster-authentication-info-controller',
  'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector',
  'storage-readiness',
  'start-legacy-token-tracking-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
  'aggregator-reload-proxy-client-cert',
  'start-kube-aggregator-informers',
  'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller',
  'apiservice-registration-controller',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
].map((name) => `poststarthook/${name}`);
const LAST_HOOKS = ['apiservice-openapi-controller', 'apiservice-openapiv3-controller'].map((name) => `poststarthook/${name}`);
const STARTED = [...START_HOOKS, 'autoregister-completion', ...LAST_HOOKS];

const CHECKS: Readonly<Record<string, readonly string[]>> = {
  healthz: ['ping', 'log', 'loopback-serving-certificate', 'etcd', ...STARTED],
  livez: ['ping', 'log', 'loopback-serving-certificate', 'etcd', ...STARTED],
  readyz: ['ping', 'log', 'etcd', 'etcd-readiness', 'informer-sync', ...STARTED, 'shutdown'],
};
/** What came with a minor version. */
const SINCE: Readonly<Record<string, number>> = {
  'poststarthook/peer-endpoint-reconciler-controller': 36,
  'poststarthook/storage-readiness': 36,
};

const checksOf = ({ registry }: Server, page: string): readonly string[] =>
  CHECKS[page]!.filter((name) => (SINCE[name] ?? 0) <= registry.config.minor);

/** Whether a page of checks is at the path, or one of its checks. */
export const isHealthPage = (path: string): boolean =>
  Object.values(CHECKS).some((names, i) => {
    const page = `/${Object.keys(CHECKS)[i]}`;
    return path === page || (path.startsWith(`${page}/`) && names.includes(path.slice(page.length + 1)));
  });

/** Undefined if the path is none of these. */
export function healthPage(server: Server, { query }: HttpRequest, path: string): HttpReply | undefined {
  if (path === '/') return jsonText(JSON.stringify({ paths: rootPaths(server) }, null, 2));
  const [, page = '', ...rest] = path.split('/');
  if (!Object.hasOwn(CHECKS, page)) return undefined;
  const checks = checksOf(server, page);
  const failing = server.failingChecks();
  if (rest.length) {
    const name = rest.join('/');
    if (!checks.includes(name)) return undefined;
    server.metrics.countCheck(name, page, !failing.has(name));
    return failing.has(name) ? text('internal server error: reason withheld\n', 500) : text('ok');
  }
  const excluded = query.all('exclude');
  runChecks(server, page, excluded);
  return healthOverview(page, checks, failing, excluded, query.has('verbose'));
}

function runChecks(server: Server, page: string, excluded: readonly string[] = []): void {
  const failing = server.failingChecks();
  for (const name of checksOf(server, page)) if (!excluded.includes(name)) server.metrics.countCheck(name, page, !failing.has(name));
}

/** What the checks said. Those that a kubelet's probes ask for were asked for: probes come by no request here (`world/stillness.ts`). */
export function healthIndicators(server: Server): readonly Metric[] {
  for (const page of ['livez', 'readyz']) runChecks(server, page);
  return server.metrics.indicators();
}

/** A page of checks, as `?verbose` and `?exclude` want it. */
export function healthOverview(
  page: string,
  checks: readonly string[],
  failing: ReadonlySet<string>,
  excluded: readonly string[],
  isVerbose: boolean,
): HttpReply {
  const lines = checks.map((name) => {
    if (excluded.includes(name)) return `[+]${name} excluded: ok\n`;
    return failing.has(name) ? `[-]${name} failed: reason withheld\n` : `[+]${name} ok\n`;
  });
  const unknown = [...new Set(excluded)].filter((name) => name !== '' && !checks.includes(name)).sort();
  if (unknown.length)
    lines.push(`warn: some health checks cannot be excluded: no matches for ${unknown.map((name) => JSON.stringify(name)).join(', ')}\n`);
  if (checks.some((name) => failing.has(name) && !excluded.includes(name))) return text(`${lines.join('')}${page} check failed\n`, 500);
  return text(isVerbose ? `${lines.join('')}${page} check passed\n` : 'ok');
}

const OTHER_PATHS = [
  '/.well-known/openid-configuration',
  '/apis',
  '/apis/',
  '/metrics',
  '/metrics/slis',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/',
  '/openid/v1/jwks',
  '/version',
];

/** All that is answered to, but for the objects. */
export function rootPaths(server: Server): string[] {
  const groups = server.registry.catalog.groups().flatMap(({ name, versions }) => {
    const root = name ? `/apis/${name}` : '/api';
    return [root, ...versions.map(({ version }) => `${root}/${version}`)];
  });
  const health = Object.keys(CHECKS).flatMap((page) => [`/${page}`, ...checksOf(server, page).map((name) => `/${page}/${name}`)]);
  const zPages = server.registry.config.minor >= 36 ? ['/flagz', '/statusz'] : [];
  return [...groups, ...health, ...OTHER_PATHS, ...zPages].sort();
}
