// Where the built-in group versions stand among the others. Facts of kubernetes pkg/controlplane/apiserver and cmd/kube-apiserver/app (aggregator.go), of the
// versions that are served here; the group of the aggregator itself has none.

import type { ClusterReader } from '../../api/resource.ts';

export interface Priority {
  readonly group: number;
  readonly version: number;
}

/** By the name of the APIService. */
export const BUILTIN_PRIORITIES: Readonly<Record<string, Priority>> = {
  'v1.': { group: 18_000, version: 1 },
  'v1.apps': { group: 17_800, version: 15 },
  'v1.events.k8s.io': { group: 17_750, version: 15 },
  'v1.authentication.k8s.io': { group: 17_700, version: 15 },
  'v1.authorization.k8s.io': { group: 17_600, version: 15 },
  'v1.autoscaling': { group: 17_500, version: 15 },
  'v2.autoscaling': { group: 17_500, version: 30 },
  'v1.batch': { group: 17_400, version: 15 },
  'v1.certificates.k8s.io': { group: 17_300, version: 15 },
  'v1.networking.k8s.io': { group: 17_200, version: 15 },
  'v1.policy': { group: 17_100, version: 15 },
  'v1.rbac.authorization.k8s.io': { group: 17_000, version: 15 },
  'v1.storage.k8s.io': { group: 16_800, version: 15 },
  'v1.apiextensions.k8s.io': { group: 16_700, version: 15 },
  'v1.admissionregistration.k8s.io': { group: 16_700, version: 15 },
  'v1.scheduling.k8s.io': { group: 16_600, version: 15 },
  'v1.coordination.k8s.io': { group: 16_500, version: 15 },
  'v1.node.k8s.io': { group: 16_300, version: 15 },
  'v1.discovery.k8s.io': { group: 16_200, version: 15 },
  'v1.resource.k8s.io': { group: 16_200, version: 20 },
  'v1.flowcontrol.apiserver.k8s.io': { group: 16_100, version: 21 },
};

/** That of every group version of a CRD. */
export const CUSTOM_PRIORITY: Priority = { group: 1000, version: 100 };

/** The names of those that this cluster serves. */
export function builtinNames(reader: ClusterReader): string[] {
  const served = new Set(reader.resources().map(({ group, version }) => `${version}.${group}`));
  return Object.keys(BUILTIN_PRIORITIES).filter((name) => served.has(name));
}
