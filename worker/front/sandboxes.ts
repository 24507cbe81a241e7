// A person's sandboxes: the rows about them, and the objects that they are.

import { and, eq, gt, isNull, lte, or, sql } from 'drizzle-orm';
import type { Access, Grant, SandboxOptions, Speed } from './bindings.ts';
import type { Caller } from './callers.ts';
import { isDuplicate } from './database.ts';
import { kubeconfig, serverUrl } from './kubeconfig.ts';
import { randomName } from './names.ts';
import type { Call } from './operation.ts';
import { conflict, notFound, quotaExceeded } from './problem.ts';
import { newId, newSecret } from './secrets.ts';
import { sandboxes } from './tables.ts';

export type SandboxRow = typeof sandboxes.$inferSelect;

export interface Wanted {
  readonly name?: string | undefined;
  readonly template: 'default' | 'bare';
  readonly nodes: number;
  readonly version: '1.35' | '1.36';
  readonly seed?: string | undefined;
  readonly speed: Speed;
  /** Milliseconds from now. */
  readonly lifetime?: number | undefined;
}

/** A sandbox just made, and the one token that is known of it. */
export interface Opened {
  readonly row: SandboxRow;
  readonly token: string;
}

/** The owner's name in the sandbox's API server. */
const OWNER = 'kubernetes-admin';
/** How those came in who hold a kubeconfig of the owner's. */
export const KUBECONFIG = 'kubeconfig';

export async function createSandbox(call: Call, caller: Caller, wanted: Wanted): Promise<Opened> {
  const { limits } = call;
  const id = newId();
  const row: SandboxRow = {
    id,
    userId: caller.id,
    name: wanted.name ?? randomName(),
    template: wanted.template,
    nodes: wanted.nodes,
    version: wanted.version,
    seed: wanted.seed ?? id,
    speed: String(wanted.speed),
    forkedFrom: null,
    createdAt: call.now(),
    expiresAt: expiryOf(call, caller, wanted.lifetime),
  };
  const { token, hash } = await newSecret('cluster', id);
  await insert(call, caller, row, wanted.name === undefined);
  const options: SandboxOptions = {
    id,
    template: row.template,
    nodes: row.nodes,
    minor: Number(row.version.slice(2)),
    seed: row.seed,
    speed: wanted.speed,
    quota: { objects: limits.objects, bytes: limits.bytes },
  };
  await orTakeBack(call, id, call.sandbox(id).create({ options, ...charterOf(call, row) }, hash, OWNERS_GRANT));
  return { row, token };
}

/** Copies a sandbox as it stands into one of the caller's own. */
export async function forkSandbox(call: Call, caller: Caller, source: SandboxRow, name: string | undefined): Promise<Opened> {
  const { limits } = call;
  const id = newId();
  const row: SandboxRow = {
    ...source,
    id,
    userId: caller.id,
    name: name ?? `${source.name.slice(0, 58)}-fork`,
    forkedFrom: source.id,
    createdAt: call.now(),
    expiresAt: expiryOf(call, caller, undefined),
  };
  const { token, hash } = await newSecret('cluster', id);
  await insert(call, caller, row, name === undefined);
  const options = { id, quota: { objects: limits.objects, bytes: limits.bytes } };
  const copied = await orTakeBack(call, id, call.sandbox(source.id).copyTo({ options, ...charterOf(call, row) }, hash, OWNERS_GRANT));
  if (copied) return { row, token };
  await call.db.delete(sandboxes).where(eq(sandboxes.id, id));
  throw notFound('The sandbox to fork does not exist any more.');
}

/** The caller's sandbox. Nobody is told whether somebody else has one of this id. */
export async function ownSandbox(call: Call): Promise<SandboxRow> {
  const caller = await call.caller();
  const id = call.params['id']!;
  const [row] = await call.db
    .select()
    .from(sandboxes)
    .where(and(eq(sandboxes.id, id), eq(sandboxes.userId, caller.id), isAlive(call.now())));
  if (!row) throw goneProblem(id);
  return row;
}

export const goneProblem = (id: string): Error => notFound(`You have no sandbox ${id}. GET /api/v1/sandboxes lists those that you have.`);

export const isAlive = (now: number) => or(isNull(sandboxes.expiresAt), gt(sandboxes.expiresAt, now));

export async function deleteSandbox(call: Call, id: string): Promise<void> {
  await call.sandbox(id).destroy();
  await call.db.delete(sandboxes).where(eq(sandboxes.id, id));
}

/** Lets somebody in: a token of their own, or undefined if the sandbox is gone. */
export async function letIn(
  call: Call,
  id: string,
  grant: { access: Access; user?: string; via: string; expiresAt?: number | undefined },
): Promise<string | undefined> {
  const { token, hash } = await newSecret('cluster', id);
  const done = await call.sandbox(id).grant(hash, { user: OWNER, expiresAt: undefined, ...grant });
  return done && token;
}

export function kubeconfigOf(call: Call, row: SandboxRow, token: string, comments: readonly string[] = []): Response {
  const text = kubeconfig({
    name: row.name,
    server: serverUrl(call.env, call.request, row.id),
    token,
    ca: call.env.KUBE_CA,
    comments: [`Kubarium sandbox ${row.name}: Kubernetes ${row.version}, ${machinesText(row)}.`, ...comments],
  });
  return new Response(text, {
    headers: {
      'content-type': 'application/yaml; charset=utf-8',
      'content-disposition': `inline; filename="${row.name}.yaml"`,
      'cache-control': 'no-store',
    },
  });
}

/** How long it may live: as long as asked for, a guest's no longer than guests' may. */
export function expiryOf({ limits, now }: Call, caller: Caller, lifetime: number | undefined): number | null {
  const most = caller.name === null ? (limits.guestLifetime ?? Infinity) : Infinity;
  const span = Math.min(lifetime ?? Infinity, most);
  return span === Infinity ? null : now() + span;
}

const OWNERS_GRANT: Grant = { access: 'edit', user: OWNER, via: KUBECONFIG, expiresAt: undefined };

function charterOf({ limits }: Call, row: SandboxRow) {
  const rate = { perSecond: limits.requestsPerSecond, burst: limits.burst };
  return { expiresAt: row.expiresAt ?? undefined, ...(limits.requestsPerSecond && { rate }) };
}

/** Writes the row if the owner may have one more; both at once, so that two calls cannot both take the last place. */
async function insert(call: Call, caller: Caller, row: SandboxRow, mayRename: boolean): Promise<void> {
  const { db, limits } = call;
  await db.delete(sandboxes).where(and(eq(sandboxes.userId, caller.id), lte(sandboxes.expiresAt, call.now())));
  const most = caller.name === null ? limits.guestSandboxes : limits.userSandboxes;
  const write = async (): Promise<number> => {
    const { meta } = await db.run(sql`
      INSERT INTO sandboxes (id, user_id, name, template, nodes, version, seed, speed, forked_from, created_at, expires_at)
      SELECT ${row.id}, ${row.userId}, ${row.name}, ${row.template}, ${row.nodes}, ${row.version}, ${row.seed}, ${row.speed}, ${row.forkedFrom},
             ${row.createdAt}, ${row.expiresAt}
      WHERE (SELECT count(*) FROM sandboxes WHERE user_id = ${row.userId}) < ${most}`);
    return meta.changes;
  };
  let written: number;
  try {
    written = await write();
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    if (!mayRename) throw conflict(`You have a sandbox named ${row.name} already: choose another name, or delete that one.`);
    (row as { name: string }).name = `${row.name.slice(0, 58)}-${newId(4)}`;
    written = await write();
  }
  if (written) return;
  const more = caller.name === null ? ' or make an account (PUT /api/v1/account), which may have more' : '';
  throw quotaExceeded(`You have ${most} sandboxes, which is as many as you may have: delete one${more}.`);
}

/** If the object could not be made, its row goes. */
async function orTakeBack<T>(call: Call, id: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    await call.db.delete(sandboxes).where(eq(sandboxes.id, id));
    throw error;
  }
}

function machinesText({ template, nodes }: SandboxRow): string {
  if (template === 'bare') return `${nodes} node${nodes === 1 ? '' : 's'}`;
  return `a control-plane node and ${nodes} worker${nodes === 1 ? '' : 's'}`;
}
