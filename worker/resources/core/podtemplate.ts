import { defineResource } from '../../api/resource.ts';
import type { PodTemplate } from '../../api/gen/core-v1.ts';
import { builtinType } from '../schema/index.ts';

export const podTemplates = defineResource<PodTemplate>({
  group: '',
  version: 'v1',
  resource: 'podtemplates',
  kind: 'PodTemplate',
  namespaced: true,
  schema: builtinType('core.v1.PodTemplate'),
});
