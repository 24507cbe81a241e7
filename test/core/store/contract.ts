// The contract of the store, as tests: run over every backend, in Node and in workerd.

import { describe, expect, test } from 'vitest';
import { IndexedStore } from '../../../worker/store/indexed-store.ts';
import { CompactedError, StaleRevisionError } from '../../../worker/store/store.ts';
import type { Backend, Batch, Store } from '../../../worker/store/store.ts';

const row = (value: object, ...terms: string[]): { value: object; terms: string[] } => ({ value, terms });
const keys = (entries: { key: string }[]): string[] => entries.map(({ key }) => key);

interface Given {
  readonly backend: Backend;
  readonly store: Store;
  reopen(): Store;
}

/** Runs something on a new backend: a Durable Object's storage can be used inside the object only. */
export type WithBackend = (run: (backend: Backend) => void) => void | Promise<void>;

/** What every store must do, whatever keeps its rows. */
export function describeStore(name: string, withBackend: WithBackend): void {
  describe(name, () => {
    const check = (title: string, body: (given: Given) => void): void =>
      test(title, () =>
        withBackend((backend) => body({ backend, store: new IndexedStore(backend), reopen: () => new IndexedStore(backend) })),
      );

    check('each write is the next revision of the whole store', ({ store }) => {
      expect(store.put('pods', 'a/x', row({ n: 1 }), 0).revision).toBe(1);
      expect(store.put('pods', 'a/y', row({ n: 2 }), 0).revision).toBe(2);
      const changed = store.put('pods', 'a/x', row({ n: 3 }), 1);
      expect([changed.revision, changed.createRevision]).toEqual([3, 1]);
      expect(store.get('pods', 'a/x')).toMatchObject({ revision: 3, createRevision: 1, value: { n: 3 }, text: '{"n":3}' });
      expect(store.get('pods', 'a/z')).toBeUndefined();
      expect(store.get('services', 'a/x')).toBeUndefined();
    });

    check('a write with the wrong expectation changes nothing', ({ store }) => {
      store.put('pods', 'x', row({}), 0);
      expect(() => store.put('pods', 'x', row({}), 0)).toThrow(StaleRevisionError);
      expect(() => store.put('pods', 'x', row({}), 7)).toThrow(StaleRevisionError);
      expect(() => store.put('pods', 'y', row({}), 1)).toThrow(StaleRevisionError);
      expect(() => store.delete('pods', 'x', {}, 7)).toThrow(StaleRevisionError);
      expect(() => store.delete('pods', 'y', {}, 0)).toThrow(StaleRevisionError);
      expect([store.revision, store.size.objects]).toEqual([1, 1]);
    });

    check(
      'a text is made for the saving, told to watchers, and not kept for nobody; the backend is not asked for what is known',
      ({ backend }) => {
        let [made, read] = [0, 0];
        const texts = backend.texts.bind(backend);
        backend.texts = (revisions) => ((read += revisions.length), texts(revisions));
        const store = new IndexedStore(backend, { plain: (value) => (made++, value) });
        const textOf = (key: string): string | undefined => store.get('pods', key)?.text;
        store.put('pods', 'a', row({ n: 1 }), 0);
        store.flush();
        expect(store.changesAfter(0).map(({ text }) => text)).toEqual(['{"n":1}']);
        expect([made, read]).toEqual([1, 0]);
        store.put('pods', 'b', row({ n: 2 }), 0);
        store.flush();
        store.put('pods', 'c', row({ n: 3 }), 0);
        store.flush();
        expect([made, read]).toEqual([3, 0]);
        expect([textOf('b'), textOf('b'), textOf('a'), textOf('c')]).toEqual(['{"n":2}', '{"n":2}', '{"n":1}', '{"n":3}']);
        expect([made, read]).toEqual([4, 0]);
        expect(new IndexedStore(backend).get('pods', 'b')?.text).toBe('{"n":2}');
        expect(read).toBe(1);
      },
    );

    check('what is not saved yet is listed with what is', ({ store, reopen }) => {
      for (const key of ['a', 'b', 'c']) store.put('pods', key, row({ key }), 0);
      store.flush();
      const other = reopen();
      other.put('pods', 'b', row({ key: 'b', n: 2 }), 2);
      for (const key of ['d', 'e']) other.put('pods', key, row({ key }), 0);
      const texts = ['{"key":"a"}', '{"key":"b","n":2}', '{"key":"c"}', '{"key":"d"}', '{"key":"e"}'];
      expect(other.list('pods').map(({ text }) => text)).toEqual(texts);
      expect(other.list('pods').map(({ value }) => JSON.stringify(value))).toEqual(texts);
      other.flush();
      expect(
        reopen()
          .list('pods')
          .map(({ text }) => text),
      ).toEqual(texts);
    });

    check('what comes and goes between two flushes is nothing to the backend', ({ backend, store, reopen }) => {
      store.put('pods', 'stored', row({}), 0);
      store.state.set('s', 'stored', 1);
      store.flush();
      const batches: Batch[] = [];
      const write = backend.write.bind(backend);
      backend.write = (batch) => {
        batches.push(batch);
        write(batch);
      };
      store.delete('pods', 'passing', {}, store.put('pods', 'passing', row({}), 0).revision);
      store.delete('pods', 'stored', {}, 1);
      store.delete('pods', 'stored', {}, store.put('pods', 'stored', row({}), 0).revision);
      store.state.set('s', 'passing', 1);
      store.state.delete('s', 'passing');
      store.state.delete('s', 'stored');
      store.state.set('s', 'stored', 2);
      store.state.delete('s', 'stored');
      store.flush();
      expect(batches.map(({ live, gone, state }) => ({ live, gone, state }))).toEqual([
        { live: [], gone: [1], state: [{ scope: 's', key: 'stored', text: undefined }] },
      ]);
      expect([reopen().count('pods'), reopen().state.entries('s')]).toEqual([0, []]);
    });

    check('what came and went in a transaction that failed is stored as it was', ({ store, reopen }) => {
      store.put('pods', 'x', row({ n: 1 }), 0);
      store.state.set('s', 'k', 1);
      store.flush();
      expect(() =>
        store.atomically(() => {
          store.delete('pods', 'x', {}, 1);
          store.state.delete('s', 'k');
          store.put('pods', 'y', row({}), 0);
          throw new Error('no');
        }),
      ).toThrow('no');
      store.flush();
      expect([keys(reopen().list('pods')), reopen().state.entries('s')]).toEqual([['x'], [['k', 1]]]);
    });

    check('a list is in the order of keys, by prefix, after a key, up to a limit', ({ store }) => {
      for (const key of ['b/2', 'a/3', 'c/1', 'b/1', 'a/1', 'b-x/1', 'a/2']) store.put('pods', key, row({}), 0);
      expect(keys(store.list('pods'))).toEqual(['a/1', 'a/2', 'a/3', 'b-x/1', 'b/1', 'b/2', 'c/1']);
      expect(keys(store.list('pods', { prefix: 'b/' }))).toEqual(['b/1', 'b/2']);
      expect(keys(store.list('pods', { after: 'a/2', limit: 3 }))).toEqual(['a/3', 'b-x/1', 'b/1']);
      expect(keys(store.list('pods', { prefix: 'a/', after: 'a/1', limit: 1 }))).toEqual(['a/2']);
      expect([store.count('pods'), store.count('pods', 'b/'), store.count('none')]).toEqual([7, 2, 0]);
      store.delete('pods', 'b/1', {}, store.get('pods', 'b/1')!.revision);
      store.put('pods', 'b/1', row({ again: true }), 0);
      expect(keys(store.list('pods', { prefix: 'b/' }))).toEqual(['b/1', 'b/2']);
    });

    check('terms find entries, and follow changes', ({ store }) => {
      store.put('pods', 'b', row({}, 'app=web', 'tier=1'), 0);
      store.put('pods', 'a', row({}, 'app=web'), 0);
      store.put('pods', 'c', row({}, 'app=db'), 0);
      expect(keys(store.lookup('pods', 'app=web'))).toEqual(['a', 'b']);
      store.put('pods', 'b', row({}, 'app=db'), 1);
      expect(keys(store.lookup('pods', 'app=web'))).toEqual(['a']);
      expect([store.countTerm('pods', 'app=db'), store.countTerm('pods', 'tier=1')]).toEqual([2, 0]);
      store.delete('pods', 'a', {}, 2);
      expect(store.lookup('pods', 'app=web')).toEqual([]);
    });

    check('the log tells what happened, with the value before', ({ store, reopen }) => {
      store.put('pods', 'x', row({ n: 1 }), 0);
      store.put('pods', 'x', row({ n: 2 }), 1);
      store.delete('pods', 'x', { n: 2, last: true }, 2);
      store.flush();
      for (const one of [store, reopen()]) {
        const seen = one
          .changesAfter(0)
          .map(({ revision, type, key, value, previous, text }) => ({ revision, type, key, value, previous, text }));
        expect(seen).toEqual([
          { revision: 1, type: 'created', key: 'x', value: { n: 1 }, previous: undefined, text: '{"n":1}' },
          { revision: 2, type: 'updated', key: 'x', value: { n: 2 }, previous: { n: 1 }, text: '{"n":2}' },
          { revision: 3, type: 'deleted', key: 'x', value: { n: 2, last: true }, previous: { n: 2 }, text: '{"n":2,"last":true}' },
        ]);
        expect(one.changesAfter(1, 1).map(({ revision }) => revision)).toEqual([2]);
        expect(one.changesAfter(3)).toEqual([]);
        expect(() => one.changesAfter(4)).toThrow(CompactedError);
      }
    });

    check('the past can be listed, page by page', ({ store }) => {
      for (const key of ['a', 'b', 'c']) store.put('pods', key, row({ key }), 0);
      const then = store.revision;
      store.put('other', 'z', row({}), 0);
      store.put('pods', 'b', row({ key: 'changed' }), 2);
      store.put('pods', 'b', row({ key: 'again' }), store.revision);
      store.delete('pods', 'c', {}, 3);
      store.put('pods', 'd', row({}), 0);
      store.put('pods', 'c', row({ key: 'new' }), 0);
      expect(store.listAt('pods', then).map(({ value }) => value)).toEqual([{ key: 'a' }, { key: 'b' }, { key: 'c' }]);
      expect(keys(store.listAt('pods', then, { after: 'a', limit: 1 }))).toEqual(['b']);
      expect([store.countAt('pods', then), store.countAt('pods', then, { after: 'a' }), store.countAt('pods', store.revision)]).toEqual([
        3, 2, 4,
      ]);
      expect([
        store.countAt('pods', then, { prefix: 'b' }),
        store.countAt('pods', then, { after: 'a', limit: 1 }),
        store.countAt('none', then),
      ]).toEqual([1, 1, 0]);
      expect(store.listAt('pods', then).map(({ createRevision }) => createRevision)).toEqual([1, 2, 3]);
      expect(keys(store.listAt('pods', store.revision))).toEqual(['a', 'b', 'c', 'd']);
      expect(store.listAt('pods', 0)).toEqual([]);
    });

    check('compaction forgets what was superseded, and nothing else', ({ store, reopen }) => {
      store.put('pods', 'a', row({ n: 1 }), 0); // 1
      store.put('pods', 'b', row({ n: 1 }), 0); // 2
      store.put('pods', 'a', row({ n: 2 }), 1); // 3
      store.delete('pods', 'b', {}, 2); // 4
      store.put('pods', 'a', row({ n: 3 }), 3); // 5
      store.compact(4);
      store.flush();
      for (const one of [store, reopen()]) {
        expect(one.compactedRevision).toBe(4);
        expect(() => one.changesAfter(3)).toThrow(CompactedError);
        expect(() => one.listAt('pods', 3)).toThrow(CompactedError);
        expect(one.changesAfter(4).map(({ value, previous }) => ({ value, previous }))).toEqual([{ value: { n: 3 }, previous: { n: 2 } }]);
        expect(one.listAt('pods', 4).map(({ value }) => value)).toEqual([{ n: 2 }]);
        expect(one.get('pods', 'a')?.value).toEqual({ n: 3 });
      }
      store.compact(100);
      expect(store.compactedRevision).toBe(5);
      expect(store.get('pods', 'a')?.value).toEqual({ n: 3 });
    });

    check('what is compacted away before a flush never comes to the backend', ({ backend, store, reopen }) => {
      const kept = (): number[] => [...backend.texts([1, 2, 3, 4, 5, 6, 7]).keys()].sort();
      store.put('pods', 'a', row({ n: 1 }), 0); // 1
      store.put('pods', 'b', row({ n: 1 }), 0); // 2
      store.flush();
      store.put('pods', 'a', row({ n: 2 }), 1); // 3
      store.put('pods', 'a', row({ n: 3 }), 3); // 4
      store.put('pods', 'c', row({ n: 1 }), 0); // 5
      store.delete('pods', 'c', {}, 5); // 6
      store.compact(6);
      expect(kept()).toEqual([1, 2]);
      store.put('pods', 'a', row({ n: 4 }), 4); // 7
      store.flush();
      // The last state of what the newest change was made of can still be asked for.
      expect(kept()).toEqual([2, 4, 7]);
      for (const one of [store, reopen()]) {
        expect([one.revision, one.compactedRevision, keys(one.list('pods'))]).toEqual([7, 6, ['a', 'b']]);
        expect(one.changesAfter(6).map(({ value, previous }) => ({ value, previous }))).toEqual([{ value: { n: 4 }, previous: { n: 3 } }]);
        expect(one.listAt('pods', 6).map(({ value }) => value)).toEqual([{ n: 3 }, { n: 1 }]);
      }
      store.compact(7);
      store.flush();
      expect(kept()).toEqual([2, 7]);
    });

    check('size is that of what was flushed; a text can be read before', ({ store }) => {
      const { text } = store.put('pods', 'a', row({ n: 1 }), 0);
      expect([text, store.size, store.bytesOf('pods')]).toEqual(['{"n":1}', { objects: 1, bytes: 0 }, 0]);
      store.flush();
      store.put('pods', 'a', row({ n: 1, more: true }), 1);
      expect([store.size.bytes, store.bytesOf('pods')]).toEqual([7, 7]);
      store.flush();
      expect([store.size.bytes, store.bytesOf('pods')]).toEqual([19, 19]);
      store.delete('pods', 'a', {}, 2);
      expect([store.size, store.bytesOf('pods')]).toEqual([{ objects: 0, bytes: 0 }, 0]);
    });

    check('what was flushed is there again; what was not is gone as a whole', ({ store, reopen }) => {
      store.put('pods', 'a', row({ n: 1 }, 't'), 0);
      store.state.set('timers', 'x', { at: 5 });
      store.state.set('timers', 'y', { at: 6 });
      store.flush();
      store.put('pods', 'a', row({ n: 2 }, 'u'), 1);
      store.state.delete('timers', 'x');
      const again = reopen();
      expect([again.revision, again.get('pods', 'a')?.value, keys(again.lookup('pods', 't'))]).toEqual([1, { n: 1 }, ['a']]);
      expect(again.state.entries('timers')).toEqual([
        ['x', { at: 5 }],
        ['y', { at: 6 }],
      ]);
      expect(again.size).toEqual({ objects: 1, bytes: '{"n":1}'.length });
    });

    check('private values may be larger than a row, shrink, and go', ({ store, reopen }) => {
      const kept = (): unknown => reopen().state.entries('files');
      store.state.set('files', 'a', 'next to it');
      for (const value of [
        'ü\0'.repeat(1_500_000),
        `${'x'.repeat(599_999)}😀${'y'.repeat(700_000)}`,
        'z'.repeat(700_000),
        'short',
        'ü'.repeat(2_000_000),
      ]) {
        store.state.set('files', 'a/b', value);
        store.flush();
        expect(kept()).toEqual([
          ['a', 'next to it'],
          ['a/b', value],
        ]);
      }
      store.state.delete('files', 'a/b');
      store.flush();
      expect(kept()).toEqual([['a', 'next to it']]);
    });

    check('a transaction that fails was never there', ({ store, reopen }) => {
      store.put('pods', 'a', row({ n: 1 }, 't'), 0);
      store.put('pods', 'b', row({ n: 1 }), 0);
      store.state.set('s', 'k', 1);
      const failing = (): never =>
        store.atomically(() => {
          store.put('pods', 'a', row({ n: 2 }, 'u'), 1);
          store.put('pods', 'c', row({}), 0);
          store.delete('pods', 'b', {}, 2);
          store.put('pods', 'b', row({ n: 9 }), 0);
          store.state.set('s', 'k', 2);
          store.state.set('s', 'new', 2);
          store.atomically(() => store.put('pods', 'd', row({}), 0));
          throw new Error('no');
        });
      expect(failing).toThrow('no');
      expect(store.atomically(() => store.put('pods', 'e', row({ n: 5 }), 0)).revision).toBe(3);
      store.flush();
      for (const one of [store, reopen()]) {
        expect(one.list('pods').map(({ key, value }) => [key, value])).toEqual([
          ['a', { n: 1 }],
          ['b', { n: 1 }],
          ['e', { n: 5 }],
        ]);
        expect([keys(one.lookup('pods', 't')), one.lookup('pods', 'u'), one.size.objects]).toEqual([['a'], [], 3]);
        expect(one.changesAfter(0).map(({ key }) => key)).toEqual(['a', 'b', 'e']);
        expect(one.state.entries('s')).toEqual([['k', 1]]);
      }
    });

    check('values beyond the size of a row are kept whole', ({ store, reopen }) => {
      const value = { text: `${'é'.repeat(700_000)}${'😀'.repeat(600_000)}` };
      store.put('configmaps', 'big', row(value), 0);
      store.flush();
      expect(reopen().get('configmaps', 'big')?.value).toEqual(value);
    });

    check('a small cache changes nothing but where values come from', ({ backend }) => {
      const store = new IndexedStore(backend, { textSize: 50, valueSize: 100 });
      for (let i = 0; i < 100; i++) {
        store.put('pods', `p${i}`, row({ i }), 0);
        store.flush();
      }
      expect(store.list<{ i: number }>('pods').reduce((sum, { value }) => sum + value.i, 0)).toBe(4950);
      expect(store.changesAfter(0, 1000)).toHaveLength(100);
    });

    check('random operations agree with a plain model', ({ store, reopen }) => {
      let current: Store = store;
      const model = new Map<string, { n: number; revision: number }>();
      const history: [revision: number, keys: string[]][] = [];
      let seed = 1;
      const next = (bound: number): number => (seed = (seed * 48271) % 2147483647) % bound;
      for (let n = 0; n < 2000; n++) {
        const key = `k${next(40)}`;
        const known = model.get(key);
        if (known && next(3) === 0) {
          current.delete('b', key, row({ n }), known.revision);
          model.delete(key);
        } else {
          const { revision } = current.put('b', key, row({ n }, `t${n % 3}`), known?.revision ?? 0);
          model.set(key, { n, revision });
        }
        if (next(10) === 0) current.flush();
        if (next(50) === 0) history.push([current.revision, [...model.keys()].sort()]);
        if (next(200) === 0) {
          current.flush();
          current = reopen();
        }
      }
      expect(current.list<{ n: number }>('b').map(({ key, value }) => [key, value.n])).toEqual(
        [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, { n }]) => [key, n]),
      );
      for (const [revision, then] of history) expect(keys(current.listAt('b', revision))).toEqual(then);
      for (const term of ['t0', 't1', 't2'])
        expect(keys(current.lookup('b', term))).toEqual(
          [...model]
            .filter(([, { n }]) => `t${n % 3}` === term)
            .map(([key]) => key)
            .sort(),
        );
    });
  });
}
