import { defineResource } from '../../api/resource.ts';
import type { SelfSubjectRulesReview } from '../../api/gen/authorization-v1.ts';
import { builtinType } from '../schema/index.ts';

export const selfSubjectRulesReviews = defineResource<SelfSubjectRulesReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  resource: 'selfsubjectrulesreviews',
  kind: 'SelfSubjectRulesReview',
  namespaced: false,
  verbs: ['create'],
  schema: builtinType('authorization.v1.SelfSubjectRulesReview'),
});
