// Ways into a sandbox for its owner: a kubeconfig for kubectl, a short-lived token for a page.

import { json, noContent, operation } from '../operation.ts';
import type { Operation } from '../operation.ts';
import { serverUrl } from '../kubeconfig.ts';
import { KUBECONFIG, kubeconfigOf, letIn, ownSandbox } from '../sandboxes.ts';
import { answers } from '../schemas.ts';
import { alive } from './sandboxes.ts';

const ID = { id: 'The id of the sandbox.' };
const PAGE_TOKEN_MS = 12 * 3_600_000;

const getKubeconfig = operation({
  id: 'getKubeconfig',
  method: 'GET',
  path: '/sandboxes/{id}/kubeconfig',
  tag: 'Access',
  summary: 'Get a kubeconfig',
  description: 'Each has a token of its own, good for as long as the sandbox lives or until they are revoked.',
  access: 'user',
  params: ID,
  answers: { 200: { description: 'The kubeconfig.', types: ['application/yaml'] }, ...answers(401, 404) },
  run: async (call) => {
    const row = await ownSandbox(call);
    const token = await alive(call, row, letIn(call, row.id, { access: 'edit', via: KUBECONFIG }));
    return kubeconfigOf(call, row, token);
  },
});

const revokeKubeconfigs = operation({
  id: 'revokeKubeconfigs',
  method: 'DELETE',
  path: '/sandboxes/{id}/kubeconfig',
  tag: 'Access',
  summary: 'Revoke every kubeconfig handed out',
  description: 'Those who hold one get 401 from now on. Share links stay; they have their own switch.',
  access: 'user',
  params: ID,
  answers: { 204: { description: 'They open nothing any more.' }, ...answers(401, 404) },
  run: async (call) => {
    const row = await ownSandbox(call);
    await call.sandbox(row.id).revoke(KUBECONFIG);
    return noContent();
  },
});

const openAccess = operation({
  id: 'openAccess',
  method: 'POST',
  path: '/sandboxes/{id}/access',
  tag: 'Access',
  summary: 'Get a token for a page',
  description: 'For the console: with it, a browser calls the Kubernetes API of the sandbox itself, below `path`. Good for twelve hours.',
  access: 'user',
  params: ID,
  answers: { 200: { description: 'The token.', schema: { $ref: '#/components/schemas/Access' } }, ...answers(401, 404) },
  run: async (call) => {
    const row = await ownSandbox(call);
    const expiresAt = call.now() + PAGE_TOKEN_MS;
    const token = await alive(call, row, letIn(call, row.id, { access: 'edit', via: 'page', expiresAt }));
    const server = serverUrl(call.env, call.request, row.id);
    return json({ server, path: `/c/${row.id}`, token, access: 'edit', expiresAt: new Date(expiresAt).toISOString() }, 200, {
      'cache-control': 'no-store',
    });
  },
});

export const accessOperations: readonly Operation[] = [getKubeconfig, revokeKubeconfigs, openAccess];
