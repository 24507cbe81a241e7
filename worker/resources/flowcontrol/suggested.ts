// The flow schemas and priority levels that a server makes for a start, and that may be changed. Facts of apiserver pkg/apis/flowcontrol/bootstrap.

import type { FlowSchemaSpec, PolicyRulesWithSubjects, PriorityLevelConfigurationSpec, Subject } from '../../api/gen/flowcontrol-v1.ts';

const queued = (shares: number, lendablePercent: number, queues: number, handSize = 6): PriorityLevelConfigurationSpec => ({
  type: 'Limited',
  limited: {
    nominalConcurrencyShares: shares,
    lendablePercent,
    limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } },
  },
});

export const SUGGESTED_PRIORITY_LEVELS: ReadonlyMap<string, PriorityLevelConfigurationSpec> = new Map(
  Object.entries({
    'global-default': queued(20, 50, 128),
    'leader-election': queued(10, 0, 16, 4),
    'node-high': queued(40, 25, 64),
    system: queued(30, 33, 64),
    'workload-high': queued(40, 50, 128),
    'workload-low': queued(100, 90, 128),
  }),
);

const user = (name: string): Subject => ({ kind: 'User', user: { name } });
const group = (name: string): Subject => ({ kind: 'Group', group: { name } });
const account = (name: string): Subject => ({ kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name } });
const EVERYBODY = [group('system:unauthenticated'), group('system:authenticated')];
const ALL_RESOURCES = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] };
const everything = (...subjects: Subject[]): PolicyRulesWithSubjects[] => [
  { subjects, resourceRules: [ALL_RESOURCES], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] },
];
const some = (verbs: string[], apiGroup: string, resources: string[]): object => ({
  verbs,
  apiGroups: [apiGroup],
  resources,
  namespaces: ['*'],
});
const WRITE = ['get', 'create', 'update'];

type SchemaRow = [name: string, level: string, precedence: number, by: 'ByUser' | 'ByNamespace' | undefined, rules: unknown];

const SCHEMAS: readonly SchemaRow[] = [
  [
    'endpoint-controller',
    'workload-high',
    150,
    'ByUser',
    [
      {
        subjects: [user('system:kube-controller-manager'), account('endpoint-controller'), account('endpointslicemirroring-controller')],
        resourceRules: [some(WRITE, '', ['endpoints'])],
      },
    ],
  ],
  ['global-default', 'global-default', 9900, 'ByUser', everything(...EVERYBODY)],
  ['kube-controller-manager', 'workload-high', 800, 'ByNamespace', everything(user('system:kube-controller-manager'))],
  ['kube-scheduler', 'workload-high', 800, 'ByNamespace', everything(user('system:kube-scheduler'))],
  ['kube-system-service-accounts', 'workload-high', 900, 'ByNamespace', everything(account('*'))],
  [
    'probes',
    'exempt',
    2,
    undefined,
    [{ subjects: EVERYBODY, nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }] }],
  ],
  ['service-accounts', 'workload-low', 9000, 'ByUser', everything(group('system:serviceaccounts'))],
  [
    'system-leader-election',
    'leader-election',
    100,
    'ByUser',
    [
      {
        subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler'), account('*')],
        resourceRules: [some(WRITE, 'coordination.k8s.io', ['leases'])],
      },
    ],
  ],
  [
    'system-node-high',
    'node-high',
    400,
    'ByUser',
    [
      {
        subjects: [group('system:nodes')],
        resourceRules: [
          { verbs: ['*'], apiGroups: [''], resources: ['nodes', 'nodes/status'], clusterScope: true, namespaces: ['*'] },
          some(['*'], 'coordination.k8s.io', ['leases']),
        ],
      },
    ],
  ],
  ['system-nodes', 'system', 500, 'ByUser', everything(group('system:nodes'))],
  [
    'workload-leader-election',
    'leader-election',
    200,
    'ByUser',
    [
      {
        subjects: [account('*')],
        resourceRules: [some(WRITE, '', ['endpoints', 'configmaps']), some(WRITE, 'coordination.k8s.io', ['leases'])],
      },
    ],
  ],
];

export const SUGGESTED_FLOW_SCHEMAS: ReadonlyMap<string, FlowSchemaSpec> = new Map(
  SCHEMAS.map(([name, level, matchingPrecedence, by, rules]) => [
    name,
    {
      priorityLevelConfiguration: { name: level },
      matchingPrecedence,
      ...(by && { distinguisherMethod: { type: by } }),
      rules,
    } as FlowSchemaSpec,
  ]),
);
