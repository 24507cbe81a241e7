// The flow schemas, priority levels and priority classes that every cluster starts with: facts of apiserver pkg/apis/flowcontrol/bootstrap and
// kubernetes pkg/apis/scheduling.

import type { ClusterApi } from '../../api/controller.ts';
import type { FlowSchemaSpec, PolicyRulesWithSubjects, PriorityLevelConfigurationSpec, Subject } from '../../api/gen/flowcontrol-v1.ts';
import { flowSchemas } from '../../resources/flowcontrol/flowschema.ts';
import { priorityLevelConfigurations } from '../../resources/flowcontrol/prioritylevelconfiguration.ts';
import { priorityClasses } from '../../resources/scheduling/priorityclass.ts';

const queued = (shares: number, lendablePercent: number, queues: number, handSize = 6): PriorityLevelConfigurationSpec => ({
  type: 'Limited',
  limited: {
    nominalConcurrencyShares: shares,
    lendablePercent,
    limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } },
  },
});

const LEVELS: Record<string, PriorityLevelConfigurationSpec> = {
  'catch-all': { type: 'Limited', limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } } },
  exempt: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  'global-default': queued(20, 50, 128),
  'leader-election': queued(10, 0, 16, 4),
  'node-high': queued(40, 25, 64),
  system: queued(30, 33, 64),
  'workload-high': queued(40, 50, 128),
  'workload-low': queued(100, 90, 128),
};

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
  ['catch-all', 'catch-all', 10000, 'ByUser', everything(...EVERYBODY)],
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
  ['exempt', 'exempt', 1, undefined, everything(group('system:masters'))],
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

export function bootstrapFlowControl(api: ClusterApi): void {
  const annotations = { 'apf.kubernetes.io/autoupdate-spec': 'true' };
  for (const [name, spec] of Object.entries(LEVELS)) api.create(priorityLevelConfigurations, { metadata: { name, annotations }, spec });
  for (const [name, level, matchingPrecedence, by, rules] of SCHEMAS) {
    const spec = {
      priorityLevelConfiguration: { name: level },
      matchingPrecedence,
      ...(by && { distinguisherMethod: { type: by } }),
      rules,
    } as FlowSchemaSpec;
    api.create(flowSchemas, { metadata: { name, annotations }, spec });
  }
  const classes = [
    [
      'system-cluster-critical',
      2_000_000_000,
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    ],
    ['system-node-critical', 2_000_001_000, 'Used for system critical pods that must not be moved from their current node.'],
  ] as const;
  for (const [name, value, description] of classes)
    api.create(priorityClasses, { metadata: { name }, value, description, preemptionPolicy: 'PreemptLowerPriority' });
}
