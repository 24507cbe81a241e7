// A custom resource seen as a Scale, by the paths that its CRD gives. Mirrors apiextensions-apiserver pkg/registry/customresource (etcd.go, validator.go).

import type { CustomResourceSubresourceScale } from '../../api/gen/apiextensions-v1.ts';
import { invalidField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { KubeObject } from '../../api/object.ts';
import type { ScaleAccess } from '../../api/resource.ts';
import { internalError } from '../../api/status.ts';
import { formatValue, typeName } from '../../lib/go-format.ts';
import { isRecord } from '../../lib/json.ts';

export function scaleAccess({ specReplicasPath, statusReplicasPath, labelSelectorPath }: CustomResourceSubresourceScale): ScaleAccess {
  const read = (object: KubeObject, path: string, type: 'number' | 'string'): unknown => {
    const { value, problem } = nested(object, path, type);
    if (problem) throw internalError(problem);
    return value;
  };
  return {
    replicasPath: partsOf(specReplicasPath),
    read: (object) => ({
      replicas: (read(object, specReplicasPath, 'number') as number | undefined) ?? 0,
      currentReplicas: (read(object, statusReplicasPath, 'number') as number | undefined) ?? 0,
      selector: labelSelectorPath ? ((read(object, labelSelectorPath, 'string') as string | undefined) ?? '') : '',
    }),
    write: (object, replicas) =>
      withValue(object as unknown as Record<string, unknown>, partsOf(specReplicasPath), replicas) as unknown as KubeObject,
  };
}

const MAX_INT32 = 2 ** 31 - 1;

export const validateScaleSpec = (object: KubeObject, { specReplicasPath }: CustomResourceSubresourceScale): FieldError[] =>
  validateReplicas(object, specReplicasPath);

export function validateScaleStatus(
  object: KubeObject,
  { statusReplicasPath, labelSelectorPath }: CustomResourceSubresourceScale,
): FieldError[] {
  const errors = validateReplicas(object, statusReplicasPath);
  const selector = labelSelectorPath ? nested(object, labelSelectorPath, 'string') : undefined;
  return selector?.problem ? [...errors, invalidField(labelSelectorPath!, '', selector.problem)] : errors;
}

function validateReplicas(object: KubeObject, path: string): FieldError[] {
  const { value, problem } = nested(object, path, 'number');
  if (problem) return [invalidField(path, 0, problem)];
  const replicas = (value as number | undefined) ?? 0;
  if (replicas < 0) return [invalidField(path, replicas, 'should be a non-negative integer')];
  return replicas > MAX_INT32 ? [invalidField(path, replicas, `should be less than or equal to ${MAX_INT32}`)] : [];
}

const partsOf = (path: string): string[] => path.replace(/^\./, '').split('.');

/** In the words of apimachinery's unstructured helpers. */
function nested(object: KubeObject, path: string, type: 'number' | 'string'): { value?: unknown; problem?: string } {
  let value: unknown = object;
  const parts = partsOf(path);
  for (const [i, name] of parts.entries()) {
    if (value === null) return {};
    if (!isRecord(value))
      return {
        problem: `.${parts.slice(0, i).join('.')} accessor error: ${formatValue(value)} is of the type ${typeName(value)}, expected map[string]interface{}`,
      };
    if (!Object.hasOwn(value, name)) return {};
    value = value[name];
  }
  if (typeof value === type && (type === 'string' || Number.isInteger(value))) return { value };
  return {
    problem: `.${parts.join('.')} accessor error: ${formatValue(value)} is of the type ${typeName(value)}, expected ${type === 'number' ? 'int64' : 'string'}`,
  };
}

function withValue(object: Record<string, unknown>, [name = '', ...rest]: readonly string[], value: number): Record<string, unknown> {
  if (!rest.length) return { ...object, [name]: value };
  const inner = isRecord(object[name]) ? object[name] : {};
  return { ...object, [name]: withValue(inner, rest, value) };
}
