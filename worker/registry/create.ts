// Creating an object. The order of steps is upstream's (apiserver pkg/endpoints/handlers/create.go, pkg/registry/generic/registry/store.go).

import type { AdmissionRequest } from '../api/admission.ts';
import { validateFinalizersAreStandard, validateObjectMeta } from '../api/metadata-validation.ts';
import type { KubeObject, ObjectMeta } from '../api/object.ts';
import { unheard } from '../api/registry.ts';
import type { Call, Stored } from '../api/registry.ts';
import { RequestBody } from '../api/request-body.ts';
import type { Resource } from '../api/resource.ts';
import { alreadyExists, badRequest, generateNameConflict, invalid } from '../api/status.ts';
import { nameIsDnsSubdomain, pathSegmentProblems } from '../lib/names.ts';
import { formatTime } from '../lib/time.ts';
import { StaleRevisionError } from '../store/store.ts';
import { admit } from './admit.ts';
import { applyDefaults, readBody } from './body.ts';
import { admissionContextOf, findEntry, present, writeObject } from './core.ts';
import type { Core } from './core.ts';
import { trackCreationLater, trackShaped, trackUpdate } from './managed-fields/track.ts';
import { dropDuplicateOwners, hasPlainFinalizers, matchNamespace } from './metadata.ts';

const SET_BY_SERVER = ['selfLink', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;
const SUFFIX_LENGTH = 5;
const MAX_GENERATED_PREFIX = 63 - SUFFIX_LENGTH;
const GENERATE_ATTEMPTS = 8;

export function create(core: Core, resource: Resource, namespace: string, body: unknown, call: Call): Stored {
  const object = readBody(body, resource, call);
  applyDefaults(resource, object);
  call.received?.(object);
  const isComponents = !(body instanceof RequestBody);
  return createObject(core, resource, namespace, object, call, (next) =>
    isComponents ? trackCreationLater(core, resource, next, call) : trackUpdate(core, resource, undefined, next, call, ''),
  );
}

/**
 * Creates a component's object, which is valid, in canonical form, with all defaults, and given away, of a kind whose rules add nothing: where no plugin has anything
 * to say either, it is only written down. What is of one `shape` has the same fields.
 */
export function createComplete(core: Core, resource: Resource, namespace: string, object: KubeObject, call: Call, shape: string): Stored {
  if (!core.admission.passes(resource, namespace, core.reader))
    return createObject(core, resource, namespace, object, call, (next) => trackShaped(core, resource, next, call, shape));
  trackShaped(core, resource, object, call, shape);
  const { metadata } = object;
  metadata.uid = core.random.uuid();
  metadata.creationTimestamp = formatTime(core.now());
  try {
    return writeObject(core, resource, object, undefined);
  } catch (error) {
    if (error instanceof StaleRevisionError)
      throw alreadyExists(resource, metadata.name, findEntry(core, resource, namespace, metadata.name)?.value.metadata);
    throw error;
  }
}

/** Creates a decoded and defaulted object. `track` sets its managedFields, before admission changes it. */
export function createObject(
  core: Core,
  resource: Resource,
  namespace: string,
  object: KubeObject,
  call: Call,
  track: (object: KubeObject) => void,
): Stored {
  const hub = hubOf(core, resource);
  const context = admissionContextOf(core, call);
  const meta: Partial<ObjectMeta> = object.metadata;
  // Most who create something give none of these, and taking away what is not there costs the engine more than looking.
  for (const name of SET_BY_SERVER) if (meta[name] !== undefined) delete meta[name];
  matchNamespace(resource, { metadata: meta }, namespace);
  dropDuplicateOwners(object, call);
  track(object);
  const request = admissionRequest(resource, object, namespace, call);
  admit(core, request, object, context, call);
  dropDuplicateOwners(object, call, true);
  if (meta.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');

  const toStore = toStored(resource, object);
  const stored: Partial<ObjectMeta> = toStore.metadata;
  stored.creationTimestamp = formatTime(core.now());
  stored.uid = core.random.uuid();
  if (stored.generation !== undefined) delete stored.generation;
  const generated = Boolean(stored.generateName && !stored.name);
  if (generated) stored.name = freeName(core, resource, namespace, stored.generateName!);
  // Rules may count on a name, before the lack of one is refused.
  stored.name ??= '';

  hub.prepareForCreate?.(toStore, context);
  if (object !== toStore) Object.assign(object, fromStored(resource, toStore));
  const errors = validateObjectMeta(stored, resource.namespaced, hub.validateName ?? nameIsDnsSubdomain, 'metadata');
  if (stored.finalizers && hasPlainFinalizers(hub)) errors.push(...validateFinalizersAreStandard(stored.finalizers, 'metadata.finalizers'));
  const found = hub.validate?.(toStore, context);
  if (found?.length) errors.push(...found);
  if (errors.length) throw invalid(resource, stored.name ?? '', errors);
  const pathProblems = pathSegmentProblems(stored.name ?? '');
  if (pathProblems.length) throw badRequest(pathProblems.join(', '));
  if (call.warn !== unheard) for (const sentence of hub.warnings?.(toStore, undefined) ?? []) call.warn(sentence);
  hub.canonicalize?.(toStore);

  call.mayCreate?.();
  resource.conversion?.ready?.(toStore);
  request.name = stored.name!;
  request.object = fromStored(resource, toStore);
  core.admission.validate(request, context);
  const refuseTaken = (): void => {
    const taken = findEntry(core, resource, namespace, stored.name!);
    if (!taken) return;
    throw generated ? generateNameConflict(resource, stored.name!) : alreadyExists(resource, stored.name!, taken.value.metadata);
  };
  // The store says it too; what is done before it is asked would have to be undone.
  if (hub.allocate || hub.companions || call.dryRun) refuseTaken();
  hub.allocate?.(toStore, undefined, context);
  if (call.dryRun) return { value: fromStored(resource, toStore), text: JSON.stringify(fromStored(resource, toStore)), revision: 0 };
  try {
    return present(resource, writeObject(core, hub, toStore, undefined));
  } catch (error) {
    if (error instanceof StaleRevisionError) refuseTaken();
    throw error;
  }
}

/** The version that is stored has the rules. */
export const hubOf = (core: Core, resource: Resource): Resource => {
  const { conversion } = resource;
  if (!conversion) return resource;
  const { hub, stored } = conversion;
  return hub ?? core.catalog.find(stored.group, stored.version, stored.resource)!;
};

export const toStored = (resource: Resource, object: KubeObject): KubeObject =>
  resource.conversion ? resource.conversion.toStored(object) : object;
export const fromStored = (resource: Resource, object: KubeObject): KubeObject =>
  resource.conversion ? resource.conversion.fromStored(object) : object;

function freeName(core: Core, resource: Resource, namespace: string, prefix: string): string {
  const base = prefix.slice(0, MAX_GENERATED_PREFIX);
  let name = '';
  for (let attempt = 0; attempt < GENERATE_ATTEMPTS; attempt++) {
    name = base + core.random.suffix(SUFFIX_LENGTH);
    if (!findEntry(core, resource, namespace, name)) break;
  }
  return name;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function admissionRequest(resource: Resource, object: KubeObject, namespace: string, call: Call): Writable<AdmissionRequest> {
  return {
    operation: 'CREATE',
    resource,
    subresource: '',
    namespace: resource.resource === 'namespaces' && resource.group === '' ? object.metadata.name : namespace,
    name: object.metadata.name ?? '',
    object,
    old: undefined,
    options: createOptions(call, 'CreateOptions'),
    warn: call.warn,
    annotate: call.annotate,
  };
}

type OptionsKind = 'CreateOptions' | 'UpdateOptions';
/** A component calls with the same again and again. */
const knownOptions: Readonly<Record<OptionsKind, WeakMap<Call, Readonly<Record<string, unknown>>>>> = {
  CreateOptions: new WeakMap(),
  UpdateOptions: new WeakMap(),
};

/** The options object as webhooks see it. */
export function createOptions(call: Call, kind: OptionsKind): Readonly<Record<string, unknown>> {
  let options = knownOptions[kind].get(call);
  if (!options) {
    options = {
      kind,
      apiVersion: 'meta.k8s.io/v1',
      ...(call.dryRun && { dryRun: ['All'] }),
      ...(call.fieldManager && { fieldManager: call.fieldManager }),
      ...(call.fieldValidation && { fieldValidation: call.fieldValidation }),
    };
    knownOptions[kind].set(call, options);
  }
  return options;
}
