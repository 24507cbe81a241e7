// ControllerRevisions: former templates of DaemonSets and StatefulSets. Mirrors pkg/registry/apps/controllerrevision and pkg/apis/apps.

import { invalidField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { ControllerRevision } from '../../api/gen/apps-v1.ts';
import { IMMUTABLE } from '../../api/metadata-validation.ts';
import { controllerOf } from '../../api/object.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import { isEqual, isRecord } from '../../lib/json.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { nonNegative } from '../validation/values.ts';

export const controllerRevisions = defineResource<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  resource: 'controllerrevisions',
  kind: 'ControllerRevision',
  namespaced: true,
  schema: builtinType('apps.v1.ControllerRevision'),
  validate: ({ revision, data }) => [...nonNegative(revision, 'revision'), ...validateData(data)],
  validateUpdate: ({ revision, data }, old) => [
    ...nonNegative(revision, 'revision'),
    ...(isEqual(data ?? null, old.data ?? null) ? [] : [invalidField('data', data ?? null, IMMUTABLE)]),
  ],
  columns: [
    NAME_COLUMN,
    column('Controller', controllerCell, { description: 'Controller of the object' }),
    column('Revision', ({ revision }) => revision, { description: docOf('apps.v1.ControllerRevision.revision') }),
    AGE_COLUMN,
  ],
});

/** `statefulset.apps/web`. */
function controllerCell(revision: ControllerRevision): string {
  const owner = controllerOf(revision);
  if (!owner) return '<none>';
  const slash = owner.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : `.${owner.apiVersion.slice(0, slash)}`;
  return `${owner.kind}${group}`.toLowerCase() + `/${owner.name}`;
}

function validateData(data: unknown): FieldError[] {
  if (data === undefined || data === null) return [requiredField('data', 'data is mandatory')];
  return isRecord(data) ? [] : [requiredField('data', 'data must be a valid JSON object')];
}
