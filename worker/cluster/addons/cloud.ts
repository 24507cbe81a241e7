// A pretended cloud: its cloud-controller-manager, which knows the machines as instances and gives Services of type LoadBalancer a balancer.

import { grant, RBAC } from './access.ts';
import type { AddonObject } from './index.ts';

const name = 'cloud-controller-manager';
const namespace = 'kube-system';
const labels = { 'k8s-app': name };

export const cloudObjects = (): AddonObject[] => [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } },
  {
    apiVersion: RBAC,
    kind: 'ClusterRole',
    metadata: { name: `system:${name}`, labels },
    rules: [
      { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch', 'update'] },
      { apiGroups: [''], resources: ['nodes'], verbs: ['*'] },
      { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
      { apiGroups: [''], resources: ['services'], verbs: ['get', 'list', 'watch', 'patch', 'update'] },
      { apiGroups: [''], resources: ['services/status'], verbs: ['patch', 'update'] },
      { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['create', 'get', 'list', 'watch'] },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
    ],
  },
  grant({ name: `system:${name}`, labels }, `system:${name}`, { name, namespace }),
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: name,
          hostNetwork: true,
          dnsPolicy: 'Default',
          priorityClassName: 'system-cluster-critical',
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          tolerations: [
            { key: 'node.cloudprovider.kubernetes.io/uninitialized', value: 'true', effect: 'NoSchedule' },
            { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoSchedule' },
            { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' },
          ],
          containers: [
            {
              name,
              image: 'docker.io/kubarium/cloud-controller-manager:v1.0.0',
              imagePullPolicy: 'IfNotPresent',
              command: [`/${name}`],
              args: ['--cloud-provider=kubarium', '--leader-elect=false', '--allocate-node-cidrs=true', '--configure-cloud-routes=true'],
              resources: { requests: { cpu: '10m', memory: '20Mi' } },
            },
          ],
        },
      },
    },
  },
];
