// References to what is scaled, and to what is looked at. Mirrors pkg/apis/autoscaling/validation.

import { invalidField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { CrossVersionObjectReference } from '../../api/gen/autoscaling-v2.ts';
import { pathSegmentProblems } from '../../lib/names.ts';
import { problems } from '../validation/values.ts';

/** What a reference's apiVersion may be. */
export interface ReferenceRules {
  /** Nothing is asked of it: the object had it before. */
  readonly any: boolean;
  readonly emptyGroup: boolean;
}

export function validateReference(
  { kind, name, apiVersion }: CrossVersionObjectReference,
  path: string,
  rules: ReferenceRules,
): FieldError[] {
  const errors = [
    ...(kind ? problems(kind, pathSegmentProblems(kind), `${path}.kind`) : [requiredField(`${path}.kind`)]),
    ...(name ? problems(name, pathSegmentProblems(name), `${path}.name`) : [requiredField(`${path}.name`)]),
  ];
  const problem = apiVersionProblem(apiVersion, rules);
  if (problem) errors.push(invalidField(`${path}.apiVersion`, apiVersion ?? '', problem));
  return errors;
}

export function apiVersionProblem(apiVersion = '', { any, emptyGroup }: ReferenceRules): string | undefined {
  if (any) return undefined;
  const slashes = apiVersion.split('/').length - 1;
  if (slashes > 1) return `unexpected GroupVersion string: ${apiVersion}`;
  return emptyGroup || (slashes === 1 && !apiVersion.startsWith('/')) ? undefined : 'apiVersion must specify API group';
}
