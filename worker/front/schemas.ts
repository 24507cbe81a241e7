// The descriptions that several operations share, and the components of the published document.

import type { ObjectSchema, Schema } from './json-schema.ts';
import type { Answer } from './operation.ts';

export const NameSchema = {
  type: 'string',
  pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$',
  description: 'a name of up to 63 lower-case letters, digits and dashes',
  example: 'blue-team',
} as const;

export const SpeedSchema = {
  anyOf: [
    { type: 'number', exclusiveMinimum: 0, maximum: 10_000 },
    { type: 'string', enum: ['paused', 'instant'] },
  ],
  description:
    'How its time runs beside ours: 1 as fast, 60 a minute a second, `paused`, or `instant`: waits take no time while there is work. 1 if left out.',
  example: 1,
} as const;

export const DurationSchema = {
  anyOf: [{ type: 'string', maxLength: 40 }, { type: 'number' }],
  description: 'How long it lives: `90m`, `24h`, `7d`, or a number of seconds. No end if left out (a guest’s: as long as guests’ may).',
  example: '24h',
} as const;

const text = (description: string): Schema => ({ type: 'string', description });
const time = (description: string): Schema => ({ type: 'string', format: 'date-time', description });
const optionalTime = (description: string): Schema => ({ anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }], description });

export const components: Readonly<Record<string, ObjectSchema>> = {
  Sandbox: {
    type: 'object',
    properties: {
      id: text('What it is known by in addresses.'),
      name: NameSchema,
      template: { type: 'string', enum: ['default', 'bare'] },
      nodes: { type: 'integer', description: 'How many workers it was made with.' },
      version: { type: 'string', enum: ['1.35', '1.36'] },
      seed: text('What its chance is made of.'),
      speed: SpeedSchema,
      server: text('The address of its Kubernetes API.'),
      forkedFrom: text('The id of the sandbox that it is a copy of.'),
      createdAt: time('When it was made.'),
      expiresAt: optionalTime('When it will be deleted.'),
      time: time('What time it is in the sandbox. Only where one sandbox is shown.'),
      usage: {
        type: 'object',
        properties: { objects: { type: 'integer' }, bytes: { type: 'integer' }, connections: { type: 'integer' } },
        description: 'What it holds, and how many watches and terminals are open.',
      },
      limits: {
        type: 'object',
        properties: { objects: { type: 'integer' }, bytes: { type: 'integer' } },
        description: 'What it may hold.',
      },
      apiToken: text('An API token, for a script that became a guest by this call. Shown only here.'),
    },
    required: ['id', 'name', 'template', 'nodes', 'version', 'seed', 'speed', 'server', 'createdAt', 'expiresAt'],
  },
  Clock: {
    type: 'object',
    properties: { time: time('What time it is in the sandbox.'), speed: SpeedSchema },
    required: ['time', 'speed'],
  },
  Access: {
    type: 'object',
    properties: {
      server: text('The address of the Kubernetes API.'),
      path: text('The same below this server, for pages that came from it.'),
      token: text(
        'The bearer token, for the header or the WebSocket protocol `base64url.bearer.authorization.k8s.io.<base64url of the token>`.',
      ),
      access: { type: 'string', enum: ['view', 'edit'] },
      expiresAt: time('When the token ends; ask again before.'),
    },
    required: ['server', 'path', 'token', 'access', 'expiresAt'],
  },
  ApiToken: {
    type: 'object',
    properties: {
      id: text('What it is revoked by.'),
      name: text('What you called it.'),
      token: text('The token. Shown only when it is made.'),
      createdAt: time('When it was made.'),
      expiresAt: optionalTime('When it ends.'),
      usedAt: optionalTime('The day of its last use.'),
    },
    required: ['id', 'name', 'createdAt', 'expiresAt', 'usedAt'],
  },
  ShareLink: {
    type: 'object',
    properties: {
      id: text('What it is revoked by.'),
      mode: {
        type: 'string',
        enum: ['view', 'edit', 'fork'],
        description: 'What it gives to whoever has it: a look, full access, or a copy of their own.',
      },
      url: text('The link. Shown only when it is made.'),
      createdAt: time('When it was made.'),
      expiresAt: optionalTime('When it ends.'),
    },
    required: ['id', 'mode', 'createdAt', 'expiresAt'],
  },
  Machine: {
    type: 'object',
    properties: {
      name: text('As the node that it is.'),
      role: { type: 'string', enum: ['control-plane', 'worker'] },
      address: text('Its address.'),
      power: { type: 'string', enum: ['on', 'off'] },
      kubeletVersion: text('Version of its kubelet.'),
      services: {
        type: 'object',
        properties: { kubelet: { type: 'string' }, containerd: { type: 'string' } },
        description: 'What systemd says of each: `active`, `inactive`, `failed`.',
      },
    },
    required: ['name', 'role', 'address', 'power', 'kubeletVersion', 'services'],
  },
  Decision: {
    type: 'object',
    properties: {
      pod: text('`namespace/name`'),
      profile: text('The profile of the scheduler that decided.'),
      time: time('When it decided.'),
      isRemembered: { type: 'boolean', description: 'False if it was worked out anew, from how things are now.' },
      outcome: {
        type: 'string',
        enum: ['scheduled', 'unschedulable', 'waiting', 'error'],
        description: 'waiting: its turn has not come, and there are nodes that would take it.',
      },
      chosen: text('The node; absent if there was none.'),
      message: text('As in the event; empty for a pod that has a node.'),
      filters: {
        type: 'array',
        items: { type: 'string' },
        description:
          'The plugins that each node was asked about, in their order. Whoever refused it was the last; those before had nothing against it.',
      },
      nodes: {
        type: 'array',
        description: 'The chosen one first, then those that fit, the best first, then those that were refused.',
        items: {
          type: 'object',
          properties: {
            node: { type: 'string' },
            refused: {
              type: 'object',
              properties: {
                plugin: { type: 'string' },
                reasons: { type: 'array', items: { type: 'string' } },
                isHopeless: { type: 'boolean', description: 'No pod that went would change it.' },
              },
              required: ['plugin', 'reasons', 'isHopeless'],
            },
            scores: { type: 'object', properties: {}, description: 'By plugin, weighted. Absent where there was only one node to choose.' },
            total: { type: 'number' },
          },
          required: ['node'],
        },
      },
      skipped: { type: 'integer', description: 'How many nodes were not looked at: enough fitted, or the pod is limited to others.' },
    },
    required: ['pod', 'profile', 'time', 'isRemembered', 'outcome', 'message', 'filters', 'nodes', 'skipped'],
  },
  Me: {
    type: 'object',
    properties: {
      id: text('The id.'),
      name: { anyOf: [{ type: 'string' }, { type: 'null' }], description: 'The name of the account; null for a guest.' },
      isGuest: { type: 'boolean' },
      createdAt: time('When they came first.'),
      limits: {
        type: 'object',
        properties: {
          sandboxes: { type: 'integer' },
          nodes: { type: 'integer' },
          objects: { type: 'integer' },
          bytes: { type: 'integer' },
          lifetimeSeconds: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
        },
        description: 'How many sandboxes they may have, and how large and how old each may become.',
      },
    },
    required: ['id', 'name', 'isGuest', 'createdAt', 'limits'],
  },
  Problem: {
    type: 'object',
    properties: {
      title: text('What kind of problem.'),
      status: { type: 'integer', description: 'The status of the answer.' },
      detail: text('What is wrong and what to do.'),
      errors: {
        type: 'array',
        items: { type: 'object', properties: { field: { type: 'string' }, message: { type: 'string' } } },
        description: 'Each field that is wrong.',
      },
    },
    required: ['title', 'status', 'detail'],
  },
};

const REFUSALS: Record<number, string> = {
  401: 'Credentials are missing or wrong.',
  403: 'Not allowed, or as much as you may have.',
  404: 'There is no such thing of yours.',
  409: 'The name is taken.',
  410: 'It has ended.',
  422: 'Something in the body is wrong.',
  429: 'Too many calls; `retry-after` says how long to wait.',
};

/** How these refusals are described. */
export function answers(...codes: readonly number[]): Record<number, Answer> {
  const schema = { $ref: '#/components/schemas/Problem' };
  return Object.fromEntries(codes.map((code) => [code, { description: REFUSALS[code]!, schema, types: ['application/problem+json'] }]));
}
