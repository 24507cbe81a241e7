// What kube-proxy shows at its metrics port, 10249, to anybody who reaches it. Mirrors cmd/kube-proxy/app/server.go and pkg/proxy/metrics.

import { isRecord } from '../../lib/json.ts';
import type { Metric } from '../../lib/metrics.ts';
import { readYaml } from '../../lib/yaml.ts';
import { notFoundPage } from '../../server/http.ts';
import { containerFiles } from '../../world/files/container-files.ts';
import type { ProxyState } from '../../world/programs/control-plane/node-agents.ts';
import { allMetrics, componentZPage, configzPage } from './common.ts';
import type { Asked, ComponentPage, PageParts } from './index.ts';
import { proxyConfig } from './proxy-config.ts';

const PATHS = ['/configz', '/flagz', '/healthz', '/metrics', '/proxyMode'];

export const proxyPage: ComponentPage = (parts, asked, request) => {
  const { path } = request;
  const state = asked.container.service as ProxyState;
  if (path === '/metrics') return allMetrics(parts, asked, proxyMetrics(parts, asked));
  if (path === '/configz') return configzPage('kubeproxy.config.k8s.io', proxyConfig(configOf(parts, asked), state));
  return componentZPage(parts, asked, request, PATHS) ?? notFoundPage();
};

/** What its file says; it was read when the process started, and found good. */
function configOf({ world }: PageParts, { sandbox, container }: Asked): Readonly<Record<string, unknown>> {
  const path = container.argv.map((word) => /^--config=(.*)$/.exec(word)?.[1]).find((found) => found !== undefined);
  const file = path === undefined ? undefined : containerFiles(world, sandbox, container).find(path);
  const value = file ? readYaml(file.content ?? '').value : undefined;
  return isRecord(value) ? value : {};
}

/** How many rules it holds. */
function proxyMetrics({ world }: PageParts, { sandbox }: Asked): Metric[] {
  const rules = [...world.services.values()].filter(({ machine }) => machine === sandbox.machine);
  const endpoints = rules.reduce((sum, { ports }) => sum + ports.reduce((all, port) => all + port.endpoints.length, 0), 0);
  const gauge = (name: string, help: string, value: number): Metric => ({
    name: `kubeproxy_${name}`,
    help,
    type: 'gauge',
    stability: 'ALPHA',
    samples: [[{}, value]],
  });
  return [
    gauge('sync_proxy_rules_service_changes_pending', 'Pending proxy rules Service changes', 0),
    gauge('sync_proxy_rules_endpoint_changes_pending', 'Pending proxy rules Endpoint changes', 0),
    gauge('sync_proxy_rules_endpoints', 'Number of endpoints', endpoints),
  ];
}
