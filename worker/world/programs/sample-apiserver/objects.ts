// The objects of the sample API server: making, reading, changing and deleting them.

import { isRecord } from '../../../lib/json.ts';
import { fromByteString } from '../../../lib/text.ts';
import type { HttpAnswer, HttpRequest } from '../../network/http-server.ts';
import type { System } from '../../process/system.ts';
import { formOf } from '../agnhost/server.ts';
import type { Part, Work } from '../event-server.ts';
import { GROUP, GROUP_VERSION } from './documents.ts';
import { formOfAnswer } from './form.ts';
import { failure, json } from './replies.ts';
import { put, remove } from './store.ts';
import type { SampleObject, Store } from './store.ts';
import { keyOf, selectorOf, targetOf } from './target.ts';
import type { Selects, Target } from './target.ts';
import { watchObjects } from './watch.ts';

const NOT_FOUND = failure(404, 'NotFound', 'the server could not find the requested resource');

export function answerResource(system: System, request: HttpRequest, store: Store, work: Work): HttpAnswer | Part {
  const target = targetOf(request.path);
  // What is namespaced can be listed, and nothing else, without a namespace.
  if (!target || (target.sample.namespaced && !target.namespace && (target.name || request.method !== 'GET'))) return NOT_FOUND;
  const query = formOf(request);
  const selects = selectorOf(target, query);
  if (typeof selects !== 'function') return selects;
  const form = formOfAnswer(target, request, query);
  if (request.method === 'GET' && ['1', 'true'].includes(query.get('watch') ?? ''))
    return watchObjects(system, store, { kind: target.sample.kind, query, selects, form }, work);
  const present = target.name ? store.objects[keyOf(target, target.name)] : undefined;
  if (target.name && !present)
    return failure(404, 'NotFound', `${target.resource}.${GROUP} ${JSON.stringify(target.name)} not found`, detailsOf(target, target.name));
  switch (request.method) {
    case 'GET':
      return json(
        present
          ? form.one(present)
          : form.list(
              selected(store, selects).map(([, object]) => object),
              store.revision,
            ),
      );
    case 'POST':
      return target.name ? NOT_ALLOWED : create(system, target, request, store);
    case 'PUT':
    case 'PATCH':
      return present ? update(target, present, request, store) : NOT_ALLOWED;
    case 'DELETE':
      return deleteThem(target, selected(store, selects), store);
    default:
      return NOT_ALLOWED;
  }
}

const NOT_ALLOWED = failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');

const detailsOf = ({ resource }: Target, name: string): object => ({ name, group: GROUP, kind: resource });

const selected = ({ objects }: Store, selects: Selects): [key: string, object: SampleObject][] =>
  Object.entries(objects)
    .filter(([key, object]) => selects(key, object))
    .sort(([a], [b]) => (a < b ? -1 : 1));

function readBody({ body }: HttpRequest): Record<string, unknown> | HttpAnswer {
  try {
    const value = JSON.parse(fromByteString(body)) as unknown;
    if (isRecord(value)) return value;
  } catch {
    // said below
  }
  return failure(400, 'BadRequest', "couldn't get version/kind; json parse error: unexpected end of JSON input");
}

const isAnswer = (value: Record<string, unknown> | HttpAnswer): value is HttpAnswer => typeof value['status'] === 'number';

/** As it is stored: only what the kind has. */
function objectOf({ sample }: Target, given: Record<string, unknown>, metadata: SampleObject['metadata']): SampleObject {
  const base = { kind: sample.kind, apiVersion: GROUP_VERSION, metadata };
  if (sample.kind === 'Fischer') {
    const names = given['disallowedFlunders'];
    return Array.isArray(names) && names.length ? { ...base, disallowedFlunders: names } : base;
  }
  const { reference, referenceType } = isRecord(given['spec']) ? given['spec'] : {};
  const type = referenceType || (reference ? 'Flunder' : undefined);
  return { ...base, spec: { ...(reference ? { reference } : {}), ...(type ? { referenceType: type } : {}) }, status: {} };
}

function create(system: System, target: Target, request: HttpRequest, store: Store): HttpAnswer {
  const given = readBody(request);
  if (isAnswer(given)) return given;
  const meta = isRecord(given['metadata']) ? given['metadata'] : {};
  const { generateName } = meta;
  const name = String(meta['name'] || (generateName ? `${String(generateName)}${system.random.suffix(5)}` : ''));
  if (!name)
    return failure(
      422,
      'Invalid',
      `${target.sample.kind}.${GROUP} "" is invalid: metadata.name: Required value: name or generateName is required`,
    );
  if (store.objects[keyOf(target, name)])
    return failure(409, 'AlreadyExists', `${target.resource}.${GROUP} ${JSON.stringify(name)} already exists`, detailsOf(target, name));
  if (target.sample.kind === 'Flunder' && isBanned(name, store))
    return failure(
      403,
      'Forbidden',
      `${target.resource}.${GROUP} ${JSON.stringify(name)} is forbidden: this name may not be used, please change the resource name`,
      detailsOf(target, name),
    );
  const made = objectOf(target, given, {
    ...meta,
    name,
    ...(target.namespace && { namespace: target.namespace }),
    uid: system.random.uuid(),
    resourceVersion: '',
    creationTimestamp: new Date(system.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
  });
  return json(put(store, keyOf(target, name), made), 201);
}

const isBanned = (name: string, { objects }: Store): boolean =>
  Object.values(objects).some(({ disallowedFlunders }) => Array.isArray(disallowedFlunders) && disallowedFlunders.includes(name));

/** Patches are merged, of whatever type they are; what the server gave stays. */
function update(target: Target, present: SampleObject, request: HttpRequest, store: Store): HttpAnswer {
  const given = readBody(request);
  if (isAnswer(given)) return given;
  const next = request.method === 'PATCH' ? (merged(present, given) as Record<string, unknown>) : given;
  const meta = (isRecord(next['metadata']) ? next['metadata'] : {}) as Record<string, unknown>;
  const { name } = present.metadata;
  if (request.method === 'PUT' && meta['resourceVersion'] && meta['resourceVersion'] !== present.metadata.resourceVersion)
    return failure(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${target.resource}.${GROUP} ${JSON.stringify(name)}: the object has been modified; please apply your changes to the latest version and try again`,
      detailsOf(target, name),
    );
  const { uid, creationTimestamp, namespace, resourceVersion } = present.metadata;
  const changed = objectOf(target, next, {
    ...meta,
    name,
    ...(namespace !== undefined && { namespace }),
    uid,
    resourceVersion,
    creationTimestamp,
  });
  return json(put(store, keyOf(target, name), changed));
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

function deleteThem(target: Target, gone: readonly [key: string, object: SampleObject][], store: Store): HttpAnswer {
  for (const [key] of gone) remove(store, key);
  if (!target.name)
    return json({ kind: `${target.sample.kind}List`, apiVersion: GROUP_VERSION, metadata: {}, items: gone.map(([, one]) => one) });
  const uid = gone[0]?.[1].metadata['uid'];
  return json({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { ...detailsOf(target, target.name), uid } });
}
