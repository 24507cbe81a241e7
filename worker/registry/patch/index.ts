// PATCH, of any type: the patch is laid over the object as it is, and the result goes the way of an update.

import type { KubeObject } from '../../api/object.ts';
import type { Call, Patch, Stored } from '../../api/registry.ts';
import type { Resource } from '../../api/resource.ts';
import { badRequest, invalid, StatusError } from '../../api/status.ts';
import { isRecord } from '../../lib/json.ts';
import { applyDefaults, readBody } from '../body.ts';
import type { Core } from '../core.ts';
import { trackUpdate } from '../managed-fields/track.ts';
import { checkName, checkNamespace, updateObject } from '../update.ts';
import { applyJsonPatch, JsonPatchError } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicPatch } from './strategic.ts';

export function patchObject(
  core: Core,
  resource: Resource,
  subresource: string | undefined,
  namespace: string,
  name: string,
  patch: Patch,
  call: Call,
): { object: Stored; created: boolean } {
  const object = updateObject(core, resource, subresource, namespace, name, call, (old) => {
    const next = readBody(applyPatch(resource, old, patch), resource, call);
    applyDefaults(resource, next);
    checkName(next, name);
    checkNamespace(resource, next, namespace);
    trackUpdate(core, resource, old, next, call, subresource ?? '');
    return next;
  });
  return { object, created: false };
}

/** The patch laid over a value: not yet decoded. */
export function applyPatch(resource: Pick<Resource, 'group' | 'kind' | 'schema'>, old: KubeObject, { type, body }: Patch): unknown {
  switch (type) {
    case 'json':
      if (!Array.isArray(body))
        throw badRequest(
          `error decoding patch: json: cannot unmarshal ${isRecord(body) ? 'object' : typeof body} into Go value of type []handlers.jsonPatchOp`,
        );
      return jsonPatched(resource, old, body);
    case 'merge':
    case 'strategic':
      if (!isRecord(body))
        throw badRequest(
          `json: cannot unmarshal ${Array.isArray(body) ? 'array' : typeof body} into Go value of type map[string]interface {}`,
        );
      return type === 'merge' ? applyMergePatch(old, body) : applyStrategicPatch(old, body, resource.schema);
    case 'apply':
      throw badRequest('apply patches are not handled here');
  }
}

function jsonPatched(resource: Pick<Resource, 'group' | 'kind'>, old: KubeObject, body: unknown[]): unknown {
  try {
    return applyJsonPatch(old, body as object[]);
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error;
    const refused = invalid(resource, '', []);
    throw new StatusError({ code: refused.code, reason: refused.reason, details: {}, message: error.message });
  }
}
