// An ingress controller: ingress-nginx, on the ports 80 and 443 of its node. As its project ships it for clusters without a balancer in front, without the webhook that
// checks Ingresses.

import { grant, RBAC } from './access.ts';
import type { AddonObject } from './index.ts';

const name = 'ingress-nginx';
const namespace = 'ingress-nginx';
const version = 'v1.14.3';
const shared = { 'app.kubernetes.io/instance': name, 'app.kubernetes.io/name': name };
const labels = { ...shared, 'app.kubernetes.io/part-of': name, 'app.kubernetes.io/version': version.slice(1) };
const component = { 'app.kubernetes.io/component': 'controller' };
const controller = `${name}-controller`;
const all = ['get', 'list', 'watch'];

export const ingressNginxObjects = (): AddonObject[] => [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: shared } },
  {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace, labels: { ...labels, ...component } },
    automountServiceAccountToken: true,
  },
  {
    apiVersion: RBAC,
    kind: 'ClusterRole',
    metadata: { name, labels },
    rules: [
      { apiGroups: [''], resources: ['configmaps', 'endpoints', 'nodes', 'pods', 'secrets', 'namespaces'], verbs: ['list', 'watch'] },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['list', 'watch'] },
      { apiGroups: [''], resources: ['nodes'], verbs: ['get'] },
      { apiGroups: [''], resources: ['services'], verbs: all },
      { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'ingressclasses'], verbs: all },
      { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
      { apiGroups: ['networking.k8s.io'], resources: ['ingresses/status'], verbs: ['update'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch', 'get'] },
    ],
  },
  grant({ name, labels }, name, { name, namespace }),
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: controller, namespace, labels: { ...labels, ...component } }, data: {} },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: controller, namespace, labels: { ...labels, ...component } },
    spec: {
      type: 'NodePort',
      selector: { ...shared, ...component },
      ports: [
        { name: 'http', port: 80, protocol: 'TCP', targetPort: 'http', appProtocol: 'http' },
        { name: 'https', port: 443, protocol: 'TCP', targetPort: 'https', appProtocol: 'https' },
      ],
    },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: {
      name: 'nginx',
      labels: { ...labels, ...component },
      annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' },
    },
    spec: { controller: 'k8s.io/ingress-nginx' },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: controller, namespace, labels: { ...labels, ...component } },
    spec: {
      minReadySeconds: 0,
      revisionHistoryLimit: 10,
      selector: { matchLabels: { ...shared, ...component } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      template: {
        metadata: { labels: { ...labels, ...component } },
        spec: {
          serviceAccountName: name,
          dnsPolicy: 'ClusterFirst',
          terminationGracePeriodSeconds: 300,
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          containers: [
            {
              name: 'controller',
              image: `registry.k8s.io/ingress-nginx/controller:${version}`,
              imagePullPolicy: 'IfNotPresent',
              args: [
                '/nginx-ingress-controller',
                '--election-id=ingress-nginx-leader',
                '--controller-class=k8s.io/ingress-nginx',
                '--ingress-class=nginx',
                '--configmap=$(POD_NAMESPACE)/ingress-nginx-controller',
                '--watch-ingress-without-class=true',
                '--report-node-internal-ip-address',
              ],
              env: [
                { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
                { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
              ],
              ports: [
                { name: 'http', containerPort: 80, hostPort: 80, protocol: 'TCP' },
                { name: 'https', containerPort: 443, hostPort: 443, protocol: 'TCP' },
              ],
              livenessProbe: probe(5),
              readinessProbe: probe(3),
              resources: { requests: { cpu: '100m', memory: '90Mi' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
                readOnlyRootFilesystem: false,
                runAsGroup: 82,
                runAsNonRoot: true,
                runAsUser: 101,
                seccompProfile: { type: 'RuntimeDefault' },
              },
            },
          ],
        },
      },
    },
  },
];

function probe(failureThreshold: number): object {
  return {
    httpGet: { path: '/healthz', port: 10_254, scheme: 'HTTP' },
    initialDelaySeconds: 10,
    periodSeconds: 10,
    successThreshold: 1,
    timeoutSeconds: 1,
    failureThreshold,
  };
}
