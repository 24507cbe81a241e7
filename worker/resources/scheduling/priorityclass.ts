// PriorityClasses. Mirrors pkg/registry/scheduling/priorityclass and pkg/apis/scheduling.

import { forbiddenField, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { IMMUTABLE } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { PriorityClass } from '../../api/gen/scheduling-v1.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';

const HIGHEST_USER_PRIORITY = 1_000_000_000;
const SYSTEM_PREFIX = 'system-';
const SYSTEM_CLASSES: ReadonlyMap<string, number> = new Map([
  ['system-node-critical', 2 * HIGHEST_USER_PRIORITY + 1000],
  ['system-cluster-critical', 2 * HIGHEST_USER_PRIORITY],
]);

export const priorityClasses = defineResource<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  resource: 'priorityclasses',
  kind: 'PriorityClass',
  namespaced: false,
  shortNames: ['pc'],
  schema: builtinType('scheduling.v1.PriorityClass'),
  default: (priorityClass) => {
    priorityClass.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  prepareForCreate: ({ metadata }) => {
    metadata.generation = 1;
  },
  undeletable: (name) => (SYSTEM_CLASSES.has(name) ? 'this is a system priority class and cannot be deleted' : undefined),
  validate: validateClass,
  validateUpdate: (priorityClass, old) => [
    ...(priorityClass.value === old.value ? [] : [forbiddenField('value', 'may not be changed in an update.')]),
    ...(priorityClass.preemptionPolicy === old.preemptionPolicy
      ? []
      : [invalidField('preemptionPolicy', priorityClass.preemptionPolicy, IMMUTABLE)]),
  ],
  columns: [
    NAME_COLUMN,
    column('Value', ({ value }) => value, { type: 'integer', description: docOf('scheduling.v1.PriorityClass.value') }),
    column('Global-Default', ({ globalDefault }) => globalDefault ?? false, {
      type: 'boolean',
      description: docOf('scheduling.v1.PriorityClass.globalDefault'),
    }),
    AGE_COLUMN,
    column('PreemptionPolicy', ({ preemptionPolicy }) => preemptionPolicy ?? '', {
      description: docOf('scheduling.v1.PriorityClass.preemptionPolicy'),
    }),
  ],
});

function validateClass({ metadata: { name }, value, globalDefault = false, preemptionPolicy }: PriorityClass): FieldError[] {
  const errors: FieldError[] = [];
  if (name.startsWith(SYSTEM_PREFIX)) {
    const problem = systemProblem(name, value, globalDefault);
    if (problem) {
      const detail = `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${problem}`;
      errors.push(forbiddenField('metadata.name', detail));
    }
  } else if (value > HIGHEST_USER_PRIORITY) {
    errors.push(forbiddenField('value', `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`));
  }
  if (preemptionPolicy === '') errors.push(requiredField('preemptionPolicy'));
  else if (preemptionPolicy !== undefined && preemptionPolicy !== 'PreemptLowerPriority' && preemptionPolicy !== 'Never')
    errors.push(notSupported('preemptionPolicy', preemptionPolicy, ['PreemptLowerPriority', 'Never']));
  return errors;
}

function systemProblem(name: string, value: number, globalDefault: boolean): string | undefined {
  const known = SYSTEM_CLASSES.get(name);
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}
