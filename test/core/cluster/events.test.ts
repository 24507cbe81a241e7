import { describe, expect, test } from 'vitest';
import type { EventDetails } from '../../../worker/api/controller.ts';
import type { ConfigMap, Event } from '../../../worker/api/gen/core-v1.ts';
import { callAs } from '../../../worker/cluster/cluster-api.ts';
import { recordEvent } from '../../../worker/cluster/events.ts';
import type { Reporter } from '../../../worker/cluster/events.ts';
import { mutatingAdmissionPolicies } from '../../../worker/resources/admissionregistration/mutatingadmissionpolicy.ts';
import { mutatingAdmissionPolicyBindings } from '../../../worker/resources/admissionregistration/mutatingadmissionpolicybinding.ts';
import { configMaps } from '../../../worker/resources/core/configmap.ts';
import { events } from '../../../worker/resources/core/event.ts';
import { namespaces } from '../../../worker/resources/core/namespace.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { makeTestCluster } from '../harness.ts';

const MINUTE = 60_000;

function lab(): {
  tell: (message: string, reporter?: string) => void;
  told: () => string[];
  pass: (ms: number) => void;
  list: () => Event[];
} {
  const cluster = makeTestCluster({ nodes: 0 });
  const object = cluster.api.create(configMaps, { metadata: { name: 'c', namespace: 'default' } });
  const host = { now: () => cluster.cluster.course.now, random: { below: () => 0 } as never };
  const list = (): Event[] => cluster.api.list(events).filter(({ involvedObject }) => involvedObject.uid === object.metadata.uid);
  return {
    tell: (message, name = 'some-controller') => {
      cluster.advance(1);
      const facts = { object, type: 'Normal', reason: 'Done', message, details: {} } as const;
      recordEvent(cluster.api, host, { name, host: '', modern: false }, facts);
    },
    list,
    told: () =>
      list()
        .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
        .map(({ message, count }) => `${message} x${count}`),
    pass: (ms) => cluster.advance(ms),
  };
}

describe('events', () => {
  test('that repeat are counted', () => {
    const { tell, told, list, pass } = lab();
    tell('a');
    pass(5000);
    tell('a');
    tell('b');
    expect(told()).toEqual(['a x2', 'b x1']);
    expect(list()[0]).toMatchObject({ firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:05Z' });
  });

  test('that differ in their message only are told as one from the tenth on', () => {
    const { tell, told } = lab();
    for (let i = 1; i <= 12; i++) tell(`made ${i}`);
    expect(told()).toEqual([...Array.from({ length: 9 }, (_, i) => `made ${i + 1} x1`), '(combined from similar events): made 12 x3']);
    tell('made 3');
    expect(told()).toContain('made 3 x2');
  });

  test('far apart are not alike', () => {
    const { tell, told, pass } = lab();
    for (let i = 1; i <= 12; i++) {
      tell(`made ${i}`);
      if (i === 8) pass(11 * MINUTE);
    }
    expect(told()).toHaveLength(12);
  });

  test('of one reporter about one object are 25 at once, and one more every five minutes', () => {
    const { tell, told, pass } = lab();
    for (let i = 0; i < 40; i++) tell('a');
    expect(told()).toEqual(['a x25']);
    tell('a', 'another');
    expect(told()).toEqual(['a x25', 'a x1']);
    pass(10 * MINUTE);
    for (let i = 0; i < 5; i++) tell('a');
    expect(told()).toContain('a x27');
  });

  test('go an hour after they happened last', () => {
    const { tell, told, pass } = lab();
    tell('a');
    tell('b');
    pass(30 * MINUTE);
    tell('a');
    pass(29 * MINUTE);
    expect(told()).toEqual(['b x1', 'a x2']);
    pass(2 * MINUTE);
    expect(told()).toEqual(['a x2']);
    pass(31 * MINUTE);
    expect(told()).toEqual([]);
  });

  test('go whatever finalizers they have, as entries whose lease ends do', () => {
    const cluster = makeTestCluster({ nodes: 0 });
    const { api } = cluster;
    const involvedObject = { kind: 'Pod', namespace: 'default', name: 'p' };
    api.create(events, { metadata: { name: 'held', namespace: 'default', finalizers: ['example.com/hold'] }, involvedObject } as never);
    cluster.advance(59 * MINUTE);
    expect(api.get(events, 'default', 'held')).toBeDefined();
    cluster.advance(3 * MINUTE);
    expect(api.get(events, 'default', 'held')).toBeUndefined();
  });
});

interface Told {
  /** Over that of a stored object. */
  metadata?: object;
  message?: string;
  reporter?: Partial<Reporter>;
  details?: (stored: ConfigMap) => EventDetails;
}

test('who owns what of an event is what it would be of anything else, whatever was told before', () => {
  const { api, cluster, advance } = makeTestCluster({ nodes: 0 });
  const stored = api.create(configMaps, { metadata: { name: 'c', namespace: 'default' } });
  const host = { now: () => cluster.course.now, random: { below: () => 0 } as never };
  const modern = { host: 'node-1', modern: true };
  const variants: Told[] = [
    {},
    { metadata: { namespace: undefined } },
    { metadata: { uid: '', resourceVersion: '' } },
    { details: () => ({ fieldPath: 'spec.containers{c}' }) },
    { reporter: { host: 'node-1' } },
    { message: '' },
    { message: '', reporter: { host: 'node-1' } },
    { reporter: modern },
    { message: '', reporter: modern },
    { reporter: modern, details: (related) => ({ related }) },
    { reporter: modern, details: (c) => ({ related: { ...c, metadata: { name: 'd' } as never } }) },
  ];
  let told = 0;
  for (const { metadata, message = 'told', reporter, details } of [...variants, ...variants]) {
    const object = { ...stored, metadata: { ...stored.metadata, ...metadata } };
    const reason = `Reason${++told}`;
    const facts = { object, type: 'Normal', reason, message, details: details?.(stored) ?? {} } as const;
    recordEvent(api, host, { name: `r${told}`, host: '', modern: false, ...reporter }, facts);
    const event = api.list(events).find((one) => one.reason === reason)!;
    const { name, namespace, managedFields } = event.metadata;
    expect(managedFields).toHaveLength(1);
    const { metadata: like } = api.create(events, { ...event, metadata: { name: `${name}.again`, namespace: namespace! } });
    expect(managedFields).toEqual(like.managedFields);
    advance(700);
  }
});

test('what cannot be told happens all the same: pods end with their namespace', () => {
  const cluster = makeTestCluster();
  cluster.api.create(namespaces, { metadata: { name: 'spare' } });
  cluster.settle();
  cluster.api.create(pods, {
    metadata: { name: 'web', namespace: 'spare' },
    spec: { containers: [{ name: 'c', image: 'nginx' }] },
  } as never);
  cluster.advance(10_000);
  expect(cluster.api.get(pods, 'spare', 'web')!.status.phase).toBe('Running');
  cluster.api.delete(namespaces, '', 'spare');
  cluster.advance(60_000);
  expect(cluster.api.get(pods, 'spare', 'web')).toBeUndefined();
  expect(cluster.api.get(namespaces, '', 'spare')).toBeUndefined();
  expect(cluster.errors).toEqual([]);
});

test('events of a container that starts at once are listed as they came', () => {
  const cluster = makeTestCluster({ nodes: 1, seed: 'order' });
  for (let n = 0; n < 20; n++)
    cluster.api.create(pods, {
      metadata: { name: `p${n}`, namespace: 'default' },
      spec: { containers: ['a', 'b'].map((name) => ({ name, image: 'busybox', command: ['sleep', '9999'] })) },
    } as never);
  cluster.advance(60_000);
  const told = cluster.api.list(events, { namespace: 'default' });
  for (let n = 0; n < 20; n++) {
    const ofPod = told
      .filter(({ involvedObject, source }) => involvedObject.name === `p${n}` && source?.component === 'kubelet')
      .map(({ metadata }) => Number(metadata.resourceVersion));
    expect(ofPod.length).toBeGreaterThan(4);
    expect(ofPod).toEqual(ofPod.toSorted((a, b) => a - b));
  }
});

test.each([
  { name: 'as older reporters tell them', reporter: { name: 'kubelet', host: 'node-1', modern: false } },
  { name: 'as newer reporters tell them', reporter: { name: 'default-scheduler', host: 'default-scheduler-node-1', modern: true } },
])('are stored as a client would have them stored: $name', ({ reporter }) => {
  const { api, cluster } = makeTestCluster({ nodes: 0 });
  const object = api.create(configMaps, { metadata: { name: 'c', namespace: 'default' } });
  const host = { now: () => cluster.course.now, random: { below: () => 0 } as never };
  const details = { fieldPath: 'spec.containers{c}', related: api.get(namespaces, '', 'default')! };
  for (const [i, given] of [{}, details].entries())
    recordEvent(api, host, reporter, { object, type: 'Normal', reason: 'Done', message: `message ${i}`, details: given });
  recordEvent(api, host, reporter, { object, type: 'Warning', reason: 'Silent', message: '', details: {} });
  const told = api.list(events).filter(({ involvedObject }) => involvedObject.uid === object.metadata.uid);
  expect(told.length).toBe(3);
  for (const event of told)
    expect(JSON.stringify(cluster.registry.readBody(events as never, event, callAs({ name: 'x', groups: [] }, 'x')))).toBe(
      JSON.stringify(event),
    );
});

describe('belong to who told them', () => {
  const tellOne = (mark: boolean): Event => {
    const { api, cluster } = makeTestCluster({ nodes: 0 });
    if (mark) {
      const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['events'] };
      const expression = 'Object{metadata: Object.metadata{labels: {"marked": "yes"}}}';
      api.create(mutatingAdmissionPolicies, {
        metadata: { name: 'mark' },
        spec: {
          matchConstraints: { resourceRules: [rule] },
          reinvocationPolicy: 'Never',
          mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
        },
      });
      api.create(mutatingAdmissionPolicyBindings, { metadata: { name: 'mark' }, spec: { policyName: 'mark' } });
    }
    const object = api.create(configMaps, { metadata: { name: 'c', namespace: 'default' } });
    const host = { now: () => cluster.course.now, random: { below: () => 0 } as never };
    const facts = { object, type: 'Normal', reason: 'Done', message: 'message', details: {} } as const;
    recordEvent(api, host, { name: 'some-controller', host: '', modern: false }, facts);
    return api.list(events).find(({ involvedObject }) => involvedObject.uid === object.metadata.uid)!;
  };
  const OWNED = ['f:count', 'f:firstTimestamp', 'f:involvedObject', 'f:lastTimestamp', 'f:message', 'f:reason', 'f:reportingComponent'];

  test.each([
    { name: 'as a whole', mark: false, labels: undefined },
    { name: 'but for what admission adds', mark: true, labels: { marked: 'yes' } },
  ])('$name', ({ mark, labels }) => {
    const { metadata } = tellOne(mark);
    expect(metadata.labels).toEqual(labels);
    const owned = (metadata.managedFields ?? []).flatMap(({ fieldsV1 }) => Object.keys(fieldsV1 ?? {}));
    expect(owned).toEqual([...OWNED, 'f:source', 'f:type']);
  });
});
