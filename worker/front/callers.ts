// Who calls: somebody with an API token, a browser with a session, or nobody yet, who can become a guest. Nothing about a caller is kept but that they are one.

import { and, eq, gt, isNull, or } from 'drizzle-orm';
import type { Counter, FrontEnv } from './bindings.ts';
import type { Database } from './database.ts';
import { forbidden, tooManyRequests, unauthenticated } from './problem.ts';
import { hashOf, isSecret, newId, newSecret } from './secrets.ts';
import type { Secret } from './secrets.ts';
import { apiTokens, sessions, users } from './tables.ts';

export interface Caller {
  readonly id: string;
  /** Null for a guest. */
  readonly name: string | null;
  readonly createdAt: number;
  /** The hash of the session or API token they came with. */
  readonly hash: string;
  readonly by: 'session' | 'token';
  /** The guest was made for this call. */
  readonly isNew?: boolean;
}

const COOKIE = 'kubarium_session';
const DAY = 24 * 3_600_000;
/** As long as browsers keep a cookie. It is renewed when less than half is left. */
const SESSION_MS = 400 * DAY;

export class Callers {
  readonly #request: Request;
  readonly #env: FrontEnv;
  readonly #db: Database;
  readonly #now: number;
  #caller: Promise<Caller | undefined> | undefined;
  /** What the answer has to tell the browser. */
  cookie: string | undefined;

  constructor(request: Request, env: FrontEnv, db: Database, now: number) {
    this.#request = request;
    this.#env = env;
    this.#db = db;
    this.#now = now;
  }

  find(): Promise<Caller | undefined> {
    this.#caller ??= this.#look();
    return this.#caller;
  }

  async need(): Promise<Caller> {
    const caller = await this.find();
    if (caller) return caller;
    throw unauthenticated(
      'Send an API token (authorization: Bearer kba_...) or the session cookie. Who has neither begins with POST /api/v1/sandboxes.',
    );
  }

  async needOrMake(): Promise<Caller> {
    const caller = await this.find();
    if (caller) return caller;
    await countAddress(
      this.#env.GUESTS,
      this.#request,
      'Too many new guests from this address; try again in a minute, or use an API token.',
    );
    const made = this.#makeGuest();
    this.#caller = made;
    return made;
  }

  /** Opens a session for a user and puts it into the answer. */
  async signIn(userId: string): Promise<void> {
    const secret = await newSecret('session');
    await this.#db.insert(sessions).values({ hash: secret.hash, userId, expiresAt: this.#now + SESSION_MS });
    this.#setCookie(secret);
  }

  async signOut(): Promise<void> {
    const token = cookieOf(this.#request);
    if (token) await this.#db.delete(sessions).where(eq(sessions.hash, await hashOf(token)));
    this.cookie = `${COOKIE}=; Max-Age=0${this.#attributes()}`;
  }

  async #look(): Promise<Caller | undefined> {
    const authorization = this.#request.headers.get('authorization');
    if (authorization !== null) return this.#byToken(authorization);
    checkOrigin(this.#request);
    const token = cookieOf(this.#request);
    return token ? this.#bySession(token) : undefined;
  }

  async #byToken(authorization: string): Promise<Caller> {
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';
    const refuse = unauthenticated(
      'This API token is not, or no longer, valid. Make another one in the console or with POST /api/v1/tokens.',
    );
    if (!isSecret('api', token)) throw refuse;
    const hash = await hashOf(token);
    const [found] = await this.#db
      .select({ id: users.id, name: users.name, createdAt: users.createdAt, usedAt: apiTokens.usedAt })
      .from(apiTokens)
      .innerJoin(users, eq(users.id, apiTokens.userId))
      .where(and(eq(apiTokens.hash, hash), or(isNull(apiTokens.expiresAt), gt(apiTokens.expiresAt, this.#now))));
    if (!found) throw refuse;
    const { usedAt, ...user } = found;
    const today = this.#now - (this.#now % DAY);
    if (usedAt !== today) await this.#db.update(apiTokens).set({ usedAt: today }).where(eq(apiTokens.hash, hash));
    return { ...user, hash, by: 'token' };
  }

  async #bySession(token: string): Promise<Caller | undefined> {
    if (!isSecret('session', token)) return undefined;
    const hash = await hashOf(token);
    const [found] = await this.#db
      .select({ id: users.id, name: users.name, createdAt: users.createdAt, expiresAt: sessions.expiresAt })
      .from(sessions)
      .innerJoin(users, eq(users.id, sessions.userId))
      .where(and(eq(sessions.hash, hash), gt(sessions.expiresAt, this.#now)));
    if (!found) return undefined;
    const { expiresAt, ...user } = found;
    if (expiresAt < this.#now + SESSION_MS / 2) {
      await this.#db
        .update(sessions)
        .set({ expiresAt: this.#now + SESSION_MS })
        .where(eq(sessions.hash, hash));
      this.#setCookie({ token, hash });
    }
    return { ...user, hash, by: 'session' };
  }

  async #makeGuest(): Promise<Caller> {
    const secret = await newSecret('session');
    const user = { id: newId(), name: null, createdAt: this.#now };
    await this.#db.batch([
      this.#db.insert(users).values(user),
      this.#db.insert(sessions).values({ hash: secret.hash, userId: user.id, expiresAt: this.#now + SESSION_MS }),
    ]);
    this.#setCookie(secret);
    return { ...user, hash: secret.hash, by: 'session', isNew: true };
  }

  #setCookie({ token }: Secret): void {
    this.cookie = `${COOKIE}=${token}; Max-Age=${SESSION_MS / 1000}${this.#attributes()}`;
  }

  /** `Secure` wherever the browser came by TLS, which at the local TLS port only the host name shows. */
  #attributes(): string {
    const { protocol, host } = new URL(this.#request.url);
    const isSecure = protocol === 'https:' || (this.#env.KUBE_URL !== undefined && new URL(this.#env.KUBE_URL).host === host);
    return `; Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  }
}

function cookieOf(request: Request): string | undefined {
  for (const pair of request.headers.get('cookie')?.split(';') ?? []) {
    const equals = pair.indexOf('=');
    if (pair.slice(0, equals).trim() === COOKIE) return pair.slice(equals + 1).trim();
  }
  return undefined;
}

/** A page of another site may make a browser send a request, cookie and all; it cannot make it hide where it comes from. */
function checkOrigin(request: Request): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const origin = request.headers.get('origin');
  const site = request.headers.get('sec-fetch-site');
  const isOwn = origin === null ? site === null || site === 'same-origin' || site === 'none' : hostOf(origin) === new URL(request.url).host;
  if (!isOwn) throw forbidden('Pages of other sites may not call this; scripts send an API token.');
}

function hostOf(origin: string): string {
  try {
    return new URL(origin).host;
  } catch {
    return '';
  }
}

/** Refuses who comes too often without credentials. */
export async function countAddress(counter: Counter | undefined, request: Request, detail: string): Promise<void> {
  const key = request.headers.get('cf-connecting-ip') ?? 'local';
  if (counter && !(await counter.limit({ key })).success) throw tooManyRequests(detail, 60);
}
