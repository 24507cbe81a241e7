// RuntimeClasses. Mirrors pkg/registry/node/runtimeclass and pkg/apis/node/validation.

import { duplicateField, invalidField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { IMMUTABLE, validateLabels } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { RuntimeClass, Scheduling } from '../../api/gen/node-v1.ts';
import { deprecatedNodeLabel } from '../core/node-labels.ts';
import { defaultResourceList } from '../core/pod/resource-list.ts';
import { validateContainerResources } from '../core/pod/resources.ts';
import { validateTolerations } from '../core/pod/scheduling.ts';
import { goForm } from '../go-form.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { dnsLabel } from '../validation/values.ts';

export const runtimeClasses = defineResource<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  resource: 'runtimeclasses',
  kind: 'RuntimeClass',
  namespaced: false,
  schema: builtinType('node.v1.RuntimeClass'),
  default: ({ overhead }) => {
    if (overhead?.podFixed) defaultResourceList(overhead.podFixed);
  },
  createOnUpdate: true,
  updateMustNameRevision: true,
  validate: validateRuntimeClass,
  validateUpdate: (next, old) => [
    ...validateRuntimeClass(next),
    ...(next.handler === old.handler ? [] : [invalidField('handler', next.handler, IMMUTABLE)]),
  ],
  warnings: ({ scheduling }) =>
    Object.keys(scheduling?.nodeSelector ?? {}).flatMap((key) => {
      const message = deprecatedNodeLabel(key);
      return message ? [`scheduling.nodeSelector: ${message}`] : [];
    }),
  columns: [NAME_COLUMN, column('Handler', ({ handler }) => handler, { description: docOf('node.v1.RuntimeClass.handler') }), AGE_COLUMN],
});

function validateRuntimeClass({ handler, overhead, scheduling }: RuntimeClass): FieldError[] {
  return [
    ...(handler ? dnsLabel(handler, 'handler') : [requiredField('handler')]),
    ...(overhead?.podFixed ? validateContainerResources({ limits: overhead.podFixed }, new Set(), 'overhead') : []),
    ...(scheduling ? validateScheduling(scheduling) : []),
  ];
}

function validateScheduling({ nodeSelector, tolerations = [] }: Scheduling): FieldError[] {
  const path = 'scheduling.tolerations';
  const errors = [...validateLabels(nodeSelector, 'scheduling.nodeSelector'), ...validateTolerations(tolerations, path)];
  const seen = new Set<string>();
  for (const [i, toleration] of tolerations.entries()) {
    const { key, operator, value, effect } = toleration;
    const same = JSON.stringify([key, operator, value, effect]);
    if (seen.has(same)) errors.push(duplicateField(`${path}[${i}]`, goForm('core.v1.Toleration', toleration)));
    seen.add(same);
  }
  return errors;
}
