// EndpointSlices. Mirrors pkg/registry/discovery/endpointslice.

import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/gen/discovery-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { nextGeneration } from '../strategy.ts';
import { ipWarnings } from '../validation/ip.ts';
import { validateSlice, validateSliceUpdate } from './validation.ts';

const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
/** They take addresses from pods and from Endpoints, and are not to be warned of them. */
const OWN_MANAGERS: ReadonlySet<string | undefined> = new Set([
  'endpointslice-controller.k8s.io',
  'endpointslicemirroring-controller.k8s.io',
]);
const SHOWN = 3;

export const endpointSlices = defineResource<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  resource: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,
  schema: builtinType('discovery.v1.EndpointSlice'),
  default: ({ ports }) => {
    for (const port of ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  prepareForCreate: (slice) => {
    slice.metadata.generation = 1;
    dropTopology(slice, undefined);
  },
  prepareForUpdate: (slice, old) => {
    dropTopology(slice, old);
    if (!isSameContent(slice, old) || !isEqual(slice.metadata.labels ?? {}, old.metadata.labels ?? {})) nextGeneration(slice, old);
  },
  validate: (slice) => validateSlice(slice, undefined),
  validateUpdate: validateSliceUpdate,
  warnings: (slice, old) => [
    ...(!old && slice.addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : []),
    ...addressWarnings(slice),
  ],
  columns: [
    NAME_COLUMN,
    column('AddressType', ({ addressType }) => addressType, { description: docOf('discovery.v1.EndpointSlice.addressType') }),
    column('Ports', ({ ports }) => shorten((ports ?? []).map(portText)), { description: docOf('discovery.v1.EndpointSlice.ports') }),
    column('Endpoints', ({ endpoints }) => shorten((endpoints ?? []).flatMap(({ addresses }) => addresses)), {
      description: docOf('discovery.v1.EndpointSlice.endpoints'),
    }),
    AGE_COLUMN,
  ],
});

const isSameContent = (a: EndpointSlice, b: EndpointSlice): boolean =>
  a.addressType === b.addressType && isEqual(a.endpoints ?? [], b.endpoints ?? []) && isEqual(a.ports ?? [], b.ports ?? []);

/** v1 does not take the topology of v1beta1; a node's name in it that was there before goes where it belongs. */
function dropTopology(slice: EndpointSlice, old: EndpointSlice | undefined): void {
  const endpoints = slice.endpoints ?? [];
  if (!endpoints.some(({ deprecatedTopology }) => deprecatedTopology)) return;
  if (old && isEqual(old.endpoints, slice.endpoints)) return;
  const known = new Set((old?.endpoints ?? []).map(hostOf));
  slice.endpoints = endpoints.map(({ deprecatedTopology, ...endpoint }): Endpoint => {
    const host = deprecatedTopology?.['kubernetes.io/hostname'];
    return endpoint.nodeName === undefined && host && known.has(host) ? { ...endpoint, nodeName: host } : endpoint;
  });
}

const hostOf = ({ deprecatedTopology }: Endpoint): string | undefined => deprecatedTopology?.['kubernetes.io/hostname'];

function addressWarnings({ metadata: { labels }, endpoints }: EndpointSlice): string[] {
  if (OWN_MANAGERS.has(labels?.[MANAGED_BY])) return [];
  return (endpoints ?? []).flatMap(({ addresses }, i) =>
    addresses.flatMap((address, n) => ipWarnings(address, `endpoints[${i}].addresses[${n}]`)),
  );
}

const portText = ({ port, name }: EndpointPort): string => (port !== undefined ? String(port) : (name ?? '*'));

function shorten(all: readonly string[]): string {
  const text = all.slice(0, SHOWN).join(',');
  if (all.length > SHOWN) return `${text} + ${all.length - SHOWN} more...`;
  return text || '<unset>';
}
