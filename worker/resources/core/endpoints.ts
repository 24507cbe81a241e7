// Endpoints. Mirrors pkg/registry/core/endpoint and ValidateEndpoints.

import { index, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { EndpointAddress, EndpointPort, Endpoints, EndpointSubset } from '../../api/gen/core-v1.ts';
import { nameIsDnsSubdomain, portNumberProblems } from '../../lib/names.ts';
import { parseTime } from '../../lib/time.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { endpointIp, ipWarnings, validIpOfLegacyField } from '../validation/ip.ts';
import { dnsLabel, problems, qualifiedName } from '../validation/values.ts';

export const endpoints = defineResource<Endpoints>({
  group: '',
  version: 'v1',
  resource: 'endpoints',
  kind: 'Endpoints',
  namespaced: true,
  shortNames: ['ep'],
  bucket: 'services/endpoints',
  createOnUpdate: true,
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  schema: builtinType('core.v1.Endpoints'),
  default: ({ subsets }) => {
    for (const { ports } of subsets ?? []) for (const port of ports ?? []) port.protocol ||= 'TCP';
  },
  validate: (object) => validateSubsets(object, []),
  validateUpdate: (object, old) => [
    ...validateLastChange(object),
    ...validateSubsets(
      object,
      addressesOf(old).map(({ ip }) => ip),
    ),
  ],
  warnings: ({ subsets }) =>
    (subsets ?? []).flatMap(({ addresses, notReadyAddresses }, i) =>
      Object.entries({ addresses, notReadyAddresses }).flatMap(([name, list]) =>
        (list ?? []).flatMap(({ ip }, n) => ipWarnings(ip, `subsets[${i}].${name}[${n}].ip`)),
      ),
    ),
  columns: [
    NAME_COLUMN,
    column('Endpoints', ({ subsets }) => endpointsText(subsets ?? []), { description: docOf('core.v1.Endpoints.subsets') }),
    AGE_COLUMN,
  ],
});

const MAX_SHOWN = 3;

function endpointsText(subsets: readonly EndpointSubset[]): string {
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length ? ports.flatMap(({ port }) => addresses.map(({ ip }) => hostPort(ip, port))) : addresses.map(({ ip }) => ip),
  );
  const text = all.slice(0, MAX_SHOWN).join(',');
  return all.length > MAX_SHOWN ? `${text} + ${all.length - MAX_SHOWN} more...` : text || '<none>';
}

const hostPort = (ip: string, port: number): string => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);

const addressesOf = ({ subsets }: Endpoints): EndpointAddress[] =>
  (subsets ?? []).flatMap(({ addresses = [], notReadyAddresses = [] }) => [...addresses, ...notReadyAddresses]);

const LAST_CHANGE = 'endpoints.kubernetes.io/last-change-trigger-time';

function validateLastChange({ metadata }: Endpoints): FieldError[] {
  const time = metadata.annotations?.[LAST_CHANGE];
  if (time === undefined || parseTime(time) !== undefined) return [];
  return [invalidField(`annotations[${LAST_CHANGE}]`, time, 'must be a valid RFC3339 timestamp')];
}

function validateSubsets({ subsets }: Endpoints, kept: readonly string[]): FieldError[] {
  return (subsets ?? []).flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, i) => {
    const path = index('subsets', i);
    return [
      ...(addresses.length + notReadyAddresses.length ? [] : [requiredField(path, 'must specify `addresses` or `notReadyAddresses`')]),
      ...addresses.flatMap((one, n) => validateAddress(one, index(`${path}.addresses`, n), kept)),
      ...notReadyAddresses.flatMap((one, n) => validateAddress(one, index(`${path}.notReadyAddresses`, n), kept)),
      ...ports.flatMap((one, n) => validatePort(one, ports.length > 1, index(`${path}.ports`, n))),
    ];
  });
}

function validateAddress({ ip, hostname, nodeName }: EndpointAddress, path: string, kept: readonly string[]): FieldError[] {
  return [
    ...validIpOfLegacyField(ip, `${path}.ip`, kept),
    ...(hostname ? dnsLabel(hostname, `${path}.hostname`) : []),
    ...(nodeName === undefined ? [] : problems(nodeName, nameIsDnsSubdomain(nodeName, false), `${path}.nodeName`)),
    ...endpointIp(ip, `${path}.ip`),
  ];
}

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

function validatePort({ name, port, protocol, appProtocol }: EndpointPort, needsName: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (name) errors.push(...dnsLabel(name, `${path}.name`));
  else if (needsName) errors.push(requiredField(`${path}.name`));
  errors.push(...problems(port, portNumberProblems(port), `${path}.port`));
  if (!protocol) errors.push(requiredField(`${path}.protocol`));
  else if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
  return appProtocol === undefined ? errors : [...errors, ...qualifiedName(appProtocol, `${path}.appProtocol`)];
}
