// Strategic merge patch on plain data.

import { describe, expect, test } from 'vitest';
import { parseTypes } from '../../../../worker/api/schema.ts';
import { clone, deepFreeze } from '../../../../worker/lib/json.ts';
import { StrategicPatchError } from '../../../../worker/registry/patch/strategic-error.ts';
import { applyStrategicPatch } from '../../../../worker/registry/patch/strategic.ts';

const thing = parseTypes({
  'test.v1': `
Thing
  text? string 1
  map? {}string 2
  nested? *Thing 3
  list? []string 4
  set? []string 5 patch=merge
  items? []Item 6 patch=merge:name
  plain? []Item 7
  union? Union 8 patch=retainKeys
  volumes? []Item 9 patch=merge,retainKeys:name
  selector? *Selector 10 patch=replace
  raw? RawExtension 11
  nameless? []Item 12 patch=merge
Item
  name string 1
  value? string 2
  other? string 3
  sub? []Item 4 patch=merge:name
  set? []string 5 patch=merge
Union
  type? string 1
  a? string 2
  b? string 3
Selector
  match? {}string 1
  extra? string 2
`,
})('test.v1.Thing');

const named = (...names: string[]): object[] => names.map((name) => ({ name }));
const patched = (target: object, patch: object): object =>
  applyStrategicPatch(deepFreeze(clone(target)) as never, clone(patch) as never, thing);

describe('maps', () => {
  test.each<{ name: string; target: object; patch: object; want: object }>([
    {
      name: 'fields are set, kept and deleted',
      target: { text: 'a', map: { x: '1', y: '2' } },
      patch: { map: { x: '3', y: null, z: '4' } },
      want: { text: 'a', map: { x: '3', z: '4' } },
    },
    { name: 'null for what is not there is nothing', target: {}, patch: { text: null, map: { x: null } }, want: { map: {} } },
    {
      name: 'null inside what is new is left out',
      target: {},
      patch: { items: [{ name: 'a', value: null }] },
      want: { items: [{ name: 'a' }] },
    },
    { name: 'another type takes the place', target: { map: { x: '1' } }, patch: { map: 'y' }, want: { map: 'y' } },
    { name: 'replace', target: { map: { x: '1' } }, patch: { map: { $patch: 'replace', y: '2' } }, want: { map: { y: '2' } } },
    {
      name: 'delete',
      target: { text: 'a', nested: { text: 'b' } },
      patch: { nested: { $patch: 'delete' } },
      want: { text: 'a', nested: {} },
    },
    { name: 'delete what is not there', target: {}, patch: { nested: { $patch: 'delete' } }, want: {} },
    { name: 'replace the whole', target: { text: 'a', map: {} }, patch: { $patch: 'replace', text: 'b' }, want: { text: 'b' } },
    {
      name: 'retain keys',
      target: { union: { type: 'a', a: '1' } },
      patch: { union: { $retainKeys: ['type', 'b'], type: 'b', b: '2' } },
      want: { union: { type: 'b', b: '2' } },
    },
    {
      name: 'retain keys, of those that stay',
      target: { union: { type: 'a', a: '1', b: '2' } },
      patch: { union: { $retainKeys: ['type', 'a'] } },
      want: { union: { type: 'a', a: '1' } },
    },
    {
      name: 'a field that is replaced as a whole',
      target: { selector: { match: { a: '1' }, extra: 'x' } },
      patch: { selector: { match: { b: '2' } } },
      want: { selector: { match: { b: '2' } } },
    },
    {
      name: 'fields with odd names',
      target: { map: {} },
      patch: JSON.parse('{"map":{"__proto__":"1","constructor":"2"}}') as object,
      want: JSON.parse('{"map":{"__proto__":"1","constructor":"2"}}') as object,
    },
  ])('$name', ({ target, patch, want }) => expect(patched(target, patch)).toEqual(want));
});

describe('lists', () => {
  test.each<{ name: string; target: object; patch: object; want: object }>([
    {
      name: 'without a strategy are replaced',
      target: { list: ['a'], plain: named('a') },
      patch: { list: ['b'], plain: named('b') },
      want: { list: ['b'], plain: named('b') },
    },
    { name: 'of scalars are joined', target: { set: ['a', 'b'] }, patch: { set: ['b', 'c'] }, want: { set: ['a', 'b', 'c'] } },
    {
      name: 'of scalars: what is to go',
      target: { set: ['a', 'b', 'c'] },
      patch: { '$deleteFromPrimitiveList/set': ['a', 'c', 'x'] },
      want: { set: ['b'] },
    },
    { name: 'of scalars: to go from what is not there', target: {}, patch: { '$deleteFromPrimitiveList/set': ['a'] }, want: {} },
    {
      name: 'of scalars, in an order',
      target: { set: ['a', 'b', 'c'] },
      patch: { '$setElementOrder/set': ['c', 'a'], set: ['c'] },
      want: { set: ['b', 'c', 'a'] },
    },
    {
      name: 'of items are merged by key',
      target: { items: [{ name: 'a', value: '1' }, { name: 'b' }] },
      patch: { items: [{ name: 'a', other: '2' }, { name: 'c' }] },
      want: { items: [{ name: 'a', value: '1', other: '2' }, { name: 'c' }, { name: 'b' }] },
    },
    {
      name: 'of items, deep',
      target: { items: [{ name: 'a', sub: [{ name: 'x', value: '1' }], set: ['p'] }] },
      patch: { items: [{ name: 'a', sub: [{ name: 'x', value: null }, { name: 'y' }], set: ['q'] }] },
      want: { items: [{ name: 'a', sub: [{ name: 'x' }, { name: 'y' }], set: ['q', 'p'] }] },
    },
    {
      name: 'of items: one is deleted',
      target: { items: named('a', 'b', 'c') },
      patch: { items: [{ name: 'b', $patch: 'delete' }] },
      want: { items: named('a', 'c') },
    },
    {
      name: 'of items: one deleted, one new',
      target: { items: named('a') },
      patch: { items: [{ name: 'a', $patch: 'delete' }, { name: 'b' }] },
      want: { items: named('b') },
    },
    {
      name: 'of items: all are replaced',
      target: { items: named('a', 'b') },
      patch: { items: [{ $patch: 'replace' }, { name: 'c' }] },
      want: { items: named('c') },
    },
    {
      name: 'of items, in an order',
      target: { items: named('a', 'b', 'c') },
      patch: { '$setElementOrder/items': named('c', 'a', 'd'), items: named('d') },
      want: { items: named('b', 'c', 'a', 'd') },
    },
    {
      name: 'of items, only put in order',
      target: { items: named('a', 'b', 'c') },
      patch: { '$setElementOrder/items': named('c', 'b', 'a') },
      want: { items: named('c', 'b', 'a') },
    },
    {
      name: 'of items, new and in order',
      target: {},
      patch: { '$setElementOrder/items': named('b', 'a'), items: named('b', 'a') },
      want: { items: named('b', 'a') },
    },
    { name: 'an order of nothing', target: {}, patch: { '$setElementOrder/items': named('a') }, want: {} },
    {
      name: 'the place of a deleted item goes to a new one',
      target: { items: named('a', 'b', 'd') },
      patch: { '$setElementOrder/items': named('b', 'c'), items: [{ name: 'c' }, { name: 'a', $patch: 'delete' }] },
      want: { items: named('b', 'd', 'c') },
    },
    {
      name: 'that retain keys',
      target: { volumes: [{ name: 'a', value: '1' }] },
      patch: { volumes: [{ $retainKeys: ['name', 'other'], name: 'a', other: '2' }] },
      want: { volumes: [{ name: 'a', other: '2' }] },
    },
    { name: 'emptied', target: { list: ['a'], items: named('a') }, patch: { list: [], items: null }, want: { list: [] } },
    { name: 'with nothing new', target: { items: [] }, patch: { items: [] }, want: { items: [] } },
    {
      name: 'a new list takes no item to be deleted',
      target: {},
      patch: { items: [{ name: 'a', $patch: 'delete' }, { name: 'b' }] },
      want: { items: named('b') },
    },
  ])('$name', ({ target, patch, want }) => expect(patched(target, patch)).toEqual(want));
});

describe('refused', () => {
  test.each<{ name: string; target?: object; patch: object; code: number; message: string }>([
    {
      name: 'an item without its key',
      target: { items: named('a') },
      patch: { items: [{ value: 'x' }] },
      code: 500,
      message: 'map: map[value:x] does not contain declared merge key: name',
    },
    {
      name: 'a deletion without its key',
      target: { items: named('a') },
      patch: { items: [{ $patch: 'delete' }] },
      code: 500,
      message: 'map: map[$patch:delete] does not contain declared merge key: name',
    },
    {
      name: 'an unknown directive',
      target: { items: named('a') },
      patch: { items: [{ name: 'a', $patch: 'move' }] },
      code: 500,
      message: 'unknown patch type: move in map: map[$patch:move name:a]',
    },
    {
      name: 'an unknown directive in a map',
      patch: { $patch: 'move' },
      code: 500,
      message: 'unknown patch type: move in map: map[$patch:move]',
    },
    {
      name: 'a merge directive in a list',
      target: { items: named('a') },
      patch: { items: [{ name: 'a', $patch: 'merge' }] },
      code: 500,
      message: 'merging lists cannot yet be specified in the patch',
    },
    {
      name: 'keys to retain that are no list',
      target: { union: {} },
      patch: { union: { $retainKeys: 'a' } },
      code: 400,
      message: 'invalid patch format of retainKeys',
    },
    {
      name: 'a field that is not to be retained',
      target: { union: {} },
      patch: { union: { $retainKeys: ['a'], b: '1' } },
      code: 400,
      message: 'invalid patch format of retainKeys',
    },
    {
      name: 'a deletion of no list',
      target: { set: ['a'] },
      patch: { $deleteFromPrimitiveList: ['a'] },
      code: 400,
      message: 'invalid patch format of primitive list',
    },
    {
      name: 'an order of no list',
      target: { set: ['a'] },
      patch: { $setElementOrder: ['a'] },
      code: 400,
      message: 'invalid patch format of setElementOrder list',
    },
    {
      name: 'an order that is no list',
      target: { set: ['a'] },
      patch: { '$setElementOrder/set': 'a' },
      code: 500,
      message: 'expected a []interface {}, but received a string',
    },
    {
      name: 'an order that the patch does not keep',
      target: { items: named('a') },
      patch: { '$setElementOrder/items': named('b', 'a'), items: named('a', 'b') },
      code: 500,
      message: "The order in patch list:\n[map[name:a] map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:b] map[name:a]]\n",
    },
    {
      name: 'an order of an unknown list',
      patch: { '$setElementOrder/other': [] },
      code: 500,
      message: 'unable to find api field in struct Thing for the json field "other"',
    },
    { name: 'a list of lists', target: { set: [] }, patch: { set: [['a']] }, code: 422, message: 'lists of lists are not supported' },
    {
      name: 'items of two kinds',
      target: { set: ['a'] },
      patch: { set: [1] },
      code: 500,
      message: 'list element types are not identical: [[a] [1]]',
    },
    {
      name: 'items that are no maps',
      target: { items: named('a') },
      patch: { items: ['b'] },
      code: 500,
      message: 'list element types are not identical: [[map[name:a]] [b]]',
    },
    {
      name: 'items to merge that no key tells apart',
      target: { nameless: named('a') },
      patch: { nameless: named('b') },
      code: 500,
      message: 'cannot merge lists without merge key for struct',
    },
    {
      name: 'something inside raw data',
      target: { raw: { a: { b: 1 } } },
      patch: { raw: { a: { b: 2 } } },
      code: 500,
      message: 'unable to find api field in struct RawExtension for the json field "a"',
    },
  ])('$name', ({ target = {}, patch, code, message }) => {
    const attempt = () => patched(target, patch);
    expect(attempt).toThrow(StrategicPatchError);
    try {
      attempt();
    } catch (error) {
      expect({ code: (error as StrategicPatchError).code, message: (error as Error).message }).toEqual({ code, message });
    }
  });
});
