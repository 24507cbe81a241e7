// Nodes. Mirrors pkg/registry/core/node and ValidateNode.

import { duplicateField, forbiddenField, index, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, wide } from '../../api/resource.ts';
import type { Node, NodeStatus, Taint } from '../../api/gen/core-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { labelValueProblems, qualifiedNameProblems } from '../../lib/names.ts';
import { docOf } from '../doc.ts';
import { goForm } from '../go-form.ts';
import { builtinType } from '../schema/index.ts';
import { keepOnlyStatus, keepStatus } from '../strategy.ts';
import { isDualStackRanges } from '../validation/dual-stack.ts';
import { cidrWarnings, validCidrOfLegacyField } from '../validation/ip.ts';
import { problems } from '../validation/values.ts';
import { nodeAtTime } from './node-heartbeat.ts';
import { validateAmount } from './pod/resources.ts';

export const nodes = defineResource<Node>({
  group: '',
  version: 'v1',
  resource: 'nodes',
  kind: 'Node',
  namespaced: false,
  shortNames: ['no'],
  bucket: 'minions',
  schema: builtinType('core.v1.Node'),
  default: ({ spec, status }) => {
    if (status.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
    // The one range and the list of them are the same thing, told in two ways.
    if (spec.podCIDR && spec.podCIDRs?.[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
    else if (!spec.podCIDR && spec.podCIDRs?.length) spec.podCIDR = spec.podCIDRs[0]!;
  },
  prepareForCreate: ({ spec, status }) => {
    delete spec.configSource;
    delete status.config;
  },
  prepareForUpdate: (node, old) => {
    keepStatus(node, old);
    if (!old.spec.configSource) delete node.spec.configSource;
  },
  validate: (node) => [...validateTaints(node), ...validateResources(node.status), ...validatePodCidrs(node.spec.podCIDRs ?? [])],
  validateUpdate,
  warnings: ({ spec }) => [
    ...(spec.configSource ? ['spec.configSource: the feature is removed'] : []),
    ...(spec.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
    ...(spec.podCIDRs ?? []).flatMap((one, i) => cidrWarnings(one, index('spec.podCIDRs', i))),
  ],
  atTime: nodeAtTime,
  fieldLabels: ['spec.unschedulable'],
  selectableFields: ({ spec }) => ({ 'spec.unschedulable': String(spec.unschedulable ?? false) }),
  subresources: {
    proxy: { type: 'connect', verbs: ['create', 'delete', 'get', 'patch', 'update'], kind: 'NodeProxyOptions' },
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      prepareForUpdate: keepOnlyStatus,
      validateUpdate: (node, old) => validateUpdate(node as Node, old as Node),
    },
  },
  columns: [
    NAME_COLUMN,
    column('Status', statusText, { description: 'The status of the node' }),
    column('Roles', rolesText, { description: 'The roles of the node' }),
    AGE_COLUMN,
    column('Version', ({ status }) => status.nodeInfo.kubeletVersion, { description: docOf('core.v1.NodeSystemInfo.kubeletVersion') }),
    column('Internal-IP', (node) => addressOf(node, 'InternalIP'), { ...wide, description: docOf('core.v1.NodeStatus.addresses') }),
    column('External-IP', (node) => addressOf(node, 'ExternalIP'), { ...wide, description: docOf('core.v1.NodeStatus.addresses') }),
    column('OS-Image', ({ status }) => status.nodeInfo.osImage || UNKNOWN, {
      ...wide,
      description: docOf('core.v1.NodeSystemInfo.osImage'),
    }),
    column('Kernel-Version', ({ status }) => status.nodeInfo.kernelVersion || UNKNOWN, {
      ...wide,
      description: docOf('core.v1.NodeSystemInfo.kernelVersion'),
    }),
    column('Container-Runtime', ({ status }) => status.nodeInfo.containerRuntimeVersion || UNKNOWN, {
      ...wide,
      description: docOf('core.v1.NodeSystemInfo.containerRuntimeVersion'),
    }),
  ],
});

const UNKNOWN = '<unknown>';

function statusText({ spec, status }: Node): string {
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  const text = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return spec.unschedulable ? `${text},SchedulingDisabled` : text;
}

const ROLE_PREFIX = 'node-role.kubernetes.io/';

function rolesText({ metadata: { labels = {} } }: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(labels)) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === 'kubernetes.io/role' && value) roles.add(value);
  }
  return [...roles].sort().join(',') || '<none>';
}

const addressOf = ({ status }: Node, type: string): string => status.addresses?.find((one) => one.type === type)?.address ?? '<none>';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Upstream looks for taints below the metadata. */
function validateTaints({ spec }: Node): FieldError[] {
  const seen = new Set<string>();
  return (spec.taints ?? []).flatMap((taint, i) => {
    const path = index('metadata.taints', i);
    const errors = validateTaint(taint, path);
    const id = `${taint.effect} ${taint.key}`;
    if (seen.has(id))
      errors.push({
        ...duplicateField(path, goForm('core.v1.Taint', taint)),
        detail: 'taints must be unique by key and effect pair',
      });
    seen.add(id);
    return errors;
  });
}

function validateTaint({ key, value = '', effect }: Taint, path: string): FieldError[] {
  const wrong = labelValueProblems(value);
  return [
    ...problems(key, qualifiedNameProblems(key), `${path}.key`),
    ...(wrong.length ? [invalidField(`${path}.value`, value, wrong.join(';'))] : []),
    ...(effect ? (EFFECTS.includes(effect) ? [] : [notSupported(`${path}.effect`, effect, EFFECTS)]) : [requiredField(`${path}.effect`)]),
  ];
}

const validateResources = ({ capacity = {}, allocatable = {} }: NodeStatus): FieldError[] =>
  Object.entries({ capacity, allocatable }).flatMap(([side, list]) =>
    Object.entries(list).flatMap(([name, amount]) => validateAmount(name, amount, `status.${side}.${name}`)),
  );

function validatePodCidrs(cidrs: readonly string[]): FieldError[] {
  const path = 'spec.podCIDRs';
  const errors = cidrs.flatMap((one, i) => validCidrOfLegacyField(one, index(path, i)));
  if (cidrs.length < 2) return errors;
  if (!isDualStackRanges(cidrs) || cidrs.length > 2)
    errors.push(invalidField(path, cidrs, 'may specify no more than one CIDR for each IP family'));
  return [...errors, ...cidrs.flatMap((one, i) => (cidrs.indexOf(one) < i ? [duplicateField(index(path, i), one)] : []))];
}

function validateUpdate(node: Node, old: Node): FieldError[] {
  const { spec, status } = node;
  const addresses = status.addresses ?? [];
  const errors = validateResources(status);
  for (const [i, one] of addresses.entries())
    if (addresses.findIndex((other) => isEqual(other, one)) < i)
      errors.push(duplicateField(index('status.addresses', i), goForm('core.v1.NodeAddress', one)));
  if (old.spec.podCIDRs?.length && !isEqual(spec.podCIDRs ?? [], old.spec.podCIDRs))
    errors.push(forbiddenField('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  if (old.spec.providerID && old.spec.providerID !== spec.providerID)
    errors.push(forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  errors.push(...validateTaints(node));
  if ((spec.externalID ?? '') !== (old.spec.externalID ?? '')) errors.push(forbiddenField('spec.externalID', 'may not be updated'));
  return errors;
}
