// The way to D1.

import { drizzle } from 'drizzle-orm/d1';
import type { DrizzleD1Database } from 'drizzle-orm/d1';

export type Database = DrizzleD1Database;

export const openDatabase = (d1: D1Database): Database => drizzle(d1);

/** Whether a write was refused because something of the same key is there. */
export const isDuplicate = (error: unknown): boolean => {
  for (let at = error; at instanceof Error; at = at.cause) if (at.message.includes('UNIQUE constraint failed')) return true;
  return false;
};
