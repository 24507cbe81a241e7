// A copy of a store as it stood at one moment, taken while the original goes on. The rows of the log never change, so only what lies beside the log is read
// at once; the rest follows chunk by chunk, while the original keeps its history (Cluster.holdHistory).

import type { Sql, SqlValue } from './sqlite.ts';

/** Rows of one table, to be written as they are. Strings, numbers and null only: it can go through any channel. */
export interface Chunk {
  readonly table: Table;
  readonly rows: SqlValue[][];
}

type Table = 'log' | 'chunk' | 'live' | 'state' | 'mark';

const COLUMNS: Record<Table, number> = { log: 7, chunk: 3, live: 6, state: 3, mark: 2 };
/** Characters in one chunk, more or less: a channel takes 32 MB, and a copy should not hold much in memory. */
const CHUNK_SIZE = 1_000_000;

/** The rows of a sandbox, but for the private state of the scopes in `without`. Its first chunks are read before the first is given. */
export function* snapshot(sql: Sql, without: readonly string[]): Generator<Chunk> {
  const mark = sql.rows('SELECT name, revision FROM mark');
  const revision = (mark.find(([name]) => name === 'revision')?.[1] ?? 0) as number;
  const live = sql.rows('SELECT bucket, key, revision, created, bytes, terms FROM live');
  const state = sql.rows('SELECT scope, key, value FROM state').filter(([scope]) => !without.includes(scope as string));
  yield { table: 'mark', rows: mark };
  yield* cut('live', live);
  yield* cut('state', state);
  for (let after = 0; after < revision;) {
    const last = endOfChunk(sql, after, revision);
    if (last === undefined) return;
    yield {
      table: 'log',
      rows: sql.rows(
        'SELECT revision, bucket, key, previous, created, deleted, value FROM log WHERE revision > ? AND revision <= ? ORDER BY revision',
        after,
        last,
      ),
    };
    const parts = sql.rows('SELECT revision, part FROM chunk WHERE revision > ? AND revision <= ?', after, last);
    for (const [at, part] of parts)
      yield { table: 'chunk', rows: sql.rows('SELECT revision, part, value FROM chunk WHERE revision = ? AND part = ?', at!, part!) };
    after = last;
  }
}

/** Writes rows as they were. Plain inserts: unpacking them from one JSON parameter was measured to take twice as long. */
export function restore(sql: Sql, { table, rows }: Chunk): void {
  const insert = `INSERT INTO ${table} VALUES (${Array.from({ length: COLUMNS[table] }, () => '?').join()})`;
  sql.transaction(() => {
    for (const row of rows) sql.rows(insert, ...row);
  });
}

/** The revision that the chunk after `after` ends with. */
function endOfChunk(sql: Sql, after: number, upTo: number): number | undefined {
  const sizes = sql.rows(
    'SELECT revision, octet_length(value) FROM log WHERE revision > ? AND revision <= ? ORDER BY revision LIMIT 1000',
    after,
    upTo,
  ) as [number, number | null][];
  let size = 0;
  return (sizes.find(([, bytes]) => (size += bytes ?? 0) >= CHUNK_SIZE) ?? sizes.at(-1))?.[0];
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
