// The rules of PersistentVolumes. Mirrors ValidatePersistentVolumeSpec and ValidatePersistentVolumeUpdate of kubernetes pkg/apis/core/validation.

import { forbiddenField, PrintedValue, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type {
  CSIPersistentVolumeSource,
  FlexPersistentVolumeSource,
  LocalVolumeSource,
  PersistentVolume,
  PersistentVolumeSpec,
  ScaleIOPersistentVolumeSource,
  SecretReference,
  StorageOSPersistentVolumeSource,
  VolumeNodeAffinity,
} from '../../api/gen/core-v1.ts';
import { IMMUTABLE, validateImmutable } from '../../api/metadata-validation.ts';
import { goJson } from '../../lib/go-format.ts';
import { isEqual } from '../../lib/json.ts';
import { nameIsDnsSubdomain } from '../../lib/names.ts';
import { unifiedDiff } from '../../lib/unified-diff.ts';
import { csiDriverName, dnsLabel, dnsSubdomain, problems } from '../validation/values.ts';
import { validateAccessModes, VOLUME_MODES } from './claim-validation.ts';
import { STORAGE_CLASS_ANNOTATION } from './claim-warnings.ts';
import { fractionWarnings } from './fractions.ts';
import { goForm } from '../go-form.ts';
import { internalForm } from './internal-form.ts';
import { deprecatedNodeLabel } from './node-labels.ts';
import { noBacksteps } from './pod/paths.ts';
import { validateAmount, validatePositiveAmount } from './pod/resources.ts';
import { validateNodeSelector } from './pod/scheduling.ts';
import * as sources from './pod/volume-sources.ts';
import { ONE_VOLUME_TYPE } from './pod/volumes.ts';

const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];

export function validateVolume({ metadata, spec }: PersistentVolume): FieldError[] {
  const errors = validateAnyAccessModes(spec, 'spec');
  errors.push(...validateCapacity(spec.capacity));
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy && !RECLAIM_POLICIES.includes(policy))
    errors.push(notSupported('spec.persistentVolumeReclaimPolicy', policy, RECLAIM_POLICIES));
  const { nodeAffinity, storageClassName, volumeMode } = spec;
  if (nodeAffinity) errors.push(...validateNodeAffinity(nodeAffinity));
  errors.push(...validateSource(spec, metadata.name, 'spec'), ...validateRecycling(spec, 'spec'));
  if (storageClassName) errors.push(...problems(storageClassName, nameIsDnsSubdomain(storageClassName, false), 'spec.storageClassName'));
  if (volumeMode !== undefined && !VOLUME_MODES.includes(volumeMode))
    errors.push(notSupported('spec.volumeMode', volumeMode, VOLUME_MODES));
  return [...errors, ...validateAttributesClass(spec, 'spec')];
}

const INLINE = 'in the context of inline volumes';

/** A volume without an object of its own, which a VolumeAttachment holds: one of a CSI driver, and nothing that binds it to a claim, a class or a node. */
export function validateInlineVolume(spec: PersistentVolumeSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const refuse = (name: keyof PersistentVolumeSpec, detail = `may not be specified ${INLINE}`): void => {
    errors.push(forbiddenField(`${path}.${name}`, detail));
  };
  if (spec.claimRef) refuse('claimRef');
  if (Object.keys(spec.capacity ?? {}).length) refuse('capacity');
  if (!spec.csi) errors.push(requiredField(`${path}.csi`, `has to be specified ${INLINE}`));
  errors.push(...validateAnyAccessModes(spec, path));
  const { persistentVolumeReclaimPolicy: policy, volumeMode } = spec;
  if (policy && policy !== 'Retain') refuse('persistentVolumeReclaimPolicy', `may only be Retain ${INLINE}`);
  if (spec.nodeAffinity) refuse('nodeAffinity');
  errors.push(...validateSource(spec, '', path), ...validateRecycling(spec, path));
  if (spec.storageClassName) refuse('storageClassName');
  if (volumeMode !== undefined && volumeMode !== 'Filesystem')
    refuse('volumeMode', `may not specify volumeMode other than Filesystem ${INLINE}`);
  return [...errors, ...validateAttributesClass(spec, path)];
}

const validateAnyAccessModes = ({ accessModes }: PersistentVolumeSpec, path: string): FieldError[] => [
  ...(accessModes?.length ? [] : [requiredField(`${path}.accessModes`)]),
  ...validateAccessModes(accessModes, `${path}.accessModes`),
];

const validateRecycling = ({ hostPath, persistentVolumeReclaimPolicy }: PersistentVolumeSpec, path: string): FieldError[] =>
  hostPath && isRoot(hostPath.path) && persistentVolumeReclaimPolicy === 'Recycle'
    ? [forbiddenField(`${path}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'")]
    : [];

function validateAttributesClass({ volumeAttributesClassName, csi }: PersistentVolumeSpec, path: string): FieldError[] {
  if (volumeAttributesClassName === undefined) return [];
  const at = `${path}.volumeAttributesClassName`;
  return [
    ...(volumeAttributesClassName
      ? problems(volumeAttributesClassName, nameIsDnsSubdomain(volumeAttributesClassName, false), at)
      : [requiredField(at, 'an empty string is disallowed')]),
    ...(csi ? [] : [requiredField(`${path}.csi`, 'has to be specified when using volumeAttributesClassName')]),
  ];
}

/** Nothing but storage, and some of it. Upstream shows the map as Go prints it. */
function validateCapacity(capacity: Readonly<Record<string, string>> | undefined): FieldError[] {
  const path = 'spec.capacity';
  const names = Object.keys(capacity ?? {}).sort();
  const errors: FieldError[] = names.length ? [] : [requiredField(path)];
  if (names.length !== 1 || names[0] !== 'storage') {
    const text = names.map((name) => `${JSON.stringify(name)}:resource.Quantity{}`).join(', ');
    errors.push(notSupported(path, new PrintedValue(capacity ? `core.ResourceList{${text}}` : 'core.ResourceList(nil)'), ['storage']));
  }
  for (const name of names) {
    const at = `${path}[${name}]`;
    errors.push(...validateAmount(name, capacity![name]!, at), ...validatePositiveAmount(capacity![name]!, at));
  }
  return errors;
}

function validateNodeAffinity({ required }: VolumeNodeAffinity): FieldError[] {
  const path = 'spec.nodeAffinity';
  return required
    ? validateNodeSelector(required, `${path}.required`)
    : [requiredField(`${path}.required`, 'must specify required node constraints')];
}

const isRoot = (path: string): boolean => path.split('/').every((part) => part === '' || part === '.');

type SourceName = Exclude<
  keyof PersistentVolumeSpec,
  | 'capacity'
  | 'accessModes'
  | 'claimRef'
  | 'persistentVolumeReclaimPolicy'
  | 'storageClassName'
  | 'mountOptions'
  | 'volumeMode'
  | 'nodeAffinity'
  | 'volumeAttributesClassName'
>;

interface Rule {
  readonly name: SourceName;
  /** What a second source is called. */
  readonly alias: string;
  /** `path` is that of the spec. */
  check(spec: PersistentVolumeSpec, volumeName: string, path: string): FieldError[];
}

function rule<K extends SourceName>(
  name: K,
  check: (source: NonNullable<PersistentVolumeSpec[K]>, path: string, volumeName: string) => FieldError[],
  { at = name as string, alias = name as string } = {},
): Rule {
  return {
    name,
    alias,
    check: (spec, volumeName, path) => check(spec[name] as NonNullable<PersistentVolumeSpec[K]>, `${path}.${at}`, volumeName),
  };
}

/** In upstream's order: of several sources, the first counts. */
const RULES: readonly Rule[] = [
  rule('hostPath', sources.validateHostPath),
  rule('gcePersistentDisk', sources.validateGceDisk, { at: 'persistentDisk' }),
  rule('awsElasticBlockStore', sources.validateAwsDisk),
  rule('glusterfs', (glusterfs, path) => [
    ...sources.validateGlusterfs(glusterfs, path),
    ...(glusterfs.endpointsNamespace === undefined ? [] : dnsLabel(glusterfs.endpointsNamespace, `${path}.endpointsNamespace`)),
  ]),
  rule('flocker', sources.validateFlocker),
  rule('nfs', sources.validateNfs),
  rule('rbd', sources.validateRbd),
  rule('quobyte', sources.validateQuobyte),
  rule('cephfs', sources.validateCephFs, { alias: 'cephFS' }),
  rule('iscsi', (iscsi, path, name) => [
    ...sources.validateIscsi(iscsi, path, 'must be valid format'),
    ...(iscsi.secretRef ? requireNames(iscsi.secretRef, `${path}.secretRef`) : []),
    ...sources.validateIscsiInitiator(iscsi, path),
    ...(iscsi.initiatorName !== undefined && `${name}:${iscsi.targetPortal}`.length > 64
      ? [invalidField('metadata.name', name, sources.ISCSI_NAME_TOO_LONG)]
      : []),
  ]),
  rule('cinder', (cinder, path) => [
    ...sources.requireFields(cinder, path, 'volumeID'),
    ...(cinder.secretRef ? requireNames(cinder.secretRef, `${path}.secretRef`) : []),
  ]),
  rule('fc', sources.validateFc),
  rule('flexVolume', validateFlexVolume),
  rule('azureFile', (file, path) => [
    ...sources.validateAzureFile(file, path),
    ...(file.secretNamespace === '' ? [requiredField(`${path}.secretNamespace`)] : []),
  ]),
  rule('vsphereVolume', sources.validateVsphere),
  rule('photonPersistentDisk', sources.validatePhoton),
  rule('portworxVolume', sources.validatePortworx),
  rule('azureDisk', sources.validateAzureDisk),
  rule('scaleIO', validateScaleIo),
  rule('local', validateLocal),
  rule('storageos', validateStorageOs),
  rule('csi', validateCsi),
];

const requireNames = (reference: SecretReference, path: string): FieldError[] =>
  sources.requireFields(reference, path, 'name', 'namespace');

function validateSource(spec: PersistentVolumeSpec, volumeName: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let count = 0;
  for (const { name, alias, check } of RULES) {
    if (spec[name] === undefined) continue;
    // Upstream does not count what is before a flexVolume.
    if (count > 0 && name !== 'flexVolume') errors.push(forbiddenField(`${path}.${alias}`, ONE_VOLUME_TYPE));
    else {
      errors.push(...check(spec, volumeName, path));
      if (name === 'local' && !hasTerms(spec.nodeAffinity))
        errors.push(requiredField(`${path}.nodeAffinity`, 'Local volume requires node affinity'));
    }
    count++;
  }
  if (count === 0) errors.push(requiredField(path, 'must specify a volume type'));
  return errors;
}

const hasTerms = (affinity: VolumeNodeAffinity | undefined): boolean => affinity?.required !== undefined;

function validateFlexVolume(flex: FlexPersistentVolumeSource, path: string): FieldError[] {
  const errors = sources.validateFlexVolume(flex, path);
  const { secretRef } = flex;
  if (secretRef && secretRef.namespace && !secretRef.name) errors.push(requiredField(`${path}.secretRef.name`));
  return errors;
}

function validateScaleIo(scaleIo: ScaleIOPersistentVolumeSource, path: string): FieldError[] {
  return [
    ...sources.validateScaleIo(scaleIo, path),
    ...(scaleIo.secretRef?.namespace === '' ? [requiredField(`${path}.secretRef.namespace`)] : []),
  ];
}

function validateLocal({ path: folder }: LocalVolumeSource, path: string): FieldError[] {
  return folder ? noBacksteps(folder, `${path}.path`) : [requiredField(`${path}.path`)];
}

function validateStorageOs({ volumeName, volumeNamespace, secretRef }: StorageOSPersistentVolumeSource, path: string): FieldError[] {
  const errors = volumeName ? dnsLabel(volumeName, `${path}.volumeName`) : [requiredField(`${path}.volumeName`)];
  if (volumeNamespace) errors.push(...dnsLabel(volumeNamespace, `${path}.volumeNamespace`));
  if (secretRef) errors.push(...sources.requireFields(secretRef, `${path}.secretRef`, 'name', 'namespace'));
  return errors;
}

const SECRETS = ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'] as const;

function validateCsi(csi: CSIPersistentVolumeSource, path: string): FieldError[] {
  const errors = csi.driver ? csiDriverName(csi.driver, `${path}.driver`) : [requiredField(`${path}.driver`)];
  if (!csi.volumeHandle) errors.push(requiredField(`${path}.volumeHandle`));
  for (const name of SECRETS) {
    const reference = csi[name];
    if (!reference) continue;
    const at = `${path}.${name}`;
    if (!reference.name) errors.push(requiredField(`${at}.name`));
    else errors.push(...dnsSubdomain(reference.name, `${at}.name`));
    if (!reference.namespace) errors.push(requiredField(`${at}.namespace`));
    else errors.push(...dnsLabel(reference.namespace, `${at}.namespace`));
  }
  return errors;
}

/** What is behind a volume never changes; where it is may be said once. */
export function validateVolumeUpdate(volume: PersistentVolume, old: PersistentVolume): FieldError[] {
  const errors = validateVolume(volume);
  const isExpandable = old.spec.csi && !old.spec.csi.controllerExpandSecretRef && volume.spec.csi?.controllerExpandSecretRef;
  const [before, after] = [sourceText(old.spec), sourceText(isExpandable ? withoutExpandSecret(volume.spec) : volume.spec)];
  if (before !== after) {
    const path = 'spec.persistentvolumesource';
    errors.push(forbiddenField(path, `${path} is immutable after creation\n${unifiedDiff(before, after)}`));
  }
  errors.push(...validateImmutable(volume.spec.volumeMode, old.spec.volumeMode, 'volumeMode'));
  if (
    old.spec.nodeAffinity &&
    !isEqual(volume.spec.nodeAffinity, old.spec.nodeAffinity) &&
    !isLabelUpgrade(volume.spec.nodeAffinity, old.spec.nodeAffinity)
  )
    errors.push(
      invalidField(
        'nodeAffinity',
        volume.spec.nodeAffinity ? goForm('core.v1.VolumeNodeAffinity', volume.spec.nodeAffinity) : null,
        `${IMMUTABLE}, except for updating from beta label to GA`,
      ),
    );
  if (old.spec.volumeAttributesClassName !== undefined && volume.spec.volumeAttributesClassName === undefined)
    errors.push(forbiddenField('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
  return errors;
}

const withoutExpandSecret = (spec: PersistentVolumeSpec): PersistentVolumeSpec => {
  const { controllerExpandSecretRef: _, ...csi } = spec.csi!;
  return { ...spec, csi };
};

const sourceText = (spec: PersistentVolumeSpec): string => goJson(internalForm('PersistentVolumeSource', spec), 1);

const NEW_LABELS: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
};

/** Labels of nodes by their old names may become those by their new names. */
function isLabelUpgrade(affinity: VolumeNodeAffinity | undefined, old: VolumeNodeAffinity): boolean {
  if (!affinity) return false;
  const upgraded = (one: VolumeNodeAffinity): unknown => ({
    required: {
      nodeSelectorTerms: (one.required?.nodeSelectorTerms ?? []).map((term) => ({
        ...term,
        matchExpressions: (term.matchExpressions ?? []).map((expression) => ({
          ...expression,
          key: NEW_LABELS[expression.key] ?? expression.key,
        })),
      })),
    },
  });
  return isEqual(upgraded(affinity), upgraded(old));
}

/** What is let pass, but told to the client. Mirrors kubernetes pkg/api/persistentvolume. */
export function volumeWarnings({ metadata, spec }: PersistentVolume): string[] {
  const warnings: string[] = [];
  if (metadata.annotations?.[STORAGE_CLASS_ANNOTATION] !== undefined)
    warnings.push(`metadata.annotations[${STORAGE_CLASS_ANNOTATION}]: deprecated since v1.8; use "storageClassName" attribute instead`);
  if (metadata.annotations?.['volume.beta.kubernetes.io/mount-options'] !== undefined)
    warnings.push(
      'metadata.annotations[volume.beta.kubernetes.io/mount-options]: deprecated since v1.31; use "mountOptions" attribute instead',
    );
  if (spec.persistentVolumeReclaimPolicy === 'Recycle')
    warnings.push(
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    );
  for (const [name, since, more] of DEPRECATED)
    if (spec[name]) warnings.push(`spec.${name === 'storageos' ? 'storageOS' : name}: deprecated in ${since}${more}`);
  for (const [i, { matchExpressions }] of (spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).entries())
    for (const [n, { key }] of (matchExpressions ?? []).entries()) {
      const message = deprecatedNodeLabel(key);
      if (message) warnings.push(`spec.nodeAffinity.required.nodeSelectorTerms[${i}].matchExpressions[${n}].key: ${message}`);
    }
  return [...warnings, ...fractionWarnings(spec.capacity?.['storage'], 'spec.capacity[storage]')];
}

const DEPRECATED: readonly (readonly [name: SourceName, since: string, more: string])[] = [
  ['photonPersistentDisk', 'v1.11, non-functional in v1.16+', ''],
  ['scaleIO', 'v1.16, non-functional in v1.22+', ''],
  ['storageos', 'v1.22, non-functional in v1.25+', ''],
  ['glusterfs', 'v1.25, non-functional in v1.26+', ''],
  ['cephfs', 'v1.28, non-functional in v1.31+', ''],
  ['rbd', 'v1.28, non-functional in v1.31+', ''],
];
