import { defineResource, STATUS } from '../../api/resource.ts';
import type { VolumeAttachment } from '../../api/gen/storage-v1.ts';
import { builtinType } from '../schema/index.ts';

export const volumeAttachments = defineResource<VolumeAttachment>({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'volumeattachments',
  kind: 'VolumeAttachment',
  namespaced: false,
  schema: builtinType('storage.v1.VolumeAttachment'),
  indexTerms: ({ spec }) => [attachmentTerm.node(spec.nodeName)],
  subresources: {
    status: { ...STATUS, resetFields: ['spec', 'metadata'] },
  },
});

/** What attachments are looked up by. */
export const attachmentTerm = { node: (name: string): string => `n/${name}` };
