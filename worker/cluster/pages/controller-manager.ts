// What kube-controller-manager shows at its port, 10257. Mirrors cmd/kube-controller-manager/app and controller-manager/app.

import { isEnabled, upstreamName } from '../../agents/controller-names.ts';
import { PLAIN_METERS } from '../../controllers/meters.ts';
import type { Metric, Sample } from '../../lib/metrics.ts';
import { notFoundPage } from '../../server/http.ts';
import { metricsPage } from '../../server/metrics-page.ts';
import { workQueues } from '../store-metrics.ts';
import { cidrMetrics } from './cidr-sets.ts';
import { controllerManagerConfig } from './controller-manager-config.ts';
import { objectMetrics } from './objects.ts';
import { allMetrics, checksPage, componentZPage, configzPage, flagsOf, guarded, leadership } from './common.ts';
import type { ComponentPage, PageParts } from './index.ts';
import { endpointSliceMetrics } from './endpoint-slices.ts';
import { zoneMetrics } from './zones.ts';

const NAME = 'kube-controller-manager';
const PATHS = ['/configz', '/flagz', '/healthz', '/metrics'];

export const controllerManagerPage: ComponentPage = (parts, asked, request) =>
  guarded(parts, asked, request, () => {
    const flags = flagsOf(asked);
    const leads = parts.controlPlane.leads(NAME, asked.container.id);
    const loops = leads ? parts.loops(NAME).filter((name) => isEnabled(flags, name)) : [];
    const election = flags['leader-elect'] === 'false' ? [] : ['leaderElection'];
    const healthz = [...election, ...loops.map(upstreamName).sort()];
    switch (request.path) {
      case '/metrics':
        return allMetrics(parts, asked, [
          ...(election.length ? [leadership(flags['leader-elect-resource-name'] ?? NAME, leads)] : []),
          ...(leads ? workOf(parts, loops, flags) : []),
        ]);
      case '/metrics/slis':
        return metricsPage([sliOf(healthz)]);
      case '/configz':
        return configzPage('kubecontrollermanager.config.k8s.io', controllerManagerConfig(flags));
    }
    return checksPage({ healthz }, request) ?? componentZPage(parts, asked, request, PATHS) ?? notFoundPage();
  });

const sliOf = (checks: readonly string[]): Metric => ({
  name: 'kubernetes_healthcheck',
  help: 'This metric records the result of a single healthcheck.',
  type: 'gauge',
  samples: checks.map((name): Sample => [{ name, type: 'healthz' }, 1]),
});

const workOf = (parts: PageParts, loops: readonly string[], flags: Readonly<Record<string, string>>): Metric[] => [
  ...workQueues(
    parts.queues().filter(({ component }) => component === NAME),
    parts.minor,
  ),
  ...parts.meters(NAME).list(PLAIN_METERS, parts.minor),
  {
    name: 'running_managed_controllers',
    help: 'Indicates where instances of a controller are currently running',
    type: 'gauge',
    stability: parts.minor >= 36 ? 'BETA' : 'ALPHA',
    samples: loops.map(upstreamName).map((name): Sample => [{ manager: NAME, name }, 1]),
  },
  ...objectMetrics(parts.reader),
  ...zoneMetrics(parts),
  ...endpointSliceMetrics(parts, flags),
  ...cidrMetrics(parts, flags),
];
