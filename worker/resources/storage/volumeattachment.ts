// VolumeAttachments: that a volume is, or is to be, attached to a node. Mirrors pkg/registry/storage/volumeattachment and pkg/apis/storage/validation.

import { invalidField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { IMMUTABLE } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, STATUS } from '../../api/resource.ts';
import type { VolumeAttachment, VolumeAttachmentStatus, VolumeError } from '../../api/gen/storage-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { nameIsDnsSubdomain } from '../../lib/names.ts';
import { docOf } from '../doc.ts';
import { goForm } from '../go-form.ts';
import { builtinType } from '../schema/index.ts';
import { keepStatus, resetStatus } from '../strategy.ts';
import { problems } from '../validation/values.ts';
import { validateProvisioner } from './validation.ts';

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
  validate: validateAttachment,
  validateUpdate: (attachment, old) => [
    ...validateAttachment(attachment),
    ...(isEqual(attachment.spec, old.spec)
      ? []
      : [invalidField('spec', goForm('storage.v1.VolumeAttachmentSpec', attachment.spec), IMMUTABLE)]),
  ],
  indexTerms: ({ spec }) => [
    attachmentTerm.node(spec.nodeName),
    ...(spec.source.persistentVolumeName ? [attachmentTerm.volume(spec.source.persistentVolumeName)] : []),
  ],
  subresources: {
    status: { ...STATUS, resetFields: ['spec', 'metadata'] },
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

function validateAttachment({ spec, status }: VolumeAttachment): FieldError[] {
  const errors = validateProvisioner(spec.attacher, 'spec.attacher');
  const { persistentVolumeName, inlineVolumeSpec } = spec.source;
  if (persistentVolumeName === undefined && !inlineVolumeSpec)
    errors.push(requiredField('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'));
  if (persistentVolumeName !== undefined && inlineVolumeSpec)
    errors.push(
      invalidField(
        'spec.source',
        goForm('storage.v1.VolumeAttachmentSource', spec.source),
        'must specify exactly one of inlineVolumeSpec and persistentVolumeName',
      ),
    );
  if (persistentVolumeName === '')
    errors.push(requiredField('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName'));
  else if (persistentVolumeName !== undefined)
    errors.push(...problems(persistentVolumeName, nameIsDnsSubdomain(persistentVolumeName, false), 'spec.source.persistentVolumeName'));
  if (!spec.nodeName) errors.push(requiredField('spec.nodeName'));
  else errors.push(...problems(spec.nodeName, nameIsDnsSubdomain(spec.nodeName, false), 'spec.nodeName'));
  return status ? [...errors, ...validateStatus(status)] : errors;
}

function validateStatus({ attachmentMetadata, attachError, detachError }: VolumeAttachmentStatus): FieldError[] {
  const size = Object.entries(attachmentMetadata ?? {}).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  return [
    ...(size > MAX_METADATA ? [invalidField('status.attachmentMetadata', size, `may not be more than ${MAX_METADATA} bytes`)] : []),
    ...validateError(attachError, 'status.attachError'),
    ...validateError(detachError, 'status.detachError'),
  ];
}

const validateError = (error: VolumeError | undefined, path: string): FieldError[] =>
  error?.message && error.message.length > MAX_MESSAGE
    ? [invalidField(`${path}.message`, error.message, `must be ${MAX_MESSAGE} characters or less`)]
    : [];
