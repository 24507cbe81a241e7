// What kubeadm leaves in a new cluster beside the control plane itself: its ConfigMaps, the rights of joining nodes, CoreDNS, kube-proxy, and the agent of the pods' network.
// Mirrors cmd/kubeadm/app/phases/{addons,bootstraptoken,kubelet,uploadconfig}.

import type { ClusterApi } from '../../api/controller.ts';
import { daemonSets } from '../../resources/apps/daemonset.ts';
import { deployments } from '../../resources/apps/deployment.ts';
import { configMaps } from '../../resources/core/configmap.ts';
import { serviceAccounts } from '../../resources/core/serviceaccount.ts';
import { services } from '../../resources/core/service.ts';
import { toBase64, utf8 } from '../../lib/text.ts';
import { POD_NETWORK_IMAGE } from '../../world/images/control-plane.ts';
import { clusterConfiguration, corefile, kubeletConfiguration, proxyConfiguration, proxyKubeconfig } from './component-configs.ts';
import { createPolicy, readPolicy } from './rbac.ts';
import { IMAGES } from './static-manifests.ts';

export interface ClusterFacts {
  readonly version: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  /** `https://172.18.0.2:6443` */
  readonly server: string;
  /** PEM. */
  readonly ca: string;
}

const SYSTEM = 'kube-system';
const RBAC = `
ClusterRole kubeadm:get-nodes
  get core: nodes
ClusterRole system:coredns
  list,watch core: endpoints services pods namespaces
  list,watch discovery.k8s.io: endpointslices
ClusterRole pod-network
  list,watch,patch core: nodes
  list,watch core: pods namespaces
  list,watch networking.k8s.io: networkpolicies
ClusterRoleBinding kubeadm:cluster-admins to ClusterRole:cluster-admin for Group:kubeadm:cluster-admins
ClusterRoleBinding kubeadm:get-nodes to ClusterRole:kubeadm:get-nodes for Group:system:bootstrappers:kubeadm:default-node-token
ClusterRoleBinding kubeadm:kubelet-bootstrap to ClusterRole:system:node-bootstrapper for Group:system:bootstrappers:kubeadm:default-node-token
ClusterRoleBinding kubeadm:node-autoapprove-bootstrap to ClusterRole:system:certificates.k8s.io:certificatesigningrequests:nodeclient for Group:system:bootstrappers:kubeadm:default-node-token
ClusterRoleBinding kubeadm:node-autoapprove-certificate-rotation to ClusterRole:system:certificates.k8s.io:certificatesigningrequests:selfnodeclient for Group:system:nodes
ClusterRoleBinding kubeadm:node-proxier to ClusterRole:system:node-proxier for kube-system/kube-proxy
ClusterRoleBinding system:coredns to ClusterRole:system:coredns for kube-system/coredns
ClusterRoleBinding pod-network to ClusterRole:pod-network for kube-system/pod-network
Role kubeadm:bootstrap-signer-clusterinfo in kube-public
  get core: configmaps = cluster-info
Role kube-proxy in kube-system
  get core: configmaps = kube-proxy
Role kubeadm:kubelet-config in kube-system
  get core: configmaps = kubelet-config
Role kubeadm:nodes-kubeadm-config in kube-system
  get core: configmaps = kubeadm-config
RoleBinding kubeadm:bootstrap-signer-clusterinfo in kube-public to Role:kubeadm:bootstrap-signer-clusterinfo for User:system:anonymous
RoleBinding kube-proxy in kube-system to Role:kube-proxy for Group:system:bootstrappers:kubeadm:default-node-token
RoleBinding kubeadm:kubelet-config in kube-system to Role:kubeadm:kubelet-config for Group:system:nodes Group:system:bootstrappers:kubeadm:default-node-token
RoleBinding kubeadm:nodes-kubeadm-config in kube-system to Role:kubeadm:nodes-kubeadm-config for Group:system:bootstrappers:kubeadm:default-node-token Group:system:nodes
`;

export function createKubeadmObjects(api: ClusterApi, facts: ClusterFacts): void {
  createPolicy(api, readPolicy(RBAC, false));
  createConfigMaps(api, facts);
  for (const name of ['coredns', 'kube-proxy', 'pod-network']) api.create(serviceAccounts, { metadata: { name, namespace: SYSTEM } });
  createDns(api);
  createProxy(api, facts);
  createPodNetwork(api, facts);
}

function createConfigMaps(api: ClusterApi, { version, podCidr, serviceCidr, server, ca }: ClusterFacts): void {
  const kubeconfig = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${toBase64(utf8(ca))}
    server: ${server}
  name: ""
contexts: null
current-context: ""
kind: Config
preferences: {}
users: null
`;
  const maps: readonly (readonly [namespace: string, name: string, data: Record<string, string>, labels?: Record<string, string>])[] = [
    ['kube-public', 'cluster-info', { kubeconfig }],
    [SYSTEM, 'kubeadm-config', { ClusterConfiguration: clusterConfiguration(version, podCidr, serviceCidr) }],
    [SYSTEM, 'kubelet-config', { kubelet: kubeletConfiguration }],
    [SYSTEM, 'coredns', { Corefile: corefile }],
    [
      SYSTEM,
      'kube-proxy',
      { 'config.conf': proxyConfiguration(podCidr), 'kubeconfig.conf': proxyKubeconfig(server) },
      { app: 'kube-proxy' },
    ],
  ];
  for (const [namespace, name, data, labels] of maps)
    api.create(configMaps, { metadata: { name, namespace, ...(labels && { labels }) }, data });
}

const CRITICAL_ONLY = { key: 'CriticalAddonsOnly', operator: 'Exists' };
const CONTROL_PLANE = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' };
const LINUX = { 'kubernetes.io/os': 'linux' };

function createDns(api: ClusterApi): void {
  const labels = { 'k8s-app': 'kube-dns' };
  api.create(services, {
    metadata: {
      name: 'kube-dns',
      namespace: SYSTEM,
      labels: { ...labels, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
      annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' },
    },
    spec: {
      clusterIP: '10.96.0.10',
      selector: labels,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
        { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
      ],
    },
  } as never);
  const port = (name: string, containerPort: number, protocol = 'TCP'): object => ({ name, containerPort, protocol });
  const template = {
    metadata: { labels },
    spec: {
      priorityClassName: 'system-cluster-critical',
      serviceAccountName: 'coredns',
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 100,
              podAffinityTerm: {
                labelSelector: { matchExpressions: [{ key: 'k8s-app', operator: 'In', values: ['kube-dns'] }] },
                topologyKey: 'kubernetes.io/hostname',
              },
            },
          ],
        },
      },
      tolerations: [CRITICAL_ONLY, CONTROL_PLANE],
      nodeSelector: LINUX,
      containers: [
        {
          name: 'coredns',
          image: IMAGES.coredns,
          imagePullPolicy: 'IfNotPresent',
          resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
          args: ['-conf', '/etc/coredns/Corefile'],
          volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
          ports: [
            port('dns', 53, 'UDP'),
            port('dns-tcp', 53),
            port('metrics', 9153),
            port('liveness-probe', 8080),
            port('readiness-probe', 8181),
          ],
          livenessProbe: {
            httpGet: { path: '/health', port: 'liveness-probe', scheme: 'HTTP' },
            initialDelaySeconds: 60,
            timeoutSeconds: 5,
            successThreshold: 1,
            failureThreshold: 5,
          },
          readinessProbe: { httpGet: { path: '/ready', port: 'readiness-probe', scheme: 'HTTP' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
            readOnlyRootFilesystem: true,
          },
        },
      ],
      dnsPolicy: 'Default',
      volumes: [{ name: 'config-volume', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] } }],
    },
  };
  api.create(deployments, {
    metadata: { name: 'coredns', namespace: SYSTEM, labels },
    spec: {
      replicas: 2,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      selector: { matchLabels: labels },
      template,
    },
  } as never);
}

function createProxy(api: ClusterApi, { version }: ClusterFacts): void {
  const labels = { 'k8s-app': 'kube-proxy' };
  const template = {
    metadata: { labels },
    spec: {
      priorityClassName: 'system-node-critical',
      containers: [
        {
          name: 'kube-proxy',
          image: `registry.k8s.io/kube-proxy:${version}`,
          imagePullPolicy: 'IfNotPresent',
          command: ['/usr/local/bin/kube-proxy', '--config=/var/lib/kube-proxy/config.conf', '--hostname-override=$(NODE_NAME)'],
          securityContext: { privileged: true },
          volumeMounts: [
            { mountPath: '/var/lib/kube-proxy', name: 'kube-proxy' },
            { mountPath: '/run/xtables.lock', name: 'xtables-lock', readOnly: false },
            { mountPath: '/lib/modules', name: 'lib-modules', readOnly: true },
          ],
          env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
        },
      ],
      hostNetwork: true,
      serviceAccountName: 'kube-proxy',
      volumes: [
        { name: 'kube-proxy', configMap: { name: 'kube-proxy' } },
        { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
        { name: 'lib-modules', hostPath: { path: '/lib/modules' } },
      ],
      tolerations: [{ operator: 'Exists' }],
      nodeSelector: LINUX,
    },
  };
  createDaemonSet(api, 'kube-proxy', labels, template);
}

function createPodNetwork(api: ClusterApi, { podCidr }: ClusterFacts): void {
  const labels = { app: 'pod-network', 'k8s-app': 'pod-network', tier: 'node' };
  const template = {
    metadata: { labels },
    spec: {
      containers: [
        {
          name: 'pod-network',
          image: POD_NETWORK_IMAGE,
          env: [
            { name: 'HOST_IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
            { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
            { name: 'POD_SUBNET', value: podCidr },
          ],
          resources: { limits: { cpu: '100m', memory: '50Mi' }, requests: { cpu: '100m', memory: '50Mi' } },
          securityContext: { privileged: false, capabilities: { add: ['NET_RAW', 'NET_ADMIN'] } },
          volumeMounts: [
            { mountPath: '/etc/cni/net.d', name: 'cni-cfg' },
            { mountPath: '/run/xtables.lock', name: 'xtables-lock', readOnly: false },
            { mountPath: '/lib/modules', name: 'lib-modules', readOnly: true },
          ],
        },
      ],
      hostNetwork: true,
      serviceAccountName: 'pod-network',
      volumes: [
        { name: 'cni-cfg', hostPath: { path: '/etc/cni/net.d' } },
        { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
        { name: 'lib-modules', hostPath: { path: '/lib/modules' } },
      ],
      tolerations: [{ operator: 'Exists' }],
      nodeSelector: LINUX,
    },
  };
  createDaemonSet(api, 'pod-network', labels, template);
}

function createDaemonSet(api: ClusterApi, name: string, labels: Record<string, string>, template: object): void {
  const [selector, value] = Object.entries(labels)[0]!;
  api.create(daemonSets, {
    metadata: { name, namespace: SYSTEM, labels },
    spec: { selector: { matchLabels: { [selector]: value } }, updateStrategy: { type: 'RollingUpdate' }, template },
  } as never);
}
