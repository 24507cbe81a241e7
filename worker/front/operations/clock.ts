// /api/v1/sandboxes/{id}/clock: the sandbox's own time.

import { eq } from 'drizzle-orm';
import type { SandboxStatus } from '../bindings.ts';
import { parseDuration } from '../duration.ts';
import { json, operation } from '../operation.ts';
import type { Operation } from '../operation.ts';
import { invalid } from '../problem.ts';
import { ownSandbox } from '../sandboxes.ts';
import { answers, SpeedSchema } from '../schemas.ts';
import { sandboxes } from '../tables.ts';
import { alive } from './sandboxes.ts';

const ID = { id: 'The id of the sandbox.' };
const CLOCK = { description: 'The clock as it is now.', schema: { $ref: '#/components/schemas/Clock' } } as const;
const MAX_STEP_MS = 30 * 24 * 3_600_000;

const show = operation({
  id: 'getClock',
  method: 'GET',
  path: '/sandboxes/{id}/clock',
  tag: 'Clock',
  summary: 'What time it is in a sandbox',
  access: 'user',
  params: ID,
  answers: { 200: CLOCK, ...answers(401, 404) },
  run: async (call) => {
    const row = await ownSandbox(call);
    return json(present(await alive(call, row, call.sandbox(row.id).status())));
  },
});

const setSpeed = operation({
  id: 'setSpeed',
  method: 'PATCH',
  path: '/sandboxes/{id}/clock',
  tag: 'Clock',
  summary: 'Let time run faster, slower, or not at all',
  access: 'user',
  params: ID,
  needsBody: true,
  body: { type: 'object', properties: { speed: SpeedSchema }, required: ['speed'] },
  answers: { 200: CLOCK, ...answers(401, 404, 422) },
  run: async (call) => {
    const row = await ownSandbox(call);
    const { speed } = call.body;
    const status = await alive(call, row, call.sandbox(row.id).setSpeed(speed));
    await call.db
      .update(sandboxes)
      .set({ speed: String(speed) })
      .where(eq(sandboxes.id, row.id));
    return json(present(status));
  },
});

const step = operation({
  id: 'stepClock',
  method: 'POST',
  path: '/sandboxes/{id}/clock/step',
  tag: 'Clock',
  summary: 'Move time on by hand',
  description:
    'Everything that would have happened meanwhile happens, each event at its own time, before the answer comes. Also while time is paused.',
  access: 'user',
  params: ID,
  needsBody: true,
  body: {
    type: 'object',
    properties: {
      by: {
        anyOf: [{ type: 'string', maxLength: 40 }, { type: 'number' }],
        description: 'How far: `30s`, `1h`, `7d`, or a number of seconds.',
        example: '1h',
      },
    },
    required: ['by'],
  },
  answers: { 200: CLOCK, ...answers(401, 404, 422) },
  run: async (call) => {
    const by = parseDuration(call.body.by);
    if (by === undefined || by <= 0 || by > MAX_STEP_MS)
      throw invalid([
        {
          field: 'by',
          message: `must be a length of time up to 30d, like "30s", "1h" or a number of seconds, not ${JSON.stringify(call.body.by)}`,
        },
      ]);
    const row = await ownSandbox(call);
    return json(present(await alive(call, row, call.sandbox(row.id).step(by))));
  },
});

export const clockOperations: readonly Operation[] = [show, setSpeed, step];

const present = ({ time, speed }: SandboxStatus): Record<string, unknown> => ({ time: new Date(time).toISOString(), speed });
