// What Services are looked up by.

import type { Service } from '../../api/gen/core-v1.ts';
import { selectorTerms } from '../../api/selector-index.ts';
import { labelSelectorOfMap } from '../../api/selectors.ts';

const TOPOLOGY_MODES = ['service.kubernetes.io/topology-aware-hints', 'service.kubernetes.io/topology-mode'];

export const serviceTerm = {
  type: (type: string): string => `type/${type}`,
  /** Its addresses and ports on nodes, which no other Service may have. */
  clusterIp: (ip: string): string => `ip/${ip}`,
  nodePort: (port: number): string => `node-port/${port}`,
  /** Asks for hints by the zones of nodes. */
  topologyAware: 'topology',
};

export function serviceTerms({ metadata: { namespace = '', annotations = {} }, spec }: Service): string[] {
  const terms = spec.selector ? selectorTerms(namespace, labelSelectorOfMap(spec.selector)) : [];
  if (spec.type) terms.push(serviceTerm.type(spec.type));
  if (TOPOLOGY_MODES.some((key) => key in annotations)) terms.push(serviceTerm.topologyAware);
  for (const ip of spec.clusterIPs ?? []) if (ip !== 'None') terms.push(serviceTerm.clusterIp(ip));
  const ports = new Set([...(spec.ports ?? []).map(({ nodePort }) => nodePort), spec.healthCheckNodePort]);
  for (const port of ports) if (port) terms.push(serviceTerm.nodePort(port));
  return terms;
}
