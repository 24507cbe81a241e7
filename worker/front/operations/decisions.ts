// /api/v1/sandboxes/{id}/pods/{namespace}/{pod}/decision: why a pod is where it is, or nowhere.

import { json, operation } from '../operation.ts';
import type { Operation } from '../operation.ts';
import { notFound } from '../problem.ts';
import { ownSandbox } from '../sandboxes.ts';
import { answers } from '../schemas.ts';
import { alive } from './sandboxes.ts';

const show = operation({
  id: 'getDecision',
  method: 'GET',
  path: '/sandboxes/{id}/pods/{namespace}/{pod}/decision',
  tag: 'Sandboxes',
  summary: 'Why a pod is on its node, or on none',
  description:
    'What the scheduler decided of a pod last: by which plugin, and why, each node was refused, and how each plugin rated those that were not. An old decision may not be remembered any more: then it is worked out again, from how things are now (`isRemembered` is false).',
  access: 'user',
  params: { id: 'The id of the sandbox.', namespace: 'The namespace of the pod.', pod: 'The name of the pod.' },
  answers: { 200: { description: 'The decision.', schema: { $ref: '#/components/schemas/Decision' } }, ...answers(401, 404) },
  run: async (call) => {
    const row = await ownSandbox(call);
    const { namespace = '', pod = '' } = call.params;
    const found = await alive(call, row, call.sandbox(row.id).decision(namespace, pod));
    if (found === 'none') throw notFound(`The scheduler knows no pod named ${pod} in namespace ${namespace}.`);
    return json({ ...found, time: new Date(found.time).toISOString() });
  },
});

export const decisionOperations: readonly Operation[] = [show];
