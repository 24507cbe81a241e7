// The contract between the work queue and a controller that keeps something in memory: it hears of every change once, in order, and can save what it must.

import { describe, expect, test } from 'vitest';
import type { Controller, ControllerContext } from '../../../worker/api/controller.ts';
import { SyncError, watch, watchIn } from '../../../worker/api/controller.ts';
import { configMaps } from '../../../worker/resources/core/configmap.ts';
import { MemoryBackend } from '../../../worker/store/memory.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

/** Notes what it is told; `count` is how many changes it has seen, kept in memory and saved at commits. */
function makeWitness(): { controller: Controller; told: string[]; count: () => number } {
  const told: string[] = [];
  let count = 0;
  let context: ControllerContext | undefined;
  const controller: Controller = {
    name: 'witness',
    component: 'test',
    watches: [
      watch(configMaps, (object, previous, _reader, type) => {
        count++;
        told.push(`${type} ${object.metadata.name} ${previous?.data?.['v'] ?? '-'}>${object.data?.['v'] ?? '-'}`);
        return ['all'];
      }),
    ],
    start(given, resumed) {
      context = given;
      told.push(resumed ? 'resumed' : 'started');
      count = resumed ? (context.state.get<number>('count') ?? 0) : 0;
    },
    save: ({ state }) => state.set('count', count),
    reconcile(key) {
      told.push(`reconcile ${key} at ${(context!.now() / 1000) % 60}`);
      if (key !== 'all') return;
      context!.enqueue('soon');
      context!.enqueue('later', { after: 2000 });
    },
  };
  return { controller, told, count: () => count };
}

const make = (controller: Controller, backend = new MemoryBackend()): TestCluster =>
  makeTestCluster({ backend, nodes: 0, extraControllers: [controller], alone: true });
const put = ({ api }: TestCluster, v: string): unknown =>
  v === '1'
    ? api.create(configMaps, { metadata: { name: 'a', namespace: 'default' }, data: { v } })
    : api.update(configMaps, { ...api.get(configMaps, 'default', 'a')!, data: { v } });

describe('a controller with a memory', () => {
  test('hears every change once, with its type, before its keys are reconciled; may enqueue others', () => {
    const { controller, told } = makeWitness();
    const cluster = make(controller);
    put(cluster, '1');
    put(cluster, '2');
    cluster.api.delete(configMaps, 'default', 'a');
    cluster.advance(2000);
    expect(told).toEqual([
      'resumed',
      'created a ->1',
      'updated a 1>2',
      'deleted a 2>2',
      'reconcile all at 0',
      'reconcile soon at 0',
      'reconcile later at 2',
    ]);
  });

  test('goes on after an eviction with what it saved', () => {
    const backend = new MemoryBackend();
    const first = makeWitness();
    const cluster = make(first.controller, backend);
    put(cluster, '1');
    cluster.settle();
    const second = makeWitness();
    const again = make(second.controller, backend);
    again.settle();
    expect(second.told).toEqual([]);
    put(again, '2');
    again.settle();
    expect(second.told.slice(0, 2)).toEqual(['resumed', 'updated a 1>2']);
    expect(second.count()).toBe(2);
  });

  test('is told everything anew when its process starts again', () => {
    const { controller, told, count } = makeWitness();
    const cluster = make(controller);
    put(cluster, '1');
    put(cluster, '2');
    cluster.settle();
    told.length = 0;
    cluster.cluster.loop.resync('test');
    expect(told).toEqual(['started', 'created a ->2']);
    expect(count()).toBe(1);
  });
});

describe('a watch of one namespace', () => {
  const heard: string[] = [];
  const note =
    (who: string) =>
    ({ metadata }: { metadata: { namespace?: string; name: string } }): string[] => {
      heard.push(`${who} ${metadata.namespace}/${metadata.name}`);
      return [];
    };
  const controller = {
    name: 'listeners',
    component: 'test',
    watches: [
      watchIn('kube-system', configMaps, note('first')),
      watch(configMaps, note('second')),
      watchIn('default', configMaps, note('third')),
      watchIn('kube-system', configMaps, note('fourth')),
    ],
    reconcile: () => {},
  };
  const expected = [
    'second default/a',
    'third default/a',
    'first kube-system/b',
    'second kube-system/b',
    'fourth kube-system/b',
    'second kube-public/c',
  ];

  test('hears of no other, and everybody in the order in which they were made', () => {
    heard.length = 0;
    const { api, settle } = make(controller);
    for (const [namespace, name] of [
      ['default', 'a'],
      ['kube-system', 'b'],
      ['kube-public', 'c'],
    ] as const)
      api.create(configMaps, { metadata: { namespace, name } });
    settle();
    expect(heard.filter((one) => /\/[abc]$/.test(one))).toEqual(expected);
  });

  test('hears of no other when its process starts again', () => {
    const cluster = make(controller);
    for (const namespace of ['default', 'kube-system']) cluster.api.create(configMaps, { metadata: { namespace, name: 'a' } });
    cluster.settle();
    heard.length = 0;
    cluster.cluster.loop.resync('test');
    expect(heard.filter((one) => one.endsWith('/a'))).toEqual([
      'first kube-system/a',
      'second default/a',
      'second kube-system/a',
      'third default/a',
      'fourth kube-system/a',
    ]);
  });
});

describe('a work queue', () => {
  test('counts what came, what was done, and what failed', () => {
    let failures = 2;
    const cluster = make({
      name: 'counted',
      component: 'test',
      watches: [watch(configMaps)],
      reconcile: () => {
        if (failures-- > 0) throw new SyncError('not yet');
      },
    });
    put(cluster, '1');
    expect(cluster.cluster.loop.queues()).toEqual([]);
    cluster.advance(1000);
    put(cluster, '2');
    cluster.settle();
    expect(cluster.cluster.loop.queues()).toEqual([{ name: 'counted', component: 'test', adds: 4, depth: 0, reconciles: 4, retries: 2 }]);
  });
});
