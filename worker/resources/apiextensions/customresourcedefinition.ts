import { defineResource, STATUS } from '../../api/resource.ts';
import type { CustomResourceDefinition } from '../../api/gen/apiextensions-v1.ts';
import { builtinType } from '../schema/index.ts';

export const customResourceDefinitions = defineResource<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  bucket: 'apiextensions.k8s.io/customresourcedefinitions',
  schema: builtinType('apiextensions.v1.CustomResourceDefinition'),
  subresources: {
    status: STATUS,
  },
});
