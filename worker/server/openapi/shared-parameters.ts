// Parameters that many operations of a Swagger document have, said once: `{"$ref": "#/parameters/watch-XNNPZGbK"}`. Mirrors kube-openapi pkg/builder/parameters.go.

import { fnv1of64 } from '../../lib/hash.ts';
import { toBase64Url } from '../../lib/text.ts';
import type { Schema } from './definitions.ts';

/** What clients look for in each operation stays there. */
const UNSHARED = new Set(['name', 'fieldValidation', 'dryRun']);

export class SharedParameters {
  readonly #byJson = new Map<string, string>();
  readonly #byName = new Map<string, Schema>();

  /** A reference, or the parameter itself if it is of one kind or operation only. */
  share(parameter: Schema): Schema {
    if (!isShareable(parameter)) return parameter;
    const json = goJson(parameter);
    let name = this.#byJson.get(json);
    if (name === undefined) {
      name = `${parameter['name'] as string}-${hashOf(json)}`;
      this.#byJson.set(json, name);
      this.#byName.set(name, parameter);
    }
    return { $ref: `#/parameters/${name}` };
  }

  all(): [name: string, parameter: Schema][] {
    return [...this.#byName];
  }
}

function isShareable({ name, in: place, schema }: Schema): boolean {
  if (place !== 'body') return !UNSHARED.has(name as string);
  return ((schema as Schema)['$ref'] as string | undefined)?.startsWith('#/definitions/io.k8s.apimachinery') ?? false;
}

/** As Go writes it: its hash is a part of the name. */
function goJson({ uniqueItems, type, description, name, in: place, required, schema }: Schema): string {
  return JSON.stringify({ uniqueItems, type, description, name, in: place, required, schema });
}

/** Of the hash's eight bytes the first six. */
function hashOf(json: string): string {
  const hash = fnv1of64(json);
  const bytes = Uint8Array.from({ length: 6 }, (_, i) => Number((hash >> BigInt(56 - 8 * i)) & 0xffn));
  return toBase64Url(bytes);
}
