// A table of a kind's rules: each row changes a valid object and says which errors that gives. What runs is what runs at a write: decoding, defaults,
// preparation, the rules of metadata and of the kind.

import { describe, expect, test } from 'vitest';
import { fieldErrorMessage } from '../../../worker/api/field-error.ts';
import { validateObjectMeta } from '../../../worker/api/metadata-validation.ts';
import type { KubeObject } from '../../../worker/api/object.ts';
import type { Resource, ResourceContext } from '../../../worker/api/resource.ts';
import { apiVersionOf } from '../../../worker/api/resource.ts';
import { clone, deepFreeze, isRecord } from '../../../worker/lib/json.ts';
import { makeRandom } from '../../../worker/lib/host.ts';
import { nameIsDnsSubdomain } from '../../../worker/lib/names.ts';
import { applyDefaults, readBody } from '../../../worker/registry/body.ts';
import { START } from '../harness.ts';

// oxlint-disable-next-line typescript/no-explicit-any
type Any = any;

/** What the rules of these kinds may ask for; nothing is stored. */
export const context = {
  now: () => START,
  random: makeRandom('rules'),
  config: {
    minor: 36,
    serviceCidr: '10.96.0.0/12',
    podCidr: '10.244.0.0/16',
    nodePortRange: [30000, 32767],
    isGateOn: () => false,
    clusterDomain: 'cluster.local',
  } as ResourceContext['config'],
  reader: {
    get: () => undefined,
    list: () => [],
    lookup: () => [],
    count: () => 0,
    countTerm: () => 0,
    resourceOf: () => undefined,
    resources: () => [],
  },
  user: { name: 'alice', groups: ['system:authenticated'] },
  dryRun: false,
} as unknown as ResourceContext;

const call = { fieldValidation: 'Ignore', warn: () => {} } as unknown as Parameters<typeof readBody>[2];

/** Merges a change into an object: null takes a field away, lists are replaced. */
export function merged(base: unknown, change: unknown): unknown {
  if (!isRecord(change)) return clone(change);
  const out: Record<string, unknown> = isRecord(base) ? (clone(base) as Record<string, unknown>) : {};
  for (const key in change) {
    if (change[key] === null) delete out[key];
    else out[key] = merged(out[key], change[key]);
  }
  return out;
}

/** Decoded and defaulted, as it comes from a client. */
export function read(resource: Resource<Any>, body: unknown): KubeObject {
  const object = readBody(body, resource, call);
  applyDefaults(resource, object);
  return object;
}

/** As it would be stored when created. */
export function created(resource: Resource<Any>, body: unknown): KubeObject {
  const object = read(resource, body);
  object.metadata = {
    ...object.metadata,
    ...(resource.namespaced && { namespace: 'default' }),
    uid: 'u',
    creationTimestamp: '2026-01-01T00:00:00Z',
    resourceVersion: '1',
  };
  resource.prepareForCreate?.(object, context);
  return object;
}

export function errorsOfCreate(resource: Resource<Any>, body: unknown): string[] {
  const object = created(resource, body);
  const nameRule = resource.validateName?.bind(resource) ?? nameIsDnsSubdomain;
  return texts([
    ...validateObjectMeta(object.metadata, resource.namespaced, nameRule, 'metadata'),
    ...(resource.validate?.(object, context) ?? []),
  ]);
}

/** The object after a change, by the kind itself or one of its subresources, and what is wrong with it. */
export function updated(
  resource: Resource<Any>,
  base: unknown,
  change: unknown,
  subresource?: string,
): { object: KubeObject; old: KubeObject; errors: string[] } {
  const old = deepFreeze(created(resource, base));
  const seed = deepFreeze(merged(old, isRecord(base) ? base['$status'] : undefined) as KubeObject);
  const before = isRecord(base) && base['$status'] ? seed : old;
  const object = read(resource, merged(before, change));
  if (before.metadata.generation !== undefined) object.metadata.generation = before.metadata.generation;
  const part = subresource ? resource.subresources[subresource] : undefined;
  if (part?.type === 'object') {
    if (part.prepareForUpdate) part.prepareForUpdate(object, before, context);
    else Object.assign(object, { ...before, status: (object as Any).status, metadata: object.metadata });
    return { object, old: before, errors: texts(part.validateUpdate?.(object, before, context) ?? []) };
  }
  resource.prepareForUpdate?.(object, before, context);
  const errors = resource.validateUpdate?.(object, before, context) ?? resource.validate?.(object, context) ?? [];
  return { object, old: before, errors: texts(errors) };
}

const texts = (errors: Parameters<typeof fieldErrorMessage>[0][]): string[] => [...new Set(errors.map(fieldErrorMessage))];

/** What changes in the base object, and the messages that follow; none for what is allowed. */
export type Row = readonly [name: string, change: object, ...errors: string[]];

export function createRules(resource: Resource<Any>, base: object, rows: readonly Row[]): void {
  describe(`${apiVersionOf(resource)} ${resource.kind}: creating`, () => {
    test('the base object is valid', () => expect(errorsOfCreate(resource, base)).toEqual([]));
    test.each(rows.map(([name, change, ...errors]) => ({ name, change, errors })))('$name', ({ change, errors }) => {
      expect(errorsOfCreate(resource, merged(base, change))).toEqual(errors);
    });
  });
}

/** `base` may hold `$status`: what others wrote since it was created. */
export function updateRules(resource: Resource<Any>, base: object, rows: readonly Row[], subresource?: string): void {
  describe(`${apiVersionOf(resource)} ${resource.kind}: updating ${subresource ?? ''}`, () => {
    test.each(rows.map(([name, change, ...errors]) => ({ name, change, errors })))('$name', ({ change, errors }) => {
      expect(updated(resource, base, change, subresource).errors).toEqual(errors);
    });
  });
}

/** What defaults make of an object: the parts that are named. */
export function defaultRules(resource: Resource<Any>, rows: readonly (readonly [name: string, body: object, want: object])[]): void {
  describe(`${apiVersionOf(resource)} ${resource.kind}: defaults`, () => {
    test.each(rows.map(([name, body, want]) => ({ name, body, want })))('$name', ({ body, want }) => {
      expect(read(resource, body)).toMatchObject(want);
    });
  });
}

/** The cells of a row, by column; an age is of an object made a minute ago. */
export function cells(resource: Resource<Any>, object: object): Record<string, unknown> {
  const now = START + 60_000;
  const full = merged({ metadata: { name: 'a', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' } }, object) as KubeObject;
  const complete = { ...read(resource, full), metadata: full.metadata };
  return Object.fromEntries(resource.columns.map((column) => [column.name, column.value(complete, now) ?? null]));
}
