// A backend on SQLite, through the smallest part of a Durable Object's SQL that it needs. Node's own SQLite can stand in for it in tests.

import type { Backend, Batch, Compaction, LiveRow, LogRow } from './store.ts';

export type SqlValue = string | number | null;

export interface Sql {
  /** Runs one statement to its end and gives its rows as arrays. At most 100 bindings, a statement of at most 100 KB. */
  rows(query: string, ...bindings: SqlValue[]): SqlValue[][];
  /** All or nothing. */
  transaction(work: () => void): void;
}

/**
 * `live` says for each key which row of `log` holds it now; it is what is read when the object wakes up, so it has no values.
 * What is written often has rows with a number of their own (SQLite's rowid): one that changes stays where it is, and a large one fills no page alone. As parts of an
 * index (WITHOUT ROWID) they took at least twice as long to write.
 * `chunk` exists because a value may be larger than a row may be (2 MB). In `state` the rest of such a value has rows of its own, behind its key (`PART`).
 */
const TABLES = [
  `CREATE TABLE IF NOT EXISTS log (
     revision INTEGER PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, previous INTEGER NOT NULL,
     created INTEGER NOT NULL, deleted INTEGER NOT NULL, value TEXT)`,
  `CREATE TABLE IF NOT EXISTS chunk (revision INTEGER NOT NULL, part INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (revision, part)) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS live (
     bucket TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL, created INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, terms TEXT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS state (scope TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (scope, key))`,
  `CREATE TABLE IF NOT EXISTS mark (name TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID`,
];

/** Characters of a value in one row: even if each takes three bytes, and with the other columns, below the limit. */
const CHUNK = 600_000;
/** Values that one statement may bind. */
const BINDINGS = 100;
/** Between the key of a private value and the number of a part of it that is not the first. Last of all characters: no key holds it. */
const PART = '\u{10FFFF}';
/** Separates terms in a row; no term holds it. */
const SEPARATOR = '\n';

/** Tables that sandboxes of earlier versions have WITHOUT ROWID. Their columns are the same. */
const OUTDATED = "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('live', 'state') AND sql LIKE '%WITHOUT ROWID'";

export function createTables(sql: Sql): void {
  const outdated = sql.rows(OUTDATED).flat();
  sql.transaction(() => {
    for (const name of outdated) sql.rows(`ALTER TABLE ${name} RENAME TO old_${name}`);
    for (const table of TABLES) sql.rows(table);
    for (const name of outdated) {
      sql.rows(`INSERT INTO ${name} SELECT * FROM old_${name}`);
      sql.rows(`DROP TABLE old_${name}`);
    }
  });
}

export class SqliteBackend implements Backend {
  readonly #sql: Sql;
  /** Private values of several rows. */
  readonly #long = new Set<string>();

  constructor(sql: Sql) {
    this.#sql = sql;
    createTables(sql);
  }

  load(): { revision: number; compactedRevision: number; live: LiveRow[] } {
    const marks = new Map(this.#sql.rows('SELECT name, revision FROM mark') as [string, number][]);
    const rows = this.#sql.rows('SELECT bucket, key, revision, created, bytes, terms FROM live') as [
      string,
      string,
      number,
      number,
      number,
      string,
    ][];
    const live = rows.map(([bucket, key, revision, createRevision, bytes, terms]) => ({
      bucket,
      key,
      revision,
      createRevision,
      bytes,
      terms: terms ? terms.split(SEPARATOR) : [],
    }));
    return { revision: marks.get('revision') ?? 0, compactedRevision: marks.get('compacted') ?? 0, live };
  }

  texts(revisions: readonly number[]): Map<number, string> {
    const rows = this.#sql.rows(
      'SELECT revision, value FROM log WHERE revision IN (SELECT value FROM json_each(?))',
      JSON.stringify(revisions),
    ) as [number, string | null][];
    return new Map(rows.map(([revision, value]) => [revision, value ?? this.#chunked(revision)]));
  }

  #chunked(revision: number): string {
    return this.#sql.rows('SELECT value FROM chunk WHERE revision = ? ORDER BY part', revision).flat().join('');
  }

  logAfter(revision: number, limit: number): LogRow[] {
    const rows = this.#sql.rows(
      'SELECT revision, bucket, key, previous, created, deleted FROM log WHERE revision > ? ORDER BY revision LIMIT ?',
      revision,
      limit,
    );
    return (rows as [number, string, string, number, number, number][]).map(([at, bucket, key, previous, createRevision, deleted]) => ({
      revision: at,
      bucket,
      key,
      previous,
      createRevision,
      deleted: deleted === 1,
    }));
  }

  scopes(): string[] {
    return this.#sql.rows('SELECT DISTINCT scope FROM state').flat() as string[];
  }

  /** A scope has to be read before it is written: which of its values have several rows is remembered. */
  scanState(scope: string): [key: string, text: string][] {
    const whole = new Map<string, string>();
    for (const [row, text] of this.#sql.rows('SELECT key, value FROM state WHERE scope = ? ORDER BY key', scope) as [string, string][]) {
      const [key = '', part] = row.split(PART);
      if (part !== undefined) this.#long.add(scope + PART + key);
      whole.set(key, (whole.get(key) ?? '') + text);
    }
    return [...whole];
  }

  /** Rows of a private value; those that are behind the last one's are taken away. */
  #stateRows(scope: string, key: string, text: string): SqlValue[][] {
    const parts = text.length <= CHUNK ? [text] : chunksOf(text);
    this.#forgetParts(scope, key);
    if (parts.length > 1) this.#long.add(scope + PART + key);
    return parts.map((part, i) => [scope, i === 0 ? key : `${key}${PART}${String(i).padStart(4, '0')}`, part]);
  }

  #forgetParts(scope: string, key: string): void {
    if (!this.#long.delete(scope + PART + key)) return;
    this.#sql.rows('DELETE FROM state WHERE scope = ? AND key > ? AND key < ?', scope, key + PART, `${key}${PART}:`);
  }

  write(batch: Batch): void {
    const long = batch.log.filter(({ text }) => text.length > CHUNK);
    this.#sql.transaction(() => {
      if (batch.log.length || batch.compaction) this.#sql.rows("INSERT OR REPLACE INTO mark VALUES ('revision', ?)", batch.revision);
      insertRows(
        this.#sql,
        'INSERT INTO log',
        batch.log.map(({ row: { revision, bucket, key, previous, createRevision, deleted }, text }) => {
          return [revision, bucket, key, previous, createRevision, deleted ? 1 : 0, text.length <= CHUNK ? text : null];
        }),
      );
      for (const {
        row: { revision },
        text,
      } of long)
        for (const [part, value] of chunksOf(text).entries()) this.#sql.rows('INSERT INTO chunk VALUES (?, ?, ?)', revision, part, value);
      if (batch.gone.length)
        this.#sql.rows('DELETE FROM live WHERE created IN (SELECT value FROM json_each(?))', JSON.stringify(batch.gone));
      insertRows(
        this.#sql,
        'INSERT INTO live',
        batch.live.map(({ bucket, key, revision, createRevision, bytes, terms }) => {
          return [bucket, key, revision, createRevision, bytes, terms.join(SEPARATOR)];
        }),
        'ON CONFLICT DO UPDATE SET revision = excluded.revision, bytes = excluded.bytes, terms = excluded.terms',
      );
      for (const [scope, keys] of goneByScope(batch.state)) {
        this.#sql.rows('DELETE FROM state WHERE scope = ? AND key IN (SELECT value FROM json_each(?))', scope, JSON.stringify(keys));
        for (const key of keys) this.#forgetParts(scope, key);
      }
      insertRows(
        this.#sql,
        'INSERT INTO state',
        batch.state.flatMap(({ scope, key, text }) => (text === undefined ? [] : this.#stateRows(scope, key, text))),
        'ON CONFLICT DO UPDATE SET value = excluded.value',
      );
      if (batch.compaction) this.#compact(batch.compaction);
    });
  }

  #compact({ from, to, superseded }: Compaction): void {
    if (superseded.length) {
      const among = JSON.stringify(superseded);
      this.#sql.rows('DELETE FROM chunk WHERE revision IN (SELECT value FROM json_each(?))', among);
      this.#sql.rows('DELETE FROM log WHERE revision IN (SELECT value FROM json_each(?))', among);
    }
    const others =
      'SELECT previous FROM log WHERE revision > ?1 AND revision <= ?2 AND previous > 0 UNION SELECT revision FROM log WHERE revision > ?1 AND revision <= ?2 AND deleted = 1';
    this.#sql.rows(`DELETE FROM chunk WHERE revision IN (${others})`, from, to);
    this.#sql.rows(`DELETE FROM log WHERE revision IN (${others})`, from, to);
    this.#sql.rows("INSERT OR REPLACE INTO mark VALUES ('compacted', ?)", to);
  }
}

function goneByScope(state: Batch['state']): Map<string, string[]> {
  const out = new Map<string, string[]>();
  for (const { scope, key, text } of state) {
    if (text !== undefined) continue;
    const keys = out.get(scope);
    if (keys) keys.push(key);
    else out.set(scope, [key]);
  }
  return out;
}

/**
 * Many rows with one statement, as far as bindings go: a statement costs more than a row. What is left over goes one by one, so that statements are few and known.
 */
export function insertRows(sql: Sql, into: string, rows: readonly (readonly SqlValue[])[], onConflict = ''): void {
  const columns = rows[0]?.length ?? 1;
  const atOnce = Math.floor(BINDINGS / columns);
  let from = 0;
  for (; from + atOnce <= rows.length; from += atOnce) {
    const bindings: SqlValue[] = [];
    for (let i = from; i < from + atOnce; i++) for (const value of rows[i]!) bindings.push(value);
    sql.rows(statement(into, columns, atOnce, onConflict), ...bindings);
  }
  for (; from < rows.length; from++) sql.rows(statement(into, columns, 1, onConflict), ...rows[from]!);
}

const statements = new Map<string, string>();

function statement(into: string, columns: number, rows: number, onConflict: string): string {
  const id = `${into} ${columns} ${rows} ${onConflict}`;
  let text = statements.get(id);
  if (text === undefined) {
    const places = `(${Array(columns).fill('?').join(', ')})`;
    statements.set(id, (text = `${into} VALUES ${Array(rows).fill(places).join(', ')} ${onConflict}`));
  }
  return text;
}

/** Cuts a long text, never within a character of two units. */
function chunksOf(text: string): string[] {
  const out: string[] = [];
  for (let from = 0; from < text.length;) {
    let to = Math.min(from + CHUNK, text.length);
    if (to < text.length && text.charCodeAt(to - 1) >>> 10 === 0x36) to--;
    out.push(text.slice(from, to));
    from = to;
  }
  return out;
}
