// The rules of EndpointSlices, which are written at every change of a pod: no path is made before there is an error. Mirrors pkg/apis/discovery/validation.

import { duplicateField, internalFieldError, invalidField, notSupported, requiredField, tooMany } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from '../../api/gen/discovery-v1.ts';
import { IMMUTABLE, validateLabels } from '../../api/metadata-validation.ts';
import { parseIp } from '../../lib/ip.ts';
import { isEqual } from '../../lib/json.ts';
import { dnsLabelProblems, dnsSubdomainProblems, labelValueProblems } from '../../lib/names.ts';
import { endpointIp, validIp, validIpOfLegacyField } from '../validation/ip.ts';
import { dnsLabel, fullyQualifiedDomainName, problems, qualifiedName } from '../validation/values.ts';

const MAX = { endpoints: 1000, addresses: 100, ports: 20_000, topology: 16, zones: 8, nodes: 8 } as const;
const ZONE = 'topology.kubernetes.io/zone';

export function validateSlice(slice: EndpointSlice, old: EndpointSlice | undefined): FieldError[] {
  const errors = [...validateAddressType(slice.addressType), ...validatePorts(slice.ports ?? [])];
  const endpoints = validateEndpoints(slice.endpoints ?? [], slice.addressType);
  // What was let pass once may stay.
  if (!endpoints.length || (old && isEqual(old.endpoints, slice.endpoints))) return errors;
  return [...errors, ...endpoints];
}

export const validateSliceUpdate = (slice: EndpointSlice, old: EndpointSlice): FieldError[] => [
  ...validateSlice(slice, old),
  ...(slice.addressType === old.addressType ? [] : [invalidField('addressType', slice.addressType, IMMUTABLE)]),
];

function validateAddressType(type: string): FieldError[] {
  if (!type) return [requiredField('addressType')];
  return ['IPv4', 'IPv6', 'FQDN'].includes(type) ? [] : [notSupported('addressType', type, ['FQDN', 'IPv4', 'IPv6'])];
}

function validatePorts(ports: readonly EndpointPort[]): FieldError[] {
  if (ports.length > MAX.ports) return [tooMany('ports', ports.length, MAX.ports)];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, { name = '', protocol, appProtocol }] of ports.entries()) {
    if (name) errors.push(...problems(name, dnsLabelProblems(name), `ports[${i}].name`));
    if (names.has(name)) errors.push(duplicateField(`ports[${i}].name`, name));
    names.add(name);
    if (protocol === undefined) errors.push(requiredField(`ports[${i}].protocol`));
    else if (protocol !== 'TCP' && protocol !== 'UDP' && protocol !== 'SCTP')
      errors.push(notSupported(`ports[${i}].protocol`, protocol, ['SCTP', 'TCP', 'UDP']));
    if (appProtocol !== undefined) errors.push(...qualifiedName(appProtocol, `ports[${i}].appProtocol`));
  }
  return errors;
}

function validateEndpoints(endpoints: readonly Endpoint[], type: string): FieldError[] {
  if (endpoints.length > MAX.endpoints) return [tooMany('endpoints', endpoints.length, MAX.endpoints)];
  const errors: FieldError[] = [];
  for (let i = 0; i < endpoints.length; i++) {
    const { addresses, nodeName, deprecatedTopology, hostname, hints } = endpoints[i]!;
    errors.push(...validateAddresses(addresses ?? [], type, i));
    if (nodeName !== undefined) errors.push(...problems(nodeName, dnsSubdomainProblems(nodeName), `endpoints[${i}].nodeName`));
    if (deprecatedTopology) errors.push(...validateTopology(deprecatedTopology, `endpoints[${i}].deprecatedTopology`));
    if (hostname !== undefined) errors.push(...dnsLabel(hostname, `endpoints[${i}].hostname`));
    if (hints) errors.push(...validateHints(hints, `endpoints[${i}].hints`));
  }
  return errors;
}

function validateAddresses(addresses: readonly string[], type: string, i: number): FieldError[] {
  if (!addresses.length) return [requiredField(`endpoints[${i}].addresses`, 'must contain at least 1 address')];
  const errors: FieldError[] = [];
  if (addresses.length > MAX.addresses) errors.push(tooMany(`endpoints[${i}].addresses`, addresses.length, MAX.addresses));
  for (let n = 0; n < addresses.length; n++) {
    const path = `endpoints[${i}].addresses[${n}]`;
    if (type === 'IPv4' || type === 'IPv6') errors.push(...validateAddress(addresses[n]!, type === 'IPv4' ? 4 : 6, i, path));
    else if (type === 'FQDN') errors.push(...fullyQualifiedDomainName(addresses[n]!, path));
  }
  return errors;
}

function validateAddress(address: string, family: 4 | 6, i: number, path: string): FieldError[] {
  const errors = family === 4 ? validIpOfLegacyField(address, path) : validIp(address, path);
  if (errors.length) return errors;
  if (parseIp(address)!.family !== family)
    errors.push(invalidField(`endpoints[${i}].addresses`, address, `must be an IPv${family} address`));
  errors.push(...endpointIp(address, path));
  return errors;
}

function validateTopology(topology: Record<string, string>, path: string): FieldError[] {
  const size = Object.keys(topology).length;
  return [
    ...(size > MAX.topology ? [tooMany(path, size, MAX.topology)] : []),
    ...validateLabels(topology, path),
    ...(ZONE in topology ? [internalFieldError(`${path}[${ZONE}]`, 'reserved key was not removed in conversion')] : []),
  ];
}

function validateHints({ forZones = [], forNodes = [] }: EndpointHints, path: string): FieldError[] {
  if (forZones.length > MAX.zones) return [tooMany(`${path}.forZones`, forZones.length, MAX.zones)];
  const errors = validateHintNames(forZones, labelValueProblems, `${path}.forZones`);
  if (forNodes.length > MAX.nodes) return [...errors, tooMany(`${path}.forNodes`, forNodes.length, MAX.nodes)];
  return [...errors, ...validateHintNames(forNodes, (name) => dnsSubdomainProblems(name), `${path}.forNodes`)];
}

function validateHintNames(hints: readonly { name: string }[], rule: (name: string) => string[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { name }] of hints.entries()) {
    if (seen.has(name)) errors.push(duplicateField(`${path}[${i}].name`, name));
    seen.add(name);
    errors.push(...problems(name, rule(name), `${path}[${i}].name`));
  }
  return errors;
}
