// The way from client-side to server-side apply: kubectl's own manager may take over what its last-applied annotation says it applied, and keeps that
// annotation up to date. Mirrors apimachinery pkg/util/managedfields/internal lastapplied*.go.

import type { KubeObject } from '../../api/object.ts';
import type { StructType } from '../../api/schema.ts';
import { jsonOf } from '../../lib/go-format.ts';
import { isRecord } from '../../lib/json.ts';
import { compare } from './compare.ts';
import { EMPTY, difference } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { fieldsOf } from './fields-of.ts';
import type { Fields } from './shape.ts';
import { typeProblems } from './validate.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Only this manager is kubectl's. */
export const KUBECTL = 'kubectl';
const MAX_ANNOTATIONS = 256 * 1024;

/** The fields that the annotation gave and that still have its values: kubectl's, whoever is said to own them. Undefined if there is no saying. */
export function fieldsLastApplied(live: KubeObject, type: StructType): FieldSet | undefined {
  const text = live.metadata.annotations?.[LAST_APPLIED];
  const applied = text ? parseOr(text) : undefined;
  if (!applied || applied['apiVersion'] !== live.apiVersion || typeProblems(applied, type) || typeProblems(live, type)) return undefined;
  const { changed = EMPTY, removed = EMPTY } = compare(applied, live, type);
  return difference(difference(fieldsOf(applied, type), changed), removed);
}

function parseOr(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the annotation anew, if there is one, in place: `object` is not yet anybody else's. */
export function refreshLastApplied(object: KubeObject, config: Fields): void {
  const { annotations } = object.metadata;
  if (!annotations?.[LAST_APPLIED]) return;
  const next: Record<string, string> = { ...annotations, [LAST_APPLIED]: `${jsonOf(withoutAnnotation(config))}\n` };
  let size = 0;
  for (const key in next) size += key.length + next[key]!.length;
  if (size > MAX_ANNOTATIONS) delete next[LAST_APPLIED];
  if (Object.keys(next).length) object.metadata.annotations = next;
  else delete object.metadata.annotations;
}

function withoutAnnotation(config: Fields): Fields {
  const { metadata } = config;
  if (!isRecord(metadata) || !isRecord(metadata['annotations'])) return config;
  const { [LAST_APPLIED]: _, ...annotations } = metadata['annotations'];
  return { ...config, metadata: { ...metadata, annotations } };
}
