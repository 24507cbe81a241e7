// What the front keeps, in D1. No secret is in here: of tokens only their hashes, of passwords what scrypt makes of them. Nothing of what a sandbox holds either.
// Times are milliseconds since the epoch. After a change: `npm run generate:migrations`.

import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/** Somebody who owns sandboxes. Without a name: a guest. */
export const users = sqliteTable(
  'users',
  {
    id: text().primaryKey(),
    name: text(),
    password: text(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [uniqueIndex('users_by_name').on(table.name)],
);

const owner = () =>
  text('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' });

/** A browser that is signed in, or a guest's. */
export const sessions = sqliteTable(
  'sessions',
  {
    hash: text().primaryKey(),
    userId: owner(),
    expiresAt: integer('expires_at').notNull(),
  },
  (table) => [index('sessions_by_user').on(table.userId), index('sessions_by_expiry').on(table.expiresAt)],
);

export const apiTokens = sqliteTable(
  'api_tokens',
  {
    id: text().primaryKey(),
    userId: owner(),
    name: text().notNull(),
    hash: text().notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at'),
    /** To the day. */
    usedAt: integer('used_at'),
  },
  (table) => [uniqueIndex('api_tokens_by_hash').on(table.hash), index('api_tokens_by_user').on(table.userId)],
);

export const sandboxes = sqliteTable(
  'sandboxes',
  {
    id: text().primaryKey(),
    userId: owner(),
    name: text().notNull(),
    template: text({ enum: ['default', 'bare'] }).notNull(),
    nodes: integer().notNull(),
    version: text({ enum: ['1.35', '1.36'] }).notNull(),
    seed: text().notNull(),
    /** As asked for last: a number, `paused` or `instant`. */
    speed: text().notNull(),
    /** The sandbox that it is a copy of. */
    forkedFrom: text('forked_from'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at'),
  },
  (table) => [uniqueIndex('sandboxes_by_user').on(table.userId, table.name), index('sandboxes_by_expiry').on(table.expiresAt)],
);

/** A link to a sandbox for whoever has it. */
export const links = sqliteTable(
  'links',
  {
    id: text().primaryKey(),
    sandboxId: text('sandbox_id')
      .notNull()
      .references(() => sandboxes.id, { onDelete: 'cascade' }),
    mode: text({ enum: ['view', 'edit', 'fork'] }).notNull(),
    hash: text().notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at'),
  },
  (table) => [uniqueIndex('links_by_hash').on(table.hash), index('links_by_sandbox').on(table.sandboxId)],
);
