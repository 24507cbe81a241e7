// metrics-server as its project ships it (components.yaml of v0.8), for version 1.36: an ordinary Deployment in kube-system behind an APIService.

import { grant, RBAC } from './access.ts';
import type { AddonObject } from './index.ts';

const labels = { 'k8s-app': 'metrics-server' };
const namespace = 'kube-system';
const name = 'metrics-server';

/** How often it scrapes. */
export const metricsServerObjects = (resolution = '15s'): AddonObject[] => [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { labels, name, namespace } },
  {
    apiVersion: RBAC,
    kind: 'ClusterRole',
    metadata: {
      labels: {
        ...labels,
        'rbac.authorization.k8s.io/aggregate-to-admin': 'true',
        'rbac.authorization.k8s.io/aggregate-to-edit': 'true',
        'rbac.authorization.k8s.io/aggregate-to-view': 'true',
      },
      name: 'system:aggregated-metrics-reader',
    },
    rules: [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }],
  },
  {
    apiVersion: RBAC,
    kind: 'ClusterRole',
    metadata: { labels, name: 'system:metrics-server' },
    rules: [
      { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
      { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
    ],
  },
  {
    apiVersion: RBAC,
    kind: 'RoleBinding',
    metadata: { labels, name: 'metrics-server-auth-reader', namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'extension-apiserver-authentication-reader' },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  },
  grant({ labels, name: 'metrics-server:system:auth-delegator' }, 'system:auth-delegator', { name, namespace }),
  grant({ labels, name: 'system:metrics-server' }, 'system:metrics-server', { name, namespace }),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { labels, name, namespace },
    spec: { ports: [{ appProtocol: 'https', name: 'https', port: 443, protocol: 'TCP', targetPort: 'https' }], selector: labels },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { labels, name, namespace },
    spec: {
      selector: { matchLabels: labels },
      strategy: { rollingUpdate: { maxUnavailable: 0 } },
      template: { metadata: { labels }, spec: podSpec(resolution) },
    },
  },
  {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { labels, name: 'v1beta1.metrics.k8s.io' },
    spec: {
      group: 'metrics.k8s.io',
      groupPriorityMinimum: 100,
      insecureSkipTLSVerify: true,
      service: { name, namespace },
      version: 'v1beta1',
      versionPriority: 100,
    },
  },
];

const podSpec = (resolution: string): object => ({
  containers: [
    {
      args: [
        '--cert-dir=/tmp',
        '--secure-port=10250',
        '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
        '--kubelet-use-node-status-port',
        `--metric-resolution=${resolution}`,
      ],
      image: 'registry.k8s.io/metrics-server/metrics-server:v0.8.0',
      imagePullPolicy: 'IfNotPresent',
      livenessProbe: { failureThreshold: 3, httpGet: { path: '/livez', port: 'https', scheme: 'HTTPS' }, periodSeconds: 10 },
      name,
      ports: [{ containerPort: 10250, name: 'https', protocol: 'TCP' }],
      readinessProbe: {
        failureThreshold: 3,
        httpGet: { path: '/readyz', port: 'https', scheme: 'HTTPS' },
        initialDelaySeconds: 20,
        periodSeconds: 10,
      },
      resources: { requests: { cpu: '100m', memory: '200Mi' } },
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      volumeMounts: [{ mountPath: '/tmp', name: 'tmp-dir' }],
    },
  ],
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  priorityClassName: 'system-cluster-critical',
  serviceAccountName: name,
  volumes: [{ emptyDir: {}, name: 'tmp-dir' }],
});
