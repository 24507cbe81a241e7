// The volumes of a pod. Mirrors ValidateVolumes and validateVolumeSource of kubernetes pkg/apis/core/validation.

import { duplicateField, forbiddenField, invalidField, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type {
  ConfigMapVolumeSource,
  CSIVolumeSource,
  DownwardAPIVolumeSource,
  EmptyDirVolumeSource,
  EphemeralVolumeSource,
  GitRepoVolumeSource,
  ImageVolumeSource,
  PersistentVolumeClaimVolumeSource,
  SecretVolumeSource,
  Volume,
  VolumeSource,
} from '../../../api/gen/core-v1.ts';
import type { ObjectMeta } from '../../../api/object.ts';
import { nameIsDnsSubdomain } from '../../../lib/names.ts';
import { compareQuantities } from '../../../lib/quantity.ts';
import { validateClaimTemplate } from '../claim-validation.ts';
import { csiDriverName, dnsLabel, problems } from '../../validation/values.ts';
import { validateDownwardFile } from './downward-api.ts';
import { validateItems } from './key-items.ts';
import { descendingPath, fileMode } from './paths.ts';
import { validateProjected } from './projected-volumes.ts';
import { validatePullPolicy } from './pull-policy.ts';
import * as sources from './volume-sources.ts';

export const ONE_VOLUME_TYPE = 'may not specify more than 1 volume type';

/** Volumes by name, for those who refer to them. */
export type VolumesByName = ReadonlyMap<string, Volume>;

/** Only volumes that are well can be referred to. `isPod`: not a template. */
export function validateVolumes(
  volumes: readonly Volume[],
  meta: Partial<ObjectMeta> | undefined,
  path: string,
  isPod: boolean,
  errors: FieldError[],
): VolumesByName {
  const known = new Map<string, Volume>();
  for (const [i, volume] of volumes.entries()) {
    const at = `${path}[${i}]`;
    const own = validateVolume(volume, at, meta?.name, isPod);
    if (!volume.name) own.push(requiredField(`${at}.name`));
    else own.push(...dnsLabel(volume.name, `${at}.name`));
    if (known.has(volume.name)) own.push(duplicateField(`${at}.name`, volume.name));
    if (own.length) errors.push(...own);
    else known.set(volume.name, volume);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && meta?.name && volumes.some(({ ephemeral, name }) => ephemeral && `${meta.name}-${name}` === claim)) {
      const message = 'must not reference a PVC that gets created for an ephemeral volume';
      errors.push(invalidField(`${at}.persistentVolumeClaim.claimName`, claim, message));
    }
  }
  return known;
}

interface Rule {
  readonly name: keyof VolumeSource;
  check(volume: Volume, path: string, isPod: boolean): FieldError[];
  /** What a second source is called, where upstream misspells it. */
  readonly alias: string;
}

/** `at` is the name in the paths of what is wrong with it. */
function rule<K extends keyof VolumeSource>(
  name: K,
  check: (source: NonNullable<VolumeSource[K]>, path: string, isPod: boolean) => FieldError[],
  { at = name as string, alias = name as string } = {},
): Rule {
  return { name, alias, check: (volume, path, isPod) => check(volume[name] as NonNullable<VolumeSource[K]>, `${path}.${at}`, isPod) };
}

/** In upstream's order: of several sources, the first counts. */
const RULES: readonly Rule[] = [
  rule('emptyDir', validateEmptyDir),
  rule('hostPath', sources.validateHostPath),
  rule('gitRepo', validateGitRepo),
  rule('gcePersistentDisk', sources.validateGceDisk, { at: 'persistentDisk' }),
  rule('awsElasticBlockStore', sources.validateAwsDisk),
  rule('secret', validateSecretSource),
  rule('nfs', sources.validateNfs),
  rule('iscsi', (iscsi, path) => [...sources.validateIscsi(iscsi, path), ...sources.validateIscsiInitiator(iscsi, path)]),
  rule('glusterfs', sources.validateGlusterfs),
  rule('flocker', sources.validateFlocker),
  rule('persistentVolumeClaim', validateClaimSource),
  rule('rbd', sources.validateRbd),
  rule('cinder', sources.validateCinder),
  rule('cephfs', sources.validateCephFs, { alias: 'cephFS' }),
  rule('quobyte', sources.validateQuobyte),
  rule('downwardAPI', validateDownwardSource, { alias: 'downwarAPI' }),
  rule('fc', sources.validateFc),
  rule('flexVolume', sources.validateFlexVolume),
  rule('configMap', validateConfigMapSource),
  rule('azureFile', sources.validateAzureFile),
  rule('vsphereVolume', sources.validateVsphere),
  rule('photonPersistentDisk', sources.validatePhoton),
  rule('portworxVolume', sources.validatePortworx),
  rule('azureDisk', sources.validateAzureDisk),
  rule('storageos', sources.validateStorageOs),
  rule('projected', validateProjected),
  rule('scaleIO', sources.validateScaleIo),
  rule('csi', validateCsi),
  rule('ephemeral', validateEphemeral),
  rule('image', validateImage),
];

function validateVolume(volume: Volume, path: string, podName: string | undefined, isPod: boolean): FieldError[] {
  const errors: FieldError[] = [];
  let count = 0;
  for (const { name, alias, check } of RULES) {
    if (volume[name] === undefined) continue;
    if (count > 0) errors.push(forbiddenField(`${path}.${alias}`, ONE_VOLUME_TYPE));
    else errors.push(...check(volume, path, isPod));
    count++;
    if (name === 'iscsi') errors.push(...validateIscsiName(volume, path));
    if (name === 'ephemeral' && count === 1 && podName && volume.name) errors.push(...validateClaimName(volume.name, podName, path));
  }
  if (count === 0) errors.push(requiredField(path, 'must specify a volume type'));
  return errors;
}

function validateIscsiName({ name, iscsi }: Volume, path: string): FieldError[] {
  if (iscsi?.initiatorName === undefined || `${name}:${iscsi.targetPortal}`.length <= 64) return [];
  return [invalidField(`${path}.name`, name, sources.ISCSI_NAME_TOO_LONG)];
}

/** The claim of an ephemeral volume is named after pod and volume. */
function validateClaimName(volume: string, pod: string, path: string): FieldError[] {
  const claim = `${pod}-${volume}`;
  const wrong = nameIsDnsSubdomain(claim, false).map((problem) => `PVC name ${JSON.stringify(claim)}: ${problem}`);
  return problems(volume, wrong, `${path}.name`);
}

function validateEmptyDir({ sizeLimit }: EmptyDirVolumeSource, path: string): FieldError[] {
  if (sizeLimit === undefined || compareQuantities(sizeLimit, '0') >= 0) return [];
  return [forbiddenField(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')];
}

function validateGitRepo(repo: GitRepoVolumeSource, path: string): FieldError[] {
  return [...sources.requireFields(repo, path, 'repository'), ...descendingPath(repo.directory ?? '', `${path}.directory`)];
}

function validateSecretSource(secret: SecretVolumeSource, path: string): FieldError[] {
  return [
    ...sources.requireFields(secret, path, 'secretName'),
    ...fileMode(secret.defaultMode, `${path}.defaultMode`),
    ...validateItems(secret.items, path),
  ];
}

function validateConfigMapSource(configMap: ConfigMapVolumeSource, path: string): FieldError[] {
  return [
    ...sources.requireFields(configMap, path, 'name'),
    ...fileMode(configMap.defaultMode, `${path}.defaultMode`),
    ...validateItems(configMap.items, path),
  ];
}

function validateClaimSource(claim: PersistentVolumeClaimVolumeSource, path: string): FieldError[] {
  return sources.requireFields(claim, path, 'claimName');
}

function validateDownwardSource({ defaultMode, items = [] }: DownwardAPIVolumeSource, path: string): FieldError[] {
  return [...fileMode(defaultMode, `${path}.defaultMode`), ...items.flatMap((item) => validateDownwardFile(item, path))];
}

function validateCsi({ driver, nodePublishSecretRef }: CSIVolumeSource, path: string): FieldError[] {
  const errors = csiDriverName(driver, `${path}.driver`);
  if (!nodePublishSecretRef) return errors;
  const { name = '' } = nodePublishSecretRef;
  if (!name) errors.push(requiredField(`${path}.nodePublishSecretRef.name`));
  else errors.push(...problems(name, nameIsDnsSubdomain(name, false), `${path}.name`));
  return errors;
}

function validateEphemeral({ volumeClaimTemplate: template }: EphemeralVolumeSource, path: string): FieldError[] {
  return template ? validateClaimTemplate(template, `${path}.volumeClaimTemplate`) : [requiredField(`${path}.volumeClaimTemplate`)];
}

function validateImage({ reference, pullPolicy }: ImageVolumeSource, path: string, isPod: boolean): FieldError[] {
  return [...(isPod && !reference ? [requiredField(`${path}.reference`)] : []), ...validatePullPolicy(pullPolicy, `${path}.pullPolicy`)];
}
