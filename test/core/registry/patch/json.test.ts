// JSON patch and JSON merge patch on plain data.

import { describe, expect, test } from 'vitest';
import { deepFreeze } from '../../../../worker/lib/json.ts';
import { applyJsonPatch, JsonPatchError } from '../../../../worker/registry/patch/json-patch.ts';
import type { Operation } from '../../../../worker/registry/patch/json-patch.ts';
import { applyMergePatch } from '../../../../worker/registry/patch/merge-patch.ts';

const json = (document: object, ...operations: Operation[]): unknown => applyJsonPatch(deepFreeze(document), operations, new WeakSet());

describe('JSON patch', () => {
  test.each<{ name: string; document: object; operations: Operation[]; want: unknown }>([
    { name: 'add', document: { a: 1 }, operations: [{ op: 'add', path: '/b', value: { c: [1] } }], want: { a: 1, b: { c: [1] } } },
    { name: 'add over what is there', document: { a: 1 }, operations: [{ op: 'add', path: '/a', value: 2 }], want: { a: 2 } },
    { name: 'add without a value', document: {}, operations: [{ op: 'add', path: '/a' }], want: { a: null } },
    { name: 'add into a list', document: { a: [1, 3] }, operations: [{ op: 'add', path: '/a/1', value: 2 }], want: { a: [1, 2, 3] } },
    {
      name: 'add at the end',
      document: { a: [1] },
      operations: [
        { op: 'add', path: '/a/-', value: 2 },
        { op: 'add', path: '/a/2', value: 3 },
      ],
      want: { a: [1, 2, 3] },
    },
    {
      name: 'add, counted from the end',
      document: { a: [1, 2] },
      operations: [{ op: 'add', path: '/a/-1', value: 3 }],
      want: { a: [1, 2, 3] },
    },
    {
      name: 'escaped names',
      document: { 'a/b': { '~': 1 } },
      operations: [{ op: 'replace', path: '/a~1b/~0', value: 2 }],
      want: { 'a/b': { '~': 2 } },
    },
    {
      name: 'what stands before the first slash counts for nothing',
      document: {},
      operations: [{ op: 'add', path: 'x/a', value: 1 }],
      want: { a: 1 },
    },
    {
      name: 'remove',
      document: { a: 1, b: [1, 2, 3] },
      operations: [
        { op: 'remove', path: '/a' },
        { op: 'remove', path: '/b/-1' },
      ],
      want: { b: [1, 2] },
    },
    { name: 'replace what is not there adds it', document: {}, operations: [{ op: 'replace', path: '/a', value: 1 }], want: { a: 1 } },
    {
      name: 'replace the whole',
      document: { a: 1 },
      operations: [
        { op: 'replace', path: '', value: { b: 1 } },
        { op: 'add', path: '/c', value: 1 },
      ],
      want: { b: 1, c: 1 },
    },
    { name: 'move', document: { a: { b: 1 } }, operations: [{ op: 'move', from: '/a/b', path: '/c' }], want: { a: {}, c: 1 } },
    {
      name: 'copy is a copy',
      document: { a: { b: 1 } },
      operations: [
        { op: 'copy', from: '/a', path: '/c' },
        { op: 'add', path: '/c/d', value: 1 },
      ],
      want: { a: { b: 1 }, c: { b: 1, d: 1 } },
    },
    { name: 'copy of what is not there', document: {}, operations: [{ op: 'copy', from: '/a', path: '/c' }], want: { c: null } },
    {
      name: 'test',
      document: { a: { b: [1, { c: null }] } },
      operations: [
        { op: 'test', path: '/a', value: { b: [1, { c: null }] } },
        { op: 'test', path: '/x', value: null },
        { op: 'test', path: '', value: { a: { b: [1, { c: null }] } } },
      ],
      want: { a: { b: [1, { c: null }] } },
    },
    { name: 'an odd name', document: {}, operations: [{ op: 'add', path: '/__proto__', value: 1 }], want: JSON.parse('{"__proto__":1}') },
  ])('$name', ({ document, operations, want }) => expect(json(document, ...operations)).toEqual(want));

  test.each<[string, Operation]>([
    ['remove of nothing', { op: 'remove', path: '/x' }],
    ['a path through nothing', { op: 'add', path: '/x/y', value: 1 }],
    ['a path through a scalar', { op: 'add', path: '/n/y', value: 1 }],
    ['a path through null', { op: 'add', path: '/null/y', value: 1 }],
    ['a path without a slash', { op: 'add', path: 'x', value: 1 }],
    ['a place too far', { op: 'add', path: '/l/3', value: 1 }],
    ['a place too far from the end', { op: 'remove', path: '/l/-3' }],
    ['a place that is no number', { op: 'replace', path: '/l/x', value: 1 }],
    ['the end, where something is to be removed', { op: 'remove', path: '/l/-' }],
    ['a test that fails', { op: 'test', path: '/n', value: 2 }],
    ['a test of nothing', { op: 'test', path: '/x', value: 1 }],
    ['a move of nothing', { op: 'move', from: '/x', path: '/y' }],
    ['a move from nowhere', { op: 'move', path: '/y' }],
    ['no path', { op: 'add', value: 1 }],
    ['no operation', { path: '/a' }],
    ['an unknown operation', { op: 'merge', path: '/a' }],
    ['an operation that is no text', { op: 1, path: '/a' }],
    ['a whole that is no object', { op: 'replace', path: '', value: 1 }],
  ])('does not apply: %s', (_, operation) => {
    expect(() => json({ n: 1, l: [1, 2], null: null }, operation)).toThrow(JsonPatchError);
  });
});

describe('merge patch', () => {
  test.each<{ name: string; target: object; patch: object; want: object }>([
    {
      name: 'sets, keeps and deletes',
      target: { a: 1, b: { c: 1, d: 1 } },
      patch: { b: { c: null, e: 2 } },
      want: { a: 1, b: { d: 1, e: 2 } },
    },
    { name: 'replaces lists', target: { a: [1, { b: 1 }] }, patch: { a: [{ c: 1 }] }, want: { a: [{ c: 1 }] } },
    {
      name: 'leaves nulls out of what is new',
      target: { a: 1 },
      patch: { a: { b: null, c: 1 }, d: { e: null } },
      want: { a: { c: 1 }, d: {} },
    },
    { name: 'and of new lists, but for their items', target: {}, patch: { a: [null, { b: null }] }, want: { a: [null, {}] } },
    {
      name: 'a list in place of a map is taken as it is',
      target: { a: { x: 1 } },
      patch: { a: [{ b: null }] },
      want: { a: [{ b: null }] },
    },
    { name: 'null in place of null', target: { a: null }, patch: { a: { b: 1 } }, want: { a: { b: 1 } } },
    {
      name: 'odd names',
      target: {},
      patch: JSON.parse('{"__proto__":{"a":1}}') as object,
      want: JSON.parse('{"__proto__":{"a":1}}') as object,
    },
  ])('$name', ({ target, patch, want }) =>
    expect(applyMergePatch(deepFreeze(target) as never, deepFreeze(patch) as never, new WeakSet())).toEqual(want),
  );
});
