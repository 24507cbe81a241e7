// The devices that a driver offers. Mirrors pkg/apis/resource/validation (validateResourceSliceSpec).

import { forbiddenField, invalidField, notSupported, requiredField, tooLong } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type {
  Counter,
  Device,
  DeviceAttribute,
  DeviceCapacity,
  DeviceTaint,
  ResourcePool,
  ResourceSliceSpec,
} from '../../api/gen/resource-v1.ts';
import { IMMUTABLE } from '../../api/metadata-validation.ts';
import { isEqual } from '../../lib/json.ts';
import { labelValueProblems } from '../../lib/names.ts';
import { validateNodeSelector } from '../core/pod/scheduling.ts';
import { goForm } from '../go-form.ts';
import { dnsLabel, dnsSubdomain, problems, qualifiedName } from '../validation/values.ts';
import { EFFECTS } from './claim-validation.ts';
import { attributeName, driverName, eachEntry, eachOf, eachOfSet, poolName } from './names.ts';
import { validateRequestPolicy } from './request-policy.ts';
import { validateBindingConditions } from './status-validation.ts';

const MAX_DEVICES = 128;
/** Of devices with taints or counters. */
const MAX_LARGE_DEVICES = 64;
const MAX_ENTRIES = 32;
const MAX_VALUE_LENGTH = 64;
const MAX_TAINTS = 16;
const MAX_COUNTER_SETS = 8;
const MAX_COUNTERS = 32;
const MAX_CONSUMPTIONS = 2;
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;
const ONE_OF = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
const ONE_OF_DEVICE =
  'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
const TRUE_OR_UNSET = 'must be either unset or set to true';

export function validateSliceSpec(spec: ResourceSliceSpec, old: ResourceSliceSpec | undefined): FieldError[] {
  const { driver, pool, devices, sharedCounters, perDeviceNodeSelection } = spec;
  const errors = [...driverName(driver, 'spec.driver'), ...validatePool(pool)];
  if (old) {
    if (pool.name !== old.pool.name) errors.push(invalidField('spec.pool.name', pool.name, IMMUTABLE));
    if (driver !== old.driver) errors.push(invalidField('spec.driver', driver, IMMUTABLE));
    if (spec.nodeName !== old.nodeName) errors.push(invalidField('spec.nodeName', spec.nodeName ?? null, IMMUTABLE));
  }
  errors.push(...validateNodes(spec));
  if (sharedCounters && devices) errors.push(invalidField('spec', '', 'only one of `sharedCounters` or `devices` is allowed'));
  const max = devices?.some(isLarge) ? MAX_LARGE_DEVICES : MAX_DEVICES;
  const before = new Map(old?.devices?.map((device) => [device.name, device]));
  errors.push(
    ...eachOfSet(
      devices,
      max,
      'spec.devices',
      (device, at) => validateDevice(device, before.get(device.name), perDeviceNodeSelection ?? false, at),
      ({ name }) => name,
    ),
    ...eachOfSet(
      sharedCounters,
      MAX_COUNTER_SETS,
      'spec.sharedCounters',
      ({ name, counters }, at) => [...counterSetName(name, `${at}.name`), ...validateCounters(counters, `${at}.counters`)],
      ({ name }) => name,
    ),
  );
  return errors;
}

const isLarge = ({ taints, consumesCounters }: Device): boolean => !!taints?.length || !!consumesCounters?.length;

const validatePool = ({ name, resourceSliceCount, generation }: ResourcePool): FieldError[] => [
  ...poolName(name, 'spec.pool.name'),
  ...(resourceSliceCount > 0 ? [] : [invalidField('spec.pool.resourceSliceCount', resourceSliceCount, 'must be greater than zero')]),
  ...(generation < 0 ? [invalidField('spec.pool.generation', generation, 'must be greater than or equal to zero')] : []),
];

function validateNodes({ nodeName, nodeSelector, allNodes, perDeviceNodeSelection }: ResourceSliceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const given: string[] = [];
  if (nodeName) {
    given.push('`nodeName`');
    errors.push(...dnsSubdomain(nodeName, 'spec.nodeName'));
  } else if (nodeName === '') errors.push(invalidField('spec.nodeName', '', 'must be either unset or set to a non-empty string'));
  if (nodeSelector) {
    given.push('`nodeSelector`');
    errors.push(...validateNodeSelector(nodeSelector, 'spec.nodeSelector'));
    const terms = nodeSelector.nodeSelectorTerms ?? [];
    if (terms.length !== 1)
      errors.push(
        invalidField(
          'spec.nodeSelector.nodeSelectorTerms',
          terms.map((term) => goForm('core.v1.NodeSelectorTerm', term)),
          'must have exactly one node selector term',
        ),
      );
  }
  if (allNodes) given.push('`allNodes`');
  else if (allNodes === false) errors.push(invalidField('spec.allNodes', false, TRUE_OR_UNSET));
  if (perDeviceNodeSelection) given.push('`perDeviceNodeSelection`');
  else if (perDeviceNodeSelection === false) errors.push(invalidField('spec.perDeviceNodeSelection', false, TRUE_OR_UNSET));
  if (!given.length) errors.push(requiredField('spec', ONE_OF));
  else if (given.length > 1) errors.push(invalidField('spec', `{${given.join(', ')}}`, `${ONE_OF}, but multiple fields are set`));
  return errors;
}

function validateDevice(device: Device, old: Device | undefined, choosesNodes: boolean, path: string): FieldError[] {
  const { name, attributes = {}, capacity = {}, taints, consumesCounters, allowMultipleAllocations } = device;
  const errors = dnsLabel(name, `${path}.name`);
  const entries = Object.keys(attributes).length + Object.keys(capacity).length;
  if (entries > MAX_ENTRIES)
    errors.push(invalidField(path, entries, `the total number of attributes and capacities must not exceed ${MAX_ENTRIES}`));
  errors.push(...eachEntry(attributes, Infinity, `${path}.attributes`, attributeName, validateAttribute));
  if (!old || !isEqual(old.capacity, device.capacity))
    errors.push(
      ...eachEntry(capacity, Infinity, `${path}.capacity`, attributeName, (one, at) =>
        validateCapacity(one, allowMultipleAllocations ?? false, at),
      ),
    );
  if (!old || !isEqual(old.taints, taints)) errors.push(...eachOf(taints, MAX_TAINTS, `${path}.taints`, validateTaint));
  errors.push(
    ...eachOfSet(
      consumesCounters,
      MAX_CONSUMPTIONS,
      `${path}.consumesCounters`,
      ({ counterSet, counters }, at) => [
        ...counterSetName(counterSet, `${at}.counterSet`),
        ...validateCounters(counters, `${at}.counters`),
      ],
      ({ counterSet }) => counterSet,
    ),
    ...validateDeviceNodes(device, choosesNodes, path),
    ...validateBindingConditions(device, path),
  );
  return errors;
}

function validateDeviceNodes({ nodeName, nodeSelector, allNodes }: Device, choosesNodes: boolean, path: string): FieldError[] {
  if (!choosesNodes)
    return nodeName === undefined && !nodeSelector && allNodes === undefined
      ? []
      : [
          invalidField(
            path,
            null,
            '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
          ),
        ];
  const errors: FieldError[] = [];
  const given: string[] = [];
  if (nodeName) {
    given.push('`nodeName`');
    errors.push(...dnsSubdomain(nodeName, `${path}.nodeName`));
  } else if (nodeName === '') errors.push(invalidField(`${path}.nodeName`, '', 'must not be empty'));
  if (nodeSelector) {
    given.push('`nodeSelector`');
    errors.push(...validateNodeSelector(nodeSelector, `${path}.nodeSelector`));
  }
  if (allNodes) given.push('`allNodes`');
  else if (allNodes === false) errors.push(invalidField(`${path}.allNodes`, false, TRUE_OR_UNSET));
  if (!given.length) errors.push(requiredField(path, ONE_OF_DEVICE));
  else if (given.length > 1) errors.push(invalidField(path, `{${given.join(', ')}}`, ONE_OF_DEVICE));
  return errors;
}

function validateAttribute(attribute: DeviceAttribute, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { string, version } = attribute;
  if (string !== undefined) errors.push(...shortText(string, `${path}.string`));
  if (version !== undefined) errors.push(...semver(version, `${path}.version`));
  const given = Object.values(attribute).filter((value) => value !== undefined).length;
  if (!given) errors.push(invalidField(path, '', 'exactly one value must be specified'));
  else if (given > 1)
    errors.push(invalidField(path, goForm('resource.v1.DeviceAttribute', attribute), 'exactly one value must be specified'));
  return errors;
}

const shortText = (text: string, path: string): FieldError[] => (text.length > MAX_VALUE_LENGTH ? [tooLong(path, MAX_VALUE_LENGTH)] : []);
const semver = (text: string, path: string): FieldError[] => [
  ...(SEMVER.test(text) ? [] : [invalidField(path, text, 'must be a string compatible with semver.org spec 2.0.0')]),
  ...shortText(text, path),
];

function validateCapacity({ value, requestPolicy }: DeviceCapacity, isShared: boolean, path: string): FieldError[] {
  if (!requestPolicy) return [];
  return isShared
    ? validateRequestPolicy(value, requestPolicy, `${path}.requestPolicy`)
    : [forbiddenField(`${path}.requestPolicy`, 'allowMultipleAllocations must be true')];
}

const validateTaint = ({ key, value, effect }: DeviceTaint, path: string): FieldError[] => [
  ...qualifiedName(key, `${path}.key`),
  ...(value ? problems(value, labelValueProblems(value), `${path}.value`) : []),
  ...(effect ? (EFFECTS.includes(effect) ? [] : [notSupported(`${path}.effect`, effect, EFFECTS)]) : [requiredField(`${path}.effect`)]),
];

const counterSetName = (name: string, path: string): FieldError[] => (name ? dnsLabel(name, path) : [requiredField(path)]);

const validateCounters = (counters: Readonly<Record<string, Counter>> | undefined, path: string): FieldError[] =>
  Object.keys(counters ?? {}).length ? eachEntry(counters, MAX_COUNTERS, path, dnsLabel) : [requiredField(path)];
