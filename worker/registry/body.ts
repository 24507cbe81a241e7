// Reads the body of a write as an object of the resource it was sent to. Mirrors what apiserver's create and update handlers do with a body: the
// serializers of apimachinery pkg/runtime/serializer, and the words of pkg/endpoints/handlers/rest.go.

import type { KubeObject } from '../api/object.ts';
import type { Call } from '../api/registry.ts';
import { RequestBody } from '../api/request-body.ts';
import { apiVersionOf } from '../api/resource.ts';
import type { Resource } from '../api/resource.ts';
import type { StructType } from '../api/schema.ts';
import { badRequest } from '../api/status.ts';
import { isRecord } from '../lib/json.ts';
import { textOf } from '../lib/json-source.ts';
import { ProtobufError } from '../lib/protobuf.ts';
import { YamlError } from '../lib/yaml.ts';
import { decode, DecodeError } from './decode.ts';
import { applySchemaDefaults } from './defaults.ts';
import { keepReset } from './managed-fields/reset.ts';
import { knownKinds } from './known-kinds.ts';
import { openBody, Unreadable, YAML_PREFIX } from './open-body.ts';
import type { Kind, OpenBody, Read } from './open-body.ts';

/** Kind and place of what a body must be: a resource, or a subresource with a kind of its own. */
export interface Expected {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly schema: StructType;
  /** Versions of the body that are taken too. */
  readonly accepts?: readonly string[];
  decode?(body: unknown): { readonly object: Record<string, unknown>; readonly unknown: readonly string[] };
}

/** What makes a body unreadable, in upstream's words. */
const isReadingError = (error: unknown): error is Error =>
  error instanceof Unreadable || error instanceof YamlError || error instanceof ProtobufError || error instanceof DecodeError;

/** A new object in canonical form, without defaults. Throws BadRequest in upstream's words. */
export function readBody(body: unknown, expected: Expected, call: Call): KubeObject {
  const { object, strict } = body instanceof RequestBody ? readRequest(body, expected) : readValue(body, expected);
  if (strict.length && call.fieldValidation === 'Strict')
    throw cannotBeHandled(expected, apiVersionOf(expected), expected.kind, `strict decoding error: ${strict.join(', ')}`);
  if (strict.length && call.fieldValidation === 'Warn')
    for (const problem of strict) for (const line of warningsOf(problem)) call.warn(line);
  const { kind, apiVersion, metadata } = object;
  if (kind === expected.kind && apiVersion === apiVersionOf(expected) && metadata) return object as unknown as KubeObject;
  return { ...typeOf(expected), metadata: {}, ...object, ...typeOf(expected) } as KubeObject;
}

const typeOf = (expected: Expected): Kind => ({ kind: expected.kind, apiVersion: apiVersionOf(expected) });

/** The options of a deletion. Any version of them will do. */
export function readDeleteOptions(body: RequestBody, schema: StructType): Record<string, unknown> {
  try {
    const { given, decode: read } = openBody(body);
    if (given.kind && given.kind !== 'DeleteOptions')
      throw new DecodeError(notRegistered(given, 'pkg/apis/meta/internalversion/scheme/register.go:27'));
    return read(schema).object;
  } catch (error) {
    throw isReadingError(error) ? badRequest(error.message) : error;
  }
}

/** What a component gives: its kind goes without saying. */
function readValue(value: unknown, expected: Expected): Read {
  const given = isRecord(value) ? value : {};
  const is = kindOf({ kind: given['kind'] ?? '', apiVersion: given['apiVersion'] ?? '' } as Kind, expected);
  return handling(expected, is, () => {
    if (!expected.decode) checkKind(is, expected);
    const { object, unknown } = expected.decode ? expected.decode(value) : decode(value, expected.schema);
    return { object: keepReset(object, value), strict: unknown };
  });
}

function readRequest(body: RequestBody, expected: Expected): Read {
  const opened = recognized(expected, body.bytes, () => openBody(body));
  if (expected.decode) return readCustom(opened, expected, body.bytes);
  const is = kindOf(opened.given, expected);
  return handling(expected, is, () => {
    checkKind(is, expected);
    return opened.decode(expected.schema);
  });
}

/** A custom resource's own reader takes it; upstream does not fill in its kind. */
function readCustom({ given, value, strict }: OpenBody, expected: Expected, source: Uint8Array): Read {
  if (!given.kind) throw unrecognized(expected, source, `Object 'Kind' is missing in '${textOf(source)}'`);
  const wanted = apiVersionOf(expected);
  if (given.apiVersion !== wanted) throw versionMismatch(given.apiVersion, wanted);
  return handling(expected, given, () => {
    const { object, unknown } = expected.decode!(value());
    return { object: keepReset(object, value()), strict: [...strict(), ...unknown] };
  });
}

/** Throws unless the body is of the kind and version that its place takes. */
export function checkKind({ kind, apiVersion }: Kind, expected: Expected): void {
  const wanted = apiVersionOf(expected);
  if (kind === expected.kind && (apiVersion === wanted || expected.accepts?.includes(apiVersion))) return;
  const [, version] = splitApiVersion(apiVersion);
  if (!knownKinds.has(`${apiVersion} ${kind}`))
    throw new DecodeError(notRegistered({ kind, apiVersion }, SCHEMES[expected.group] ?? 'pkg/api/legacyscheme/scheme.go:30'));
  if (kind !== expected.kind)
    throw new DecodeError(`converting (${version}.${kind}) to (${internalPackage(expected.group)}.${expected.kind}): unknown conversion`);
  throw versionMismatch(apiVersion, wanted);
}

const notRegistered = ({ kind, apiVersion }: Kind, scheme: string): string =>
  `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme ${JSON.stringify(scheme)}`;

/** Where upstream's servers keep their kinds. */
const SCHEMES: Readonly<Record<string, string>> = {
  'apiextensions.k8s.io': 'pkg/apiserver/apiserver.go:55',
  'apiregistration.k8s.io': 'pkg/apiserver/scheme/scheme.go:28',
};

/** What the body leaves out is what was expected. */
export function kindOf({ kind, apiVersion }: Kind, expected: Expected): Kind {
  const [group, version] = splitApiVersion(apiVersion);
  const isVersionless = version === '' && (group === '' || group === expected.group);
  return { kind: kind || expected.kind, apiVersion: isVersionless ? apiVersionOf(expected) : apiVersion };
}

function splitApiVersion(apiVersion: string): [group: string, version: string] {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}

/** The Go package of a group's internal types: `core`, `apps`, `rbac`. */
const internalPackage = (group: string): string => (group ? group.split('.')[0]! : 'core');

const versionMismatch = (given: string, wanted: string): Error =>
  badRequest(`the API version in the data (${given}) does not match the expected API version (${wanted})`);

function cannotBeHandled(expected: Expected, apiVersion: string, kind: string, problem: string): Error {
  const [, version] = splitApiVersion(apiVersion);
  return badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}: ${problem}`);
}

const unrecognized = (expected: Expected, source: Uint8Array, problem: string): Error =>
  badRequest(`the object provided is unrecognized (must be of type ${expected.kind}): ${problem} (${summaryOf(source)})`);

/** The beginning of a body that could not be read, to recognize it by. */
function summaryOf(source: Uint8Array): string {
  if (!source.length) return '<empty>';
  const head = source.subarray(0, SUMMARY_BYTES);
  const text = source[0] === 0x7b ? textOf(head) : [...head].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return source.length > SUMMARY_BYTES ? `${text} ...` : text;
}
const SUMMARY_BYTES = 30;

/** What fails here fails before the kind of the body is known. */
function recognized<T>(expected: Expected, source: Uint8Array, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw isReadingError(error) ? unrecognized(expected, source, error.message) : error;
  }
}

function handling<T>(expected: Expected, { kind, apiVersion }: Kind, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw isReadingError(error) ? cannotBeHandled(expected, apiVersion, kind, error.message) : error;
  }
}

/** YAML's faults come in one message, and are told one by one. */
const warningsOf = (problem: string): readonly string[] =>
  problem.startsWith(YAML_PREFIX)
    ? problem
        .slice(YAML_PREFIX.length)
        .split('\n')
        .map((line) => line.trim())
    : [problem];

/** Fills in all defaults, in place. */
export function applyDefaults(resource: Resource, object: KubeObject): void {
  if (!resource.decode) applySchemaDefaults(object, resource.schema);
  resource.default?.(object);
}
