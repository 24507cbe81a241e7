import { expect, test } from 'vitest';
import { keyIn, splitKey } from '../../../worker/api/object.ts';

test('a key is that of its namespace and name, whatever was asked for before', () => {
  const names = ['a', '', 'web-0', 'web-10', 'db-0', 'db-10', ...Array.from({ length: 2000 }, (_, i) => `p${i % 7}-${i}`)];
  const all = ['default', 'kube-system', 'x'].flatMap((namespace) => names.map((name) => ({ namespace, name })));
  for (const places of [all, all.toReversed()])
    for (const { namespace, name } of places) {
      expect(keyIn(namespace, name)).toBe(`${namespace}/${name}`);
      expect(splitKey(`${namespace}/${name}`)).toEqual({ namespace, name });
    }
  for (const { namespace, name } of all) expect(splitKey(`${namespace}/${name}`)).toEqual({ namespace, name });
});
