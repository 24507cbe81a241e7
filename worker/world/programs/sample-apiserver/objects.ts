// The objects of the sample API server: making, reading, changing and deleting them.

import { requiredField } from '../../../api/field-error.ts';
import { SelectorError } from '../../../api/selectors.ts';
import {
  alreadyExists,
  badRequest,
  forbidden,
  invalid,
  methodNotAllowed,
  modified,
  notFound,
  pathNotFound,
  StatusError,
} from '../../../api/status.ts';
import type { GroupResource } from '../../../api/status.ts';
import { isRecord } from '../../../lib/json.ts';
import { fromByteString } from '../../../lib/text.ts';
import { formatTime } from '../../../lib/time.ts';
import type { HttpAnswer, HttpRequest } from '../../network/http-server.ts';
import type { System } from '../../process/system.ts';
import { formOf } from '../agnhost/server.ts';
import type { Part, Work } from '../event-server.ts';
import { GROUP } from './documents.ts';
import { formOfAnswer, objects, typeOf } from './form.ts';
import { json, refusal } from './replies.ts';
import { problemsOf, specFrom } from './spec.ts';
import { put, remove } from './store.ts';
import type { SampleObject, Store } from './store.ts';
import { keyOf, selectorOf, targetOf } from './target.ts';
import type { Selects, Target } from './target.ts';
import { watchObjects } from './watch.ts';

export function answerResource(system: System, request: HttpRequest, store: Store, work: Work): HttpAnswer | Part {
  try {
    return answer(system, request, store, work);
  } catch (error) {
    if (error instanceof SelectorError) return refusal(badRequest(error.message));
    if (error instanceof StatusError) return refusal(error);
    throw error;
  }
}

function answer(system: System, request: HttpRequest, store: Store, work: Work): HttpAnswer | Part {
  const target = targetOf(request.path);
  // What is namespaced can be listed, and nothing else, without a namespace.
  if (!target || (target.sample.namespaced && !target.namespace && (target.name || request.method !== 'GET'))) throw pathNotFound();
  const query = formOf(request);
  const selects = selectorOf(target, query);
  const form = formOfAnswer(target, request, query);
  if (request.method === 'GET' && ['1', 'true'].includes(query.get('watch') ?? ''))
    return watchObjects(system, store, { type: typeOf(target), query, selects, form }, work);
  const present = target.name ? store.objects[keyOf(target, target.name)] : undefined;
  if (target.name && !present) throw notFound(of(target), target.name);
  switch (request.method) {
    case 'GET': {
      const all = selected(store, selects).map(([, object]) => object);
      return json(present ? form.one(present) : form.list(all, store.revision));
    }
    case 'POST':
      if (target.name) throw methodNotAllowed();
      return json(objects(target).one(create(system, target, request, store)), 201);
    case 'PUT':
    case 'PATCH':
      if (!present) throw methodNotAllowed();
      return json(objects(target).one(update(target, present, request, store)));
    case 'DELETE':
      return json(deleteThem(target, selected(store, selects), store));
    default:
      throw methodNotAllowed();
  }
}

const of = ({ resource }: Target): GroupResource => ({ group: GROUP, resource });

const selected = (store: Store, selects: Selects): [key: string, object: SampleObject][] =>
  Object.entries(store.objects)
    .filter(([key, object]) => selects(key, object))
    .sort(([a], [b]) => (a < b ? -1 : 1));

function readBody({ body }: HttpRequest): Record<string, unknown> {
  try {
    const value = JSON.parse(fromByteString(body)) as unknown;
    if (isRecord(value)) return value;
  } catch {
    // said below
  }
  throw badRequest("couldn't get version/kind; json parse error: unexpected end of JSON input");
}

const recordIn = (given: Record<string, unknown>, field: string): Record<string, unknown> => {
  const value = given[field];
  return isRecord(value) ? value : {};
};

/** As it is stored: only what the kind has. */
function objectOf({ sample, version }: Target, given: Record<string, unknown>, metadata: SampleObject['metadata']): SampleObject {
  if (sample.kind === 'Fischer') {
    const names = given['disallowedFlunders'];
    return Array.isArray(names) && names.length ? { metadata, disallowedFlunders: names } : { metadata };
  }
  const spec = specFrom(version, recordIn(given, 'spec'));
  const problems = problemsOf(spec);
  if (problems.length) throw invalid({ group: GROUP, kind: sample.kind }, metadata.name, problems);
  return { metadata, spec };
}

function create(system: System, target: Target, request: HttpRequest, store: Store): SampleObject {
  const given = readBody(request);
  const meta = recordIn(given, 'metadata');
  const { generateName } = meta;
  const name = String(meta['name'] || (generateName ? `${String(generateName)}${system.random.suffix(5)}` : ''));
  if (!name)
    throw invalid({ group: GROUP, kind: target.sample.kind }, '', [requiredField('metadata.name', 'name or generateName is required')]);
  if (store.objects[keyOf(target, name)]) throw alreadyExists(of(target), name);
  if (target.sample.kind === 'Flunder' && isBanned(name, store))
    throw forbidden(of(target), name, 'this name may not be used, please change the resource name');
  const made = objectOf(target, given, {
    ...meta,
    name,
    ...(target.namespace && { namespace: target.namespace }),
    uid: system.random.uuid(),
    resourceVersion: '',
    creationTimestamp: formatTime(system.now()),
  });
  return put(store, keyOf(target, name), made);
}

const isBanned = (name: string, store: Store): boolean =>
  Object.values(store.objects).some(({ disallowedFlunders }) => disallowedFlunders?.includes(name) ?? false);

/** Patches are merged, of whatever type they are; what the server gave stays. */
function update(target: Target, present: SampleObject, request: HttpRequest, store: Store): SampleObject {
  const given = readBody(request);
  const next = request.method === 'PATCH' ? (merged(objects(target).one(present), given) as Record<string, unknown>) : given;
  const meta = recordIn(next, 'metadata');
  const { name, uid, creationTimestamp, namespace, resourceVersion } = present.metadata;
  if (request.method === 'PUT' && meta['resourceVersion'] && meta['resourceVersion'] !== resourceVersion) throw modified(of(target), name);
  const changed = objectOf(target, next, {
    ...meta,
    name,
    ...(namespace !== undefined && { namespace }),
    uid,
    resourceVersion,
    creationTimestamp,
  });
  return put(store, keyOf(target, name), changed);
}

/** RFC 7386. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const out: Record<string, unknown> = { ...(isRecord(target) ? target : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else out[key] = merged(out[key], value);
  }
  return out;
}

/** What is said of it. */
function deleteThem(target: Target, gone: readonly [key: string, object: SampleObject][], store: Store): object {
  for (const [key] of gone) remove(store, key);
  if (!target.name)
    return objects(target).list(
      gone.map(([, one]) => one),
      store.revision,
    );
  const uid = gone[0]?.[1].metadata['uid'];
  const details = { name: target.name, group: GROUP, kind: target.resource, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
