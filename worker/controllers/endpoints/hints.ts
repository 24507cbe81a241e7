// Hints for a Service's `trafficDistribution`: each ready endpoint is for its own zone (and node). Mirrors the endpointslice library's trafficdist.

import type { Service } from '../../api/gen/core-v1.ts';
import type { Endpoint, EndpointHints, EndpointSlice } from '../../api/gen/discovery-v1.ts';
import { isEqual } from '../../lib/json.ts';
import type { SlicePlan } from './slices.ts';

const CLOSE: ReadonlySet<string> = new Set(['PreferClose', 'PreferSameZone', 'PreferSameNode']);

/** `topology-mode: Auto`. */
export function wantsTopologyHints({ metadata: { annotations = {} } }: Service): boolean {
  const mode = annotations['service.kubernetes.io/topology-aware-hints'] ?? annotations['service.kubernetes.io/topology-mode'];
  return mode === 'Auto' || mode === 'auto';
}

/** The Service's `trafficDistribution`, if hints are made by it. */
export function distributionOf(service: Service): string | undefined {
  const { trafficDistribution: value } = service.spec;
  return value !== undefined && CLOSE.has(value) && !wantsTopologyHints(service) ? value : undefined;
}

/** Changes the endpoints of slices that are written anyway, and writes those others that need it. */
export function rewriteEndpoints(
  plan: SlicePlan,
  unchanged: readonly EndpointSlice[],
  change: (endpoint: Endpoint) => Endpoint,
): SlicePlan {
  const rewrite = (slice: EndpointSlice): EndpointSlice => ({ ...slice, endpoints: (slice.endpoints ?? []).map(change) });
  const others = unchanged.map(rewrite).filter((slice, i) => !isEqual(slice.endpoints, unchanged[i]!.endpoints ?? []));
  return { create: plan.create.map(rewrite), update: [...plan.update.map(rewrite), ...others], delete: plan.delete };
}

export function withoutHints(endpoint: Endpoint): Endpoint {
  const { hints: _, ...rest } = endpoint;
  return rest;
}

/** An endpoint that is not ready keeps what it has. */
export function closeHints(distribution: string): (endpoint: Endpoint) => Endpoint {
  return (endpoint) => {
    if (!endpoint.conditions.ready) return endpoint;
    const hints: EndpointHints = {
      ...(endpoint.zone && { forZones: [{ name: endpoint.zone }] }),
      ...(distribution === 'PreferSameNode' && endpoint.nodeName && { forNodes: [{ name: endpoint.nodeName }] }),
    };
    return Object.keys(hints).length ? { ...endpoint, hints } : withoutHints(endpoint);
  };
}
