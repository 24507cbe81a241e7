// A copy of a store as it stood at one moment, taken while the original goes on, without the history that nobody will ask the copy for: it begins as if it had
// been compacted a moment ago. The rows of the log never change, so only what lies beside the log is read at once; the rest follows chunk by chunk, while the original
// keeps its history (Cluster.beginCopy).

import { insertRows } from './sqlite.ts';
import type { Sql, SqlValue } from './sqlite.ts';

/** Rows of one table, to be written as they are. Strings, numbers and null only: it can go through any channel. */
export interface Chunk {
  readonly table: Table;
  readonly rows: SqlValue[][];
}

type Table = 'log' | 'chunk' | 'live' | 'state' | 'mark';

/** Characters in one chunk, more or less: a channel takes 32 MB, and a copy should not hold much in memory. */
const CHUNK_SIZE = 1_000_000;

export interface SnapshotOptions {
  /** Scopes whose private state stays behind. */
  readonly without: readonly string[];
  /** Changes after this revision can be read in the copy, too. */
  readonly historyAfter: number;
}

/** The rows of a sandbox. Its first chunks are read before the first is given. */
export function* snapshot(sql: Sql, { without, historyAfter }: SnapshotOptions): Generator<Chunk> {
  const marks = new Map(sql.rows('SELECT name, revision FROM mark') as [string, number][]);
  const compacted = Math.max(marks.get('compacted') ?? 0, Math.min(historyAfter, marks.get('revision') ?? 0));
  const live = sql.rows('SELECT bucket, key, revision, created, bytes, terms FROM live');
  const state = sql.rows('SELECT scope, key, value FROM state').filter(([scope]) => !without.includes(scope as string));
  const recent = sql.rows('SELECT revision, previous FROM log WHERE revision > ?', compacted).flat();
  const kept = [...new Set([...live.map(([, , revision]) => revision), ...recent] as number[])].sort((a, b) => a - b);
  if (compacted > 0) marks.set('compacted', compacted);
  yield { table: 'mark', rows: [...marks] };
  yield* cut('live', live);
  yield* cut('state', state);
  for (let from = 0; from < kept.length; from += LOOK_AHEAD) yield* logRows(sql, kept.slice(from, from + LOOK_AHEAD));
}

/** Writes rows as they were. */
export function restore(sql: Sql, { table, rows }: Chunk): void {
  sql.transaction(() => insertRows(sql, `INSERT INTO ${table}`, rows));
}

const LOOK_AHEAD = 1000;
const AMONG = 'revision IN (SELECT value FROM json_each(?))';

/** Rows of the log by their revisions, some of which (0, or compacted before) may not be there. */
function* logRows(sql: Sql, revisions: readonly number[]): Generator<Chunk> {
  const sizes = sql.rows(`SELECT revision, octet_length(value) FROM log WHERE ${AMONG} ORDER BY revision`, JSON.stringify(revisions)) as [
    number,
    number | null,
  ][];
  let part: number[] = [];
  let size = 0;
  for (const [i, [revision, bytes]] of sizes.entries()) {
    part.push(revision);
    size += bytes ?? 0;
    if (size < CHUNK_SIZE && i < sizes.length - 1) continue;
    const among = JSON.stringify(part);
    yield {
      table: 'log',
      rows: sql.rows(`SELECT revision, bucket, key, previous, created, deleted, value FROM log WHERE ${AMONG}`, among),
    };
    for (const [at, number] of sql.rows(`SELECT revision, part FROM chunk WHERE ${AMONG}`, among))
      yield { table: 'chunk', rows: sql.rows('SELECT revision, part, value FROM chunk WHERE revision = ? AND part = ?', at!, number!) };
    part = [];
    size = 0;
  }
}

function* cut(table: Table, rows: readonly SqlValue[][]): Generator<Chunk> {
  let size = 0;
  let from = 0;
  for (const [i, row] of rows.entries()) {
    size += row.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0);
    if (size < CHUNK_SIZE && i < rows.length - 1) continue;
    yield { table, rows: rows.slice(from, i + 1) };
    from = i + 1;
    size = 0;
  }
}
