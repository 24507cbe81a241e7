import { defineResource } from '../../api/resource.ts';
import type { LocalSubjectAccessReview } from '../../api/gen/authorization-v1.ts';
import { builtinType } from '../schema/index.ts';

export const localSubjectAccessReviews = defineResource<LocalSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  resource: 'localsubjectaccessreviews',
  kind: 'LocalSubjectAccessReview',
  namespaced: true,
  verbs: ['create'],
  schema: builtinType('authorization.v1.LocalSubjectAccessReview'),
});
