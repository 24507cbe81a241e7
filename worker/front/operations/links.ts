// Share links: made by a sandbox's owner, opened by whoever has them. The link's token is at once the bearer token that the sandbox knows its visitors by.

import { and, count, desc, eq, gt, isNull, or } from 'drizzle-orm';
import { serverUrl } from '../kubeconfig.ts';
import { json, noContent, operation } from '../operation.ts';
import type { Call, Operation } from '../operation.ts';
import { notFound, quotaExceeded } from '../problem.ts';
import { forkSandbox, isAlive, kubeconfigOf, ownSandbox } from '../sandboxes.ts';
import type { SandboxRow } from '../sandboxes.ts';
import { answers, DurationSchema, NameSchema } from '../schemas.ts';
import { hashOf, isSecret, newId, newSecret } from '../secrets.ts';
import { links, sandboxes } from '../tables.ts';
import { alive, created, lifetimeOf, wantsYaml } from './sandboxes.ts';

const ID = { id: 'The id of the sandbox.' };
const TOKEN = { token: 'What follows /s/ in the link.' };
const LINK = { $ref: '#/components/schemas/ShareLink' } as const;
type LinkRow = typeof links.$inferSelect;

/** The name of those who come by a link, in the sandbox's API server. */
const VISITOR = 'kubarium:visitor';

const create = operation({
  id: 'createLink',
  method: 'POST',
  path: '/sandboxes/{id}/links',
  tag: 'Share links',
  summary: 'Make a link to a sandbox',
  description:
    'Whoever has it needs no account: `view` to look, `edit` to do everything, `fork` to get a copy of their own. It is shown once.',
  access: 'user',
  params: ID,
  body: {
    type: 'object',
    properties: {
      mode: { type: 'string', enum: ['view', 'edit', 'fork'], description: 'What it gives; view if left out.', example: 'view' },
      ttl: { ...DurationSchema, description: 'How long it is good for; as long as the sandbox if left out.' },
    },
  },
  answers: { 201: { description: 'The link.', schema: LINK }, ...answers(401, 403, 404, 422) },
  run: async (call) => {
    const { mode = 'view', ttl } = call.body;
    const lifetime = lifetimeOf(ttl);
    const row = await ownSandbox(call);
    const [had] = await call.db.select({ links: count() }).from(links).where(eq(links.sandboxId, row.id));
    if (had && had.links >= call.limits.links)
      throw quotaExceeded(`This sandbox has ${had.links} links, which is as many as it may have: revoke one.`);
    const { token, hash } = await newSecret('link');
    const createdAt = call.now();
    const link: LinkRow = {
      id: newId(),
      sandboxId: row.id,
      mode,
      hash,
      createdAt,
      expiresAt: lifetime === undefined ? null : createdAt + lifetime,
    };
    if (mode !== 'fork') {
      const grant = { access: mode, user: VISITOR, via: viaOf(link), expiresAt: link.expiresAt ?? undefined };
      await alive(call, row, call.sandbox(row.id).grant(hash, grant));
    }
    await call.db.insert(links).values(link);
    const url = new URL(`/s/${token}`, call.request.url).href;
    return json({ ...present(link), url }, 201, { 'cache-control': 'no-store' });
  },
});

const list = operation({
  id: 'listLinks',
  method: 'GET',
  path: '/sandboxes/{id}/links',
  tag: 'Share links',
  summary: 'List the links to a sandbox',
  access: 'user',
  params: ID,
  answers: {
    200: {
      description: 'The newest first, without the links themselves.',
      schema: { type: 'object', properties: { items: { type: 'array', items: LINK } }, required: ['items'] },
    },
    ...answers(401, 404),
  },
  run: async (call) => {
    const row = await ownSandbox(call);
    const rows = await call.db
      .select()
      .from(links)
      .where(and(eq(links.sandboxId, row.id), isOpen(call.now())))
      .orderBy(desc(links.createdAt), links.id);
    return json({ items: rows.map(present) });
  },
});

const revoke = operation({
  id: 'revokeLink',
  method: 'DELETE',
  path: '/sandboxes/{id}/links/{link}',
  tag: 'Share links',
  summary: 'Revoke a link',
  description: 'Who came by it is out at once, what they have open ends. Copies that were made by it stay with those who made them.',
  access: 'user',
  params: { ...ID, link: 'The id of the link.' },
  answers: { 204: { description: 'It opens nothing any more.' }, ...answers(401, 404) },
  run: async (call) => {
    const row = await ownSandbox(call);
    const [gone] = await call.db
      .delete(links)
      .where(and(eq(links.id, call.params['link']!), eq(links.sandboxId, row.id)))
      .returning();
    if (!gone) throw notFound(`The sandbox has no link of this id. GET /api/v1/sandboxes/${row.id}/links lists those that it has.`);
    await call.sandbox(row.id).revoke(viaOf(gone));
    return noContent();
  },
});

const look = operation({
  id: 'getShared',
  method: 'GET',
  path: '/shared/{token}',
  tag: 'Share links',
  summary: 'See where a link leads',
  access: 'open',
  params: TOKEN,
  answers: {
    200: {
      description: 'The sandbox and what the link gives.',
      schema: {
        type: 'object',
        properties: {
          mode: { type: 'string', enum: ['view', 'edit', 'fork'] },
          expiresAt: { anyOf: [{ type: 'string' }, { type: 'null' }] },
          sandbox: {
            type: 'object',
            properties: { name: { type: 'string' }, version: { type: 'string' }, nodes: { type: 'integer' } },
          },
        },
      },
    },
    ...answers(404),
  },
  run: async (call) => {
    const { link, row } = await follow(call);
    const { name, version, nodes, template } = row;
    return json({ mode: link.mode, expiresAt: iso(link.expiresAt), sandbox: { name, version, nodes, template } }, 200, {
      'cache-control': 'no-store',
    });
  },
});

const open = operation({
  id: 'openShared',
  method: 'POST',
  path: '/shared/{token}',
  tag: 'Share links',
  summary: 'Open a link',
  description:
    'A link to view or edit gives access as `openAccess` does; a link to fork makes a copy and answers as making a sandbox does. With `accept: application/yaml` ' +
    'the answer is a kubeconfig. Posting to the link itself does the same.',
  access: 'open',
  params: TOKEN,
  body: { type: 'object', properties: { name: NameSchema } },
  answers: {
    200: {
      description: 'Access to the sandbox.',
      schema: { $ref: '#/components/schemas/Access' },
      types: ['application/json', 'application/yaml'],
    },
    201: {
      description: 'A copy of it.',
      schema: { $ref: '#/components/schemas/Sandbox' },
      types: ['application/json', 'application/yaml'],
    },
    ...answers(403, 404, 409, 422, 429),
  },
  run: async (call) => {
    const { link, row } = await follow(call);
    if (link.mode === 'fork') return created(call, await forkSandbox(call, await call.callerOrGuest(), row, call.body.name));
    const token = call.params['token']!;
    if (wantsYaml(call.request))
      return kubeconfigOf(call, row, token, [link.mode === 'view' ? 'By a link that is for looking only.' : 'By a link to edit.']);
    const access = {
      server: serverUrl(call.env, call.request, row.id),
      path: `/c/${row.id}`,
      token,
      access: link.mode,
      expiresAt: iso(link.expiresAt),
      sandbox: { id: row.id, name: row.name, version: row.version, nodes: row.nodes, template: row.template },
    };
    return json(access, 200, { 'cache-control': 'no-store' });
  },
});

export const linkOperations: readonly Operation[] = [create, list, revoke, look, open];

/** The link of the token in the path, and its sandbox. What never was, was revoked or has ended looks the same. */
async function follow(call: Call): Promise<{ link: LinkRow; row: SandboxRow }> {
  const token = call.params['token']!;
  const gone = notFound('This link leads nowhere: it was revoked, it has ended, or it is incomplete. Ask whoever sent it for another one.');
  if (!isSecret('link', token)) throw gone;
  const [found] = await call.db
    .select({ link: links, row: sandboxes })
    .from(links)
    .innerJoin(sandboxes, eq(sandboxes.id, links.sandboxId))
    .where(and(eq(links.hash, await hashOf(token)), isOpen(call.now()), isAlive(call.now())));
  if (!found) throw gone;
  return found;
}

const viaOf = ({ id }: Pick<LinkRow, 'id'>): string => `link/${id}`;

const isOpen = (now: number) => or(isNull(links.expiresAt), gt(links.expiresAt, now));

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

const present = ({ id, mode, createdAt, expiresAt }: LinkRow): Record<string, unknown> => ({
  id,
  mode,
  createdAt: iso(createdAt),
  expiresAt: iso(expiresAt),
});
