import { defineResource } from '../../api/resource.ts';
import type { SubjectAccessReview } from '../../api/gen/authorization-v1.ts';
import { builtinType } from '../schema/index.ts';
import { validateNoMetadata, validateSubject } from './validation.ts';

export const subjectAccessReviews = defineResource<SubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  resource: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
  verbs: ['create'],
  schema: builtinType('authorization.v1.SubjectAccessReview'),
  validate: ({ metadata, spec }) => [...validateSubject(spec), ...validateNoMetadata(metadata, '')],
});
