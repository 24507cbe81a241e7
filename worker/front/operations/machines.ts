// /api/v1/sandboxes/{id}/nodes: the machines behind the nodes. What is done here needs no API server in the sandbox: it is how one gets at a cluster whose own is down.

import type { MachineAnswer, MachineOperation } from '../bindings.ts';
import { json, noContent, operation } from '../operation.ts';
import type { Call, Operation } from '../operation.ts';
import { invalid, notFound } from '../problem.ts';
import { ownSandbox } from '../sandboxes.ts';
import { answers } from '../schemas.ts';
import { alive } from './sandboxes.ts';

const ID = { id: 'The id of the sandbox.' };
const NODE = { ...ID, node: 'The name of the node.' };
const MACHINE = { $ref: '#/components/schemas/Machine' } as const;
const THE_MACHINE = { 200: { description: 'The machine as it is now.', schema: MACHINE }, ...answers(401, 404, 422) };
const PATH = {
  type: 'string',
  minLength: 1,
  maxLength: 4000,
  description: 'An absolute path.',
  example: '/etc/kubernetes/manifests/kube-scheduler.yaml',
} as const;

const list = operation({
  id: 'listMachines',
  method: 'GET',
  path: '/sandboxes/{id}/nodes',
  tag: 'Machines',
  summary: 'List the machines of a sandbox',
  access: 'user',
  params: ID,
  answers: {
    200: {
      description: 'In the order in which they were made.',
      schema: { type: 'object', properties: { items: { type: 'array', items: MACHINE } }, required: ['items'] },
    },
    ...answers(401, 404),
  },
  run: async (call) => {
    const row = await ownSandbox(call);
    return json({ items: await alive(call, row, call.sandbox(row.id).machines()) });
  },
});

const power = operation({
  id: 'powerMachine',
  method: 'POST',
  path: '/sandboxes/{id}/nodes/{node}/power',
  tag: 'Machines',
  summary: 'Switch a machine off, on, or off and on again',
  access: 'user',
  params: NODE,
  needsBody: true,
  body: { type: 'object', properties: { do: { type: 'string', enum: ['on', 'off', 'reboot'] } }, required: ['do'] },
  answers: THE_MACHINE,
  run: async (call) => json((await operate(call, { do: call.body.do })).machine),
});

const service = operation({
  id: 'operateService',
  method: 'POST',
  path: '/sandboxes/{id}/nodes/{node}/services',
  tag: 'Machines',
  summary: 'Start or stop a service of a machine: `kubelet`, `containerd`',
  access: 'user',
  params: NODE,
  needsBody: true,
  body: {
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 100, example: 'kubelet' },
      do: { type: 'string', enum: ['start', 'stop', 'restart'] },
    },
    required: ['name', 'do'],
  },
  answers: THE_MACHINE,
  run: async (call) => json((await operate(call, { do: call.body.do, service: call.body.name })).machine),
});

const read = operation({
  id: 'readFile',
  method: 'POST',
  path: '/sandboxes/{id}/nodes/{node}/files/read',
  tag: 'Machines',
  summary: 'Read a file of a machine, or the names in a directory',
  access: 'user',
  params: NODE,
  needsBody: true,
  body: { type: 'object', properties: { path: PATH }, required: ['path'] },
  answers: {
    200: {
      description: 'Of a file its `content`, of a directory the `names` in it.',
      schema: { type: 'object', properties: { content: { type: 'string' }, names: { type: 'array', items: { type: 'string' } } } },
    },
    ...answers(401, 404, 422),
  },
  run: async (call) => json(await operate(call, { do: 'read', path: call.body.path })),
});

const write = operation({
  id: 'writeFile',
  method: 'PUT',
  path: '/sandboxes/{id}/nodes/{node}/files',
  tag: 'Machines',
  summary: 'Write a file of a machine, or take it away',
  description: 'A manifest below /etc/kubernetes/manifests is a static pod: its kubelet follows at once.',
  access: 'user',
  params: NODE,
  needsBody: true,
  body: {
    type: 'object',
    properties: {
      path: PATH,
      content: { anyOf: [{ type: 'string', maxLength: 1_000_000 }, { type: 'null' }], description: 'Null takes it away.' },
    },
    required: ['path', 'content'],
  },
  answers: { 204: { description: 'It is done.' }, ...answers(401, 404, 422) },
  run: async (call) => {
    const { path, content } = call.body;
    await operate(call, content === null ? { do: 'remove', path } : { do: 'write', path, content });
    return noContent();
  },
});

export const machineOperations: readonly Operation[] = [list, power, service, read, write];

async function operate(call: Call, what: MachineOperation): Promise<MachineAnswer> {
  const row = await ownSandbox(call);
  const { node = '' } = call.params;
  const answer = await alive(call, row, call.sandbox(row.id).operateMachine(node, what));
  if (answer.missing === 'machine') throw notFound(`The sandbox has no machine named ${node}.`);
  if (answer.missing === 'file') throw notFound('There is no such file.');
  if (answer.problem !== undefined) throw invalid([{ field: 'path' in what ? 'path' : 'do', message: answer.problem }]);
  return answer;
}
