// /version, /healthz, /livez, /readyz and their parts, and the list of paths at /.

import { json, text } from './http.ts';
import type { HttpReply, HttpRequest } from './http.ts';
import type { Server } from './context.ts';

/** The checks upstream runs, in its order; what is not there to fail here is always well. */
const CHECKS = [
  'ping',
  'log',
  'etcd',
  'poststarthook/start-apiextensions-controllers',
  'poststarthook/crd-informer-synced',
  'poststarthook/rbac/bootstrap-roles',
  'poststarthook/scheduling/bootstrap-system-priority-classes',
  'poststarthook/priority-and-fairness-config-producer',
  'poststarthook/bootstrap-controller',
  'poststarthook/start-kube-aggregator-informers',
  'poststarthook/apiservice-registration-controller',
  'poststarthook/apiservice-openapi-controller',
  'autoregister-completion',
];

const EXTRA: Record<string, readonly string[]> = { healthz: [], livez: [], readyz: ['informer-sync', 'shutdown'] };

/** Undefined if the path is none of these. */
export function healthPage(server: Server, { query }: HttpRequest, path: string): HttpReply | undefined {
  if (path === '/version') return json(server.version);
  if (path === '/') return json({ paths: rootPaths(server) });
  const [, page = '', ...rest] = path.split('/');
  if (!Object.hasOwn(EXTRA, page)) return undefined;
  const checks = [...CHECKS, ...EXTRA[page]!];
  if (rest.length) return checks.includes(rest.join('/')) ? text('ok') : undefined;
  const excluded = query.all('exclude');
  if (!query.has('verbose')) return text('ok');
  const lines = checks.map((name) => (excluded.includes(name) ? `[+]${name} excluded: ok` : `[+]${name} ok`));
  return text(`${lines.join('\n')}\n${page} check passed\n`);
}

function rootPaths(server: Server): string[] {
  const groups = server.registry.catalog.groups().flatMap(({ name, versions }) => {
    const root = name ? `/apis/${name}` : '/api';
    return [root, ...versions.map(({ version }) => `${root}/${version}`)];
  });
  return [
    ...new Set([
      ...groups,
      '/apis',
      '/healthz',
      '/livez',
      '/openapi/v2',
      '/openapi/v3',
      '/readyz',
      '/version',
      ...CHECKS.map((name) => `/healthz/${name}`),
    ]),
  ].sort();
}
