// The order of ports in Endpoints and EndpointSlices. Upstream sorts them by a hash of Go's dump of the struct, so that this dump is written here, letter for letter
// (spew's `%#v` without addresses). Mirrors pkg/api/v1/endpoints/util.go and the endpointslice library's NewPortMapKey.

import type { EndpointPort as SlicePort } from '../../api/gen/discovery-v1.ts';
import type { EndpointPort } from '../../api/gen/core-v1.ts';
import { fnv1a128 } from '../../lib/fnv128.ts';

const pointer = (type: string, value: string | number | undefined): string =>
  value === undefined ? `(*${type})<nil>` : `(*${type})${value}`;

const dumpPort = ({ name = '', port, protocol = '', appProtocol }: EndpointPort): string =>
  `(v1.EndpointPort){Name:(string)${name} Port:(int32)${port} Protocol:(v1.Protocol)${protocol} AppProtocol:${pointer('string', appProtocol)}}`;

const dumpSlicePort = ({ name, port, protocol, appProtocol }: SlicePort): string =>
  `(v1.EndpointPort){Name:${pointer('string', name)} Protocol:${pointer('v1.Protocol', protocol)} Port:${pointer('int32', port)} AppProtocol:${pointer('string', appProtocol)}}`;

export const sortPorts = (ports: readonly EndpointPort[]): EndpointPort[] => sortByHash(ports, dumpPort);
export const sortSlicePorts = (ports: readonly SlicePort[]): SlicePort[] => sortByHash(ports, dumpSlicePort);

function sortByHash<T>(items: readonly T[], dump: (item: T) => string): T[] {
  if (items.length < 2) return [...items];
  return items
    .map((item) => ({ item, hash: fnv1a128(dump(item)) }))
    .sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0))
    .map(({ item }) => item);
}
