// Time: timers, sleep and catching up, speeds. With a controller of the test's own inside a real loop.

import { describe, expect, test } from 'vitest';
import type { Controller } from '../../../worker/api/controller.ts';
import { watch } from '../../../worker/api/controller.ts';
import { splitKey } from '../../../worker/api/object.ts';
import { configMaps } from '../../../worker/resources/core/configmap.ts';
import { makeTestCluster, START } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

/** Adds the time to data.ticks, every `data.every` seconds, `data.times` times; fails when data.fail says so. */
const ticker: Controller = {
  name: 'ticker',
  component: 'test',
  watches: [watch(configMaps)],
  reconcile(key, { api, now, state }) {
    const { namespace, name } = splitKey(key);
    const object = api.get(configMaps, namespace, name);
    if (!object?.data?.['every']) return undefined;
    if (object.data['fail'] && Number(object.data['fail']) > (state.get<number>(key) ?? 0)) {
      state.set(key, (state.get<number>(key) ?? 0) + 1);
      throw new Error('as told');
    }
    const every = Number(object.data['every']) * 1000;
    const ticks = object.data['ticks']?.split(',') ?? [];
    const last = ticks.length ? Number(ticks.at(-1)) : -Infinity;
    const seconds = (now() - START) / 1000;
    const isDue = seconds * 1000 - last * 1000 >= every;
    if (isDue) {
      ticks.push(String(seconds));
      api.update(configMaps, { ...object, data: { ...object.data, ticks: ticks.join(',') } });
    }
    if (ticks.length >= Number(object.data['times'] ?? Infinity)) return undefined;
    return { after: every - (isDue ? 0 : seconds * 1000 - last * 1000), ...(object.data['background'] && { background: true }) };
  },
};

const make = (options: Parameters<typeof makeTestCluster>[0] = {}): TestCluster =>
  makeTestCluster({ extraControllers: [ticker], ...options });
const start = ({ api }: TestCluster, data: Record<string, string>): unknown =>
  api.create(configMaps, { metadata: { name: 'a', namespace: 'default' }, data });
const ticks = ({ api }: TestCluster): number[] =>
  (api.get(configMaps, 'default', 'a')?.data?.['ticks'] ?? '').split(',').filter(Boolean).map(Number);

describe('timers', () => {
  test('a wait ends when its time has come, not before', () => {
    const cluster = make();
    start(cluster, { every: '10' });
    cluster.advance(9_999);
    expect(ticks(cluster)).toEqual([0]);
    cluster.advance(1);
    expect(ticks(cluster)).toEqual([0, 10]);
    cluster.advance(25_000);
    expect(ticks(cluster)).toEqual([0, 10, 20, 30]);
  });

  test('a failure is tried again after 5 ms, doubling', () => {
    const cluster = make();
    start(cluster, { every: '10', fail: '4' });
    cluster.advance(1000);
    expect(ticks(cluster)).toEqual([(5 + 10 + 20 + 40) / 1000]);
    expect(cluster.errors).toHaveLength(4);
  });
});

describe('sleep', () => {
  test('what was missed is lived through at its own time before the next request is answered', async () => {
    const cluster = make();
    start(cluster, { every: '60' });
    cluster.settle();
    cluster.sleep(10 * 60_000 + 5000);
    const seen = await cluster.request<{ data: { ticks: string } }>('GET', '/api/v1/namespaces/default/configmaps/a');
    expect(seen.body.data.ticks).toBe('0,60,120,180,240,300,360,420,480,540,600');
  });

  test('of a long sleep, the last day is lived through', async () => {
    const cluster = make();
    start(cluster, { every: '3600' });
    cluster.settle();
    cluster.sleep(30 * 24 * 3_600_000);
    await cluster.request('GET', '/version');
    const seen = ticks(cluster);
    expect(seen).toHaveLength(1 + 1 + 24);
    expect(seen.at(-1)).toBe(30 * 24 * 3600);
  });
});

test('a step by hand that takes its time loses none of what the clock runs on meanwhile', async () => {
  const slowly: Controller = {
    ...ticker,
    reconcile(key, context) {
      cluster.sleep(100);
      return ticker.reconcile(key, context);
    },
  };
  const cluster: TestCluster = makeTestCluster({ extraControllers: [slowly], speed: 60 });
  start(cluster, { every: '60' });
  cluster.settle();
  await cluster.cluster.course.step(3_600_000);
  await cluster.request('GET', '/version');
  const seen = ticks(cluster);
  expect(seen.length).toBeGreaterThan(65);
  expect(seen).toEqual(seen.map((_, i) => 60 * i));
});

describe('speeds', () => {
  test('faster', () => {
    const cluster = make({ speed: 60 });
    start(cluster, { every: '60' });
    cluster.advance(3000);
    expect(ticks(cluster)).toEqual([0, 60, 120, 180]);
  });

  test('faster, at times that are no whole milliseconds outside', () => {
    const cluster = make({ speed: 60 });
    start(cluster, { every: '7' });
    cluster.advance(400);
    expect(ticks(cluster)).toHaveLength(4);
  });

  test('paused: nothing is due, whatever happens outside', () => {
    const cluster = make({ speed: 'paused' });
    start(cluster, { every: '1' });
    cluster.advance(3_600_000);
    expect(ticks(cluster)).toEqual([0]);
  });

  test('instant: waits take no time while there is work', () => {
    const cluster = make({ speed: 'instant' });
    start(cluster, { every: '60', times: '5' });
    cluster.settle();
    expect(ticks(cluster)).toEqual([0, 60, 120, 180, 240]);
    expect(cluster.elapsed()).toBe(0);
  });

  test('instant: what only repeats in the background keeps its time', () => {
    const cluster = make({ speed: 'instant' });
    start(cluster, { every: '60', background: 'yes' });
    cluster.settle();
    expect(ticks(cluster)).toEqual([0]);
    cluster.advance(60_000);
    expect(ticks(cluster)).toEqual([0, 60]);
  });

  test('instant: work without end stops after an hour, until something is asked again', async () => {
    const cluster = make({ speed: 'instant' });
    start(cluster, { every: '600' });
    cluster.settle();
    expect(ticks(cluster)).toHaveLength(7);
    await cluster.request('GET', '/version');
    cluster.settle();
    expect(ticks(cluster)).toHaveLength(13);
  });
});

describe('eviction', () => {
  test('between any two steps: the same end, at the same times', () => {
    const lived = make();
    start(lived, { every: '7', times: '9', fail: '2' });
    lived.advance(100_000);

    let evicted = make();
    start(evicted, { every: '7', times: '9', fail: '2' });
    for (let second = 0; second < 100; second++) {
      evicted.save();
      evicted = make({ backend: evicted.backend, startAt: evicted.elapsed() });
      evicted.advance(1000);
    }
    expect(ticks(evicted)).toEqual(ticks(lived));
    expect(evicted.cluster.registry.revision).toBe(lived.cluster.registry.revision);
  });
});

describe('determinism', () => {
  test('the same seed and inputs make the same log, byte for byte', async () => {
    const run = async (seed: string): Promise<string> => {
      const cluster = make({ seed });
      start(cluster, { every: '3', fail: '1' });
      cluster.advance(20_000);
      await cluster.request('POST', '/api/v1/namespaces/default/configmaps', { metadata: { generateName: 'x-' } });
      cluster.advance(5000);
      return cluster.log();
    };
    expect(await run('one')).toBe(await run('one'));
    expect(await run('one')).not.toBe(await run('two'));
  });
});
