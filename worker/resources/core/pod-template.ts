// Pods as they are described in other objects. Mirrors what kubernetes pkg/api/pod and pkg/apis/core/validation have for PodTemplateSpec.
// A kind with a template calls `defaultPodTemplate` in its `default`, `dropDisabledPodFields` before storing, `validatePodTemplate` and
// `podTemplateWarnings`.

import { forbiddenField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { PodTemplateSpec } from '../../api/gen/core-v1.ts';
import { validateAnnotations, validateLabels } from '../../api/metadata-validation.ts';
import { validatePodAnnotations, validateProfilesMatch } from './pod/annotations.ts';
import { defaultPodSpec } from './pod/defaults.ts';
import { validatePodSpec } from './pod/spec-validation.ts';
import { podSpecWarnings } from './pod/warnings.ts';

export { dropDisabledPodFields } from './pod/drop-disabled.ts';

/** Fills in what was left out, in place. */
export const defaultPodTemplate = ({ spec }: PodTemplateSpec): void => defaultPodSpec(spec);

/** Everything that is wrong with a template at `path`, on create and on update. */
export function validatePodTemplate({ metadata, spec }: PodTemplateSpec, path: string): FieldError[] {
  const errors = [
    ...validateLabels(metadata.labels, `${path}.labels`),
    ...validateAnnotations(metadata.annotations, `${path}.annotations`),
  ];
  validatePodAnnotations(metadata.annotations, spec, `${path}.annotations`, errors);
  validatePodSpec(spec, undefined, `${path}.spec`, errors);
  validateProfilesMatch(metadata.annotations, spec, `${path}.spec`, errors);
  if (spec.ephemeralContainers)
    errors.push(forbiddenField(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
  return errors;
}

/** Sentences for `Warning` headers. */
export const podTemplateWarnings = ({ metadata, spec }: PodTemplateSpec, path: string): string[] => podSpecWarnings(spec, metadata, path);
