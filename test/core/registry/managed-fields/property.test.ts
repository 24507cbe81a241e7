// What must hold of any objects, managers and orders of writes, against a plain and slow account of the same: a flat table of paths.

import { describe, expect, test } from 'vitest';
import { isEqual, isRecord } from '../../../../worker/lib/json.ts';
import { makeRandom } from '../../../../worker/lib/host.ts';
import type { Random } from '../../../../worker/lib/host.ts';
import type { Type } from '../../../../worker/api/schema.ts';
import { compare, wholeOf } from '../../../../worker/registry/managed-fields/compare.ts';
import {
  difference,
  EMPTY,
  intersection,
  isEmpty,
  pathsOf,
  readFieldSet,
  union,
  without,
} from '../../../../worker/registry/managed-fields/field-set.ts';
import type { FieldSet } from '../../../../worker/registry/managed-fields/field-set.ts';
import { fieldsOf } from '../../../../worker/registry/managed-fields/fields-of.ts';
import type { Manager, Managers } from '../../../../worker/registry/managed-fields/managers.ts';
import { identityOf, NOBODY } from '../../../../worker/registry/managed-fields/managers.ts';
import { applyManagers, updateManagers } from '../../../../worker/registry/managed-fields/update-managers.ts';
import { singleVersion } from '../../../../worker/registry/managed-fields/versions.ts';
import { fieldType, itemElement } from '../../../../worker/registry/managed-fields/shape.ts';
import { randomThing, thing } from './sample.ts';

const ROUNDS = 100;
const seeds = Array.from({ length: ROUNDS }, (_, i) => `round ${i}`);
const versions = singleVersion(thing, 'test/v1');
type Thing = ReturnType<typeof randomThing>;

const texts = (set: FieldSet): string[] => pathsOf(set).map((path) => path.join(' '));
const sorted = (paths: Iterable<string>): string[] => [...new Set(paths)].sort();

/** Every path of a value: what stands there, or that more is below. */
function flatten(value: unknown, type: Type, prefix = ''): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const add = (element: string, below: unknown, of: Type): void => {
    const path = prefix ? `${prefix} ${element}` : element;
    const inner = partsOf(below, of);
    found.set(path, inner ? 'MORE' : below);
    if (inner) for (const [key, one] of flatten(below, of, path)) found.set(key, one);
  };
  for (const [element, below, of] of partsOf(value, type) ?? []) add(element, below, of);
  return found;
}

function partsOf(value: unknown, type: Type): [string, unknown, Type][] | undefined {
  if (type.kind === 'list')
    return type.list === 'atomic' ? undefined : (value as unknown[]).map((item) => [itemElement(item, type), item, type.of]);
  const isSplit = type.kind === 'any' || ((type.kind === 'struct' || type.kind === 'map') && !type.atomic);
  if (!isRecord(value) || !isSplit) return undefined;
  return Object.keys(value).map((key) => [`f:${key}`, value[key], fieldType(type, key)!]);
}

const randomOf = (seed: string): Random => makeRandom(seed);

describe('sets', () => {
  test('are as sets of paths', () => {
    for (const seed of seeds) {
      const random = randomOf(seed);
      const [a, b] = [wholeOf(randomThing(random), thing), fieldsOf(randomThing(random), thing)];
      const [inA, inB] = [new Set(texts(a)), new Set(texts(b))];
      expect(sorted(texts(union(a, b))), seed).toEqual(sorted([...inA, ...inB]));
      expect(sorted(texts(intersection(a, b))), seed).toEqual(sorted([...inA].filter((path) => inB.has(path))));
      expect(sorted(texts(difference(a, b))), seed).toEqual(sorted([...inA].filter((path) => !inB.has(path))));
      const isBelow = (path: string): boolean => [...inB].some((one) => path === one || path.startsWith(`${one} `));
      expect(sorted(texts(without(a, b))), seed).toEqual(sorted([...inA].filter((path) => !isBelow(path))));
    }
  });

  test('are the same after a way through text, in the same order', () => {
    for (const seed of seeds) {
      const random = randomOf(seed);
      const set = union(fieldsOf(randomThing(random), thing), wholeOf(randomThing(random), thing));
      const text = JSON.stringify(set);
      expect(JSON.stringify(readFieldSet(JSON.parse(text))), seed).toBe(text);
      const shuffled = JSON.stringify(reversed(set));
      expect(JSON.stringify(readFieldSet(JSON.parse(shuffled))), seed).toBe(text);
    }
  });
});

const reversed = (set: FieldSet): FieldSet =>
  Object.fromEntries(
    Object.entries(set)
      .reverse()
      .map(([key, below]) => [key, reversed(below)]),
  );

test('a comparison finds what a table of paths finds', () => {
  for (const seed of seeds) {
    const random = randomOf(seed);
    const [before, after] = [randomThing(random), randomThing(random)];
    const [left, right] = [flatten(before, thing), flatten(after, thing)];
    const { changed = EMPTY, removed = EMPTY } = compare(before, after, thing);
    expect(sorted(texts(changed)), seed).toEqual(
      sorted([...right].filter(([path, value]) => !left.has(path) || isOther(left.get(path), value)).map(([path]) => path)),
    );
    expect(sorted(texts(removed)), seed).toEqual(sorted([...left.keys()].filter((path) => !right.has(path))));
  }
});

/** Where both hold more there is no value to differ; an empty map or list that gets something, or a value that makes way for a map, is told apart below. */
const isOther = (a: unknown, b: unknown): boolean => !isEqual(a, b) && !(isVoid(a) && b === 'MORE') && !(a === 'MORE' && isVoid(b));
const isVoid = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.keys(value).length === 0;

/** Nobody owns the metadata as a whole. */
const ownable = (set: FieldSet): FieldSet => difference(set, { 'f:metadata': {} });

const who = (name: string, operation: 'Apply' | 'Update'): Omit<Manager, 'fields'> => ({
  name,
  operation,
  apiVersion: 'test/v1',
  subresource: '',
  time: undefined,
});

function apply(live: object, config: Thing, managers: Managers, name: string, force = true): { object: object; managers: Managers } {
  const applied = applyManagers(live as never, config, managers, who(name, 'Apply'), force, versions);
  if ('conflicts' in applied) throw new Error('conflict');
  return { object: applied.object ?? live, managers: applied.managers };
}

/** Without what prune leaves empty: upstream makes null of it, and decoding leaves it out. */
function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== null)
      .map(([key, one]) => [key, tidy(one)]),
  );
}

describe('applying', () => {
  test('owns just what was given, and the object has it', () => {
    for (const seed of seeds) {
      const random = randomOf(seed);
      const [live, config] = [randomThing(random), randomThing(random)];
      const { object, managers } = apply(live, config, NOBODY, 'a');
      const owned = managers.get(identityOf(who('a', 'Apply')))?.fields ?? EMPTY;
      expect(owned, seed).toEqual(ownable(fieldsOf(config, thing)));
      const [has, wants] = [flatten(object, thing), flatten(config, thing)];
      for (const [path, value] of wants) if (value !== 'MORE' && !isVoid(value)) expect(has.get(path), `${seed}: ${path}`).toEqual(value);
    }
  });

  test('again changes nothing', () => {
    for (const seed of seeds) {
      const random = randomOf(seed);
      const [live, config] = [randomThing(random), randomThing(random)];
      const first = apply(live, config, NOBODY, 'a');
      const again = applyManagers(first.object as never, config, first.managers, who('a', 'Apply'), false, versions);
      expect(again, seed).toEqual({ object: undefined, managers: first.managers });
    }
  });

  test('nothing takes away all that nobody else has', () => {
    for (const seed of seeds) {
      const config = randomThing(randomOf(seed));
      const first = apply({}, config, NOBODY, 'a');
      const { object, managers } = apply(first.object, {} as Thing, first.managers, 'a');
      const left = flatten(tidy(object), thing);
      expect(
        [...left].filter(([, value]) => value !== 'MORE' && !isVoid(value)),
        seed,
      ).toEqual([]);
      expect(managers.size, seed).toBe(0);
    }
  });

  test('what another manager applied stays, with its values', () => {
    for (const seed of seeds) {
      const random = randomOf(seed);
      const [one, two] = [randomThing(random), randomThing(random)];
      const first = apply({}, one, NOBODY, 'one');
      const second = apply(first.object, two, first.managers, 'two');
      const { object } = apply(second.object, {} as Thing, second.managers, 'one');
      const has = flatten(tidy(object), thing);
      for (const [path, value] of flatten(two, thing))
        if (value !== 'MORE' && !isVoid(value)) expect(has.get(path), `${seed}: ${path}`).toEqual(value);
    }
  });

  test('conflicts where, and only where, another manager owns another value', () => {
    for (const seed of seeds) {
      const random = randomOf(seed);
      const [one, two] = [randomThing(random), randomThing(random)];
      const first = apply({}, one, NOBODY, 'one');
      const outcome = applyManagers(first.object as never, two, first.managers, who('two', 'Apply'), false, versions);
      const got = 'conflicts' in outcome ? outcome.conflicts.map(({ path }) => path.join(' ')) : [];
      const [left, right] = [flatten(one, thing), flatten(two, thing)];
      const owned = new Set(texts(fieldsOf(one, thing)));
      const want = [...right].filter(
        ([path, value]) =>
          owned.has(path) && left.has(path) && isOther(left.get(path), value) && !(isVoid(value) && left.get(path) === 'MORE'),
      );
      expect(sorted(got), seed).toEqual(sorted(want.map(([path]) => path)));
    }
  });
});

test('after any writes everybody owns only what is there, and who changes a value is its only owner', () => {
  for (const seed of seeds) {
    const random = randomOf(seed);
    let object: object = {};
    let managers: Managers = NOBODY;
    for (let step = 0; step < 8; step++) {
      const name = `m${random.below(3)}`;
      const next = randomThing(random);
      const before = object;
      if (random.below(2)) {
        managers = updateManagers(before as never, next, managers, who(name, 'Update'), versions);
        object = next;
        const id = identityOf(who(name, 'Update'));
        const { changed = EMPTY } = compare(before, next, thing);
        for (const [other, { fields }] of managers)
          if (other !== id) expect(isEmpty(intersection(fields, changed)), `${seed}, ${step}`).toBe(true);
        expect(isEmpty(difference(ownable(changed), managers.get(id)?.fields ?? EMPTY)), `${seed}, ${step}`).toBe(true);
      } else {
        // As upstream, a list or map whose last item goes with an apply is null from then on, and still owned for itself.
        ({ object, managers } = apply(before, next, managers, name));
      }
      const there = wholeOf(object, thing);
      for (const [id, { fields }] of managers) expect(texts(difference(fields, there)), `${seed}, ${step}: ${id}`).toEqual([]);
    }
  }
});
