// What a Service needs by its type. Mirrors kubernetes pkg/api/service and pkg/registry/core/service/strategy.go.

import type { Service } from '../../api/gen/core-v1.ts';

type WithSpec = Pick<Service, 'spec'>;

/** All types have an address inside the cluster, but names of something outside. */
export const needsClusterIp = ({ spec }: WithSpec): boolean =>
  spec.type === 'ClusterIP' || spec.type === 'NodePort' || spec.type === 'LoadBalancer';

export const needsNodePort = ({ spec }: WithSpec): boolean => spec.type === 'NodePort' || spec.type === 'LoadBalancer';

/** Whoever balances the load has to learn which nodes have a pod of the service. */
export const needsHealthCheckPort = ({ spec }: WithSpec): boolean => spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';

export const isExternallyAccessible = ({ spec }: WithSpec): boolean =>
  needsNodePort({ spec }) || (spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0);

export const isHeadlessList = ({ spec }: WithSpec): boolean => spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None';
