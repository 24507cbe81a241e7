// What differs between two states of an object.

import { describe, expect, test } from 'vitest';
import { compare } from '../../../../worker/registry/managed-fields/compare.ts';
import { fieldsOf, fitToType, withNamedFields } from '../../../../worker/registry/managed-fields/fields-of.ts';
import { pathsOf } from '../../../../worker/registry/managed-fields/field-set.ts';
import type { FieldSet } from '../../../../worker/registry/managed-fields/field-set.ts';
import { printPath } from '../../../../worker/registry/managed-fields/path-element.ts';
import { merge, removeFields } from '../../../../worker/registry/managed-fields/merge.ts';
import { typeProblems } from '../../../../worker/registry/managed-fields/validate.ts';
import { deepFreeze } from '../../../../worker/lib/json.ts';
import { openThing, thing } from './sample.ts';

const paths = (set: FieldSet | undefined): string[] => pathsOf(set ?? {}).map((path) => printPath(path).replace('.spec', ''));
const spec = (value: object): object => deepFreeze({ spec: value });

describe('comparing', () => {
  test.each<{ name: string; before: object; after: object; changed?: string[]; removed?: string[] }>([
    { name: 'equal values', before: { count: 1, items: [{ name: 'a' }] }, after: { items: [{ name: 'a' }], count: 1 } },
    { name: 'another value', before: { count: 1 }, after: { count: 2 }, changed: ['.count'] },
    { name: 'a field more, and one less', before: { count: 1 }, after: { text: 'x' }, changed: ['.text'], removed: ['.count'] },
    { name: 'an atomic list', before: { names: ['a'] }, after: { names: ['a', 'b'] }, changed: ['.names'] },
    { name: 'a set', before: { tags: ['a', 'b'] }, after: { tags: ['b', 'c'] }, changed: ['.tags[="c"]'], removed: ['.tags[="a"]'] },
    { name: 'a set in another order', before: { tags: ['a', 'b'] }, after: { tags: ['b', 'a'] } },
    {
      name: 'a new list with its item',
      before: {},
      after: { items: [{ name: 'a', value: 'x' }] },
      changed: ['.items', '.items[name="a"]', '.items[name="a"].name', '.items[name="a"].value'],
    },
    {
      name: 'a new item',
      before: { items: [{ name: 'a' }] },
      after: { items: [{ name: 'b' }, { name: 'a' }] },
      changed: ['.items[name="b"]', '.items[name="b"].name'],
    },
    {
      name: 'a field of an item',
      before: { items: [{ name: 'a', value: 'x' }] },
      after: { items: [{ name: 'a', value: 'y' }] },
      changed: ['.items[name="a"].value'],
    },
    {
      name: 'a key that has a default',
      before: { ports: [{ number: 80 }] },
      after: { ports: [{ number: 80, protocol: 'TCP' }] },
      changed: ['.ports[number=80,protocol="TCP"].protocol'],
    },
    {
      name: 'an atomic struct',
      before: { selector: { match: { a: 'x' } } },
      after: { selector: { match: { a: 'y' } } },
      changed: ['.selector'],
    },
    { name: 'an atomic map', before: { options: { a: 'x' } }, after: { options: { b: 'x' } }, changed: ['.options'] },
    {
      name: 'an entry of a map',
      before: { limits: { cpu: { max: 1 } } },
      after: { limits: { cpu: { max: 1 }, memory: { min: 1 } } },
      changed: ['.limits.memory', '.limits.memory.min'],
    },
    { name: 'raw data', before: { raw: { a: 1, b: 1 } }, after: { raw: { a: 2, b: 1 } }, changed: ['.raw'] },
    {
      name: 'data without a schema',
      before: { any: { a: 1, l: [1] } },
      after: { any: { b: 1, l: [2] } },
      changed: ['.any.b', '.any.l'],
      removed: ['.any.a'],
    },
    { name: 'data becomes a scalar', before: { any: { a: 1 } }, after: { any: 1 }, changed: ['.any'], removed: ['.any.a'] },
    { name: 'a scalar becomes data', before: { any: 1 }, after: { any: { a: 1 } }, changed: ['.any', '.any.a'] },
    { name: 'null and nothing in a map', before: { limits: null }, after: { limits: {} }, changed: ['.limits'] },
    { name: 'null and something in a map', before: { limits: null }, after: { limits: { a: {} } }, changed: ['.limits.a'] },
    {
      name: 'twins appear',
      before: { items: [{ name: 'a', value: 'x' }] },
      after: { items: [{ name: 'a', value: 'x' }, { name: 'a' }] },
      changed: ['.items[name="a"]'],
      removed: ['.items[name="a"]', '.items[name="a"].name', '.items[name="a"].value'],
    },
    {
      name: 'twins stay',
      before: { items: [{ name: 'a' }, { name: 'a', value: 'x' }] },
      after: { items: [{ name: 'a' }, { name: 'a', value: 'x' }] },
    },
    {
      name: 'twins change',
      before: { items: [{ name: 'a' }, { name: 'a', value: 'x' }] },
      after: { items: [{ name: 'a' }, { name: 'a', value: 'y' }] },
      changed: ['.items[name="a"]'],
    },
    {
      name: 'twins go',
      before: { items: [{ name: 'a' }, { name: 'a' }] },
      after: { items: [{ name: 'a' }] },
      changed: ['.items[name="a"]', '.items[name="a"].name'],
      removed: ['.items[name="a"]'],
    },
    {
      name: 'labels with the names of what every object has',
      before: { limits: {} },
      after: { limits: { constructor: {}, toString: {} } },
      changed: ['.limits.constructor', '.limits.toString'],
    },
    {
      name: 'values of the wrong form',
      before: { items: 1, limits: 'x' },
      after: { items: [1, null], limits: 'y' },
      changed: ['.items', '.limits'],
    },
  ])('$name', ({ before, after, changed = [], removed = [] }) => {
    const delta = compare(spec(before), spec(after), thing);
    expect({ changed: paths(delta.changed), removed: paths(delta.removed) }).toEqual({ changed, removed });
  });

  test('parts that are the same value are not looked into', () => {
    const trap = new Proxy({}, { ownKeys: () => expect.fail('was looked into'), get: () => expect.fail('was looked into') });
    const before = { metadata: trap, spec: { count: 1, items: [trap, { name: 'a', value: 'x' }], nested: trap } };
    const after = { ...before, spec: { ...before.spec, count: 2 } };
    expect(paths(compare(before, after, thing).changed)).toEqual(['.count']);
  });
});

describe('what a configuration sets', () => {
  test.each<{ name: string; given: object; want: string[] }>([
    { name: 'leaves, not the structs on the way', given: { count: 1, nested: { text: 'x' } }, want: ['.count', '.nested.text'] },
    {
      name: 'items of lists with their keys',
      given: { items: [{ name: 'a', list: ['x'] }] },
      want: ['.items[name="a"]', '.items[name="a"].list', '.items[name="a"].name'],
    },
    { name: 'entries of maps', given: { limits: { cpu: { max: 1 } } }, want: ['.limits.cpu', '.limits.cpu.max'] },
    {
      name: 'what is given empty, but no empty list of items',
      given: { nested: {}, limits: {}, tags: [], names: [] },
      want: ['.limits', '.names', '.nested'],
    },
    { name: 'what is given as null', given: { count: null, tags: null, nested: null }, want: ['.count', '.nested', '.tags'] },
    {
      name: 'atomic parts as one',
      given: { selector: { match: { a: 'x' } }, options: { a: 'x' }, raw: { a: 1 } },
      want: ['.options', '.raw', '.selector'],
    },
    { name: 'data without a schema', given: { any: { a: { b: [1] } } }, want: ['.any.a', '.any.a.b'] },
  ])('$name', ({ given, want }) => expect(paths(fieldsOf(spec(given) as never, thing))).toEqual(want));

  test('unknown fields that are kept', () => {
    expect(paths(fieldsOf(spec({ other: { a: 1 } }) as never, openThing))).toEqual(['.other', '.other.a']);
  });

  test('with the structs on the way', () => {
    expect(paths(withNamedFields(fieldsOf(spec({ nested: { text: 'x' }, limits: { cpu: { max: 1 } } }) as never, thing), thing))).toEqual([
      '',
      '.limits',
      '.nested',
      '.limits.cpu',
      '.limits.cpu.max',
      '.nested.text',
    ]);
  });

  test('owners of a part of what has become one value own all of it', () => {
    const before = { 'f:spec': { 'f:names': { 'v:"a"': {} }, 'f:selector': { '.': {}, 'f:match': {} }, 'f:count': {} } };
    const after = { 'f:spec': { 'f:count': {}, 'f:names': {}, 'f:selector': {} } };
    expect(fitToType(before, thing)).toEqual(after);
    const fitting = deepFreeze(after);
    expect(fitToType(fitting, thing)).toBe(fitting);
  });
});

describe('merging', () => {
  test.each<{ name: string; live: object; config: object; want: object }>([
    { name: 'scalars, and null for one', live: { count: 1, text: 'x' }, config: { count: 2, text: null }, want: { count: 2, text: null } },
    {
      name: 'null clears neither map nor list',
      live: { limits: { a: {} }, tags: ['a'], nested: { count: 1 } },
      config: { limits: null, tags: null, nested: null },
      want: { limits: { a: {} }, tags: ['a'], nested: { count: 1 } },
    },
    {
      name: 'atomic parts are replaced',
      live: { names: ['a'], options: { a: 'x' }, raw: { a: 1 } },
      config: { names: ['b'], options: { b: 'x' }, raw: { b: 1 } },
      want: { names: ['b'], options: { b: 'x' }, raw: { b: 1 } },
    },
    {
      name: 'data without a schema',
      live: { any: { a: 1, l: [1] } },
      config: { any: { b: 1, l: [2] } },
      want: { any: { a: 1, b: 1, l: [2] } },
    },
    {
      name: 'items by key, new ones where they are wanted',
      live: { items: [{ name: 'a', value: 'x' }, { name: 'b' }] },
      config: { items: [{ name: 'b', value: 'y' }, { name: 'c' }] },
      want: { items: [{ name: 'a', value: 'x' }, { name: 'b', value: 'y' }, { name: 'c' }] },
    },
    {
      name: 'items in the order that is applied',
      live: { items: ['a', 'b', 'c'].map((name) => ({ name })) },
      config: { items: ['c', 'a'].map((name) => ({ name })) },
      want: { items: ['b', 'c', 'a'].map((name) => ({ name })) },
    },
    { name: 'a set', live: { tags: ['a', 'b'] }, config: { tags: ['c', 'b'] }, want: { tags: ['a', 'c', 'b'] } },
    {
      name: 'twins are replaced by one',
      live: { items: [{ name: 'a', value: 'x' }, { name: 'a' }, { name: 'b' }] },
      config: { items: [{ name: 'a', list: ['x'] }] },
      want: { items: [{ name: 'a', list: ['x'] }, { name: 'b' }] },
    },
    {
      name: 'twins of others stay',
      live: { items: [{ name: 'a', value: 'x' }, { name: 'a' }] },
      config: { items: [{ name: 'b' }] },
      want: { items: [{ name: 'a', value: 'x' }, { name: 'a' }, { name: 'b' }] },
    },
  ])('$name', ({ live, config, want }) => expect(merge(spec(live), spec(config), thing)).toEqual({ spec: want }));

  test.each<{ name: string; value: object; fields: FieldSet; want: unknown }>([
    { name: 'a field', value: { count: 1, text: 'x' }, fields: { 'f:count': {} }, want: { text: 'x' } },
    {
      name: 'an item, of many',
      value: { items: [{ name: 'a' }, { name: 'b' }] },
      fields: { 'f:items': { 'k:{"name":"a"}': {} } },
      want: { items: [{ name: 'b' }] },
    },
    {
      name: 'a part of an item',
      value: { items: [{ name: 'a', value: 'x' }] },
      fields: { 'f:items': { 'k:{"name":"a"}': { 'f:value': {} } } },
      want: { items: [{ name: 'a' }] },
    },
    {
      name: 'the last of a list and of a map',
      value: { tags: ['a'], limits: { a: {} } },
      fields: { 'f:limits': { 'f:a': {} }, 'f:tags': { 'v:"a"': {} } },
      want: { tags: null, limits: null },
    },
    { name: 'a part of one value', value: { options: { a: 'x' } }, fields: { 'f:options': { 'f:a': {} } }, want: { options: null } },
  ])('taking out: $name', ({ value, fields, want }) =>
    expect(removeFields(spec(value), thing, { 'f:spec': fields })).toEqual({ spec: want }),
  );
});

describe('a configuration that does not fit', () => {
  test.each<{ name: string; given: object; want: string | undefined }>([
    {
      name: 'fits',
      given: { count: 1.5, amount: 1, port: 'http', nested: null, items: [{ name: 'a' }], raw: [1], any: 'x' },
      want: undefined,
    },
    { name: 'an unknown field', given: { nested: { other: 1 } }, want: '.spec.nested.other: field not declared in schema' },
    { name: 'no number', given: { count: 'two' }, want: '.spec.count: expected numeric (int or float), got string' },
    { name: 'no text', given: { text: 1 }, want: '.spec.text: expected string, got &value.valueUnstructured{Value:1}' },
    {
      name: 'no text, but a map',
      given: { text: { a: [1] } },
      want: '.spec.text: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"a":[]interface {}{1}}}',
    },
    { name: 'no boolean', given: { enabled: 'yes' }, want: '.spec.enabled: expected boolean, got &{yes}' },
    { name: 'no scalar', given: { amount: { a: 1 } }, want: '.spec.amount: expected any scalar, got &{map[a:1]}' },
    { name: 'no map', given: { nested: [1] }, want: '.spec.nested: expected map, got &{[1]}' },
    { name: 'no list', given: { items: 'x' }, want: '.spec.items: expected list, got &{x}' },
    { name: 'an item twice', given: { items: [{ name: 'a' }, { name: 'a' }] }, want: '.spec.items: duplicate entries for key [name="a"]' },
    {
      name: 'an item twice by a default',
      given: { ports: [{ number: 80 }, { number: 80, protocol: 'TCP' }] },
      want: '.spec.ports: duplicate entries for key [number=80,protocol="TCP"]',
    },
    { name: 'a value twice', given: { tags: ['a', 'a'] }, want: '.spec.tags: duplicate entries for key [="a"]' },
    {
      name: 'a null item',
      given: { items: [null] },
      want: '.spec.items: element 0: associative list with keys may not have a null element',
    },
    {
      name: 'an item that is no map',
      given: { items: [1] },
      want: '.spec.items: element 0: associative list with keys may not have non-map elements',
    },
    {
      name: 'a map in a set',
      given: { tags: [{}] },
      want: ".spec.tags: element 0: associative list without keys has an element that's a map type",
    },
    {
      name: 'within an item',
      given: { items: [{ name: 'a', value: 1 }] },
      want: '.spec.items[name="a"].value: expected string, got &value.valueUnstructured{Value:1}',
    },
    {
      name: 'within a list of values',
      given: { names: ['a', 1] },
      want: '.spec.names[1]: expected string, got &value.valueUnstructured{Value:1}',
    },
    {
      name: 'two things',
      given: { count: 'x', text: 1 },
      want: 'errors:\n  .spec.count: expected numeric (int or float), got string\n  .spec.text: expected string, got &value.valueUnstructured{Value:1}',
    },
  ])('$name', ({ given, want }) => expect(typeProblems(spec(given), thing)).toBe(want));
});
