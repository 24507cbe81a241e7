import { expect, test } from 'vitest';
import { IndexedStore } from '../../../worker/store/indexed-store.ts';
import { SqliteBackend } from '../../../worker/store/sqlite.ts';
import type { Sql, SqlValue } from '../../../worker/store/sqlite.ts';
import { nodeSql } from './node-sql.ts';

/** As it was until November 2026. */
const EARLIER = [
  `CREATE TABLE live (
     bucket TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL, created INTEGER NOT NULL, bytes INTEGER NOT NULL, terms TEXT NOT NULL,
     PRIMARY KEY (bucket, key)) WITHOUT ROWID`,
  'CREATE TABLE state (scope TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (scope, key)) WITHOUT ROWID',
];

const open = (sql: Sql): IndexedStore => new IndexedStore(new SqliteBackend(sql));
const write = (value: unknown, ...terms: string[]): { value: unknown; terms: string[] } => ({ value, terms });

test('tables of an earlier version are laid out anew, with all that is in them', () => {
  const sql = nodeSql();
  for (const table of EARLIER) sql.rows(table);
  sql.rows("INSERT INTO live VALUES ('pods', 'b', 2, 2, 7, 'app=web'), ('pods', 'a', 3, 1, 7, '')");
  sql.rows("INSERT INTO state VALUES ('s', 'k', '1')");
  const before = open(sql);
  sql.rows('INSERT INTO log VALUES (2, ?, ?, 0, 2, 0, ?), (3, ?, ?, 1, 1, 0, ?)', 'pods', 'b', '{"n":2}', 'pods', 'a', '{"n":3}');
  sql.rows("INSERT INTO mark VALUES ('revision', 3)");
  expect(before.state.entries('s')).toEqual([['k', 1]]);
  const store = open(sql);
  expect(store.list('pods').map(({ key, value, createRevision }) => [key, value, createRevision])).toEqual([
    ['a', { n: 3 }, 1],
    ['b', { n: 2 }, 2],
  ]);
  store.put('pods', 'b', write({ n: 4 }, 'app=db'), 2);
  store.delete('pods', 'a', {}, 3);
  store.state.set('s', 'k', 2);
  store.flush();
  const after = open(sql);
  expect([after.lookup('pods', 'app=db').map(({ value }) => value), after.count('pods'), after.state.get('s', 'k')]).toEqual([
    [{ n: 4 }],
    1,
    2,
  ]);
  expect(sql.rows("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE TABLE%' AND name LIKE '%old%'")).toEqual([]);
});

test('what was deleted and made again since the last flush leaves one row', () => {
  const sql = nodeSql();
  const store = open(sql);
  store.put('pods', 'x', write({ n: 1 }), 0);
  store.flush();
  store.delete('pods', 'x', {}, 1);
  store.put('pods', 'x', write({ n: 3 }), 0);
  store.flush();
  expect(sql.rows('SELECT key, revision, created FROM live')).toEqual([['x', 3, 3]]);
  expect(open(sql).get('pods', 'x')?.value).toEqual({ n: 3 });
});

test('statements of a flush do not grow with what is gone', () => {
  const sql = nodeSql();
  const statements: string[] = [];
  const counting: Sql = {
    ...sql,
    rows: (query: string, ...bindings: SqlValue[]) => {
      statements.push(query);
      return sql.rows(query, ...bindings);
    },
  };
  const store = open(counting);
  const rows = 70;
  for (let i = 0; i < rows; i++) {
    store.put('pods', `p-${i}`, write({}), 0);
    store.state.set('s', `k-${i}`, i);
  }
  store.flush();
  for (let i = 0; i < rows; i++) {
    store.delete('pods', `p-${i}`, {}, i + 1);
    store.state.delete('s', `k-${i}`);
  }
  statements.length = 0;
  store.flush();
  expect(statements.filter((one) => one.startsWith('DELETE FROM'))).toHaveLength(2);
  expect([open(sql).size.objects, open(sql).state.entries('s')]).toEqual([0, []]);
});
