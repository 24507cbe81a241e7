// Sets of fields as trees.

import { describe, expect, test } from 'vitest';
import {
  difference,
  EMPTY,
  has,
  intersection,
  onlyBelow,
  pathsOf,
  readFieldSet,
  setOf,
  union,
  without,
} from '../../../../worker/registry/managed-fields/field-set.ts';
import type { FieldSet } from '../../../../worker/registry/managed-fields/field-set.ts';
import { compareElements, FieldsError, printPath } from '../../../../worker/registry/managed-fields/path-element.ts';
import { deepFreeze } from '../../../../worker/lib/json.ts';

const set = (value: object): FieldSet => deepFreeze(value) as FieldSet;
const SELF = { '.': {} };

const replicas = set({ 'f:spec': { 'f:replicas': {} } });
const ports = set({ 'f:spec': { 'f:ports': { ...SELF, 'k:{"port":80}': { ...SELF, 'f:port': {} } } } });

describe('operations', () => {
  test.each<{ name: string; got: () => FieldSet; want: object }>([
    { name: 'either', got: () => union(replicas, ports), want: { 'f:spec': { ...ports['f:spec'], 'f:replicas': {} } } },
    {
      name: 'a leaf and what is below it',
      got: () => union(set({ 'f:a': {} }), set({ 'f:a': { 'f:b': {} } })),
      want: { 'f:a': { ...SELF, 'f:b': {} } },
    },
    { name: 'both', got: () => intersection(union(replicas, ports), replicas), want: replicas },
    {
      name: 'both, of a field and its branch',
      got: () => intersection(set({ 'f:a': { ...SELF, 'f:b': {} } }), set({ 'f:a': {} })),
      want: { 'f:a': {} },
    },
    { name: 'both, of nothing in common', got: () => intersection(replicas, ports), want: {} },
    { name: 'one and not the other', got: () => difference(union(replicas, ports), ports), want: replicas },
    {
      name: 'a field away leaves what is below',
      got: () => difference(set({ 'f:a': { ...SELF, 'f:b': {} } }), set({ 'f:a': {} })),
      want: { 'f:a': { 'f:b': {} } },
    },
    {
      name: 'what is below away leaves the field',
      got: () => difference(set({ 'f:a': { ...SELF, 'f:b': {} } }), set({ 'f:a': { 'f:b': {} } })),
      want: { 'f:a': {} },
    },
    {
      name: 'a leaf stays when only what would be below it goes',
      got: () => difference(set({ 'f:a': {} }), set({ 'f:a': { 'f:b': {} } })),
      want: { 'f:a': {} },
    },
    { name: 'nothing left', got: () => difference(replicas, replicas), want: {} },
    {
      name: 'cut: a field and all below',
      got: () => without(set({ 'f:a': { ...SELF, 'f:b': {} }, 'f:c': {} }), set({ 'f:a': {} })),
      want: { 'f:c': {} },
    },
    {
      name: 'cut: only a part',
      got: () => without(set({ 'f:a': { ...SELF, 'f:b': {} } }), set({ 'f:a': { 'f:b': {} } })),
      want: { 'f:a': {} },
    },
    {
      name: 'only below a path with any item',
      got: () =>
        onlyBelow(
          set({
            'f:spec': { 'f:x': {}, 'f:containers': { 'k:{"name":"a"}': { ...SELF, 'f:image': {}, 'f:resources': { 'f:limits': {} } } } },
          }),
          [['f:spec', 'f:containers', '*', 'f:resources']],
        ),
      want: { 'f:spec': { 'f:containers': { 'k:{"name":"a"}': { ...SELF, 'f:resources': { 'f:limits': {} } } } } },
    },
  ])('$name', ({ got, want }) => expect(got()).toEqual(want));

  test.each([
    ['union', () => union(ports, setOf(['f:spec', 'f:ports']))],
    ['difference', () => difference(ports, replicas)],
    ['without', () => without(ports, replicas)],
  ])('%s that changes nothing gives what it was given', (_, got) => expect(got()).toBe(ports));

  test('branches come in order: numbers as numbers, fields by name', () => {
    const key = (port: number) => set({ 'f:ports': { [`k:{"port":${port}}`]: {} } });
    const all = [8080, 80, 443].reduce((sum, port) => union(sum, key(port)), set({ 'f:a': {} }));
    expect(Object.keys(union(all, set({ 'f:Z': {} })))).toEqual(['f:Z', 'f:a', 'f:ports']);
    expect(Object.keys(all['f:ports']!)).toEqual(['k:{"port":80}', 'k:{"port":443}', 'k:{"port":8080}']);
  });

  test('paths: the fields of a level before what is below them', () => {
    expect(pathsOf(union(ports, setOf(['f:spec', 'f:z']))).map(printPath)).toEqual([
      '.spec.ports',
      '.spec.z',
      '.spec.ports[port=80]',
      '.spec.ports[port=80].port',
    ]);
  });

  test('nobody owns the object as a whole, nor a struct on the way', () => {
    expect(has(replicas, [])).toBe(false);
    expect(has(replicas, ['f:spec'])).toBe(false);
    expect(has(replicas, ['f:spec', 'f:replicas'])).toBe(true);
    expect(has(ports, ['f:spec', 'f:ports'])).toBe(true);
  });
});

describe('reading what a client gives', () => {
  test.each<{ name: string; given: unknown; want: object }>([
    { name: 'nothing', given: {}, want: {} },
    { name: 'out of order', given: { 'f:b': {}, 'f:a': {} }, want: { 'f:a': {}, 'f:b': {} } },
    {
      name: 'keys out of order',
      given: { 'f:p': { 'k:{"protocol":"TCP", "port":80}': {} } },
      want: { 'f:p': { 'k:{"port":80,"protocol":"TCP"}': {} } },
    },
    { name: 'the same twice', given: { 'v:1': {}, 'v: 1': { 'f:a': {} } }, want: { 'v:1': { '.': {}, 'f:a': {} } } },
    { name: 'null for a leaf', given: { 'f:a': null }, want: { 'f:a': {} } },
    { name: 'a leaf that says so', given: { 'f:a': { '.': {} } }, want: { 'f:a': {} } },
    { name: 'a kind of element of the future', given: { 'x:a': {}, 'f:b': { 'y:1': {} } }, want: { 'f:b': {} } },
    { name: 'the object itself', given: { '.': {}, 'f:a': {} }, want: { 'f:a': {} } },
    { name: 'a place', given: { 'i:01': {} }, want: { 'i:1': {} } },
  ])('$name', ({ given, want }) => {
    expect(JSON.stringify(readFieldSet(deepFreeze(given)))).toBe(JSON.stringify(want));
  });

  test.each([[1], [[]], [{ 'f:a': 1 }], [{ a: {} }], [{ '': {} }], [{ 'k:1': {} }], [{ 'k:{': {} }], [{ 'v:{': {} }], [{ 'i:x': {} }]])(
    '%j is none',
    (given) => {
      expect(() => readFieldSet(given)).toThrow(FieldsError);
    },
  );

  test('sets of the same fields are one and the same, in whatever order they come', () => {
    const set = readFieldSet({ 'f:a': {}, 'f:b': { '.': {}, 'v:1': {} } });
    expect(readFieldSet({ 'f:b': { 'v:1': {}, '.': {} }, 'f:a': {} })).toBe(set);
    expect(union(readFieldSet({ 'f:a': {} }), readFieldSet({ 'f:b': { '.': {}, 'v:1': {} } }))).toBe(set);
  });
  test('an empty set is the empty set', () => expect(readFieldSet({ 'x:1': {} })).toBe(EMPTY));
});

test('the order of elements', () => {
  const sorted = [
    'f:B',
    'f:a',
    'k:{"a":1}',
    'k:{"a":2}',
    'k:{"a":10}',
    'k:{"a":"1"}',
    'k:{"a":"1","b":"0"}',
    'k:{"b":"0"}',
    'v:2',
    'v:10',
    'v:"a"',
    'v:"a b"',
    'v:true',
    'i:3',
  ];
  expect([...sorted].reverse().sort(compareElements)).toEqual(sorted);
});

test('paths as messages show them', () => {
  expect(printPath(['f:spec', 'k:{"containerPort":80,"protocol":"TCP"}', 'v:"x"', 'i:3', 'f:a/b'])).toBe(
    '.spec[containerPort=80,protocol="TCP"][="x"][3].a/b',
  );
});
