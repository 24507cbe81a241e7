// The selector that a Job is given, and the labels by which its pods are its own. Mirrors pkg/registry/batch/job.

import { invalidField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { Job } from '../../api/gen/batch-v1.ts';
import { labelSelectorOf, matchesLabels } from '../../api/selectors.ts';
import { validateLabelSelector } from '../validation/label-selector.ts';

export const JOB_NAME = 'batch.kubernetes.io/job-name';
export const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';
const LEGACY_JOB_NAME = 'job-name';
const LEGACY_CONTROLLER_UID = 'controller-uid';

/** What is there already is kept: a wrong one is refused later. */
export function addSelector({ metadata: { name, uid }, spec }: Job): void {
  const { metadata } = spec.template;
  const own = { [LEGACY_JOB_NAME]: name, [JOB_NAME]: name, [LEGACY_CONTROLLER_UID]: uid, [CONTROLLER_UID]: uid };
  metadata.labels = { ...own, ...metadata.labels };
  spec.selector = { ...spec.selector, matchLabels: { [CONTROLLER_UID]: uid, ...spec.selector?.matchLabels } };
}

/** `prefixed`: whether the labels with a domain are asked for too; Jobs of older versions have none. */
export function validateGeneratedSelector({ metadata: { name, uid }, spec }: Job, prefixed: boolean): FieldError[] {
  if (spec.manualSelector || !spec.selector) return [];
  const errors: FieldError[] = uid ? [] : [requiredField('metadata.uid')];
  const expected: Record<string, string> = { [LEGACY_CONTROLLER_UID]: uid, [LEGACY_JOB_NAME]: name };
  if (prefixed) Object.assign(expected, { [CONTROLLER_UID]: uid, [JOB_NAME]: name });
  const { labels } = spec.template.metadata;
  for (const key in expected) {
    const path = `spec.template.metadata.labels[${key}]`;
    const detail = `must be '${expected[key]}'`;
    if (labels?.[key] === undefined) errors.push(requiredField(path, detail));
    else if (labels[key] !== expected[key]) errors.push(invalidField(path, labels, detail));
  }
  if (!validateLabelSelector(spec.selector, '').length && !matchesLabels(labelSelectorOf(spec.selector), expected))
    errors.push(invalidField('spec.selector', spec.selector, '`selector` not auto-generated'));
  return errors;
}
