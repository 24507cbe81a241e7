// RuntimeClasses. Mirrors pkg/registry/node/runtimeclass and pkg/apis/node/validation.

import { invalidField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { IMMUTABLE, validateLabels } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { RuntimeClass, Scheduling } from '../../api/gen/node-v1.ts';
import { builtinType } from '../schema/index.ts';
import { nodeLabelDeprecation } from '../validation/node-labels.ts';
import { dnsLabel } from '../validation/values.ts';

export const runtimeClasses = defineResource<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  resource: 'runtimeclasses',
  kind: 'RuntimeClass',
  namespaced: false,
  schema: builtinType('node.v1.RuntimeClass'),
  createOnUpdate: true,
  updateMustNameRevision: true,
  validate: validateRuntimeClass,
  validateUpdate: (next, old) => [
    ...validateRuntimeClass(next),
    ...(next.handler === old.handler ? [] : [invalidField('handler', next.handler, IMMUTABLE)]),
  ],
  warnings: ({ scheduling }) =>
    Object.keys(scheduling?.nodeSelector ?? {}).flatMap((key) => {
      const message = nodeLabelDeprecation(key);
      return message ? [`scheduling.nodeSelector: ${message}`] : [];
    }),
  columns: [NAME_COLUMN, column('Handler', ({ handler }) => handler), AGE_COLUMN],
});

function validateRuntimeClass({ handler, scheduling }: RuntimeClass): FieldError[] {
  return [...(handler ? dnsLabel(handler, 'handler') : [requiredField('handler')]), ...(scheduling ? validateScheduling(scheduling) : [])];
}

function validateScheduling({ nodeSelector }: Scheduling): FieldError[] {
  return validateLabels(nodeSelector, 'scheduling.nodeSelector');
}
