// The rules of a PersistentVolume's specification. Mirrors ValidatePersistentVolumeSpec.

import { forbiddenField, mapKey, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { CSIPersistentVolumeSource, PersistentVolumeSpec, SecretReference } from '../../api/gen/core-v1.ts';
import { dnsLabelProblems, dnsSubdomainProblems, nameIsDnsSubdomain } from '../../lib/names.ts';
import { oneOfIfSet } from '../validation/one-of.ts';
import { csiDriverName, problems } from '../validation/values.ts';
import { validateAccessModes, VOLUME_MODES } from './claim-validation.ts';
import { validateNodeSelector } from './pod/scheduling.ts';
import { isRootPath, noBacksteps } from './pod/paths.ts';
import { validatePositiveAmount } from './pod/resources.ts';
import {
  requireFields,
  validateAwsDisk,
  validateAzureDisk,
  validateAzureFile,
  validateCephFs,
  validateCinder,
  validateFc,
  validateFlexVolume,
  validateFlocker,
  validateGceDisk,
  validateHostPath,
  validateIscsi,
  validateNfs,
  validatePhoton,
  validatePortworx,
  validateQuobyte,
  validateRbd,
  validateScaleIo,
  validateStorageOs,
  validateVsphere,
} from './pod/volume-sources.ts';
import { ONE_VOLUME_TYPE } from './pod/volumes.ts';

type Rule<T> = (source: T, path: string) => FieldError[];
type Sources = { readonly [K in (typeof SOURCES)[number]]: Rule<NonNullable<PersistentVolumeSpec[K]>> };

/** In the order in which upstream looks at them. */
export const SOURCES = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const;

const RULES: Sources = {
  hostPath: validateHostPath,
  gcePersistentDisk: validateGceDisk,
  awsElasticBlockStore: validateAwsDisk,
  glusterfs: (source, path) => [
    ...requireFields(source, path, 'endpoints', 'path'),
    ...(source.endpointsNamespace === ''
      ? [requiredField(`${path}.endpointsNamespace`, 'if the endpointnamespace is set, it must be a valid namespace name')]
      : []),
  ],
  flocker: validateFlocker,
  nfs: validateNfs,
  rbd: validateRbd,
  quobyte: validateQuobyte,
  cephfs: validateCephFs,
  iscsi: validateIscsi,
  cinder: validateCinder as Sources['cinder'],
  fc: validateFc,
  flexVolume: validateFlexVolume,
  azureFile: (source, path) => [
    ...validateAzureFile(source, path),
    ...(source.secretNamespace === '' ? [requiredField(`${path}.secretNamespace`)] : []),
  ],
  vsphereVolume: validateVsphere,
  photonPersistentDisk: validatePhoton,
  portworxVolume: validatePortworx,
  azureDisk: validateAzureDisk,
  scaleIO: validateScaleIo,
  local: ({ path: at }, path) => (at ? noBacksteps(at, `${path}.path`) : [requiredField(`${path}.path`)]),
  storageos: validateStorageOs as Sources['storageos'],
  csi: validateCsi,
};

/** Upstream's names of two sources in paths. */
const PATHS: Partial<Record<keyof Sources, { readonly taken?: string; readonly rules?: string }>> = {
  gcePersistentDisk: { rules: 'persistentDisk' },
  cephfs: { taken: 'cephFS' },
};

export function validateVolumeSpec(spec: PersistentVolumeSpec, old: PersistentVolumeSpec | undefined): FieldError[] {
  return [
    ...(spec.accessModes?.length ? [] : [requiredField('spec.accessModes')]),
    ...validateAccessModes(spec.accessModes, 'spec.accessModes'),
    ...validateCapacity(spec.capacity ?? {}),
    ...oneOfIfSet(spec.persistentVolumeReclaimPolicy, ['Delete', 'Recycle', 'Retain'], 'spec.persistentVolumeReclaimPolicy'),
    ...validateNodeAffinity(spec, old),
    ...validateSource(spec),
    ...(spec.hostPath && isRootPath(spec.hostPath.path) && spec.persistentVolumeReclaimPolicy === 'Recycle'
      ? [forbiddenField('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'")]
      : []),
    ...(spec.storageClassName
      ? problems(spec.storageClassName, nameIsDnsSubdomain(spec.storageClassName, false), 'spec.storageClassName')
      : []),
    ...oneOfIfSet(spec.volumeMode, VOLUME_MODES, 'spec.volumeMode'),
    ...validateAttributesClass(spec),
  ];
}

function validateCapacity(capacity: Readonly<Record<string, string>>): FieldError[] {
  const path = 'spec.capacity';
  const names = Object.keys(capacity);
  return [
    ...(names.length ? [] : [requiredField(path)]),
    ...(names.length === 1 && names[0] === 'storage' ? [] : [notSupported(path, names.length ? capacity : null, ['storage'])]),
    ...names.flatMap((name) => validatePositiveAmount(capacity[name]!, mapKey(path, name))),
  ];
}

function validateNodeAffinity({ nodeAffinity }: PersistentVolumeSpec, _old: PersistentVolumeSpec | undefined): FieldError[] {
  if (!nodeAffinity) return [];
  const path = 'spec.nodeAffinity.required';
  if (!nodeAffinity.required) return [requiredField(path, 'must specify required node constraints')];
  return validateNodeSelector(nodeAffinity.required, path);
}

function validateSource(spec: PersistentVolumeSpec): FieldError[] {
  const errors: FieldError[] = [];
  let isTaken = false;
  for (const name of SOURCES) {
    const source = spec[name];
    if (source === undefined) continue;
    const paths = PATHS[name];
    if (isTaken && name !== 'flexVolume') {
      errors.push(forbiddenField(`spec.${paths?.taken ?? name}`, ONE_VOLUME_TYPE));
      continue;
    }
    isTaken = true;
    errors.push(...(RULES[name] as Rule<unknown>)(source, `spec.${paths?.rules ?? name}`));
    if (name === 'local' && !spec.nodeAffinity) errors.push(requiredField('spec.nodeAffinity', 'Local volume requires node affinity'));
  }
  return isTaken ? errors : [...errors, requiredField('spec', 'must specify a volume type')];
}

function validateCsi(csi: CSIPersistentVolumeSource, path: string): FieldError[] {
  return [
    ...csiDriverName(csi.driver, `${path}.driver`),
    ...(csi.volumeHandle ? [] : [requiredField(`${path}.volumeHandle`)]),
    ...(['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'] as const).flatMap(
      (name) => (csi[name] ? validateSecretReference(csi[name], `${path}.${name}`) : []),
    ),
  ];
}

const validateSecretReference = ({ name = '', namespace = '' }: SecretReference, path: string): FieldError[] => [
  ...(name ? problems(name, dnsSubdomainProblems(name), `${path}.name`) : [requiredField(`${path}.name`)]),
  ...(namespace ? problems(namespace, dnsLabelProblems(namespace), `${path}.namespace`) : [requiredField(`${path}.namespace`)]),
];

function validateAttributesClass({ volumeAttributesClassName: name, csi }: PersistentVolumeSpec): FieldError[] {
  if (name === undefined) return [];
  const path = 'spec.volumeAttributesClassName';
  return [
    ...(name ? problems(name, nameIsDnsSubdomain(name, false), path) : [requiredField(path, 'an empty string is disallowed')]),
    ...(csi ? [] : [requiredField('spec.csi', 'has to be specified when using volumeAttributesClassName')]),
  ];
}
