// Pods through the registry: what is stored of what is sent, and what Tables show of it.

import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../../worker/api/gen/core-v1.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { formatTime } from '../../../../worker/lib/time.ts';
import { NOW, withChanges } from './given.ts';
import type { Changes } from './given.ts';
import { podOf, storedPod } from './pods.ts';

describe('defaults', () => {
  const spec = (changes: Changes): Pod['spec'] => podOf(changes).spec;

  test('requests are limits, where they are not given', () => {
    const { containers, initContainers } = spec({
      'spec.containers.0.resources': { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } },
      'spec.initContainers': [{ name: 'i', image: 'i', resources: { limits: { cpu: '2' } } }],
    });
    expect(containers[0]!.resources.requests).toEqual({ cpu: '500m', memory: '1Gi' });
    expect(initContainers![0]!.resources.requests).toEqual({ cpu: '2' });
  });

  test('in the network of the node, ports are ports of the node', () => {
    const { containers } = spec({
      'spec.hostNetwork': true,
      'spec.containers.0.ports': [{ containerPort: 80 }, { containerPort: 81, hostPort: 82 }],
    });
    expect(containers[0]!.ports!.map(({ hostPort }) => hostPort)).toEqual([80, 82]);
  });

  test.each<[string, Changes, object]>([
    ['from the limits of the pod', { 'spec.resources': { limits: { cpu: '1' } } }, { limits: { cpu: '1' }, requests: { cpu: '1' } }],
    [
      'from what containers ask for',
      { 'spec.resources': { limits: { cpu: '4', memory: '1Gi' } }, 'spec.containers.0.resources': { requests: { cpu: '1' } } },
      { limits: { cpu: '4', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } },
    ],
    [
      'not without limits',
      { 'spec.resources': { requests: { cpu: '1' } }, 'spec.containers.0.resources': { requests: { memory: '1Gi' } } },
      { requests: { cpu: '1' } },
    ],
    [
      'huge pages from the limits of containers',
      { 'spec.resources': { requests: { cpu: '1' } }, 'spec.containers.0.resources': { limits: { cpu: '1', 'hugepages-2Mi': '2Mi' } } },
      { requests: { cpu: '1', 'hugepages-2Mi': '2Mi' }, limits: { 'hugepages-2Mi': '2Mi' } },
    ],
  ])('requests of the whole pod: %s', (_name, changes, want) => {
    expect(spec(changes).resources).toEqual(want);
  });

  test('enableServiceLinks, and a grace period that is no less than 1', () => {
    expect(spec({}).enableServiceLinks).toBe(true);
    expect(spec({ 'spec.terminationGracePeriodSeconds': -7 }).terminationGracePeriodSeconds).toBe(1);
  });
});

describe('as it is stored', () => {
  test('a status of its own, and generation 1', () => {
    const pod = storedPod({ 'status.phase': 'Running', 'status.podIP': '1.2.3.4' });
    expect(pod.status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
    expect(pod.metadata.generation).toBe(1);
  });

  test('gates show as a condition', () => {
    expect(storedPod({ 'spec.schedulingGates': [{ name: 'g' }] }).status.conditions).toEqual([
      {
        type: 'PodScheduled',
        status: 'False',
        lastProbeTime: null,
        lastTransitionTime: formatTime(NOW),
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ]);
  });

  test('label keys become expressions', () => {
    const selector = { matchLabels: { x: 'y' } };
    const { affinity, topologySpreadConstraints } = storedPod({
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution': [
        { topologyKey: 'z', labelSelector: selector, matchLabelKeys: ['app'], mismatchLabelKeys: ['missing'] },
      ],
      'spec.topologySpreadConstraints': [
        { maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule', labelSelector: selector, matchLabelKeys: ['app'] },
      ],
    }).spec;
    const want = { ...selector, matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] };
    expect(affinity!.podAffinity!.requiredDuringSchedulingIgnoredDuringExecution![0]!.labelSelector).toEqual(want);
    expect(topologySpreadConstraints![0]!.labelSelector).toEqual(want);
  });

  test('a profile from an annotation becomes the field', () => {
    const { containers } = storedPod({
      'metadata.annotations': { 'container.apparmor.security.beta.kubernetes.io/c': 'localhost/p' },
    }).spec;
    expect(containers[0]!.securityContext).toEqual({ appArmorProfile: { type: 'Localhost', localhostProfile: 'p' } });
  });

  const resources = (limits?: object, requests?: object): Changes => ({
    'spec.containers.0.resources': { ...(limits && { limits }), ...(requests && { requests }) },
  });
  test.each<[string, Changes]>([
    ['BestEffort', {}],
    ['BestEffort', resources({ 'example.com/gpu': '1' })],
    ['Burstable', resources(undefined, { cpu: '1' })],
    ['Burstable', resources({ cpu: '1' })],
    ['Guaranteed', resources({ cpu: '1', memory: '1Gi' })],
    ['Guaranteed', resources({ cpu: '1', memory: '1Gi' }, { cpu: '1000m', memory: '1024Mi' })],
    ['Burstable', resources({ cpu: '1', memory: '1Gi' }, { cpu: '500m' })],
    ['Burstable', { ...resources({ cpu: '1', memory: '1Gi' }), 'spec.initContainers': [{ name: 'i', image: 'i' }] }],
    ['Guaranteed', { 'spec.resources': { limits: { cpu: '1', memory: '1Gi' } } }],
    ['Burstable', { 'spec.resources': { limits: { cpu: '1' } } }],
  ])('%s: %j', (want, changes) => {
    expect(storedPod(changes).status.qosClass).toBe(want);
  });
});

describe('updates', () => {
  const update = (was: Changes, changes: Changes): Pod => {
    const [old, pod] = [storedPod(was), podOf({ ...was, ...changes })];
    pod.metadata.generation = old.metadata.generation!;
    pods.prepareForUpdate!(pod, old, undefined as never);
    return pod;
  };

  test('the generation counts what is wanted, not what is', () => {
    expect(update({}, { 'spec.containers.0.image': 'other' }).metadata.generation).toBe(2);
    expect(update({}, { 'metadata.labels.a': 'b', 'status.phase': 'Failed' }).metadata.generation).toBe(1);
    expect(update({}, { 'status.phase': 'Failed' }).status.phase).toBe('Pending');
  });

  const part = (name: string, was: Changes, changes: Changes): Pod => {
    const [old, pod] = [storedPod(was), podOf({ ...was, ...changes })];
    const subresource = pods.subresources[name];
    if (subresource?.type === 'object') subresource.prepareForUpdate!(pod, old, undefined as never);
    return pod;
  };

  test('a status leaves the rest, and a status without QoS class keeps it', () => {
    const pod = part('status', {}, { 'spec.nodeName': 'n', 'status.phase': 'Running' });
    expect(pod.spec.nodeName).toBeUndefined();
    expect(pod.status).toEqual({ phase: 'Running', qosClass: 'BestEffort' });
  });

  test('ephemeral containers leave all but themselves', () => {
    const pod = part(
      'ephemeralcontainers',
      {},
      { 'spec.nodeName': 'n', 'metadata.labels': { other: 'x' }, 'spec.ephemeralContainers': [{ name: 'e', image: 'i' }] },
    );
    expect([pod.spec.nodeName, pod.metadata.labels, pod.spec.ephemeralContainers![0]!.name]).toEqual([undefined, { app: 'web' }, 'e']);
    expect(pod.metadata.generation).toBe(2);
  });

  test('a resize takes resources, and nothing else', () => {
    const pod = part('resize', {}, { 'spec.containers.0.image': 'other', 'spec.containers.0.resources': { requests: { cpu: '1' } } });
    expect(pod.spec.containers[0]).toMatchObject({ image: 'nginx', resources: { requests: { cpu: '1' } } });
  });
});

describe('columns', () => {
  const status = { name: 'c', ready: false, restartCount: 0, image: '', imageID: '', state: {}, lastState: {} };
  const row = (changes: Changes): unknown[] => {
    const pod = withChanges(storedPod(), { 'metadata.creationTimestamp': formatTime(NOW - 90_000), ...changes });
    return pods.columns.map((column) => column.value(pod, NOW));
  };
  const ended = (exitCode: number, more: object = {}): object => ({ terminated: { exitCode, startedAt: null, finishedAt: null, ...more } });

  test.each<[string, Changes, string, string, string]>([
    ['new', {}, '0/1', 'Pending', '0'],
    ['its own reason', { 'status.reason': 'Evicted', 'status.phase': 'Failed' }, '0/1', 'Evicted', '0'],
    [
      'gated',
      { 'status.conditions': [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
      '0/1',
      'SchedulingGated',
      '0',
    ],
    [
      'waiting',
      { 'status.containerStatuses': [{ ...status, state: { waiting: { reason: 'ImagePullBackOff' } } }] },
      '0/1',
      'ImagePullBackOff',
      '0',
    ],
    [
      'running',
      { 'status.phase': 'Running', 'status.containerStatuses': [{ ...status, ready: true, state: { running: {} } }] },
      '1/1',
      'Running',
      '0',
    ],
    [
      'done',
      { 'status.phase': 'Succeeded', 'status.containerStatuses': [{ ...status, state: ended(0, { reason: 'Completed' }) }] },
      '0/1',
      'Completed',
      '0',
    ],
    [
      'failed',
      { 'status.phase': 'Failed', 'status.containerStatuses': [{ ...status, state: ended(1, { reason: 'Error' }) }] },
      '0/1',
      'Error',
      '0',
    ],
    ['killed', { 'status.containerStatuses': [{ ...status, state: ended(137, { signal: 9 }) }] }, '0/1', 'Signal:9', '0'],
    ['ended without a word', { 'status.containerStatuses': [{ ...status, state: ended(3) }] }, '0/1', 'ExitCode:3', '0'],
    [
      'one done, one not ready',
      {
        'spec.containers.1': { name: 'd' },
        'status.phase': 'Running',
        'status.containerStatuses': [
          { ...status, state: ended(0, { reason: 'Completed' }) },
          { ...status, name: 'd', ready: true, state: { running: {} } },
        ],
      },
      '1/2',
      'NotReady',
      '0',
    ],
    [
      'one done, one ready',
      {
        'spec.containers.1': { name: 'd' },
        'status.conditions': [{ type: 'Ready', status: 'True' }],
        'status.containerStatuses': [
          { ...status, state: ended(0, { reason: 'Completed' }) },
          { ...status, name: 'd', ready: true, state: { running: {} } },
        ],
      },
      '1/2',
      'Running',
      '0',
    ],
    [
      'one done, one failed',
      {
        'spec.containers.1': { name: 'd' },
        'status.containerStatuses': [
          { ...status, state: ended(0, { reason: 'Completed' }) },
          { ...status, name: 'd', state: ended(2, { reason: 'Error' }) },
        ],
      },
      '0/2',
      'Error',
      '0',
    ],
    [
      'restarted',
      {
        'status.containerStatuses': [
          {
            ...status,
            ready: true,
            restartCount: 3,
            state: { running: {} },
            lastState: ended(1, { finishedAt: formatTime(NOW - 300_000) }),
          },
        ],
      },
      '1/1',
      'Pending',
      '3 (5m ago)',
    ],
    [
      'initializing',
      {
        'spec.initContainers': [{ name: 'i' }, { name: 'j' }],
        'status.initContainerStatuses': [
          { ...status, name: 'i', state: ended(0) },
          { ...status, name: 'j', state: { waiting: { reason: 'PodInitializing' } } },
        ],
      },
      '0/1',
      'Init:1/2',
      '0',
    ],
    [
      'initialization fails',
      {
        'spec.initContainers': [{ name: 'i' }],
        'status.initContainerStatuses': [{ ...status, name: 'i', restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
      },
      '0/1',
      'Init:CrashLoopBackOff',
      '2',
    ],
    [
      'initialization ended',
      { 'spec.initContainers': [{ name: 'i' }], 'status.initContainerStatuses': [{ ...status, name: 'i', state: ended(1) }] },
      '0/1',
      'Init:ExitCode:1',
      '0',
    ],
    [
      'a sidecar counts',
      {
        'spec.initContainers': [{ name: 's', restartPolicy: 'Always' }],
        'status.phase': 'Running',
        'status.initContainerStatuses': [{ ...status, name: 's', restartCount: 1, started: true, ready: true, state: { running: {} } }],
        'status.containerStatuses': [{ ...status, ready: true, state: { running: {} } }],
      },
      '2/2',
      'Running',
      '1',
    ],
    ['being deleted', { 'metadata.deletionTimestamp': formatTime(NOW), 'status.phase': 'Running' }, '0/1', 'Terminating', '0'],
    ['lost with its node', { 'metadata.deletionTimestamp': formatTime(NOW), 'status.reason': 'NodeLost' }, '0/1', 'Unknown', '0'],
    ['ended, and being deleted', { 'metadata.deletionTimestamp': formatTime(NOW), 'status.phase': 'Succeeded' }, '0/1', 'Succeeded', '0'],
  ])('%s', (_name, changes, ready, state, restarts) => {
    expect(row(changes).slice(0, 5)).toEqual(['p', ready, state, restarts, '90s']);
  });

  test('more of it', () => {
    expect(row({}).slice(5)).toEqual(['<none>', '<none>', '<none>', '<none>']);
    const changes = {
      'spec.nodeName': 'n',
      'spec.readinessGates': [{ conditionType: 'a' }, { conditionType: 'b' }],
      'status.podIPs': [{ ip: '10.0.0.1' }],
      'status.nominatedNodeName': 'm',
      'status.conditions': [{ type: 'a', status: 'True' }],
    };
    expect(row(changes).slice(5)).toEqual(['10.0.0.1', 'n', 'm', '1/2']);
  });
});
