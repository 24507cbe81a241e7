// What is while an extender is waited for: nobody else is tried, what happens is not missed, and an eviction loses nothing.

import { expect, test } from 'vitest';
import { pods } from '../../../../worker/resources/core/pod.ts';
import type { makeLab } from '../lab.ts';
import { HOST, makeFakeLab } from './fake.ts';

const ONE = `- {urlPrefix: '${HOST}', filterVerb: filter, nodeCacheCapable: true}\n`;
const pass = ({ NodeNames }: { NodeNames: readonly string[] | null }): object => ({ NodeNames });

test('one pod is tried after the other', async () => {
  const lab = makeFakeLab(ONE, { filter: pass });
  lab.node({ name: 'a', allocatable: { pods: '1' } });
  lab.pod({ name: 'p' });
  lab.pod({ name: 'q' });
  lab.settle();
  expect(lab.asked).toEqual(['filter a']);
  await lab.answered();
  expect([lab.placeOf('p'), lab.placeOf('q')]).toEqual(['a', undefined]);
  expect(lab.asked).toEqual(['filter a']);
});

test('a change meanwhile is not missed', async () => {
  let isIn = false;
  const lab = makeFakeLab(ONE, { filter: ({ NodeNames }) => ({ NodeNames: NodeNames!.filter((name) => name !== 'a') }) });
  lab.node({ name: 'a' });
  lab.pod({ name: 'p' });
  lab.settle();
  isIn = lab.asked.length === 1;
  lab.node({ name: 'b' });
  lab.settle();
  expect([isIn, lab.placeOf('p')]).toEqual([true, undefined]);
  await lab.answered();
  expect(lab.placeOf('p')).toBe('b');
});

test('a pod that is deleted meanwhile is forgotten, and one that was bound by others left alone', async () => {
  const lab = makeFakeLab(ONE, { filter: pass });
  lab.node({ name: 'a' });
  lab.pod({ name: 'p' });
  lab.settle();
  lab.removePod('p');
  await lab.answered();
  lab.pod({ name: 'q' });
  lab.settle();
  const target = { kind: 'Node', name: 'a' };
  lab.api.act(pods, 'binding', 'default', 'q', { kind: 'Binding', apiVersion: 'v1', metadata: { name: 'q' }, target });
  await lab.answered();
  expect([lab.eventsOf('p'), lab.eventsOf('q')]).toEqual([[], []]);
  expect(lab.asked).toEqual(['filter a', 'filter a']);
  expect(lab.errors).toEqual([]);
});

test('a pod of the same name that has come meanwhile is not told what was found for the one before', async () => {
  const lab = makeFakeLab(`- {urlPrefix: '${HOST}', preemptVerb: preempt, nodeCacheCapable: true}\n`, {
    preempt: ({ NodeNameToMetaVictims }) => ({ NodeNameToMetaVictims }),
  });
  lab.node({ name: 'a', allocatable: { cpu: '1' } });
  lab.pod({ name: 'small', requests: { cpu: '1' } });
  lab.settle();
  lab.pod({ name: 'p', priority: 10, requests: { cpu: '1' } });
  lab.settle();
  lab.removePod('p');
  lab.pod({ name: 'p', schedulingGates: [{ name: 'example.com/wait' }], requests: { cpu: '1' } });
  await lab.answered();
  expect(lab.asked).toEqual(['preempt a']);
  expect(lab.eventsOf('p')).toEqual([]);
  expect(lab.scheduled('p')).toMatch(/^False SchedulingGated/);
});

test.each([
  { verb: 'filterVerb: filter', asked: ['filter a', 'filter a'] },
  { verb: 'bindVerb: filter', asked: ['filter a', 'filter a'] },
])('after an eviction an extender is asked again: $verb', async ({ verb, asked }) => {
  const bindIt = (lab: ReturnType<typeof makeLab>): object => {
    if (verb.startsWith('filter')) return { NodeNames: ['a'] };
    const target = { kind: 'Node', name: 'a' };
    lab.api.act(pods, 'binding', 'default', 'p', { kind: 'Binding', apiVersion: 'v1', metadata: { name: 'p' }, target });
    return {};
  };
  const extender = `- {urlPrefix: '${HOST}', ${verb}, nodeCacheCapable: true}\n`;
  const first = makeFakeLab(extender, { filter: () => undefined });
  first.node({ name: 'a' });
  first.pod({ name: 'p' });
  first.settle();
  first.save();
  const second: ReturnType<typeof makeFakeLab> = makeFakeLab(extender, { filter: () => bindIt(second) }, { backend: first.backend });
  second.advance(10_000);
  await second.answered();
  expect([...first.asked, ...second.asked]).toEqual(asked);
  expect(second.placeOf('p')).toBe('a');
  expect(second.eventsOf('p')).toEqual(['Normal Scheduled Successfully assigned default/p to a']);
});

test('its course does not depend on when others look', async () => {
  const logs = await Promise.all(
    [1, 200].map(async (slice) => {
      const lab = makeFakeLab(ONE, { filter: pass }, { slice });
      for (const name of ['a', 'b', 'c']) lab.node({ name });
      for (const name of ['p', 'q', 'r']) lab.pod({ name });
      await lab.answered();
      return ['p', 'q', 'r'].map((name) => lab.placeOf(name));
    }),
  );
  expect(logs[1]).toEqual(logs[0]);
});
