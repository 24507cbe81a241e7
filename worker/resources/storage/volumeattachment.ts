// VolumeAttachments: that a volume is, or is to be, attached to a node. Mirrors pkg/registry/storage/volumeattachment and pkg/apis/storage/validation.

import { forbiddenField, invalidField, requiredField, tooLong } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { IMMUTABLE } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, STATUS } from '../../api/resource.ts';
import type {
  VolumeAttachment,
  VolumeAttachmentSource,
  VolumeAttachmentSpec,
  VolumeAttachmentStatus,
  VolumeError,
} from '../../api/gen/storage-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { nameIsDnsSubdomain } from '../../lib/names.ts';
import { byteLength } from '../../lib/text.ts';
import { validateInlineVolume } from '../core/persistentvolume-validation.ts';
import { docOf } from '../doc.ts';
import { goForm } from '../go-form.ts';
import { builtinType } from '../schema/index.ts';
import { keepStatus, resetStatus } from '../strategy.ts';
import { csiDriverName, problems } from '../validation/values.ts';

const MAX_MESSAGE = 1024;
const MAX_METADATA = 256 * 1024;
const schema = builtinType('storage.v1.VolumeAttachment');

export const volumeAttachments = defineResource<VolumeAttachment>({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'volumeattachments',
  kind: 'VolumeAttachment',
  namespaced: false,
  schema,
  returnDeleted: true,
  updateMustNameRevision: true,
  prepareForCreate: (attachment) => resetStatus(attachment, schema),
  prepareForUpdate: (attachment, old) => keepStatus(attachment, old),
  validate: (attachment) => [...validateAttachment(attachment), ...validateNew(attachment.spec)],
  validateUpdate,
  indexTerms: ({ spec }) => [
    attachmentTerm.node(spec.nodeName),
    ...(spec.source.persistentVolumeName ? [attachmentTerm.volume(spec.source.persistentVolumeName)] : []),
  ],
  subresources: {
    status: {
      ...STATUS,
      resetFields: ['spec', 'metadata'],
      validateUpdate: (object, old) => validateUpdate(object as VolumeAttachment, old as VolumeAttachment),
    },
  },
  columns: [
    NAME_COLUMN,
    column('Attacher', ({ spec }) => spec.attacher, { format: 'name', description: docOf('storage.v1.VolumeAttachmentSpec.attacher') }),
    column('PV', ({ spec }) => spec.source.persistentVolumeName ?? '', {
      description: docOf('storage.v1.VolumeAttachmentSource.persistentVolumeName'),
    }),
    column('Node', ({ spec }) => spec.nodeName, { description: docOf('storage.v1.VolumeAttachmentSpec.nodeName') }),
    column('Attached', ({ status }) => status?.attached ?? false, {
      type: 'boolean',
      description: docOf('storage.v1.VolumeAttachmentStatus.attached'),
    }),
    AGE_COLUMN,
  ],
});

/** What attachments are looked up by. */
export const attachmentTerm = {
  node: (name: string): string => `n/${name}`,
  volume: (name: string): string => `pv/${name}`,
};

function validateUpdate(attachment: VolumeAttachment, old: VolumeAttachment): FieldError[] {
  return [
    ...validateAttachment(attachment),
    ...(isEqual(attachment.spec, old.spec)
      ? []
      : [invalidField('spec', goForm('storage.v1.VolumeAttachmentSpec', attachment.spec), IMMUTABLE)]),
  ];
}

function validateAttachment({ spec, status }: VolumeAttachment): FieldError[] {
  return [
    ...(spec.attacher ? [] : [requiredField('spec.attacher')]),
    ...validateSource(spec.source),
    ...problems(spec.nodeName, nameIsDnsSubdomain(spec.nodeName, false), 'spec.nodeName'),
    ...(status ? validateStatus(status) : []),
  ];
}

/** What is asked of new ones only. */
function validateNew({ attacher, source: { persistentVolumeName: volume } }: VolumeAttachmentSpec): FieldError[] {
  return [
    ...csiDriverName(attacher, 'spec.attacher'),
    ...(volume === undefined ? [] : problems(volume, nameIsDnsSubdomain(volume, false), 'spec.source.persistentVolumeName')),
  ];
}

const ONE_SOURCE = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';

function validateSource({ persistentVolumeName, inlineVolumeSpec }: VolumeAttachmentSource): FieldError[] {
  const path = 'spec.source';
  if (inlineVolumeSpec)
    return persistentVolumeName === undefined
      ? validateInlineVolume(inlineVolumeSpec, `${path}.inlineVolumeSpec`)
      : [forbiddenField(path, ONE_SOURCE)];
  if (persistentVolumeName === undefined) return [requiredField(path, ONE_SOURCE)];
  return persistentVolumeName ? [] : [requiredField(`${path}.persistentVolumeName`, 'must specify non empty persistentVolumeName')];
}

function validateStatus({ attachmentMetadata, attachError, detachError }: VolumeAttachmentStatus): FieldError[] {
  const size = Object.entries(attachmentMetadata ?? {}).reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0);
  return [
    ...(size > MAX_METADATA ? [tooLong('status.attachmentMetadata', MAX_METADATA)] : []),
    ...validateError(attachError, 'status.attachError'),
    ...validateError(detachError, 'status.detachError'),
  ];
}

function validateError(error: VolumeError | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  // Upstream names another limit than it holds.
  if (error?.message && byteLength(error.message) > MAX_MESSAGE) errors.push(tooLong(`${path}.message`, MAX_METADATA));
  if (error?.errorCode !== undefined && error.errorCode < 0)
    errors.push(invalidField(`${path}.errorCode`, error.errorCode, 'must be between 0 and 2147483647, inclusive'));
  return errors;
}
