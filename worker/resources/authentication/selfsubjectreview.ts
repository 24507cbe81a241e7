import { defineResource } from '../../api/resource.ts';
import type { SelfSubjectReview } from '../../api/gen/authentication-v1.ts';
import { builtinType } from '../schema/index.ts';

export const selfSubjectReviews = defineResource<SelfSubjectReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  resource: 'selfsubjectreviews',
  kind: 'SelfSubjectReview',
  namespaced: false,
  verbs: ['create'],
  schema: builtinType('authentication.v1.SelfSubjectReview'),
});
