// LimitRanges: what is filled in, and what is refused.

import { describe, expect, test } from 'vitest';
import { makeAsker, podOf } from './ask.ts';
import type { Asker } from './ask.ts';

const withRange = async (...limits: object[]): Promise<Asker> => {
  const asker = makeAsker();
  expect((await asker.ask('POST limitranges', { metadata: { name: 'lr' }, spec: { limits } })).status).toBe(201);
  return asker;
};
const pod = (...containers: object[]): object =>
  podOf({ containers: containers.map((resources, i) => ({ name: `c${i}`, image: 'x', resources })) });

describe('containers that do not say what they want', () => {
  test.each([
    {
      name: 'get it, and the pod says so',
      limits: { default: { cpu: '500m', memory: '64Mi' }, defaultRequest: { cpu: '100m', memory: '32Mi' } },
      given: {},
      want: { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '100m', memory: '32Mi' } },
      annotation: 'LimitRanger plugin set: cpu, memory request for container c0; cpu, memory limit for container c0',
    },
    {
      name: 'keep what they say',
      limits: { default: { cpu: '500m' }, defaultRequest: { cpu: '100m' } },
      given: { requests: { cpu: '50m' }, limits: { cpu: '60m' } },
      want: { requests: { cpu: '50m' }, limits: { cpu: '60m' } },
      annotation: undefined,
    },
  ])('$name', async ({ limits, given, want, annotation }) => {
    const { ask } = await withRange({ type: 'Container', ...limits });
    const { body } = await ask('POST pods', pod(given));
    expect((body.spec['containers'] as { resources: object }[])[0]!.resources).toEqual(want);
    expect((body.metadata['annotations'] as Record<string, string> | undefined)?.['kubernetes.io/limit-ranger']).toBe(annotation);
  });

  test('init containers too', async () => {
    const { ask } = await withRange({ type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '1' } });
    const { body } = await ask('POST pods', podOf({ initContainers: [{ name: 'i', image: 'x' }] }));
    expect((body.metadata['annotations'] as Record<string, string>)['kubernetes.io/limit-ranger']).toBe(
      'LimitRanger plugin set: cpu request for container c; cpu limit for container c; cpu request for init container i; cpu limit for init container i',
    );
  });
});

describe('what is refused', () => {
  const both = (cpu: string): object => ({ requests: { cpu }, limits: { cpu } });
  test.each([
    [
      'too little',
      { type: 'Container', min: { cpu: '100m' } },
      [both('10m')],
      'minimum cpu usage per Container is 100m, but request is 10m',
    ],
    [
      'nothing asked',
      { type: 'Pod', min: { memory: '1Mi' } },
      [both('1')],
      'minimum memory usage per Pod is 1Mi.  No request is specified',
    ],
    ['no limit', { type: 'Pod', max: { memory: '1Gi' } }, [both('1')], 'maximum memory usage per Pod is 1Gi.  No limit is specified'],
    ['too much', { type: 'Container', max: { cpu: '1' } }, [both('2')], 'maximum cpu usage per Container is 1, but limit is 2'],
    [
      'too much together',
      { type: 'Pod', max: { cpu: '1500m' } },
      [both('800m'), both('800m')],
      'maximum cpu usage per Pod is 1500m, but limit is 1600m',
    ],
    [
      'too wide',
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      [{ requests: { cpu: '100m' }, limits: { cpu: '500m' } }],
      'cpu max limit to request ratio per Container is 2, but provided ratio is 5.000000',
    ],
  ])('%s', async (_name, limit, containers, problem) => {
    const { ask } = await withRange(limit);
    expect(await ask('POST pods', pod(...containers))).toMatchObject({ status: 403, message: `pods "p" is forbidden: ${problem}` });
  });

  test('two problems are told together; a pod that is there may be changed', async () => {
    const { ask } = makeAsker();
    await ask('POST pods', pod(both('2')));
    await ask('POST limitranges', {
      metadata: { name: 'lr' },
      spec: { limits: [{ type: 'Container', max: { cpu: '1', memory: '1Gi' } }] },
    });
    expect((await ask('PATCH pods/p', { metadata: { labels: { a: 'b' } } })).status).toBe(200);
    const refused = await ask(
      'POST pods',
      podOf(
        {
          containers: [
            { name: 'c', image: 'x', resources: { requests: { cpu: '2', memory: '2Gi' }, limits: { cpu: '2', memory: '2Gi' } } },
          ],
        },
        { name: 'q' },
      ),
    );
    expect(refused.message).toBe(
      'pods "q" is forbidden: [maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per Container is 1Gi, but limit is 2Gi]',
    );
  });

  test.each([
    ['5Gi', 'maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 5Gi'],
    ['5Mi', 'minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 5Mi'],
  ])('a claim of %s', async (storage, problem) => {
    const { ask } = await withRange({ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } });
    const claim = { metadata: { name: 'd' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } } };
    expect(await ask('POST persistentvolumeclaims', claim)).toMatchObject({
      status: 403,
      message: `persistentvolumeclaims "d" is forbidden: ${problem}`,
    });
  });
});
