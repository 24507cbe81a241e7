// NetworkPolicies. Mirrors pkg/registry/networking/networkpolicy and pkg/apis/networking.

import { forbiddenField, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../api/gen/networking-v1.ts';
import { formatLabelSelector, labelSelectorOf } from '../../api/selectors.ts';
import { cidrCovers, parseCidr } from '../../lib/ip.ts';
import { isEqual } from '../../lib/json.ts';
import { portNameProblems, portNumberProblems } from '../../lib/names.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { nextGeneration } from '../strategy.ts';
import { cidrWarnings, validCidrOfLegacyField } from '../validation/ip.ts';
import { hasInvalidSelectorValue, validateLabelSelector } from '../validation/label-selector.ts';
import type { LabelSelectorRules } from '../validation/label-selector.ts';
import { problems } from '../validation/values.ts';

export const networkPolicies = defineResource<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'networkpolicies',
  kind: 'NetworkPolicy',
  namespaced: true,
  shortNames: ['netpol'],
  schema: builtinType('networking.v1.NetworkPolicy'),
  default: ({ spec }) => {
    for (const { ports } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) for (const port of ports ?? []) port.protocol ??= 'TCP';
    if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'];
  },
  prepareForCreate: ({ metadata }) => {
    metadata.generation = 1;
  },
  prepareForUpdate: (policy, old) => {
    if (!isEqual(policy.spec, old.spec)) nextGeneration(policy, old);
  },
  validate: ({ spec }) => validateSpec(spec, {}, []),
  validateUpdate: ({ spec }, old) =>
    validateSpec(
      spec,
      { allowInvalidValues: hasInvalidSelectorValue(old.spec.podSelector) },
      blocksOf(old).flatMap(({ block: { cidr, except } }) => [cidr, ...(except ?? [])]),
    ),
  warnings: (policy) =>
    blocksOf(policy).flatMap(({ block: { cidr, except }, path }) => [
      ...cidrWarnings(cidr, `${path}.cidr`),
      ...(except ?? []).flatMap((one, i) => cidrWarnings(one, `${path}.except[${i}]`)),
    ]),
  columns: [
    NAME_COLUMN,
    column('Pod-Selector', ({ spec }) => formatLabelSelector(labelSelectorOf(spec.podSelector)) || '<none>', {
      description: docOf('networking.v1.NetworkPolicySpec.podSelector'),
    }),
    AGE_COLUMN,
  ],
});

function blocksOf({ spec }: NetworkPolicy): { block: IPBlock; path: string }[] {
  const of = (peers: NetworkPolicyPeer[] = [], path: string): { block: IPBlock; path: string }[] =>
    peers.flatMap(({ ipBlock }, i) => (ipBlock ? [{ block: ipBlock, path: `${path}[${i}].ipBlock` }] : []));
  return [
    ...(spec.ingress ?? []).flatMap(({ from }, i) => of(from, `spec.ingress[${i}].from`)),
    ...(spec.egress ?? []).flatMap(({ to }, i) => of(to, `spec.egress[${i}].to`)),
  ];
}

/** `kept`: ranges that the policy had before. */
function validateSpec(spec: NetworkPolicy['spec'], rules: LabelSelectorRules, kept: readonly string[]): FieldError[] {
  const errors = validateLabelSelector(spec.podSelector, 'spec.podSelector', rules);
  const validateRule = (ports: NetworkPolicyPort[] = [], peers: NetworkPolicyPeer[] = [], path: string, side: string): void => {
    for (const [i, port] of ports.entries()) errors.push(...validatePort(port, `${path}.ports[${i}]`));
    for (const [i, peer] of peers.entries()) errors.push(...validatePeer(peer, rules, kept, `${path}.${side}[${i}]`));
  };
  for (const [i, { ports, from }] of (spec.ingress ?? []).entries()) validateRule(ports, from, `spec.ingress[${i}]`, 'from');
  for (const [i, { ports, to }] of (spec.egress ?? []).entries()) validateRule(ports, to, `spec.egress[${i}]`, 'to');
  const types = spec.policyTypes ?? [];
  if (types.length > 2) return [...errors, invalidField('spec.policyTypes', types, 'may not specify more than two policyTypes')];
  for (const [i, type] of types.entries())
    if (type !== 'Ingress' && type !== 'Egress') errors.push(notSupported(`spec.policyTypes[${i}]`, type, ['Ingress', 'Egress']));
  return errors;
}

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (protocol !== undefined && protocol !== 'TCP' && protocol !== 'UDP' && protocol !== 'SCTP')
    errors.push(notSupported(`${path}.protocol`, protocol, ['TCP', 'UDP', 'SCTP']));
  if (typeof port === 'number') {
    errors.push(...problems(port, portNumberProblems(port), `${path}.port`));
    if (endPort === undefined) return errors;
    if (endPort < port) errors.push(invalidField(`${path}.endPort`, port, 'must be greater than or equal to `port`'));
    errors.push(...problems(endPort, portNumberProblems(endPort), `${path}.endPort`));
  } else if (typeof port === 'string') {
    if (endPort !== undefined) errors.push(invalidField(`${path}.endPort`, endPort, 'may not be specified when `port` is non-numeric'));
    errors.push(...problems(port, portNameProblems(port), `${path}.port`));
  } else if (endPort !== undefined) {
    errors.push(invalidField(`${path}.endPort`, endPort, 'may not be specified when `port` is not specified'));
  }
  return errors;
}

function validatePeer(peer: NetworkPolicyPeer, rules: LabelSelectorRules, kept: readonly string[], path: string): FieldError[] {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  const errors = [
    ...validateLabelSelector(podSelector, `${path}.podSelector`, rules),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`, rules),
    ...(ipBlock ? validateBlock(ipBlock, kept, `${path}.ipBlock`) : []),
  ];
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(requiredField(path, 'must specify a peer'));
  else if (ipBlock && (podSelector || namespaceSelector))
    errors.push(forbiddenField(path, 'may not specify both ipBlock and another peer'));
  return errors;
}

function validateBlock({ cidr, except = [] }: IPBlock, kept: readonly string[], path: string): FieldError[] {
  if (!cidr) return [requiredField(`${path}.cidr`)];
  const errors = validCidrOfLegacyField(cidr, `${path}.cidr`, kept);
  const whole = parseCidr(cidr);
  if (!whole) return errors;
  for (const [i, one] of except.entries()) {
    errors.push(...validCidrOfLegacyField(one, `${path}.except[${i}]`, kept));
    const part = parseCidr(one);
    if (part && (!cidrCovers(whole, part) || part.bits === whole.bits))
      errors.push(invalidField(`${path}.except[${i}]`, one, 'must be a strict subset of `cidr`'));
  }
  return errors;
}
