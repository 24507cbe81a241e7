import { DatabaseSync } from 'node:sqlite';
import type { Sql } from '../../../worker/store/sqlite.ts';

/** Node's SQLite behind the same few calls that a Durable Object's has. */
export function nodeSql(): Sql {
  const db = new DatabaseSync(':memory:');
  return {
    rows: (query, ...bindings) => {
      const statement = db.prepare(query);
      return statement.all(...bindings).map((row) => Object.values(row)) as never;
    },
    transaction: (work) => {
      db.exec('BEGIN');
      try {
        work();
        db.exec('COMMIT');
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      }
    },
  };
}
