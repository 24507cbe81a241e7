import { invalidField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { defineResource } from '../../api/resource.ts';
import type { LocalSubjectAccessReview } from '../../api/gen/authorization-v1.ts';
import { builtinType } from '../schema/index.ts';
import { validateNoMetadata, validateSubject } from './validation.ts';

export const localSubjectAccessReviews = defineResource<LocalSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  resource: 'localsubjectaccessreviews',
  kind: 'LocalSubjectAccessReview',
  namespaced: true,
  verbs: ['create'],
  schema: builtinType('authorization.v1.LocalSubjectAccessReview'),
  validate: validateLocal,
});

function validateLocal({ metadata, spec }: LocalSubjectAccessReview): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec;
  const namespace = resourceAttributes?.namespace ?? '';
  return [
    ...validateSubject(spec),
    ...validateNoMetadata(metadata, ' except for namespace'),
    ...(resourceAttributes && namespace !== metadata.namespace
      ? [invalidField('spec.resourceAttributes.namespace', namespace, 'must match metadata.namespace')]
      : []),
    ...(nonResourceAttributes
      ? [invalidField('spec.nonResourceAttributes', nonResourceAttributes, 'disallowed on this kind of request')]
      : []),
  ];
}
