// Conditions of flow control's kinds: each type once, and named. Mirrors pkg/apis/flowcontrol/validation.

import { duplicateField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { KubeObject } from '../../api/object.ts';
import type { ObjectSubresource } from '../../api/resource.ts';
import { keepOnlyStatus } from '../strategy.ts';

interface WithConditions extends KubeObject {
  status: { conditions?: { type?: string }[] };
}

export function validateFlowConditions({ status: { conditions = [] } }: WithConditions): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { type = '' }] of conditions.entries()) {
    if (seen.has(type)) errors.push(duplicateField(`status.conditions[${i}].type`, type));
    seen.add(type);
    if (!type) errors.push(requiredField(`status.conditions[${i}].type`));
  }
  return errors;
}

/** All metadata stays as it was, too. */
export const FLOW_STATUS: ObjectSubresource = {
  type: 'object',
  verbs: ['get', 'patch', 'update'],
  resetFields: ['metadata', 'spec'],
  prepareForUpdate: (object, old) => {
    keepOnlyStatus(object, old);
    const { managedFields, resourceVersion } = object.metadata;
    object.metadata = { ...old.metadata, resourceVersion };
    if (managedFields) object.metadata.managedFields = managedFields;
    else delete object.metadata.managedFields;
  },
  validateUpdate: (object) => validateFlowConditions(object as WithConditions),
};
