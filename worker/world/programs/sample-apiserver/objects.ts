// The objects of the sample API server: making, reading, changing and deleting them.

import { isRecord } from '../../../lib/json.ts';
import type { HttpAnswer, HttpRequest } from '../../network/http-server.ts';
import type { System } from '../../process/system.ts';
import { API_VERSION, GROUP, KINDS } from './documents.ts';
import type { SampleKind } from './documents.ts';
import { failure, json } from './replies.ts';

export interface Objects {
  revision: number;
  /** By `flunders/default/a`. */
  readonly stored: Record<string, SampleObject>;
}

interface SampleObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: Readonly<Record<string, unknown>> & { readonly name: string; readonly resourceVersion: string };
  readonly [field: string]: unknown;
}

/** Where a request leads. */
interface Target {
  readonly resource: string;
  readonly sample: SampleKind;
  readonly namespace: string;
  /** '' for all. */
  readonly name: string;
}

const NOT_FOUND = failure(404, 'NotFound', 'the server could not find the requested resource');

export function answerResource(system: System, request: HttpRequest, objects: Objects): HttpAnswer {
  const target = targetOf(request.path);
  // What is namespaced can be listed, and nothing else, without a namespace.
  if (!target || (target.sample.namespaced && !target.namespace && (target.name || request.method !== 'GET'))) return NOT_FOUND;
  const present = objects.stored[keyOf(target, target.name)];
  if (target.name && !present)
    return failure(404, 'NotFound', `${target.resource}.${GROUP} ${JSON.stringify(target.name)} not found`, detailsOf(target, target.name));
  switch (request.method) {
    case 'GET':
      return present ? json(present) : list(target, request, objects);
    case 'POST':
      return target.name ? NOT_ALLOWED : create(system, target, request, objects);
    case 'PUT':
    case 'PATCH':
      return present ? update(target, present, request, objects) : NOT_ALLOWED;
    case 'DELETE':
      return remove(target, request, objects);
    default:
      return NOT_ALLOWED;
  }
}

const NOT_ALLOWED = failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');

function targetOf(path: string): Target | undefined {
  const [, namespace, resource = '', name] =
    new RegExp(`^/apis/${API_VERSION}(?:/namespaces/([^/]+))?/([a-z]+)(?:/([^/]+))?/?$`).exec(path) ?? [];
  const sample = KINDS[resource];
  if (!sample || (namespace !== undefined && !sample.namespaced)) return undefined;
  return { resource, sample, namespace: namespace ?? '', name: name ?? '' };
}

const keyOf = ({ resource, namespace }: Target, name: string): string => `${resource}/${namespace}/${name}`;
const detailsOf = ({ resource }: Target, name: string): object => ({ name, group: GROUP, kind: resource });

/** Of a target without a name, all; labels by `a=b,c=d` only. */
function selected(target: Target, { query }: HttpRequest, { stored }: Objects): [key: string, object: SampleObject][] {
  if (target.name) return [[keyOf(target, target.name), stored[keyOf(target, target.name)]!]];
  const wanted = decodeURIComponent(/(?:^|&)labelSelector=([^&]*)/.exec(query)?.[1] ?? '')
    .split(',')
    .filter(Boolean)
    .map((one) => one.split(/==?/));
  const start = target.namespace ? keyOf(target, '') : `${target.resource}/`;
  return Object.entries(stored)
    .filter(([key, { metadata }]) => {
      const labels = (metadata['labels'] ?? {}) as Readonly<Record<string, string>>;
      return key.startsWith(start) && wanted.every(([name = '', value = '']) => labels[name] === value);
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function list(target: Target, request: HttpRequest, objects: Objects): HttpAnswer {
  // No event, and the end: a client begins anew with what there is then.
  if (/(?:^|&)watch=(?:1|true)(?:&|$)/.test(request.query)) return { ...json({}), body: '' };
  const items = selected(target, request, objects).map(([, object]) => withoutKind(object));
  return json({
    kind: `${target.sample.kind}List`,
    apiVersion: API_VERSION,
    metadata: { resourceVersion: String(objects.revision) },
    items,
  });
}

/** As it stands in a list. */
function withoutKind(object: SampleObject): object {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return rest;
}

function readBody({ body }: HttpRequest): Record<string, unknown> | HttpAnswer {
  try {
    const value = JSON.parse(body) as unknown;
    if (isRecord(value)) return value;
  } catch {
    // said below
  }
  return failure(400, 'BadRequest', "couldn't get version/kind; json parse error: unexpected end of JSON input");
}

const isAnswer = (value: Record<string, unknown> | HttpAnswer): value is HttpAnswer => typeof value['status'] === 'number';

/** As it is stored: only what the kind has. */
function objectOf({ sample }: Target, given: Record<string, unknown>, metadata: SampleObject['metadata']): SampleObject {
  const base = { kind: sample.kind, apiVersion: API_VERSION, metadata };
  if (sample.kind === 'Fischer') {
    const names = given['disallowedFlunders'];
    return Array.isArray(names) && names.length ? { ...base, disallowedFlunders: names } : base;
  }
  const { reference, referenceType } = isRecord(given['spec']) ? given['spec'] : {};
  const type = referenceType || (reference ? 'Flunder' : undefined);
  return { ...base, spec: { ...(reference ? { reference } : {}), ...(type ? { referenceType: type } : {}) }, status: {} };
}

function create(system: System, target: Target, request: HttpRequest, objects: Objects): HttpAnswer {
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
  if (objects.stored[keyOf(target, name)])
    return failure(409, 'AlreadyExists', `${target.resource}.${GROUP} ${JSON.stringify(name)} already exists`, detailsOf(target, name));
  if (target.sample.kind === 'Flunder' && isBanned(name, objects))
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
    resourceVersion: String(++objects.revision),
    creationTimestamp: new Date(system.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
  });
  objects.stored[keyOf(target, name)] = made;
  return json(made, 201);
}

const isBanned = (name: string, { stored }: Objects): boolean =>
  Object.values(stored).some(({ disallowedFlunders }) => Array.isArray(disallowedFlunders) && disallowedFlunders.includes(name));

/** Patches are merged, of whatever type they are; what the server gave stays. */
function update(target: Target, present: SampleObject, request: HttpRequest, objects: Objects): HttpAnswer {
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
  const { uid, creationTimestamp, namespace } = present.metadata;
  const resourceVersion = String(++objects.revision);
  const changed = objectOf(target, next, {
    ...meta,
    name,
    ...(namespace !== undefined && { namespace }),
    uid,
    resourceVersion,
    creationTimestamp,
  });
  objects.stored[keyOf(target, name)] = changed;
  return json(changed);
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

function remove(target: Target, request: HttpRequest, objects: Objects): HttpAnswer {
  const gone = selected(target, request, objects);
  for (const [key] of gone) delete objects.stored[key];
  objects.revision++;
  if (!target.name)
    return json({ kind: `${target.sample.kind}List`, apiVersion: API_VERSION, metadata: {}, items: gone.map(([, one]) => one) });
  const uid = gone[0]![1].metadata['uid'];
  return json({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { ...detailsOf(target, target.name), uid } });
}
