import { defineResource } from '../../api/resource.ts';
import type { TokenReview } from '../../api/gen/authentication-v1.ts';
import { builtinType } from '../schema/index.ts';

export const tokenReviews = defineResource<TokenReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  resource: 'tokenreviews',
  kind: 'TokenReview',
  namespaced: false,
  verbs: ['create'],
  schema: builtinType('authentication.v1.TokenReview'),
});
