// What a question about access has to say. Mirrors pkg/apis/authorization/validation.

import { invalidField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { FieldSelectorAttributes, LabelSelectorAttributes, SubjectAccessReviewSpec } from '../../api/gen/authorization-v1.ts';
import type { ObjectMeta } from '../../api/object.ts';
import { validateFieldRequirement, validateRequirement } from '../validation/label-selector.ts';

type Attributes = Pick<SubjectAccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'>;

/** Of anybody's access: whose is asked, too. */
export function validateSubject(spec: SubjectAccessReviewSpec): FieldError[] {
  return [
    ...validateKindOfAccess(spec),
    ...(spec.user || spec.groups?.length ? [] : [invalidField('spec.user', '', 'at least one of user or group must be specified')]),
    ...validateSelectors(spec),
  ];
}

/** Of one's own. */
export const validateSelf = (spec: Attributes): FieldError[] => [...validateKindOfAccess(spec), ...validateSelectors(spec)];

/** A question is no object: it has no name, and no labels. */
export function validateNoMetadata(metadata: Partial<ObjectMeta>, except: string): FieldError[] {
  const { namespace, managedFields: _, ...rest } = metadata;
  const isEmpty = !Object.keys(rest).length && (!namespace || except !== '');
  return isEmpty ? [] : [invalidField('metadata', metadata, `must be empty${except}`)];
}

function validateKindOfAccess({ resourceAttributes, nonResourceAttributes }: Attributes): FieldError[] {
  if (resourceAttributes && nonResourceAttributes)
    return [
      invalidField('spec.nonResourceAttributes', nonResourceAttributes, 'cannot be specified in combination with resourceAttributes'),
    ];
  if (!resourceAttributes && !nonResourceAttributes)
    return [invalidField('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified')];
  return [];
}

/** Operators that are not known are let pass: who asks may be newer. */
function validateSelectors({ resourceAttributes }: Attributes): FieldError[] {
  const path = 'spec.resourceAttributes';
  const { fieldSelector, labelSelector } = resourceAttributes ?? {};
  const rules = { allowUnknownOperators: true };
  return [
    ...validateSelector(fieldSelector, `${path}.fieldSelector`, (one, at) => validateFieldRequirement(one, at, rules)),
    ...validateSelector(labelSelector, `${path}.labelSelector`, (one, at) => validateRequirement(one, at, rules)),
  ];
}

type Selector = FieldSelectorAttributes | LabelSelectorAttributes;
type Requirement = NonNullable<Selector['requirements']>[number];

function validateSelector(
  selector: Selector | undefined,
  path: string,
  validate: (requirement: Requirement, path: string) => FieldError[],
): FieldError[] {
  if (!selector) return [];
  const { rawSelector, requirements = [] } = selector;
  const errors: FieldError[] = [];
  if (rawSelector && requirements.length)
    errors.push(invalidField(`${path}.rawSelector`, rawSelector, 'may not specified at the same time as requirements'));
  if (!rawSelector && !requirements.length)
    errors.push(requiredField(`${path}.requirements`, `when ${path} is specified, requirements or rawSelector is required`));
  return [...errors, ...requirements.flatMap((one, i) => validate(one, `${path}.requirements[${i}]`))];
}
