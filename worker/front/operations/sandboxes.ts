// /api/v1/sandboxes: make, list, show, change, fork, delete.

import { and, desc, eq } from 'drizzle-orm';
import type { SandboxStatus } from '../bindings.ts';
import { parseDuration } from '../duration.ts';
import { isDuplicate } from '../database.ts';
import { serverUrl } from '../kubeconfig.ts';
import { json, noContent, operation } from '../operation.ts';
import type { Call, Operation } from '../operation.ts';
import { conflict, invalid } from '../problem.ts';
import { createSandbox, deleteSandbox, expiryOf, forkSandbox, goneProblem, isAlive, kubeconfigOf, ownSandbox } from '../sandboxes.ts';
import type { Opened, SandboxRow } from '../sandboxes.ts';
import { answers, DurationSchema, NameSchema, SpeedSchema } from '../schemas.ts';
import { sandboxes } from '../tables.ts';
import { makeApiToken } from './tokens.ts';

const SANDBOX = { $ref: '#/components/schemas/Sandbox' } as const;
const ID = { id: 'The id of the sandbox.' };
const MAX_LIFETIME_MS = 3650 * 24 * 3_600_000;

const create = operation({
  id: 'createSandbox',
  method: 'POST',
  path: '/sandboxes',
  tag: 'Sandboxes',
  summary: 'Make a sandbox',
  description:
    'A whole cluster, ready when the answer comes. Who has no credentials yet becomes a guest; a script that is made a guest gets an API token with the ' +
    'answer. With `accept: application/yaml` the answer is the kubeconfig.',
  access: 'guest',
  body: {
    type: 'object',
    properties: {
      name: NameSchema,
      template: {
        type: 'string',
        enum: ['default', 'bare'],
        description:
          '`default`: a control-plane node, workers, and the usual pods in kube-system. `bare`: equal workers and nothing else, for test suites.',
        example: 'default',
      },
      nodes: {
        type: 'integer',
        minimum: 0,
        maximum: 1000,
        description:
          'How many workers; 2 if left out, or 3 in `bare`. `bare` can do without any: an API server and its controllers, for clients.',
        example: 2,
      },
      version: { type: 'string', enum: ['1.35', '1.36'], description: 'The version of Kubernetes; 1.36 if left out.', example: '1.36' },
      seed: {
        type: 'string',
        maxLength: 100,
        description: 'What chance is made of: with the same seed the same calls give the same names, addresses and revisions.',
      },
      speed: SpeedSchema,
      ttl: DurationSchema,
    },
  },
  answers: {
    201: {
      description: 'The sandbox, or its kubeconfig.',
      schema: SANDBOX,
      types: ['application/json', 'application/yaml'],
    },
    ...answers(403, 409, 422, 429),
  },
  run: async (call) => {
    const { name, template = 'default', nodes = template === 'bare' ? 3 : 2, version = '1.36', seed, speed = 1, ttl } = call.body;
    if (nodes > call.limits.nodes) throw invalid([{ field: 'nodes', message: `must be at most ${call.limits.nodes} here` }]);
    if (nodes === 0 && template === 'default')
      throw invalid([{ field: 'nodes', message: 'must be at least 1, unless the template is bare' }]);
    const lifetime = lifetimeOf(ttl ?? undefined);
    const caller = await call.callerOrGuest();
    const opened = await createSandbox(call, caller, { name, template, nodes, version, seed, speed, lifetime });
    return created(call, opened);
  },
});

const fork = operation({
  id: 'forkSandbox',
  method: 'POST',
  path: '/sandboxes/{id}/fork',
  tag: 'Sandboxes',
  summary: 'Copy a sandbox as it stands',
  description: 'Objects, history, clock, files of containers: everything but who may enter. The answer is as that of making one.',
  access: 'user',
  params: ID,
  body: { type: 'object', properties: { name: NameSchema } },
  answers: {
    201: { description: 'The copy, or its kubeconfig.', schema: SANDBOX, types: ['application/json', 'application/yaml'] },
    ...answers(401, 403, 404, 409, 422),
  },
  run: async (call) => created(call, await forkSandbox(call, await call.caller(), await ownSandbox(call), call.body.name)),
});

const list = operation({
  id: 'listSandboxes',
  method: 'GET',
  path: '/sandboxes',
  tag: 'Sandboxes',
  summary: 'List your sandboxes',
  access: 'user',
  answers: {
    200: {
      description: 'The newest first.',
      schema: { type: 'object', properties: { items: { type: 'array', items: SANDBOX } }, required: ['items'] },
    },
    ...answers(401),
  },
  run: async (call) => {
    const caller = await call.caller();
    const rows = await call.db
      .select()
      .from(sandboxes)
      .where(and(eq(sandboxes.userId, caller.id), isAlive(call.now())))
      .orderBy(desc(sandboxes.createdAt), sandboxes.id);
    return json({ items: rows.map((row) => present(call, row)) });
  },
});

const show = operation({
  id: 'getSandbox',
  method: 'GET',
  path: '/sandboxes/{id}',
  tag: 'Sandboxes',
  summary: 'Show a sandbox, and how full it is',
  access: 'user',
  params: ID,
  answers: { 200: { description: 'The sandbox.', schema: SANDBOX }, ...answers(401, 404) },
  run: async (call) => {
    const row = await ownSandbox(call);
    return json(present(call, row, await alive(call, row, call.sandbox(row.id).status())));
  },
});

const update = operation({
  id: 'updateSandbox',
  method: 'PATCH',
  path: '/sandboxes/{id}',
  tag: 'Sandboxes',
  summary: 'Rename a sandbox, let its time run otherwise, or let it live longer or shorter',
  access: 'user',
  params: ID,
  needsBody: true,
  body: {
    type: 'object',
    properties: {
      name: NameSchema,
      speed: SpeedSchema,
      ttl: { anyOf: [...DurationSchema.anyOf, { type: 'null' }], description: 'From now on; null for no end.', example: '2h' },
    },
  },
  answers: { 200: { description: 'The sandbox as it is now.', schema: SANDBOX }, ...answers(401, 404, 409, 422) },
  run: async (call) => {
    const { name, speed, ttl } = call.body;
    const lifetime = lifetimeOf(ttl ?? undefined);
    const caller = await call.caller();
    const row = await ownSandbox(call);
    const changes: Partial<SandboxRow> = {};
    if (name !== undefined) changes.name = name;
    if (ttl !== undefined) changes.expiresAt = expiryOf(call, caller, lifetime);
    if (speed !== undefined) changes.speed = String(speed);
    if (Object.keys(changes).length) await rename(call, row, changes);
    const object = call.sandbox(row.id);
    if (ttl !== undefined) await alive(call, row, object.setExpiry(changes.expiresAt ?? undefined));
    const status = await alive(call, row, speed === undefined ? object.status() : object.setSpeed(speed));
    return json(present(call, { ...row, ...changes }, status));
  },
});

const remove = operation({
  id: 'deleteSandbox',
  method: 'DELETE',
  path: '/sandboxes/{id}',
  tag: 'Sandboxes',
  summary: 'Delete a sandbox and all it holds',
  access: 'user',
  params: ID,
  answers: { 204: { description: 'It is gone.' }, ...answers(401, 404) },
  run: async (call) => {
    const row = await ownSandbox(call);
    await deleteSandbox(call, row.id);
    return noContent();
  },
});

export const sandboxOperations: readonly Operation[] = [create, list, show, update, remove, fork];

/** A sandbox as the API shows it. */
export function present(call: Call, row: SandboxRow, status?: SandboxStatus): Record<string, unknown> {
  const { id, name, template, nodes, version, seed, speed, forkedFrom, createdAt, expiresAt } = row;
  return {
    id,
    name,
    template,
    nodes,
    version,
    seed,
    speed: status?.speed ?? (Number.isNaN(Number(speed)) ? speed : Number(speed)),
    server: serverUrl(call.env, call.request, id),
    ...(forkedFrom && { forkedFrom }),
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    ...(status && {
      time: new Date(status.time).toISOString(),
      usage: { objects: status.objects, bytes: status.bytes, connections: status.connections },
      limits: { objects: call.limits.objects, bytes: call.limits.bytes },
    }),
  };
}

/** The answer to having made a sandbox: what was asked for, the sandbox or its kubeconfig. A new guest that is no browser keeps no cookie: it gets a token. */
export async function created(call: Call, { row, token }: Opened): Promise<Response> {
  const caller = await call.callerOrGuest();
  const { headers } = call.request;
  const isScript = !headers.has('origin') && !headers.has('sec-fetch-site');
  const apiToken = caller.isNew && isScript ? (await makeApiToken(call, caller, 'first call', null)).token : undefined;
  const location = `/api/v1/sandboxes/${row.id}`;
  if (!wantsYaml(call.request)) return json({ ...present(call, row), ...(apiToken && { apiToken }) }, 201, { location });
  const url = new URL(location, call.request.url).href;
  const comments = apiToken ? [`To delete it: curl -X DELETE -H 'authorization: Bearer ${apiToken}' ${url}`] : [];
  const reply = kubeconfigOf(call, row, token, comments);
  return new Response(reply.body, { status: 201, headers: { ...Object.fromEntries(reply.headers), location } });
}

export function wantsYaml({ headers }: Request): boolean {
  const accept = headers.get('accept') ?? '';
  return /\b(application|text)\/(x-)?yaml\b/.test(accept) && !/\bapplication\/json\b.*yaml/.test(accept);
}

export function lifetimeOf(ttl: string | number | undefined): number | undefined {
  if (ttl === undefined) return undefined;
  const ms = parseDuration(ttl);
  if (ms !== undefined && ms >= 1000 && ms <= MAX_LIFETIME_MS) return ms;
  throw invalid([
    {
      field: 'ttl',
      message: `must be a length of time from 1s to 3650d, like "90m", "24h", "7d" or a number of seconds, not ${JSON.stringify(ttl)}`,
    },
  ]);
}

/** What the object said; if it is gone, its row goes too. */
export async function alive<T>(call: Call, row: SandboxRow, answer: Promise<T | undefined>): Promise<T> {
  const given = await answer;
  if (given !== undefined) return given;
  await call.db.delete(sandboxes).where(eq(sandboxes.id, row.id));
  throw goneProblem(row.id);
}

async function rename(call: Call, row: SandboxRow, changes: Partial<SandboxRow>): Promise<void> {
  try {
    await call.db.update(sandboxes).set(changes).where(eq(sandboxes.id, row.id));
  } catch (error) {
    if (isDuplicate(error)) throw conflict(`You have a sandbox named ${changes.name} already: choose another name, or delete that one.`);
    throw error;
  }
}
