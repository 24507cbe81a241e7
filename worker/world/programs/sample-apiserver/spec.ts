// What a flunder is in each version, how one becomes the other, and which are refused. Mirrors pkg/apis/wardle/v1alpha1/{conversion,defaults}.go and
// pkg/apis/wardle/validation of k8s.io/sample-apiserver.

import { invalidField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import { badRequest } from '../../../api/status.ts';
import type { Version } from './documents.ts';

/** As it is stored, and as v1beta1 has it. */
export interface FlunderSpec {
  readonly flunderReference?: string;
  readonly fischerReference?: string;
  readonly referenceType?: string;
}

type Given = Readonly<Record<string, unknown>>;

/** Throws what Go's decoder says of what is no such spec. */
export function specFrom(version: Version, given: Given): FlunderSpec {
  const textIn = (from: Given, field: string): string => {
    const value = from[field] ?? '';
    if (typeof value === 'string') return value;
    const type = typeof value === 'boolean' ? 'bool' : Array.isArray(value) ? 'array' : typeof value;
    throw badRequest(
      `Flunder in version "${version}" cannot be handled as a Flunder: json: cannot unmarshal ${type} into Go struct field FlunderSpec.spec.${field} of type string`,
    );
  };
  if (version === 'v1beta1')
    return withoutEmpty({
      flunderReference: textIn(given, 'flunderReference'),
      fischerReference: textIn(given, 'fischerReference'),
      referenceType: textIn(given, 'referenceType'),
    });
  const reference = textIn(given, 'reference');
  const referenceType = textIn(given, 'referenceType') || (reference && 'Flunder');
  if (referenceType === 'Flunder') return withoutEmpty({ flunderReference: reference, referenceType });
  // What is neither is lost on the way.
  return referenceType === 'Fischer' ? withoutEmpty({ fischerReference: reference, referenceType }) : {};
}

export function specIn(version: Version, spec: FlunderSpec): Given {
  if (version === 'v1beta1') return spec as Given;
  const { referenceType = '' } = spec;
  const reference = referenceType === 'Fischer' ? spec.fischerReference : spec.flunderReference;
  return referenceType ? withoutEmpty({ reference: reference ?? '', referenceType }) : {};
}

const withoutEmpty = (fields: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));

export function problemsOf({
  flunderReference: flunder = '',
  fischerReference: fischer = '',
  referenceType: type = '',
}: FlunderSpec): FieldError[] {
  const ofFlunder = (problem: string): FieldError => invalidField('spec.flunderReference', flunder, problem);
  const ofFischer = (problem: string): FieldError => invalidField('spec.fischerReference', fischer, problem);
  const errors: FieldError[] = [];
  if (flunder && fischer) errors.push(ofFischer('cannot be set with flunderReference at the same time'));
  else if (flunder && type !== 'Flunder') errors.push(ofFlunder('cannot be set if referenceType is not Flunder'));
  else if (fischer && type !== 'Fischer') errors.push(ofFischer('cannot be set if referenceType is not Fischer'));
  else if (!fischer && type === 'Fischer') errors.push(ofFischer('cannot be empty if referenceType is Fischer'));
  else if (!flunder && type === 'Flunder') errors.push(ofFlunder('cannot be empty if referenceType is Flunder'));
  if (type && type !== 'Fischer' && type !== 'Flunder') errors.push(invalidField('spec.referenceType', type, 'must be Flunder or Fischer'));
  return errors;
}
