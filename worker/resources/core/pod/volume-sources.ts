// The rules of each kind of volume that pods and PersistentVolumes have alike, or nearly so. Mirrors kubernetes pkg/apis/core/validation.

import { invalidField, notSupported, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  AzureFileVolumeSource,
  CephFSVolumeSource,
  CinderVolumeSource,
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  GlusterfsVolumeSource,
  HostPathVolumeSource,
  ISCSIVolumeSource,
  NFSVolumeSource,
  PhotonPersistentDiskVolumeSource,
  PortworxVolumeSource,
  QuobyteVolumeSource,
  RBDVolumeSource,
  ScaleIOVolumeSource,
  StorageOSVolumeSource,
  VsphereVirtualDiskVolumeSource,
} from '../../../api/gen/core-v1.ts';
import { rangeMessage } from '../../../lib/names.ts';
import { dnsLabel } from '../../validation/values.ts';
import { noBacksteps } from './paths.ts';

/** An error for each field that is empty. */
export function requireFields(source: object, path: string, ...names: string[]): FieldError[] {
  const given = source as Record<string, unknown>;
  return names.filter((name) => isEmpty(given[name])).map((name) => requiredField(`${path}.${name}`));
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && !value.length);

const HOST_PATH_TYPES = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

export function validateHostPath({ path, type }: HostPathVolumeSource, at: string): FieldError[] {
  if (!path) return [requiredField(`${at}.path`)];
  const errors = noBacksteps(path, `${at}.path`);
  if (type !== undefined && !HOST_PATH_TYPES.includes(type)) errors.push(notSupported(`${at}.type`, type, HOST_PATH_TYPES));
  return errors;
}

export const validateGceDisk = (disk: GCEPersistentDiskVolumeSource, path: string): FieldError[] => [
  ...requireFields(disk, path, 'pdName'),
  ...partition(disk.partition, path),
];

export const validateAwsDisk = (disk: AWSElasticBlockStoreVolumeSource, path: string): FieldError[] => [
  ...requireFields(disk, path, 'volumeID'),
  ...partition(disk.partition, path),
];

// The message says 1, the rule lets 0 pass: it stands for "not set".
const partition = (value = 0, path: string): FieldError[] =>
  value < 0 || value > 255 ? [invalidField(`${path}.partition`, value, rangeMessage(1, 255))] : [];

export function validateNfs(nfs: NFSVolumeSource, path: string): FieldError[] {
  const errors = requireFields(nfs, path, 'server', 'path');
  if (!nfs.path.startsWith('/')) errors.push(invalidField(`${path}.path`, nfs.path, 'must be an absolute path'));
  return errors;
}

const lun = (value: number, path: string): FieldError[] =>
  value < 0 || value > 255 ? [invalidField(`${path}.lun`, value, rangeMessage(0, 255))] : [];

const IQN_RE = /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/;
const EUI_RE = /^eui.[A-Za-z0-9]{16}$/;
const NAA_RE = /^naa.[A-Za-z0-9]{32}$/;

const startsAsName = (name: string): boolean => /^(iqn|eui|naa)/.test(name);
const isBadName = (name: string): boolean =>
  (name.startsWith('iqn') && !IQN_RE.test(name)) ||
  (name.startsWith('eui') && !EUI_RE.test(name)) ||
  (name.startsWith('naa') && !NAA_RE.test(name));

/** Both forms of it; `prefixMessage` says what is wrong with a target of no known kind. */
export function validateIscsi(
  iscsi: Omit<ISCSIVolumeSource, 'secretRef'> & { secretRef?: object },
  path: string,
  prefixMessage = 'must be valid format starting with iqn, eui, or naa',
): FieldError[] {
  const errors = requireFields(iscsi, path, 'targetPortal');
  if (!iscsi.iqn) errors.push(requiredField(`${path}.iqn`));
  else if (!startsAsName(iscsi.iqn)) errors.push(invalidField(`${path}.iqn`, iscsi.iqn, prefixMessage));
  else if (isBadName(iscsi.iqn)) errors.push(invalidField(`${path}.iqn`, iscsi.iqn, 'must be valid format'));
  errors.push(...lun(iscsi.lun, path));
  if ((iscsi.chapAuthDiscovery || iscsi.chapAuthSession) && !iscsi.secretRef) errors.push(requiredField(`${path}.secretRef`));
  return errors;
}

export function validateIscsiInitiator({ initiatorName }: { initiatorName?: string }, path: string): FieldError[] {
  if (initiatorName === undefined) return [];
  const at = `${path}.initiatorname`;
  if (!startsAsName(initiatorName)) return [invalidField(at, initiatorName, 'must be valid format starting with iqn, eui, or naa')];
  return isBadName(initiatorName) ? [invalidField(at, initiatorName, 'must be valid format')] : [];
}

export const ISCSI_NAME_TOO_LONG =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';

export function validateFc({ targetWWNs = [], wwids = [], lun: unit }: FCVolumeSource, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const at = `${path}.targetWWNs`;
  if (!targetWWNs.length && !wwids.length) errors.push(requiredField(at, 'must specify either targetWWNs or wwids, but not both'));
  if (targetWWNs.length && wwids.length)
    errors.push(invalidField(at, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'));
  if (targetWWNs.length) {
    if (unit === undefined) errors.push(requiredField(`${path}.lun`, 'lun is required if targetWWNs is specified'));
    else errors.push(...lun(unit, path));
  }
  return errors;
}

const HOST_PORTS = 'must be a host:port pair or multiple pairs separated by commas';

export function validateQuobyte({ registry, tenant = '', volume }: QuobyteVolumeSource, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!registry) errors.push(requiredField(`${path}.registry`, HOST_PORTS));
  else if (tenant.length >= 65) errors.push(requiredField(`${path}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'));
  else
    for (const pair of registry.split(','))
      if (!/^(\[[^\][]*\]|[^:\][]*):[^:\][]*$/.test(pair)) errors.push(invalidField(`${path}.registry`, registry, HOST_PORTS));
  if (!volume) errors.push(requiredField(`${path}.volume`));
  return errors;
}

export const validateGlusterfs = (glusterfs: GlusterfsVolumeSource, path: string): FieldError[] =>
  requireFields(glusterfs, path, 'endpoints', 'path');

export function validateFlocker({ datasetName = '', datasetUUID = '' }: FlockerVolumeSource, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!datasetName && !datasetUUID) errors.push(requiredField(path, 'one of datasetName and datasetUUID is required'));
  if (datasetName && datasetUUID)
    errors.push(invalidField(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
  if (datasetName.includes('/')) errors.push(invalidField(`${path}.datasetName`, datasetName, "must not contain '/'"));
  return errors;
}

export const validateRbd = (rbd: Pick<RBDVolumeSource, 'monitors' | 'image'>, path: string): FieldError[] =>
  requireFields(rbd, path, 'monitors', 'image');

export const validateCephFs = (cephfs: Pick<CephFSVolumeSource, 'monitors'>, path: string): FieldError[] =>
  requireFields(cephfs, path, 'monitors');

export const validateCinder = (cinder: CinderVolumeSource, path: string): FieldError[] => [
  ...requireFields(cinder, path, 'volumeID'),
  ...(cinder.secretRef ? requireFields(cinder.secretRef, `${path}.secretRef`, 'name') : []),
];

/** Options of a driver may not be in Kubernetes' own name space. */
export function validateFlexVolume({ driver, options }: Pick<FlexVolumeSource, 'driver' | 'options'>, path: string): FieldError[] {
  const errors = requireFields({ driver }, path, 'driver');
  for (const key in options) {
    const namespace = `.${key.split('/', 1)[0]!.toLowerCase()}`;
    if (namespace.endsWith('.kubernetes.io') || namespace.endsWith('.k8s.io'))
      errors.push(invalidField(`${path}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved'));
  }
  return errors;
}

export const validateAzureFile = (file: Pick<AzureFileVolumeSource, 'secretName' | 'shareName'>, path: string): FieldError[] =>
  requireFields(file, path, 'secretName', 'shareName');

const CACHING_MODES = ['None', 'ReadOnly', 'ReadWrite'];
const AZURE_KINDS = ['Dedicated', 'Managed', 'Shared'];
const MANAGED_URI = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const BLOB_URI = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

export function validateAzureDisk(disk: AzureDiskVolumeSource, path: string): FieldError[] {
  const { cachingMode, kind, diskURI } = disk;
  const errors = requireFields(disk, path, 'diskName', 'diskURI');
  if (cachingMode !== undefined && !CACHING_MODES.includes(cachingMode))
    errors.push(notSupported(`${path}.cachingMode`, cachingMode, CACHING_MODES));
  if (kind === undefined) return errors;
  if (!AZURE_KINDS.includes(kind)) errors.push(notSupported(`${path}.kind`, kind, AZURE_KINDS));
  const [start, form] = kind === 'Managed' ? ['/subscriptions/', MANAGED_URI] : ['https://', BLOB_URI];
  if (!diskURI.startsWith(start)) errors.push(notSupported(`${path}.diskURI`, diskURI, [form]));
  return errors;
}

export const validateVsphere = (disk: VsphereVirtualDiskVolumeSource, path: string): FieldError[] =>
  requireFields(disk, path, 'volumePath');

export const validatePhoton = (disk: PhotonPersistentDiskVolumeSource, path: string): FieldError[] => requireFields(disk, path, 'pdID');

export const validatePortworx = (volume: PortworxVolumeSource, path: string): FieldError[] => requireFields(volume, path, 'volumeID');

export const validateScaleIo = (volume: Pick<ScaleIOVolumeSource, 'gateway' | 'system' | 'volumeName'>, path: string): FieldError[] =>
  requireFields(volume, path, 'gateway', 'system', 'volumeName');

export function validateStorageOs({ volumeName, volumeNamespace, secretRef }: StorageOSVolumeSource, path: string): FieldError[] {
  const errors = volumeName ? dnsLabel(volumeName, `${path}.volumeName`) : [requiredField(`${path}.volumeName`)];
  if (volumeNamespace) errors.push(...dnsLabel(volumeNamespace, `${path}.volumeNamespace`));
  if (secretRef) errors.push(...requireFields(secretRef, `${path}.secretRef`, 'name'));
  return errors;
}
