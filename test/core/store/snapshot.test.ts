import { describe, expect, test } from 'vitest';
import { IndexedStore } from '../../../worker/store/indexed-store.ts';
import { restore, snapshot } from '../../../worker/store/snapshot.ts';
import type { Chunk } from '../../../worker/store/snapshot.ts';
import type { Sql } from '../../../worker/store/sqlite.ts';
import { createTables, SqliteBackend } from '../../../worker/store/sqlite.ts';
import { nodeSql } from './node-sql.ts';

const put = (store: IndexedStore, key: string, size: number, expected = 0): number => {
  const value = { key, fill: 'x'.repeat(size) };
  return store.put('things', key, { value, terms: [`t ${key[0]}`] }, expected).revision;
};

function copyOf(chunks: Iterable<Chunk>): Sql {
  const sql = nodeSql();
  createTables(sql);
  for (const chunk of chunks) restore(sql, structuredClone(chunk));
  return sql;
}

const WHOLE = { without: [], historyAfter: 0 };

describe('a snapshot', () => {
  test('holds the moment it was begun, whatever is written while it is read', () => {
    const sql = nodeSql();
    const store = new IndexedStore(new SqliteBackend(sql));
    for (let i = 0; i < 100; i++) put(store, `a${i}`, 20_000);
    store.state.set('timers', 'x', { at: 1 });
    store.flush();
    const chunks = snapshot(sql, WHOLE);
    const taken = [chunks.next().value as Chunk];
    put(store, 'late', 10);
    put(store, 'a0', 10, 1);
    store.state.set('timers', 'x', { at: 2 });
    store.flush();
    const copy = new IndexedStore(new SqliteBackend(copyOf([...taken, ...chunks])));
    expect([copy.revision, copy.count('things')]).toEqual([100, 100]);
    expect(copy.get('things', 'late')).toBeUndefined();
    expect(copy.get<{ fill: string }>('things', 'a0')!.value.fill).toHaveLength(20_000);
    expect(copy.state.get('timers', 'x')).toEqual({ at: 1 });
    expect(copy.changesAfter(50)).toHaveLength(50);
    expect(copy.lookup('things', 't a')).toHaveLength(100);
  });

  test('leaves out the history that nobody will ask for', () => {
    const sql = nodeSql();
    const store = new IndexedStore(new SqliteBackend(sql));
    let revision = 0;
    for (let i = 0; i < 50; i++) revision = put(store, 'a', 10, revision);
    put(store, 'b', 10);
    store.delete('things', 'b', {}, 51);
    const last = put(store, 'a', 20, revision);
    store.flush();
    const chunks = [...snapshot(sql, { without: [], historyAfter: 51 })];
    expect(chunks.flatMap(({ table, rows }) => (table === 'log' ? rows.map(([at]) => at) : []))).toEqual([50, 51, 52, 53]);
    const copy = new IndexedStore(new SqliteBackend(copyOf(chunks)));
    expect([copy.revision, copy.compactedRevision, copy.get('things', 'a')!.revision]).toEqual([53, 51, last]);
    expect(copy.changesAfter(51).map(({ type, previous }) => [type, previous !== undefined])).toEqual([
      ['deleted', true],
      ['updated', true],
    ]);
    copy.compact(53);
    expect(copy.get<{ fill: string }>('things', 'a')!.value.fill).toHaveLength(20);
  });

  test('leaves out the private state that it is told to', () => {
    const sql = nodeSql();
    const store = new IndexedStore(new SqliteBackend(sql));
    store.state.set('tokens', 'secret', 1);
    store.state.set('other', 'x', 1);
    store.flush();
    const text = JSON.stringify([...snapshot(sql, { ...WHOLE, without: ['tokens'] })]);
    expect(text).toContain('other');
    expect(text).not.toContain('secret');
  });

  test('comes in chunks of a bounded size, also when a value is larger than a row', () => {
    const sql = nodeSql();
    const store = new IndexedStore(new SqliteBackend(sql));
    for (let i = 0; i < 300; i++) put(store, `s${i}`, 10_000);
    const large = put(store, 'large', 3_000_000);
    for (let i = 0; i < 5000; i++) store.state.set('files', `f${i}`, 'y'.repeat(500));
    store.flush();
    const chunks = [...snapshot(sql, WHOLE)];
    const sizes = chunks.map((chunk) => JSON.stringify(chunk).length);
    expect(Math.max(...sizes)).toBeLessThan(2_200_000);
    // 3 MB of small objects, 3 MB of a large one in 5 parts, 2.5 MB of state: about a chunk a megabyte, and the small tables
    expect(chunks.length).toBeLessThan(20);
    const copy = new IndexedStore(new SqliteBackend(copyOf(chunks)));
    expect(copy.get<{ fill: string }>('things', 'large')).toMatchObject({ revision: large, value: { fill: 'x'.repeat(3_000_000) } });
  });

  test('of what was compacted holds what is left', () => {
    const sql = nodeSql();
    const store = new IndexedStore(new SqliteBackend(sql));
    let revision = 0;
    for (let i = 0; i < 50; i++) revision = put(store, 'a', 10, revision);
    store.compact(40);
    store.flush();
    const copy = new IndexedStore(new SqliteBackend(copyOf(snapshot(sql, WHOLE))));
    expect([copy.revision, copy.compactedRevision]).toEqual([50, 40]);
    expect(copy.changesAfter(40).map(({ revision: at }) => at)).toEqual([41, 42, 43, 44, 45, 46, 47, 48, 49, 50]);
  });
});
