// What kinds that run pods from a template have alike: the template's and the selector's rules, replicas, columns, sentences of warning.
// Mirrors pkg/apis/apps/validation, pkg/registry/apps and pkg/printers/internalversion.

import { child, forbiddenField, invalidField, notSupported, requiredField } from '../api/field-error.ts';
import type { FieldError } from '../api/field-error.ts';
import type { PodTemplateSpec } from '../api/gen/core-v1.ts';
import type { KubeObject } from '../api/object.ts';
import { column, wide } from '../api/resource.ts';
import type { Column, ScaleSubresource } from '../api/resource.ts';
import { formatLabelSelector, labelSelectorOf, matchesLabels } from '../api/selectors.ts';
import type { LabelSelectorFields } from '../api/selectors.ts';
import { isEqual } from '../lib/json.ts';
import { dnsLabelProblems } from '../lib/names.ts';
import { dropDisabledPodFields, podTemplateWarnings, validatePodTemplate } from './core/pod-template.ts';
import { isEmptySelector, validateLabelSelector } from './validation/label-selector.ts';

interface Workload {
  selector: LabelSelectorFields;
  template: PodTemplateSpec;
}

/** A template that is the same as before was checked before. */
export const templateErrors = (template: PodTemplateSpec, old: PodTemplateSpec | undefined, path: string): FieldError[] =>
  old !== undefined && (old === template || isEqual(old, template)) ? [] : validatePodTemplate(template, path);

/** The selector and the template of what keeps a number of pods. `what` it is called in messages. */
export function validateReplicated({ selector, template }: Workload, old: Workload | undefined, what: string): FieldError[] {
  const { errors, usable } = validateSelector(selector, what);
  if (!usable) return [...errors, invalidField('spec.selector', selector, 'invalid label selector')];
  errors.push(...validateLabelsMatch(selector, template), ...templateErrors(template, old?.template, 'spec.template'));
  return [...errors, ...validateRunsForever(template, 'ReplicaSet')];
}

/** Required, and not empty. */
export function validateSelector(selector: LabelSelectorFields | null, what: string): { errors: FieldError[]; usable: boolean } {
  if (!selector) return { errors: [requiredField('spec.selector')], usable: true };
  const errors = validateLabelSelector(selector, 'spec.selector');
  const usable = errors.length === 0;
  if (isEmptySelector(selector)) errors.push(invalidField('spec.selector', selector, `empty selector is invalid for ${what}`));
  return { errors, usable };
}

/** An empty selector is wrong for another reason. */
export function validateLabelsMatch(selector: LabelSelectorFields | null, { metadata }: PodTemplateSpec): FieldError[] {
  if (selector && isEmptySelector(selector)) return [];
  return matchesLabels(labelSelectorOf(selector), metadata.labels) ? [] : [labelsMismatch(metadata.labels, 'spec.template')];
}

export const labelsMismatch = (labels: Record<string, string> | undefined, path: string): FieldError =>
  invalidField(child(path, 'metadata.labels'), labels ?? null, '`selector` does not match template `labels`');

/** The pods of most workloads are restarted whenever they end. */
export function validateRunsForever({ spec }: PodTemplateSpec, kind: string): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.restartPolicy !== 'Always') errors.push(notSupported('spec.template.spec.restartPolicy', spec.restartPolicy ?? '', ['Always']));
  if (spec.activeDeadlineSeconds !== undefined)
    errors.push(forbiddenField('spec.template.spec.activeDeadlineSeconds', `activeDeadlineSeconds in ${kind} is not Supported`));
  return errors;
}

/** Takes away what no gate allows, unless the template is the stored one. */
export function dropDisabled(template: PodTemplateSpec, old: PodTemplateSpec | undefined): void {
  if (template !== old && template.spec !== old?.spec) dropDisabledPodFields(template.spec);
}

const NAME_WARNING =
  'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: ';

/** Said at the creation of what names its pods after itself. */
export function nameWarnings({ metadata: { name } }: KubeObject): string[] {
  const problems = dnsLabelProblems(name);
  return problems.length ? [`${NAME_WARNING}[${problems.join(' ')}]`] : [];
}

/** Said of a template at creation, and when something in the spec changed. */
export function templateWarnings(
  object: KubeObject,
  template: PodTemplateSpec,
  old: KubeObject | undefined,
  path = 'spec.template',
): string[] {
  return old && old.metadata.generation === object.metadata.generation ? [] : podTemplateWarnings(template, path);
}

/** The scale of what has `spec.replicas`, `status.replicas` and a selector. */
export const REPLICAS: ScaleSubresource = {
  type: 'scale',
  verbs: ['get', 'patch', 'update'],
  scale: {
    read: (object) => {
      const { spec, status } = object as Scalable;
      return {
        replicas: spec.replicas ?? 0,
        currentReplicas: status.replicas ?? 0,
        selector: formatLabelSelector(labelSelectorOf(spec.selector)),
      };
    },
    write: (object, replicas) => ({ ...object, spec: { ...(object as Scalable).spec, replicas } }) as KubeObject,
  },
};

interface Scalable extends KubeObject {
  spec: { replicas?: number; selector: LabelSelectorFields };
  status: { replicas?: number };
}

/** Columns of -o wide: names and images of the containers. */
export const containerColumns = <T extends KubeObject>(template: (object: T) => PodTemplateSpec): Column<T>[] => [
  column('Containers', (object) => joined(template(object), 'name'), {
    ...wide,
    description: 'Names of each container in the template.',
  }),
  column('Images', (object) => joined(template(object), 'image'), {
    ...wide,
    description: 'Images referenced by each container in the template.',
  }),
];

const joined = ({ spec }: PodTemplateSpec, name: 'name' | 'image'): string =>
  (spec.containers ?? []).map((one) => one[name] ?? '').join(',');

/** `a=b,c=d`, in the order of the keys. */
export const labelsText = (labels: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(labels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',') || '<none>';

export const selectorCell = (selector: LabelSelectorFields | null | undefined): string =>
  formatLabelSelector(labelSelectorOf(selector)) || '<none>';
