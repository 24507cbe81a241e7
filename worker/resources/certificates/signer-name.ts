// The name of a signer, `example.com/name`. Mirrors ValidateSignerName of pkg/apis/core/validation.

import { invalidField, requiredField, tooLong } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { dnsLabelProblems, dnsSubdomainProblems } from '../../lib/names.ts';

const MAX_DOMAIN = 253;
const MAX_NAME = 571;

export function signerName(name: string, path: string): FieldError[] {
  if (!name) return [requiredField(path)];
  const segments = name.split('/');
  if (segments.length !== 2)
    return [invalidField(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  const [domain = '', rest = ''] = segments;
  const errors: FieldError[] = domain.length > MAX_DOMAIN ? [tooLong(path, MAX_DOMAIN)] : [];
  errors.push(...firstWrongLabel(domain, dnsLabelProblems, path));
  if (!domain.includes('.')) errors.push(invalidField(path, domain, 'should be a domain with at least two segments separated by dots'));
  errors.push(...firstWrongLabel(rest, (label) => dnsSubdomainProblems(label), path));
  if (name.length > MAX_NAME) errors.push(tooLong(path, MAX_NAME));
  return errors;
}

function firstWrongLabel(segment: string, rule: (label: string) => string[], path: string): FieldError[] {
  for (const label of segment.split('.')) {
    const wrong = rule(label);
    if (wrong.length) return wrong.map((problem) => invalidField(path, segment, `validating label ${JSON.stringify(label)}: ${problem}`));
  }
  return [];
}
