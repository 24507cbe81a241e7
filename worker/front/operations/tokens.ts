// /api/v1/tokens: keys for scripts.

import { and, count, desc, eq, gt, isNull, or } from 'drizzle-orm';
import type { Caller } from '../callers.ts';
import { json, noContent, operation } from '../operation.ts';
import type { Call, Operation } from '../operation.ts';
import { notFound, quotaExceeded } from '../problem.ts';
import { answers, DurationSchema } from '../schemas.ts';
import { newId, newSecret } from '../secrets.ts';
import { apiTokens } from '../tables.ts';
import { lifetimeOf } from './sandboxes.ts';

const TOKEN = { $ref: '#/components/schemas/ApiToken' } as const;
type TokenRow = typeof apiTokens.$inferSelect;

const create = operation({
  id: 'createToken',
  method: 'POST',
  path: '/tokens',
  tag: 'API tokens',
  summary: 'Make an API token',
  description: 'It may do what you may. It is shown once, and kept as a hash.',
  access: 'user',
  body: {
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 100, description: 'What it is for.', example: 'ci' },
      ttl: { ...DurationSchema, description: 'How long it is good for; no end if left out.' },
    },
  },
  answers: { 201: { description: 'The token.', schema: TOKEN }, ...answers(401, 403, 422) },
  run: async (call) => {
    const lifetime = lifetimeOf(call.body.ttl);
    const { row, token } = await makeApiToken(call, await call.caller(), call.body.name ?? 'token', lifetime ?? null);
    return json({ ...present(row), token }, 201, { 'cache-control': 'no-store' });
  },
});

const list = operation({
  id: 'listTokens',
  method: 'GET',
  path: '/tokens',
  tag: 'API tokens',
  summary: 'List your API tokens',
  access: 'user',
  answers: {
    200: {
      description: 'The newest first, without the tokens themselves.',
      schema: { type: 'object', properties: { items: { type: 'array', items: TOKEN } }, required: ['items'] },
    },
    ...answers(401),
  },
  run: async (call) => {
    const { id } = await call.caller();
    const rows = await call.db
      .select()
      .from(apiTokens)
      .where(and(eq(apiTokens.userId, id), isGood(call.now())))
      .orderBy(desc(apiTokens.createdAt), apiTokens.id);
    return json({ items: rows.map(present) });
  },
});

const revoke = operation({
  id: 'revokeToken',
  method: 'DELETE',
  path: '/tokens/{token}',
  tag: 'API tokens',
  summary: 'Revoke an API token',
  access: 'user',
  params: { token: 'The id of the token, not the token itself.' },
  answers: { 204: { description: 'It opens nothing any more.' }, ...answers(401, 404) },
  run: async (call) => {
    const { id } = await call.caller();
    const gone = await call.db
      .delete(apiTokens)
      .where(and(eq(apiTokens.id, call.params['token']!), eq(apiTokens.userId, id)))
      .returning({ id: apiTokens.id });
    if (!gone.length) throw notFound('You have no API token of this id. GET /api/v1/tokens lists those that you have.');
    return noContent();
  },
});

export const tokenOperations: readonly Operation[] = [create, list, revoke];

export async function makeApiToken(
  call: Call,
  caller: Caller,
  name: string,
  lifetime: number | null,
): Promise<{ row: TokenRow; token: string }> {
  const { token, hash } = await newSecret('api');
  const createdAt = call.now();
  const row = { id: newId(), userId: caller.id, name, hash, createdAt, expiresAt: lifetime && createdAt + lifetime, usedAt: null };
  const [had] = await call.db
    .select({ tokens: count() })
    .from(apiTokens)
    .where(and(eq(apiTokens.userId, caller.id), isGood(createdAt)));
  if (had && had.tokens >= call.limits.apiTokens)
    throw quotaExceeded(`You have ${had.tokens} API tokens, which is as many as you may have: revoke one.`);
  await call.db.insert(apiTokens).values(row);
  return { row, token };
}

const isGood = (now: number) => or(isNull(apiTokens.expiresAt), gt(apiTokens.expiresAt, now));

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

const present = ({ id, name, createdAt, expiresAt, usedAt }: TokenRow): Record<string, unknown> => ({
  id,
  name,
  createdAt: iso(createdAt),
  expiresAt: iso(expiresAt),
  usedAt: iso(usedAt)?.slice(0, 10) ?? null,
});
