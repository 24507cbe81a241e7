// /api/v1/me, /account and /session: who I am, and how a guest becomes somebody who can sign in elsewhere.

import { eq } from 'drizzle-orm';
import { countAddress } from '../callers.ts';
import type { Caller } from '../callers.ts';
import { isDuplicate } from '../database.ts';
import { json, noContent, operation } from '../operation.ts';
import type { Call, Operation } from '../operation.ts';
import { conflict, unauthenticated } from '../problem.ts';
import { hashPassword, isPassword } from '../passwords.ts';
import { deleteSandbox } from '../sandboxes.ts';
import { answers } from '../schemas.ts';
import { sandboxes, sessions, users } from '../tables.ts';

const ME = { description: 'You.', schema: { $ref: '#/components/schemas/Me' } } as const;
const Name = {
  type: 'string',
  pattern: '^[A-Za-z0-9][-A-Za-z0-9_.@+]{1,63}$',
  description: 'a name of 2 to 64 letters, digits and -_.@+',
  example: 'ada',
} as const;
const Password = { type: 'string', minLength: 10, maxLength: 200, description: 'At least ten characters.' } as const;
const Credentials = { type: 'object', properties: { name: Name, password: Password }, required: ['name', 'password'] } as const;
const TOO_OFTEN = 'Too many attempts; try again in a minute.';

const show = operation({
  id: 'getMe',
  method: 'GET',
  path: '/me',
  tag: 'You',
  summary: 'Who you are',
  description: 'A browser that comes for the first time becomes a guest by this.',
  access: 'guest',
  answers: { 200: ME, ...answers(401, 429) },
  run: async (call) => json(present(call, await call.callerOrGuest())),
});

const remove = operation({
  id: 'deleteMe',
  method: 'DELETE',
  path: '/me',
  tag: 'You',
  summary: 'Delete yourself: sandboxes, tokens, sessions, everything',
  access: 'user',
  answers: { 204: { description: 'Nothing is left.' }, ...answers(401) },
  run: async (call) => {
    const { id } = await call.caller();
    const rows = await call.db.select({ id: sandboxes.id }).from(sandboxes).where(eq(sandboxes.userId, id));
    for (const row of rows) await deleteSandbox(call, row.id);
    await call.db.delete(users).where(eq(users.id, id));
    await call.callers.signOut();
    return noContent();
  },
});

const putAccount = operation({
  id: 'putAccount',
  method: 'PUT',
  path: '/account',
  tag: 'You',
  summary: 'Get a name and a password, or change them',
  description:
    'A guest becomes an account with all that it has, and can sign in from other browsers. Other sessions of an account that changes its password end.',
  access: 'guest',
  needsBody: true,
  body: Credentials,
  answers: { 200: ME, ...answers(401, 409, 422, 429) },
  run: async (call) => {
    const { name, password } = call.body;
    await countAddress(call.env.SIGN_INS, call.request, TOO_OFTEN);
    const caller = await call.callerOrGuest();
    try {
      await call.db
        .update(users)
        .set({ name: name.toLowerCase(), password: hashPassword(password) })
        .where(eq(users.id, caller.id));
    } catch (error) {
      if (isDuplicate(error)) throw conflict(`The name ${name} is taken: choose another one.`);
      throw error;
    }
    await call.db.delete(sessions).where(eq(sessions.userId, caller.id));
    if (caller.by === 'session') await call.callers.signIn(caller.id);
    return json(present(call, { ...caller, name: name.toLowerCase() }));
  },
});

const signIn = operation({
  id: 'signIn',
  method: 'POST',
  path: '/session',
  tag: 'You',
  summary: 'Sign in',
  description: 'What a guest had in this browser goes to the account.',
  access: 'open',
  needsBody: true,
  body: Credentials,
  answers: { 200: ME, ...answers(401, 422, 429) },
  run: async (call) => {
    const { name, password } = call.body;
    await countAddress(call.env.SIGN_INS, call.request, TOO_OFTEN);
    const guest = await call.callers.find();
    const [user] = await call.db.select().from(users).where(eq(users.name, name.toLowerCase()));
    // The same work is done for a name that is not there, so that the time of an answer tells nothing.
    const isRight = isPassword(password, user?.password ?? null);
    if (!user || !isRight) throw unauthenticated('The name or the password is wrong.');
    if (guest && guest.name === null && guest.id !== user.id) await adopt(call, guest, user.id);
    await call.callers.signIn(user.id);
    return json(present(call, user));
  },
});

const signOut = operation({
  id: 'signOut',
  method: 'DELETE',
  path: '/session',
  tag: 'You',
  summary: 'Sign out',
  description: 'A guest who signs out cannot come back to what they had.',
  access: 'open',
  answers: { 204: { description: 'The browser is nobody again.' } },
  run: async (call) => {
    await call.callers.find(); // refuses other sites' pages
    await call.callers.signOut();
    return noContent();
  },
});

export const meOperations: readonly Operation[] = [show, remove, putAccount, signIn, signOut];

/** Gives a guest's sandboxes to the account that they signed in to. One whose name is there already gets another. */
async function adopt(call: Call, guest: Caller, userId: string): Promise<void> {
  const rows = await call.db.select().from(sandboxes).where(eq(sandboxes.userId, guest.id));
  for (const row of rows) {
    const move = (name: string) => call.db.update(sandboxes).set({ userId, name }).where(eq(sandboxes.id, row.id));
    try {
      await move(row.name);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      await move(`${row.name.slice(0, 50)}-${row.id}`);
    }
  }
  await call.db.delete(users).where(eq(users.id, guest.id));
}

function present({ limits }: Call, { id, name, createdAt }: Pick<Caller, 'id' | 'name' | 'createdAt'>): Record<string, unknown> {
  const { guestSandboxes, userSandboxes, nodes, objects, bytes, guestLifetime } = limits;
  const isGuest = name === null;
  return {
    id,
    name,
    isGuest,
    createdAt: new Date(createdAt).toISOString(),
    limits: {
      sandboxes: isGuest ? guestSandboxes : userSandboxes,
      nodes,
      objects,
      bytes,
      lifetimeSeconds: isGuest && guestLifetime !== null ? guestLifetime / 1000 : null,
    },
  };
}
