import { defineResource } from '../../api/resource.ts';
import type { SelfSubjectAccessReview } from '../../api/gen/authorization-v1.ts';
import { builtinType } from '../schema/index.ts';
import { validateNoMetadata, validateSelf } from './validation.ts';

export const selfSubjectAccessReviews = defineResource<SelfSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  resource: 'selfsubjectaccessreviews',
  kind: 'SelfSubjectAccessReview',
  namespaced: false,
  verbs: ['create'],
  schema: builtinType('authorization.v1.SelfSubjectAccessReview'),
  validate: ({ metadata, spec }) => [...validateSelf(spec), ...validateNoMetadata(metadata, '')],
});
