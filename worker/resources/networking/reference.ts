// References to objects by kind and name, as Ingresses and their classes hold them. Mirrors pkg/apis/networking/validation.

import { requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { pathSegmentProblems } from '../../lib/names.ts';
import { dnsSubdomain, problems } from '../validation/values.ts';

interface Reference {
  apiGroup?: string | null;
  kind: string;
  name: string;
}

export const validateReference = ({ apiGroup, kind, name }: Reference, path: string): FieldError[] => [
  ...(apiGroup === undefined || apiGroup === null ? [] : dnsSubdomain(apiGroup, `${path}.apiGroup`)),
  ...pathSegment(kind, `${path}.kind`),
  ...pathSegment(name, `${path}.name`),
];

/** Required, and fit for a path. */
export const pathSegment = (value: string | undefined, path: string): FieldError[] =>
  value ? problems(value, pathSegmentProblems(value), path) : [requiredField(path)];
