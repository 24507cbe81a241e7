import { describe, expect, test } from 'vitest';
import { EXAMPLES } from '../../web/sandbox/examples.ts';
import { documentsOf, withoutManagedFields, yamlParts } from '../../web/model/yaml-text.ts';

const short = (text: string) =>
  documentsOf(text).map(({ apiVersion, kind, namespace, name }) => `${apiVersion} ${kind} ${namespace}/${name}`);

describe('documentsOf', () => {
  test.each([
    { name: 'one', given: 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  namespace: b\n', want: ['v1 Pod b/a'] },
    {
      name: 'several',
      given: 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n---\nkind: Pod\napiVersion: v1\nmetadata:\n  name: b\n',
      want: ['v1 Pod /a', 'v1 Pod /b'],
    },
    {
      name: 'empty ones and comments',
      given: '---\n# nothing\n---\nkind: A # an A\napiVersion: "b/v1"\nmetadata:\n    name: \'c\'\n---\n',
      want: ['b/v1 A /c'],
    },
    {
      name: 'names that are not the object’s',
      given: 'apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    name: x\n  name: a\nspec:\n  name: y\n',
      want: ['v1 Pod /a'],
    },
    { name: 'one that is to get a name', given: 'apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: a-\n', want: ['v1 Pod /'] },
    { name: 'JSON', given: '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}', want: ['v1 Pod /a'] },
    { name: 'nothing', given: ' \n', want: [] },
  ])('$name', ({ given, want }) => expect(short(given)).toEqual(want));

  test('broken JSON is said to be so', () => expect(() => documentsOf('{"a"')).toThrow(SyntaxError));

  test.each(EXAMPLES)('the example $name is of objects with names', ({ yaml }) => {
    const documents = documentsOf(yaml);
    expect(documents.length).toBeGreaterThan(0);
    expect(documents.every(({ apiVersion, kind, name }) => apiVersion && kind && name)).toBe(true);
  });
});

test('managed fields are left out, what follows them is not', () => {
  const text = 'metadata:\n  labels: {}\n  managedFields:\n  - apiVersion: v1\n    fieldsV1:\n      f:spec: {}\n  name: a\nspec: {}\n';
  expect(withoutManagedFields(text)).toBe('metadata:\n  labels: {}\n  name: a\nspec: {}\n');
});

test('colours change no letter', () => {
  const text = 'a: 1\nb:\n- "c: d"\n- e: true # f\n  g: |\n    h: {}\n# i\n';
  expect(
    yamlParts(text)
      .map(({ text: part }) => part)
      .join(''),
  ).toBe(`${text}\n`);
  expect(yamlParts('a: 1').map(({ kind }) => kind)).toEqual(['plain', 'key', 'plain', 'number']);
});
