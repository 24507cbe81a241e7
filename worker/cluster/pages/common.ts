// What the pages of components have in common.

import type { Metric } from '../../lib/metrics.ts';
import { guardedPage } from '../../server/guarded-page.ts';
import { healthOverview } from '../../server/health.ts';
import { jsonText, notFoundPage, text } from '../../server/http.ts';
import type { HttpReply, HttpRequest } from '../../server/http.ts';
import { metricsPage } from '../../server/metrics-page.ts';
import { buildInfo } from '../../server/request-metrics.ts';
import { zPage } from '../../server/zpages.ts';
import type { ComponentState } from '../../world/programs/control-plane/component.ts';
import type { Flags } from '../../world/programs/control-plane/flags.ts';
import type { Asked, PageParts } from './index.ts';

export const flagsOf = ({ container }: Asked): Flags => (container.service as Partial<ComponentState> | undefined)?.flags ?? {};

/** For who is known to the API server, and may. */
export function guarded(parts: PageParts, asked: Asked, request: HttpRequest, page: () => HttpReply): HttpReply {
  const flags = flagsOf(asked);
  const { world, controlPlane, server } = parts;
  const openPaths = (flags['authorization-always-allow-paths'] ?? '/healthz,/readyz,/livez').split(',');
  const host = world.machines.get(asked.sandbox.machine)?.ip ?? '127.0.0.1';
  return guardedPage(server, request, { openPaths, unreachable: controlPlane.api === 'up' ? undefined : `${host}:6443` }, page);
}

/** Page → the names of its checks, all of which are well: a component that is not has no process. */
export type Checks = Readonly<Record<string, readonly string[]>>;

export function checksPage(checks: Checks, { path, query }: HttpRequest): HttpReply | undefined {
  const [, page = '', ...rest] = path.split('/');
  const names = Object.hasOwn(checks, page) ? checks[page]! : undefined;
  if (!names) return undefined;
  if (rest.length) return names.includes(rest.join('/')) ? text('ok') : notFoundPage();
  return healthOverview(page, names, new Set(), query.all('exclude'), query.has('verbose'));
}

export const allMetrics = (parts: PageParts, asked: Asked, own: readonly Metric[]): HttpReply =>
  metricsPage([buildInfo(parts.server.version), ...processMetrics(asked, parts.server.version.goVersion, false), ...own]);

/** `paths`: what it answers to besides. */
export const componentZPage = (
  { server }: PageParts,
  asked: Asked,
  request: HttpRequest,
  paths: readonly string[],
): HttpReply | undefined =>
  zPage(server, request, () => ({
    component: asked.container.main,
    startedAt: asked.container.startedAt,
    flags: flagsOf(asked),
    paths,
  }));

export const configzPage = (name: string, config: object): HttpReply => jsonText(JSON.stringify({ [name]: config }));

/** Of every program in Go. `isBare`: one that does not say how stable its metrics are. */
export const processMetrics = ({ container }: Asked, version: string, isBare: boolean): Metric[] => [
  { name: 'go_info', help: 'Information about the Go environment.', type: 'gauge', isBare: true, samples: [[{ version }, 1]] },
  {
    name: 'process_start_time_seconds',
    help: 'Start time of the process since unix epoch in seconds.',
    type: 'gauge',
    ...(isBare ? { isBare } : { stability: 'ALPHA' }),
    samples: [[{}, container.startedAt / 1000]],
  },
];

export const leadership = (name: string, isLeader: boolean): Metric => ({
  name: 'leader_election_master_status',
  help: "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master. 'name' is the string used to identify the lease. Please make sure to group by name.",
  type: 'gauge',
  stability: 'ALPHA',
  samples: [[{ name }, isLeader ? 1 : 0]],
});

/** Undefined if the flag is not given. */
export const listOf = (value: string | undefined): string[] | undefined => value?.split(',').filter((word) => word !== '');
