import { describe, expect, test } from 'vitest';
import { controllerRevisions } from '../../../worker/resources/apps/controllerrevision.ts';
import { daemonSets } from '../../../worker/resources/apps/daemonset.ts';
import { deployments } from '../../../worker/resources/apps/deployment.ts';
import { replicaSets } from '../../../worker/resources/apps/replicaset.ts';
import { statefulSets } from '../../../worker/resources/apps/statefulset.ts';
import type { Resource } from '../../../worker/api/resource.ts';
import { cells, created, createRules, defaultRules, merged, updated, updateRules } from './kind-rules.ts';
import type { Row } from './kind-rules.ts';

const APP = { app: 'web' };
const container = { name: 'c', image: 'nginx' };
const base = {
  metadata: { name: 'web' },
  spec: { selector: { matchLabels: APP }, template: { metadata: { labels: APP }, spec: { containers: [container] } } },
};
const spec = (change: object): object => ({ spec: change });
const pod = (change: object): object => spec({ template: { spec: change } });
const MISMATCH = 'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`';

/** What all that run pods from a template refuse. */
const common = (what: string, kind: string): Row[] => [
  ['negative readiness', spec({ minReadySeconds: -1 }), 'spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0'],
  [
    'an empty selector',
    spec({ selector: { matchLabels: null } }),
    `spec.selector: Invalid value: {}: empty selector is invalid for ${what}`,
  ],
  ['a selector of other labels', spec({ selector: { matchLabels: { app: 'db' } } }), MISMATCH],
  [
    'a template without labels',
    spec({ template: { metadata: { labels: null } } }),
    'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
  ],
  [
    'pods that end',
    pod({ restartPolicy: 'Never' }),
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ],
  [
    'a deadline',
    pod({ activeDeadlineSeconds: 5 }),
    `spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ${kind} is not Supported`,
  ],
  ['no containers', pod({ containers: [] }), 'spec.template.spec.containers: Required value'],
];
const noSelector: Row = [
  'no selector',
  spec({ selector: null }),
  'spec.selector: Required value',
  'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
];
const negativeReplicas: Row = [
  'negative replicas',
  spec({ replicas: -1 }),
  'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
];

const rolling = (change: object): object => spec({ strategy: { type: 'RollingUpdate', rollingUpdate: change } });
const percent =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
createRules(deployments, base, [
  ...common('deployment', 'ReplicaSet'),
  noSelector,
  negativeReplicas,
  [
    'a selector that is none',
    spec({ selector: { matchExpressions: [{ key: 'a', operator: 'Is' }] } }),
    'spec.selector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator',
    'spec.selector: Invalid value: {"matchLabels":{"app":"web"},"matchExpressions":[{"key":"a","operator":"Is"}]}: invalid label selector',
  ],
  [
    'another strategy',
    spec({ strategy: { type: 'Canary' } }),
    'spec.strategy: Unsupported value: {"Type":"Canary","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
  ],
  [
    'settings of another strategy',
    spec({ strategy: { type: 'Recreate', rollingUpdate: {} } }),
    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
  ],
  [
    'negative surge',
    rolling({ maxSurge: -1 }),
    'spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to 0',
  ],
  ['surge as text', rolling({ maxSurge: '3' }), `spec.strategy.rollingUpdate.maxSurge: Invalid value: "3": ${percent}`],
  [
    'no way to roll',
    rolling({ maxSurge: 0, maxUnavailable: '0%' }),
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
  ],
  [
    'more than all away',
    rolling({ maxUnavailable: '101%' }),
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
  ],
  ['a surge of more than all', rolling({ maxSurge: '200%' })],
  [
    'negative history',
    spec({ revisionHistoryLimit: -1 }),
    'spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0',
  ],
  [
    'a deadline before readiness',
    spec({ progressDeadlineSeconds: 10, minReadySeconds: 10 }),
    'spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds',
  ],
]);
updateRules(deployments, base, [
  ['replicas', spec({ replicas: 3 })],
  [
    'the selector',
    spec({ selector: { matchLabels: { app: 'db' } }, template: { metadata: { labels: { app: 'db' } } } }),
    'spec.selector: Invalid value: {"matchLabels":{"app":"db"}}: field is immutable',
  ],
  ['a template that is none', pod({ containers: [] }), 'spec.template.spec.containers: Required value'],
]);
const status = (change: object): object => ({ status: change });
updateRules(
  deployments,
  { ...base, $status: status({ replicas: 3, collisionCount: 2 }) },
  [
    ['fine', status({ replicas: 3, readyReplicas: 2, availableReplicas: 1, collisionCount: 2 })],
    [
      'a negative count',
      status({ unavailableReplicas: -1 }),
      'status.unavailableReplicas: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'more ready than there are',
      status({ readyReplicas: 4 }),
      'status.readyReplicas: Invalid value: 4: cannot be greater than status.replicas',
    ],
    [
      'more available than ready',
      status({ availableReplicas: 2, readyReplicas: 1 }),
      'status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas',
    ],
    ['fewer collisions', status({ collisionCount: 1 }), 'status.collisionCount: Invalid value: 1: cannot be decremented'],
    ['no collisions', status({ collisionCount: null }), 'status.collisionCount: Invalid value: 0: cannot be decremented'],
  ],
  'status',
);
defaultRules(deployments, [
  [
    'all there are',
    base,
    {
      spec: {
        replicas: 1,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        template: { spec: { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' } },
      },
    },
  ],
  [
    'none for another strategy',
    merged(base, spec({ strategy: { type: 'Recreate' } })) as object,
    { spec: { strategy: { type: 'Recreate' } } },
  ],
]);

describe('a Deployment', () => {
  test('a new one has no status', () =>
    expect(created(deployments, { ...base, status: { replicas: 5 } })).toMatchObject({ metadata: { generation: 1 }, status: {} }));
  test.each([
    ['the spec', spec({ replicas: 2 }), 2],
    ['annotations', { metadata: { annotations: { a: 'b' } } }, 2],
    ['labels', { metadata: { labels: { a: 'b' } } }, 1],
    ['the status', status({ replicas: 9 }), 1],
  ])('a change of %s', (_name, change, generation) =>
    expect(updated(deployments, base, change).object.metadata.generation).toBe(generation),
  );
  test('labels do not change with the status', () =>
    expect(
      updated(deployments, base, { metadata: { labels: { a: 'b' } }, ...status({ replicas: 1 }) }, 'status').object.metadata.labels,
    ).toBeUndefined());
  test('a name that no host can have is warned of', () =>
    expect(deployments.warnings!(created(deployments, merged(base, { metadata: { name: 'a.b' } })) as never, undefined)).toEqual([
      'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
    ]));
  test('its scale', () => {
    const { scale } = deployments.subresources['scale'] as { scale: { read(o: object): object; write(o: object, n: number): object } };
    const object = merged(created(deployments, base), status({ replicas: 4 })) as object;
    expect(scale.read(object)).toEqual({ replicas: 1, currentReplicas: 4, selector: 'app=web' });
    expect(scale.write(object, 7)).toMatchObject({ spec: { replicas: 7 }, status: { replicas: 4 } });
  });
  test('columns', () =>
    expect(
      cells(
        deployments,
        merged(base, {
          ...pod({ containers: [container, { name: 'd', image: 'redis' }] }),
          ...status({ readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1 }),
        }) as object,
      ),
    ).toEqual({
      Name: 'web',
      Ready: '1/1',
      'Up-to-date': 2,
      Available: 1,
      Age: '60s',
      Containers: 'c,d',
      Images: 'nginx,redis',
      Selector: 'app=web',
    }));
});

createRules(replicaSets, base, [...common('deployment', 'ReplicaSet'), noSelector, negativeReplicas]);
updateRules(
  replicaSets,
  base,
  [
    [
      'more labelled than there are',
      status({ fullyLabeledReplicas: 1 }),
      'status.fullyLabeledReplicas: Invalid value: 1: cannot be greater than status.replicas',
    ],
    [
      'a negative count',
      status({ replicas: 0, readyReplicas: -1 }),
      'status.readyReplicas: Invalid value: -1: must be greater than or equal to 0',
      'status.availableReplicas: Invalid value: 0: cannot be greater than readyReplicas',
    ],
  ],
  'status',
);
test('columns of a ReplicaSet', () =>
  expect(cells(replicaSets, merged(base, status({ replicas: 2, readyReplicas: 1 })) as object)).toEqual({
    Name: 'web',
    Desired: 1,
    Current: 2,
    Ready: 1,
    Age: '60s',
    Containers: 'c',
    Images: 'nginx',
    Selector: 'app=web',
  }));

const daemons = (change: object): object => spec({ updateStrategy: { rollingUpdate: change } });
createRules(daemonSets, base, [
  ...common('daemonset', 'DaemonSet').filter(([name]) => name !== 'an empty selector'),
  ['no selector', spec({ selector: null }), MISMATCH],
  [
    'an empty selector',
    spec({ selector: { matchLabels: null } }),
    'spec.selector: Invalid value: {}: empty selector is invalid for daemonset',
  ],
  [
    'another strategy',
    spec({ updateStrategy: { type: 'X' } }),
    'spec.updateStrategy: Unsupported value: {"Type":"X","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete"',
  ],
  [
    'both',
    daemons({ maxUnavailable: 1, maxSurge: 1 }),
    'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
  ],
  [
    'neither',
    daemons({ maxUnavailable: 0 }),
    'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
  ],
  ['only a surge', daemons({ maxUnavailable: 0, maxSurge: '10%' })],
]);
defaultRules(daemonSets, [
  [
    'all there are',
    base,
    { spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } }, revisionHistoryLimit: 10 } },
  ],
]);
describe('a DaemonSet', () => {
  const GENERATION = 'deprecated.daemonset.template.generation';
  const generationOf = (object: { metadata: { annotations?: Record<string, string> } }): string | undefined =>
    object.metadata.annotations?.[GENERATION];
  test('counts its templates in an annotation that nobody else writes', () => {
    expect(generationOf(created(daemonSets, base))).toBe('1');
    expect(generationOf(created(daemonSets, merged(base, { metadata: { annotations: { [GENERATION]: '7' } } })))).toBe('7');
    expect(generationOf(updated(daemonSets, base, pod({ containers: [{ ...container, image: 'redis' }] })).object)).toBe('2');
    expect(generationOf(updated(daemonSets, base, { metadata: { annotations: { [GENERATION]: '9' } } }).object)).toBe('1');
    expect(generationOf(updated(daemonSets, base, { metadata: { annotations: { [GENERATION]: '9' } } }, 'status').object)).toBe('1');
  });
  test('columns', () =>
    expect(
      cells(
        daemonSets,
        merged(base, { ...pod({ nodeSelector: { b: '2', a: '1' } }), ...status({ desiredNumberScheduled: 3, numberReady: 2 }) }) as object,
      ),
    ).toEqual({
      Name: 'web',
      Desired: 3,
      Current: 0,
      Ready: 2,
      'Up-to-date': 0,
      Available: 0,
      'Node Selector': 'a=1,b=2',
      Age: '60s',
      Containers: 'c',
      Images: 'nginx',
      Selector: 'app=web',
    }));
});

const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
const set = merged(base, spec({ serviceName: 'web' })) as object;
createRules(statefulSets, set, [
  ...common('statefulset', 'StatefulSet'),
  noSelector,
  negativeReplicas,
  ['a name with dots', { metadata: { name: 'a.b' } }, 'metadata.name: Invalid value: "a.b": must not contain dots'],
  [
    'another policy',
    spec({ podManagementPolicy: 'Random' }),
    "spec.podManagementPolicy: Invalid value: \"Random\": must be 'OrderedReady' or 'Parallel'",
  ],
  [
    'another strategy',
    spec({ updateStrategy: { type: 'X' } }),
    'spec.updateStrategy: Invalid value: {"Type":"X","RollingUpdate":null}: must be \'RollingUpdate\' or \'OnDelete\'',
  ],
  [
    'settings of another strategy',
    spec({ updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } }),
    'spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":1,"MaxUnavailable":null}: only allowed for updateStrategy \'RollingUpdate\'',
  ],
  [
    'a negative partition',
    spec({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: -1 } } }),
    'spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0',
  ],
  ['a negative start', spec({ ordinals: { start: -1 } }), 'spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0'],
  [
    'another retention',
    spec({ persistentVolumeClaimRetentionPolicy: { whenScaled: 'Keep' } }),
    'spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: "Keep": supported values: "Retain", "Delete"',
  ],
  ['a service that is none', spec({ serviceName: 'a.b' }), 'spec.serviceName: Invalid value: "a.b": must not contain dots'],
  ['no service', spec({ serviceName: '' })],
  [
    'claims that pods mount',
    {
      ...spec({
        volumeClaimTemplates: [claim],
        template: { spec: { containers: [{ ...container, volumeMounts: [{ name: 'data', mountPath: '/d' }] }] } },
      }),
    },
  ],
  [
    'a mount without claim',
    pod({ containers: [{ ...container, volumeMounts: [{ name: 'data', mountPath: '/d' }] }] }),
    'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"',
  ],
]);
const FORBIDDEN =
  "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
updateRules(statefulSets, merged(set, spec({ volumeClaimTemplates: [claim] })) as object, [
  [
    'what may change',
    spec({
      replicas: 3,
      minReadySeconds: 1,
      ordinals: { start: 2 },
      revisionHistoryLimit: 1,
      updateStrategy: { type: 'OnDelete', rollingUpdate: null },
    }),
  ],
  ['the template', pod({ containers: [{ ...container, image: 'redis' }] })],
  ['the service', spec({ serviceName: 'other' }), FORBIDDEN],
  ['claims', spec({ volumeClaimTemplates: [] }), FORBIDDEN],
  ['how pods are managed', spec({ podManagementPolicy: 'Parallel' }), FORBIDDEN],
]);
defaultRules(statefulSets, [
  [
    'all there are',
    merged(set, spec({ volumeClaimTemplates: [claim] })) as object,
    {
      spec: {
        replicas: 1,
        podManagementPolicy: 'OrderedReady',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        revisionHistoryLimit: 10,
        volumeClaimTemplates: [
          { kind: 'PersistentVolumeClaim', apiVersion: 'v1', spec: { volumeMode: 'Filesystem' }, status: { phase: 'Pending' } },
        ],
      },
    },
  ],
]);
describe('a StatefulSet', () => {
  test('several pods away at a time: the gate is off, the field is dropped', () =>
    expect(
      created(statefulSets, merged(set, spec({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } } }))),
    ).toMatchObject({
      spec: { updateStrategy: { rollingUpdate: { partition: 0 } } },
    }));
  test('a negative history is warned of', () =>
    expect(statefulSets.warnings!(created(statefulSets, merged(set, spec({ revisionHistoryLimit: -1 }))) as never, undefined)).toEqual([
      'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
    ]));
  test('columns', () =>
    expect(cells(statefulSets, merged(set, status({ readyReplicas: 1 })) as object)).toEqual({
      Name: 'web',
      Ready: '1/1',
      Age: '60s',
      Containers: 'c',
      Images: 'nginx',
    }));
});

const revision = { metadata: { name: 'r' }, revision: 1, data: { spec: {} } };
createRules(controllerRevisions, revision, [
  ['negative', { revision: -1 }, 'revision: Invalid value: -1: must be greater than or equal to 0'],
  ['no data', { data: null }, 'data: Required value: data is mandatory'],
  ['a text', { data: 'x' }, 'data: Required value: data must be a valid JSON object'],
]);
updateRules(controllerRevisions, revision, [
  ['the number', { revision: 2 }],
  ['data', { data: { spec: { a: 1 } } }, 'data: Invalid value: {"spec":{"a":1}}: field is immutable'],
]);
test('columns of a revision', () =>
  expect(
    cells(controllerRevisions, {
      ...revision,
      metadata: { name: 'r', ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'u', controller: true }] },
    }),
  ).toEqual({ Name: 'r', Controller: 'statefulset.apps/web', Revision: 1, Age: '60s' }));

test.each([deployments, replicaSets, statefulSets, daemonSets] as unknown as Resource[])(
  '$kind leaves what it is given alone',
  (resource) => {
    const { object, old } = updated(resource, set, {});
    expect(object).toEqual({ ...old, metadata: object.metadata });
    expect(object.metadata.generation).toBe(1);
  },
);
