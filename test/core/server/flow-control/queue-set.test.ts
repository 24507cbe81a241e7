// The queues of one level: who comes next.

import { expect, test } from 'vitest';
import { QueueSet } from '../../../../worker/server/flow-control/queue-set.ts';
import type { FlowRequest, Queuing, Refusal } from '../../../../worker/server/flow-control/queue-set.ts';

interface Asked extends FlowRequest {
  readonly name: string;
}

/** A level of `limit` seats; requests take as long as one says. `order` has who was let in and who was not. */
function given(
  queuing: Queuing | undefined,
  limit: number,
): { set: QueueSet; order: string[]; ask(name: string, now: number, seats?: number, schema?: string): Asked } {
  const order: string[] = [];
  const set = new QueueSet({ serviceMs: 10, now: 0, changed: () => {}, noRoom: ({ schema }) => void order.push(`no room for ${schema}`) });
  set.configure(queuing, limit, 0);
  return {
    set,
    order,
    ask(name, now, seats = 1, schema = name.replace(/\d+$/, '')) {
      const request: Asked = {
        name,
        schema,
        distinguisher: '',
        work: { initialSeats: seats, finalSeats: 0, additionalLatency: 0 },
        arrivedAt: now,
        deadline: now + 1000,
        mayWait: true,
        arrivalR: 0,
        queue: undefined,
        queued: () => {},
        started: () => void order.push(name),
        refused: (reason: Refusal) => void order.push(`${name}: ${reason}`),
      };
      set.start(request, now);
      return request;
    },
  };
}

const QUEUES = { queues: 64, handSize: 1, queueLengthLimit: 10 };

test('one that has had much waits for one that has had little', () => {
  const { set, order, ask } = given(QUEUES, 1);
  const running = ask('greedy1', 0);
  for (let i = 2; i <= 5; i++) ask(`greedy${i}`, 0);
  ask('modest1', 0);
  set.finish(running, 10);
  expect(order).toEqual(['greedy1', 'modest1']);
  expect([set.waiting, set.executing, set.seatsInUse]).toEqual([4, 1, 1]);
});

test('equals take turns', () => {
  const { set, order, ask } = given(QUEUES, 1);
  const running: Asked[] = [ask('first', 0)];
  for (const name of ['a1', 'a2', 'a3', 'b1', 'b2', 'b3']) running.push(ask(name, 0));
  for (let now = 10; now <= 60; now += 10) {
    const next = running.find(({ name }) => name === order.at(-1))!;
    set.finish(next, now);
  }
  const flows = order.slice(1).map((name) => name[0]);
  expect(new Set(flows.slice(0, 2)).size).toBe(2);
  expect(new Set(flows.slice(2, 4)).size).toBe(2);
  expect(set.queues.size).toBe(3);
});

test('a wide one waits until there is room for it, and is not passed by ever more small ones', () => {
  const { set, order, ask } = given({ ...QUEUES, queueLengthLimit: 100 }, 4);
  const all = [ask('small1', 0), ask('small2', 0), ask('wide1', 1, 4)];
  for (let i = 1; i <= 40; i++) all.push(ask(`late${i}`, 2));
  expect(order.slice(0, 3)).toEqual(['small1', 'small2', 'no room for wide']);
  const isRunning = ({ name, startedAt }: Asked): boolean => startedAt !== undefined && !finished.has(name);
  const finished = new Set<string>();
  for (let now = 10; !order.includes('wide1'); now += 10)
    for (const request of all.filter(isRunning)) {
      finished.add(request.name);
      set.finish(request, now);
    }
  expect([...finished].filter((name) => name.startsWith('late')).length).toBeLessThan(10);
});

test('one that is wider than all goes alone', () => {
  const { order, ask } = given(undefined, 4);
  ask('wide1', 0, 9);
  ask('small1', 0);
  expect(order).toEqual(['wide1', 'small1: concurrency-limit']);
});

test('a full queue refuses, and who waited for too long is refused', () => {
  const { set, order, ask } = given({ ...QUEUES, queueLengthLimit: 2 }, 1);
  for (let i = 1; i <= 4; i++) ask(`a${i}`, i);
  expect(order).toEqual(['a1', 'a4: queue-full']);
  set.giveUp(1002);
  expect(order.at(-1)).toBe('a2: time-out');
  expect([set.rejected, set.timedOut, set.waiting, set.nextDeadline]).toEqual([2, 1, 1, 1003]);
});

test('ten million queues cost nothing until somebody is in them', () => {
  const { set, ask } = given({ queues: 10_000_000, handSize: 2, queueLengthLimit: 1 }, 5000);
  const all = Array.from({ length: 3000 }, (_, i) => ask(`x${i}`, 0, 1, `flow-${i}`));
  for (const one of all) set.finish(one, 1);
  expect(set.queues.size).toBeLessThanOrEqual(1000);
  expect(set.isIdle).toBe(true);
});

test('fewer queues: those that are too many go when nobody is in them', () => {
  const { set, ask } = given(QUEUES, 100);
  const all = Array.from({ length: 40 }, (_, i) => ask(`x${i}`, 0, 1, `flow-${i}`));
  set.configure({ ...QUEUES, queues: 2 }, 100, 1);
  const before = set.queues.size;
  expect(before).toBeGreaterThan(2);
  for (const one of all) set.finish(one, 2);
  expect(set.queues.size).toBeLessThanOrEqual(2);
});
