// Where the volumes of a pod appear in a container. Mirrors ValidateVolumeMounts and ValidateVolumeDevices of kubernetes pkg/apis/core/validation.

import { fieldNotFound, forbiddenField, invalidField, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type { Container, VolumeMount } from '../../../api/gen/core-v1.ts';
import { oneOfIfSet } from '../../validation/one-of.ts';
import { descendingPath, noBacksteps } from './paths.ts';
import type { VolumesByName } from './volumes.ts';

type Mounted = Pick<Container, 'volumeMounts' | 'volumeDevices' | 'securityContext'>;

export function validateMounts(container: Mounted, volumes: VolumesByName, path: string, errors: FieldError[]): void {
  const { volumeMounts = [], volumeDevices = [] } = container;
  const seen = new Set<string>();
  for (const [i, mount] of volumeMounts.entries()) {
    const { name, mountPath } = mount;
    const at = `${path}[${i}]`;
    if (!name) errors.push(requiredField(`${at}.name`));
    if (!volumes.has(name)) errors.push(fieldNotFound(`${at}.name`, name));
    if (!mountPath) errors.push(requiredField(`${at}.mountPath`));
    if (seen.has(mountPath)) errors.push(invalidField(`${at}.mountPath`, mountPath, 'must be unique'));
    seen.add(mountPath);
    if (volumeDevices.some((device) => device.name === name))
      errors.push(invalidField(`${at}.name`, name, 'must not already exist in volumeDevices'));
    if (lastPaths(volumeDevices, 'devicePath').includes(mountPath))
      errors.push(invalidField(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'));
    validateParts(mount, container, path, at, errors);
  }
}

/** A name that comes twice stands for its last path. */
function lastPaths<K extends string>(list: readonly ({ name: string } & Record<K, string>)[], key: K): string[] {
  return list.length ? [...new Map(list.map((one) => [one.name, one[key]])).values()] : [];
}

/** The paths of these errors do not name the mount: upstream's do not. */
function validateParts(mount: VolumeMount, { securityContext }: Mounted, path: string, at: string, errors: FieldError[]): void {
  const { subPath, subPathExpr, mountPropagation, recursiveReadOnly, readOnly } = mount;
  if (subPath) errors.push(...descendingPath(subPath, `${path}.subPath`));
  if (subPathExpr) {
    if (subPath) errors.push(invalidField(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
    errors.push(...descendingPath(subPathExpr, `${path}.subPathExpr`));
  }
  errors.push(...oneOfIfSet(mountPropagation, ['Bidirectional', 'HostToContainer', 'None'], `${path}.mountPropagation`));
  if (mountPropagation === 'Bidirectional' && !securityContext?.privileged) {
    const message = 'Bidirectional mount propagation is available only to privileged containers';
    errors.push(forbiddenField(`${path}.mountPropagation`, message));
  }
  const recursive = `${path}.recursiveReadOnly`;
  errors.push(...oneOfIfSet(recursiveReadOnly, ['Disabled', 'Enabled', 'IfPossible'], recursive));
  if (recursiveReadOnly !== 'Enabled' && recursiveReadOnly !== 'IfPossible') return;
  if (!readOnly) errors.push(forbiddenField(recursive, 'may only be specified when readOnly is true'));
  if (mountPropagation !== undefined && mountPropagation !== 'None')
    errors.push(forbiddenField(recursive, 'may only be specified when mountPropagation is None or not specified'));
}

/** Raw block devices: of claims only. */
export function validateDevices(
  { volumeMounts = [], volumeDevices = [] }: Mounted,
  volumes: VolumesByName,
  path: string,
  errors: FieldError[],
): void {
  const [names, paths] = [new Set<string>(), new Set<string>()];
  for (const [i, { name, devicePath }] of volumeDevices.entries()) {
    const [atName, atPath] = [`${path}[${i}].name`, `${path}[${i}].devicePath`];
    const volume = volumes.get(name);
    if (!name) errors.push(requiredField(atName));
    if (names.has(name)) errors.push(invalidField(atName, name, 'must be unique'));
    if (!volume) errors.push(fieldNotFound(atName, name));
    else if (!volume.persistentVolumeClaim && !volume.ephemeral)
      errors.push(invalidField(atName, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'));
    if (!devicePath) errors.push(requiredField(atPath));
    if (paths.has(devicePath)) errors.push(invalidField(atPath, devicePath, 'must be unique'));
    if (noBacksteps(devicePath, '').length) errors.push(invalidField(atPath, devicePath, "can not contain backsteps ('..')"));
    else paths.add(devicePath);
    if (volumeMounts.some((mount) => mount.name === name))
      errors.push(invalidField(atName, name, 'must not already exist in volumeMounts'));
    if (lastPaths(volumeMounts, 'mountPath').includes(devicePath))
      errors.push(invalidField(atPath, devicePath, 'must not already exist as a path in volumeMounts'));
    if (name) names.add(name);
  }
}
