// /api/v1/sandboxes/{id}/addons: what can be switched on in a sandbox with one call instead of with manifests from elsewhere.

import { json, operation } from '../operation.ts';
import type { Operation } from '../operation.ts';
import { invalid } from '../problem.ts';
import { ownSandbox } from '../sandboxes.ts';
import { answers } from '../schemas.ts';
import { alive } from './sandboxes.ts';

const install = operation({
  id: 'installAddon',
  method: 'POST',
  path: '/sandboxes/{id}/addons',
  tag: 'Addons',
  summary: 'Switch on an addon',
  description:
    'Makes the objects of the addon that are not there yet, as `kubectl apply` of its manifest would. To switch it off, delete them.',
  access: 'user',
  params: { id: 'The id of the sandbox.' },
  needsBody: true,
  body: {
    type: 'object',
    properties: {
      name: {
        type: 'string',
        maxLength: 40,
        description: 'Which one: `cloud`, `csi-disk`, `ingress-nginx`, `metallb` or `metrics-server`.',
        example: 'metrics-server',
      },
    },
    required: ['name'],
  },
  answers: {
    200: {
      description: 'Its objects are there.',
      schema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    },
    ...answers(401, 404, 422),
  },
  run: async (call) => {
    const row = await ownSandbox(call);
    const { name } = call.body;
    const known = await alive(call, row, call.sandbox(row.id).installAddon(name));
    if (!known.installed) throw invalid([{ field: 'name', message: `must be one of ${known.names.join(', ')}` }]);
    return json({ name });
  },
});

export const addonOperations: readonly Operation[] = [install];
