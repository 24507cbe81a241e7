// What a claim got, and who uses it. Mirrors pkg/apis/resource/validation (ValidateResourceClaimStatusUpdate).

import { duplicateField, forbiddenField, invalidField, notSupported, requiredField, tooLong, tooMany } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from '../../api/gen/resource-v1.ts';
import { IMMUTABLE } from '../../api/metadata-validation.ts';
import { isEqual } from '../../lib/json.ts';
import { validateNodeSelector } from '../core/pod/scheduling.ts';
import { goForm } from '../go-form.ts';
import { validateConditions } from '../validation/conditions.ts';
import { dnsLabel, qualifiedName } from '../validation/values.ts';
import {
  MAX_CONFIG,
  requestNames,
  validateConfiguration,
  validateJson,
  validateRequestRef,
  validateRequestRefs,
  validateToleration,
} from './claim-validation.ts';
import type { RequestNames } from './claim-validation.ts';
import { driverName, eachOf, eachOfSet, poolName, uidProblems } from './names.ts';

const MAX_CONSUMERS = 256;
const MAX_RESULTS = 32;
const MAX_CONDITIONS = 8;
const MAX_IPS = 16;
const MAX_INTERFACE_NAME = 256;
const MAX_HARDWARE_ADDRESS = 128;
const MAX_BINDING_CONDITIONS = 4;

export function validateClaimStatus({ metadata, spec, status }: ResourceClaim, { status: old }: ResourceClaim): FieldError[] {
  const { reservedFor = [], allocation, devices } = status;
  const allocated = new Set((allocation?.devices?.results ?? []).map(deviceKey));
  const errors = [
    ...eachOfSet(reservedFor, MAX_CONSUMERS, 'status.reservedFor', validateConsumer, ({ uid }) => uid),
    ...eachOfSet(devices, Infinity, 'status.devices', (one, at) => validateDevice(one, allocated, at), deviceKey, shownDevice),
  ];
  if (reservedFor.length && !allocation)
    errors.push(forbiddenField('status.reservedFor', 'may not be specified when `allocated` is not set'));
  else if (metadata.deletionTimestamp && reservedFor.some((one) => !(old.reservedFor ?? []).some((before) => isEqual(one, before))))
    errors.push(
      forbiddenField('status.reservedFor', 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'),
    );
  if (allocation && old.allocation) {
    if (!isEqual(allocation, old.allocation))
      errors.push(invalidField('status.allocation', goForm('resource.v1.AllocationResult', allocation), IMMUTABLE));
  } else if (allocation) errors.push(...validateAllocation(allocation, requestNames(spec.devices), 'status.allocation'));
  return errors;
}

/** Devices that are no longer the claim's have no status in it. */
export function dropReleasedDevices(claim: ResourceClaim, old: ResourceClaim): void {
  const released = new Set((old.status.allocation?.devices?.results ?? []).map(deviceKey));
  for (const result of claim.status.allocation?.devices?.results ?? []) released.delete(deviceKey(result));
  const kept = (claim.status.devices ?? []).filter((one) => !released.has(deviceKey(one)));
  if (kept.length) claim.status.devices = kept;
  else delete claim.status.devices;
}

interface DeviceRef {
  readonly driver: string;
  readonly pool: string;
  readonly device: string;
  readonly shareID?: string;
}

const deviceKey = ({ driver, pool, device, shareID = '' }: DeviceRef): string => JSON.stringify([driver, pool, device, shareID]);
const shownDevice = ({ driver, pool, device, shareID = '' }: DeviceRef): unknown => ({
  Driver: driver,
  Pool: pool,
  Device: device,
  ShareID: shareID,
});

const validateConsumer = ({ resource, name, uid }: ResourceClaimConsumerReference, path: string): FieldError[] => [
  ...(resource ? [] : [requiredField(`${path}.resource`)]),
  ...(name ? [] : [requiredField(`${path}.name`)]),
  ...(uid ? [] : [requiredField(`${path}.uid`)]),
];

function validateDevice(device: AllocatedDeviceStatus, allocated: ReadonlySet<string>, path: string): FieldError[] {
  const { driver, pool, device: name, shareID, conditions, data, networkData } = device;
  const count = conditions?.length ?? 0;
  return [
    ...driverName(driver, `${path}.driver`),
    ...poolName(pool, `${path}.pool`),
    ...dnsLabel(name, `${path}.device`),
    ...(shareID === undefined ? [] : uidProblems(shareID, `${path}.shareID`)),
    ...(allocated.has(deviceKey(device)) ? [] : [invalidField(path, shownDevice(device), 'must be an allocated device in the claim')]),
    ...(count > MAX_CONDITIONS ? [tooMany(`${path}.conditions`, count, MAX_CONDITIONS)] : []),
    ...validateConditions(conditions ?? [], `${path}.conditions`),
    ...(data === undefined ? [] : validateJson(data, `${path}.data`)),
    ...(networkData ? validateNetworkData(networkData, `${path}.networkData`) : []),
  ];
}

function validateNetworkData({ interfaceName = '', hardwareAddress = '', ips }: NetworkDeviceData, path: string): FieldError[] {
  return [
    ...(interfaceName.length > MAX_INTERFACE_NAME ? [tooLong(`${path}.interfaceName`, MAX_INTERFACE_NAME)] : []),
    ...(hardwareAddress.length > MAX_HARDWARE_ADDRESS ? [tooLong(`${path}.hardwareAddress`, MAX_HARDWARE_ADDRESS)] : []),
    ...eachOfSet(
      ips,
      MAX_IPS,
      `${path}.ips`,
      () => [],
      (address) => address,
    ),
  ];
}

function validateAllocation({ devices, nodeSelector }: AllocationResult, names: RequestNames, path: string): FieldError[] {
  return [
    ...eachOf(devices?.results, MAX_RESULTS, `${path}.devices.results`, (one, at) => validateResult(one, names, at)),
    ...eachOf(devices?.config, 2 * MAX_CONFIG, `${path}.devices.config`, (one, at) => [
      ...validateSource(one.source, `${at}.source`),
      ...validateRequestRefs(one.requests, names, `${at}.requests`),
      ...validateConfiguration(one, at),
    ]),
    ...(nodeSelector ? validateNodeSelector(nodeSelector, `${path}.nodeSelector`) : []),
  ];
}

function validateSource(source: string, path: string): FieldError[] {
  if (!source) return [requiredField(path)];
  return ['FromClaim', 'FromClass'].includes(source) ? [] : [notSupported(path, source, ['FromClaim', 'FromClass'])];
}

function validateResult(result: DeviceRequestAllocationResult, names: RequestNames, path: string): FieldError[] {
  const { request, driver, pool, device, shareID, tolerations = [] } = result;
  return [
    ...validateRequestRef(request, names, `${path}.request`),
    ...driverName(driver, `${path}.driver`),
    ...poolName(pool, `${path}.pool`),
    ...dnsLabel(device, `${path}.device`),
    ...validateBindingConditions(result, path),
    ...tolerations.flatMap((one, i) => validateToleration(one, `${path}.tolerations[${i}]`)),
    ...(shareID === undefined ? [] : uidProblems(shareID, `${path}.shareID`)),
  ];
}

/** What has to be true of a device before a pod that uses it is bound, and what says that it never will be. */
export function validateBindingConditions(
  {
    bindingConditions: wanted = [],
    bindingFailureConditions: failures = [],
  }: {
    readonly bindingConditions?: readonly string[];
    readonly bindingFailureConditions?: readonly string[];
  },
  path: string,
): FieldError[] {
  const [at, failuresAt] = [`${path}.bindingConditions`, `${path}.bindingFailureConditions`];
  const errors = [
    ...eachOf(wanted, MAX_BINDING_CONDITIONS, at, qualifiedName),
    ...eachOf(failures, MAX_BINDING_CONDITIONS, failuresAt, qualifiedName),
  ];
  wanted.forEach((one, i) => {
    if (wanted.indexOf(one) < i) errors.push(duplicateField(`${at}[${i}]`, one));
  });
  failures.forEach((one, i) => {
    if (failures.indexOf(one) < i) errors.push(duplicateField(`${failuresAt}[${i}]`, one));
    if (wanted.includes(one))
      errors.push(invalidField(`${failuresAt}[${i}]`, one, 'bindingFailureConditions must not overlap with bindingConditions'));
  });
  if (!wanted.length && failures.length)
    errors.push(invalidField(at, null, 'bindingConditions are required to use bindingFailureConditions'));
  if (wanted.length && !failures.length)
    errors.push(invalidField(failuresAt, null, 'bindingFailureConditions are required to use bindingConditions'));
  return errors;
}
