// /api/v1/sandboxes/{id}/audit: who changed what in a sandbox, and who was refused.

import { json, operation } from '../operation.ts';
import type { Operation } from '../operation.ts';
import { ownSandbox } from '../sandboxes.ts';
import { answers } from '../schemas.ts';
import { alive } from './sandboxes.ts';

const show = operation({
  id: 'getAudit',
  method: 'GET',
  path: '/sandboxes/{id}/audit',
  tag: 'Sandboxes',
  summary: 'Who did what in a sandbox',
  description:
    'The last 500 audit events of its API server, oldest first: writes, entries into containers, and refusals. Each is an Event of audit.k8s.io/v1 at level Metadata.',
  access: 'user',
  params: { id: 'The id of the sandbox.' },
  answers: {
    200: {
      description: 'An EventList of audit.k8s.io/v1.',
      schema: {
        type: 'object',
        properties: {
          kind: { type: 'string' },
          apiVersion: { type: 'string' },
          items: { type: 'array', items: { type: 'object', properties: {} } },
        },
        required: ['kind', 'apiVersion', 'items'],
      },
    },
    ...answers(401, 404),
  },
  run: async (call) => {
    const row = await ownSandbox(call);
    const items = await alive(call, row, call.sandbox(row.id).audit());
    return json({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items });
  },
});

export const auditOperations: readonly Operation[] = [show];
