// Requests made up from the schemas: every kind, every verb, valid values and nonsense. Whatever comes, there is no fault of ours (500), no hang, and a refused
// request changes nothing and says which field it is about. The seed makes a run repeatable; FUZZ_INPUTS and FUZZ_SEED make it longer or another.

import { expect, test } from 'vitest';
import { apiVersionOf } from '../../../worker/api/resource.ts';
import type { Resource } from '../../../worker/api/resource.ts';
import type { Status } from '../../../worker/api/status.ts';
import type { StructType, Type } from '../../../worker/api/schema.ts';
import { makeRandom } from '../../../worker/lib/host.ts';
import { isRecord } from '../../../worker/lib/json.ts';
import { builtinResources } from '../../../worker/resources/index.ts';
import { isStream, isUpgrade } from '../../../worker/server/http.ts';
import type { HttpReply } from '../../../worker/server/http.ts';
import { makeTestCluster } from '../harness.ts';

const INPUTS = Number(process.env['FUZZ_INPUTS'] ?? 10_000);
const SEED = process.env['FUZZ_SEED'] ?? 'fuzz';

/** Enough to begin with. */
const MOST_TOLD = 20;

const random = makeRandom(SEED);
const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]!;
const chance = (percent: number): boolean => random.below(100) < percent;

const WORDS = [
  'a',
  'web',
  'default',
  'x-1',
  'Always',
  'True',
  'example.com/thing',
  'v1',
  'apps',
  '10.0.0.1',
  '80',
  'cpu',
  'memory',
  '100m',
  '1Gi',
];
const NONSENSE = [
  '',
  ' ',
  '-',
  '..',
  '/',
  'UPPER',
  'a b',
  'ä€😀',
  '%',
  '\u0000',
  '__proto__',
  'constructor',
  '1e400',
  'null',
  'x'.repeat(300),
];
const NUMBERS = [0, 1, -1, 80, 1.5, 65536, 2 ** 31, -(2 ** 31), 2 ** 53, 1e21];
const TIMES = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000000Z', 'yesterday', '', '0001-01-01T00:00:00Z'];
const QUANTITIES = ['1', '100m', '1Gi', '-1', '1e3', '0', 'much', '', '1.5Ki', '9'.repeat(40)];
const JUNK: readonly unknown[] = [null, true, 0, '', [], {}, [null], { a: null }, 'text', -7];

const word = (): string => (chance(75) ? pick(WORDS) : pick(NONSENSE));

/** A value of a type; one in twelve is of another. */
function valueOf(type: Type, depth: number): unknown {
  if (chance(8)) return pick(JUNK);
  switch (type.kind) {
    case 'struct':
      return structOf(type, depth);
    case 'list':
      return Array.from({ length: depth > 5 ? 0 : random.below(3) }, () => valueOf(type.of, depth + 1));
    case 'map':
      return Object.fromEntries(Array.from({ length: random.below(3) }, () => [word(), valueOf(type.of, depth + 1)]));
    case 'bool':
      return chance(50);
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'float64':
      return pick(NUMBERS);
    case 'IntOrString':
      return chance(50) ? pick(NUMBERS) : pick(['10%', 'http', 'x%', '']);
    case 'Quantity':
      return pick(QUANTITIES);
    case 'Time':
    case 'MicroTime':
      return pick(TIMES);
    case 'bytes':
      return pick(['aGk=', '', 'no base64', '====']);
    case 'any':
    case 'RawExtension':
    case 'FieldsV1':
      return pick(JUNK);
    default:
      return word();
  }
}

function structOf(type: StructType, depth: number): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const field of type.fields.values()) {
    const isLikely = field.optional ? (depth < 2 ? 40 : 18) : 85;
    if (depth > 7 || !chance(isLikely)) continue;
    out[field.name] = field.enum && chance(80) ? pick(field.enum) : valueOf(field.type, depth + 1);
  }
  if (chance(4)) out[pick(['unknown', '__proto__', 'Spec', ''])] = pick(JUNK);
  return out;
}

const NAMES = ['a', 'b', 'web', 'kube-system', 'node-1', 'system:x', 'Bad_Name', 'a/b', 'v1.example.com', '%zz', '..'];

function objectOf(resource: Resource, name: string): unknown {
  const object = structOf(resource.schema, 0);
  const metadata = isRecord(object['metadata']) && chance(40) ? object['metadata'] : {};
  return {
    ...object,
    ...(chance(95) && { apiVersion: apiVersionOf(resource), kind: resource.kind }),
    metadata: { ...metadata, ...(chance(90) ? { name } : { generateName: word() }), ...(chance(8) && { namespace: word() }) },
  };
}

const BODIES = [
  'application/json',
  'application/json',
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'text/plain',
  '',
];
const PATCHES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'application/json',
];
const ACCEPTS = [
  'application/json',
  '*/*',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/cbor',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'nonsense',
];
const QUERIES = [
  '',
  '',
  '',
  'dryRun=All',
  'dryRun=Maybe',
  'fieldValidation=Strict',
  'fieldValidation=Warn',
  'fieldValidation=Odd',
  'fieldManager=me',
  `fieldManager=${'m'.repeat(200)}`,
  'force=true',
  'limit=1',
  'limit=-1',
  'limit=x',
  'continue=abc',
  'labelSelector=a%3Db',
  'labelSelector=a%20in%20(',
  'fieldSelector=metadata.name%3Da',
  'fieldSelector=spec.unknown%3Da',
  'resourceVersion=1',
  'resourceVersion=99999999',
  'resourceVersion=x',
  'resourceVersion=1&resourceVersionMatch=Exact',
  'resourceVersionMatch=Odd',
  'watch=true&timeoutSeconds=1',
  'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
  'sendInitialEvents=true',
  'gracePeriodSeconds=0',
  'propagationPolicy=Sideways',
  'timeoutSeconds=x',
  'pretty=true',
  '%zz=1',
];

interface Input {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | undefined;
}

function input(): Input {
  const resource = pick(builtinResources);
  const name = pick(NAMES);
  const root = resource.group ? `/apis/${resource.group}/${resource.version}` : `/api/${resource.version}`;
  const place = resource.namespaced ? `/namespaces/${pick(['default', 'default', 'default', 'kube-system', 'nowhere', '%20'])}` : '';
  const below = Object.keys(resource.subresources);
  const sub = below.length && chance(25) ? `/${pick(below)}` : '';
  const method = pick(['POST', 'POST', 'POST', 'PUT', 'PATCH', 'PATCH', 'GET', 'DELETE', 'OPTIONS']);
  const isCollection = (method === 'POST' && !sub) || (method !== 'PUT' && method !== 'PATCH' && !sub && chance(20));
  const path = `${root}${place}/${resource.resource}${isCollection ? '' : `/${name}${sub}`}?${pick(QUERIES)}`;
  const patch = pick(PATCHES);
  const type = method === 'PATCH' ? patch : pick(BODIES);
  const headers = { accept: pick(ACCEPTS), ...(type && { 'content-type': type }), ...(chance(3) && { 'impersonate-user': word() }) };
  const needsBody = method === 'POST' || method === 'PUT' || method === 'PATCH' || (method === 'DELETE' && chance(30));
  return { method, path, headers, body: needsBody ? bodyOf(resource, name, method, patch) : undefined };
}

function bodyOf(resource: Resource, name: string, method: string, patch: string): string | Uint8Array {
  if (chance(4)) return new Uint8Array(Array.from({ length: random.below(40) }, () => random.below(256)));
  const value =
    method === 'DELETE'
      ? { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: word(), gracePeriodSeconds: pick(NUMBERS), preconditions: pick(JUNK) }
      : method === 'PATCH' && patch.includes('json-patch')
        ? Array.from({ length: random.below(4) }, () => ({
            op: pick(['add', 'remove', 'replace', 'test', 'move', 'copy', 'odd']),
            path: pick(['/metadata/labels', '/spec', '/spec/replicas', '/metadata/name', '', '/a~1b', '/spec/0', '/metadata/finalizers/-']),
            from: '/metadata',
            value: pick(JUNK),
          }))
        : objectOf(resource, name);
  const text = JSON.stringify(value) ?? 'null';
  if (!chance(5)) return text;
  const cut = random.below(text.length + 1);
  return text.slice(0, cut) + pick(['', '{', ']', '"', '\u0000', ',,', text.slice(cut + 1)]);
}

test(
  `${INPUTS} requests: no fault, no hang, nothing changed by what is refused`,
  async () => {
    const cluster = makeTestCluster({ alone: true, nodes: 1 });
    const counts = new Map<number, number>();
    const found: string[] = [];
    for (let i = 0; i < INPUTS; i++) {
      const { method, path, headers, body } = input();
      const before = cluster.store.revision;
      const reply = await cluster.send(method, path, body, headers);
      const told = (): string =>
        `${SEED} ${i}: ${method} ${path} ${JSON.stringify(headers)} ${typeof body === 'string' ? body : body?.join()}`;
      if (isUpgrade(reply) || isStream(reply)) continue;
      counts.set(reply.status, (counts.get(reply.status) ?? 0) + 1);
      if (found.length >= MOST_TOLD) break;
      if (cluster.errors.length || (reply.status === 500 && !isUpstreamsOwn(reply)))
        found.push(`${told()}\n${reply.status} ${textOf(reply)}\n${cluster.errors.splice(0).join('\n')}`);
      const isReading = method === 'GET' || method === 'OPTIONS' || /[?&]dryRun=All/.test(path);
      if ((reply.status >= 400 || isReading) && cluster.store.revision !== before)
        found.push(`${told()}\nwas answered ${reply.status}, yet changed something: ${textOf(reply)}`);
      if (
        reply.status === 422 &&
        headers['accept'] === 'application/json' &&
        !JSON_PATCH.test(textOf(reply)) &&
        !namesFields(JSON.parse(textOf(reply)) as Status)
      )
        found.push(`${told()}\nnames no field: ${textOf(reply)}`);
    }
    expect(found.join('\n\n')).toBe('');
    // Most kinds of answers have to occur, or the inputs are too poor to prove anything.
    for (const status of [200, 201, 400, 404, 405, 406, 409, 415, 422])
      expect(counts.get(status) ?? 0, `answers ${status}`).toBeGreaterThan(0);
  },
  60_000 + INPUTS * 20,
);

test('nothing has no name: each kind says so, of an object with nothing in it and of one with the fields that it must have', async () => {
  const cluster = makeTestCluster({ alone: true, nodes: 0 });
  const found: string[] = [];
  for (const { resource, group, version, kind, namespaced, schema, verbs } of cluster.cluster.registry.catalog.all()) {
    if (!verbs.includes('create') || !verbs.includes('get')) continue;
    const path = `/${group ? `apis/${group}` : 'api'}/${version}/${namespaced ? 'namespaces/default/' : ''}${resource}`;
    const fields = [...schema.fields].filter(([, { type }]) => type.kind === 'struct').map(([name]) => [name, {}]);
    for (const body of [{}, Object.fromEntries(fields)]) {
      const { status } = await cluster.request('POST', path, {
        ...body,
        metadata: {},
        kind,
        apiVersion: group ? `${group}/${version}` : version,
      });
      if (status < 400 || status >= 500) found.push(`${path} ${JSON.stringify(body)}: ${status}`);
    }
  }
  expect(found).toEqual([]);
  expect(cluster.errors).toEqual([]);
});

/**
 * What a client causes, and upstream calls an error of its own all the same: without a reason (apply and strategic patches that do not fit the types), or for a port that
 * cannot be had.
 */
const isUpstreamsOwn = (reply: HttpReply): boolean =>
  !/InternalError/.test(textOf(reply)) || /failed to allocate requested HealthCheck NodePort|duplicate nodePort/.test(textOf(reply));
/** An operation that does not fit the object has no field to name. */
const JSON_PATCH = /the server rejected our request due to an error in our request/;

const textOf = ({ body }: HttpReply): string => (typeof body === 'string' ? body : new TextDecoder().decode(body));

function namesFields({ details }: Status): boolean {
  const causes = details?.causes ?? [];
  return causes.length > 0 && causes.every(({ field, message }) => field && message);
}
