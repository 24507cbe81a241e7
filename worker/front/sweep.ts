// What nobody comes back for. A sandbox ends by itself when its time is out; here go the rows that were left behind.

import { and, eq, isNull, lt, lte, notExists } from 'drizzle-orm';
import { openDatabase } from './database.ts';
import { apiTokens, links, sandboxes, sessions, users } from './tables.ts';

const DAY = 24 * 3_600_000;

/** To be run now and then: daily will do. */
export async function sweep(d1: D1Database, now: number): Promise<void> {
  const db = openDatabase(d1);
  const none = (table: typeof sandboxes | typeof sessions | typeof apiTokens) =>
    notExists(db.select({ id: table.userId }).from(table).where(eq(table.userId, users.id)));
  await db.batch([
    db.delete(sandboxes).where(lte(sandboxes.expiresAt, now)),
    db.delete(links).where(lte(links.expiresAt, now)),
    db.delete(sessions).where(lte(sessions.expiresAt, now)),
    db.delete(apiTokens).where(lte(apiTokens.expiresAt, now)),
    // A guest who owns nothing and was only passing by.
    db.delete(users).where(and(isNull(users.name), lt(users.createdAt, now - 30 * DAY), none(sandboxes), none(apiTokens))),
  ]);
}
