// Patches by which admission changes objects: laid over the object, and the outcome read and defaulted as a client's would be.

import { PatchFailure } from '../api/admission.ts';
import type { Patches } from '../api/admission.ts';
import type { KubeObject } from '../api/object.ts';
import { apiVersionOf } from '../api/resource.ts';
import type { Resource } from '../api/resource.ts';
import { applyDefaults } from './body.ts';
import { decode, DecodeError } from './decode.ts';
import { merge } from './managed-fields/merge.ts';
import { FieldsError } from './managed-fields/path-element.ts';
import { typeProblems } from './managed-fields/validate.ts';
import { applyJsonPatch, JsonPatchError } from './patch/json-patch.ts';
import type { Operation } from './patch/json-patch.ts';

const PATCHES: Patches = {
  json: (resource, object, operations) => {
    if (!Array.isArray(operations)) throw new PatchFailure('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
    return read(resource, () => applyJsonPatch(object, operations as Operation[], new WeakSet()));
  },
  apply: (resource, object, configuration) => {
    const problem = typeProblems(configuration, resource.schema);
    if (problem !== undefined) throw new PatchFailure(`failed to convert patch object to typed object: ${problem}`);
    return read(resource, () => merge(object, configuration, resource.schema));
  },
};

export const patchesOf = (): Patches => PATCHES;

function read(resource: Resource, change: () => unknown): KubeObject {
  try {
    const value = change();
    const { object } = resource.decode ? resource.decode(value) : decode(value, resource.schema);
    const next = { ...object, kind: resource.kind, apiVersion: apiVersionOf(resource), metadata: object['metadata'] ?? {} } as KubeObject;
    applyDefaults(resource, next);
    return next;
  } catch (error) {
    if (error instanceof JsonPatchError || error instanceof DecodeError || error instanceof FieldsError)
      throw new PatchFailure(error.message);
    throw error;
  }
}
