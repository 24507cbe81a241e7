// MetalLB: addresses for Services of type LoadBalancer, from pools that one declares, and a first pool. Kinds and names are the project's own (v0.15).

import type { AddonObject } from './index.ts';

const namespace = 'metallb-system';
const labels = (component: string): Record<string, string> => ({ app: 'metallb', component });

const crd = (kind: string, plural: string, spec: object): AddonObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.metallb.io` },
  spec: {
    group: 'metallb.io',
    names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1beta1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              apiVersion: { type: 'string' },
              kind: { type: 'string' },
              metadata: { type: 'object' },
              spec,
              status: { type: 'object' },
            },
            required: ['spec'],
          },
        },
        subresources: { status: {} },
        ...(kind === 'IPAddressPool' && {
          additionalPrinterColumns: [
            { jsonPath: '.spec.autoAssign', name: 'Auto Assign', type: 'boolean' },
            { jsonPath: '.spec.avoidBuggyIPs', name: 'Avoid Buggy IPs', type: 'boolean' },
            { jsonPath: '.spec.addresses', name: 'Addresses', type: 'string' },
          ],
        }),
      },
    ],
  },
});

const strings = { type: 'array', items: { type: 'string' } };
const selectors = { type: 'array', items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };

export const metalLbObjects = (): AddonObject[] => [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  crd('IPAddressPool', 'ipaddresspools', {
    type: 'object',
    properties: {
      addresses: strings,
      autoAssign: { type: 'boolean', default: true },
      avoidBuggyIPs: { type: 'boolean', default: false },
      serviceAllocation: {
        type: 'object',
        properties: { priority: { type: 'integer' }, namespaces: strings, namespaceSelectors: selectors, serviceSelectors: selectors },
      },
    },
    required: ['addresses'],
  }),
  crd('L2Advertisement', 'l2advertisements', {
    type: 'object',
    properties: { ipAddressPools: strings, interfaces: strings, ipAddressPoolSelectors: selectors, nodeSelectors: selectors },
  }),
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'controller', namespace, labels: labels('controller') },
    spec: {
      selector: { matchLabels: labels('controller') },
      template: { metadata: { labels: labels('controller') }, spec: podSpec('controller', {}) },
    },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'speaker', namespace, labels: labels('speaker') },
    spec: {
      selector: { matchLabels: labels('speaker') },
      template: {
        metadata: { labels: labels('speaker') },
        spec: podSpec('speaker', {
          hostNetwork: true,
          tolerations: [
            { effect: 'NoSchedule', key: 'node-role.kubernetes.io/master', operator: 'Exists' },
            { effect: 'NoSchedule', key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' },
          ],
        }),
      },
    },
  },
];

function podSpec(name: string, more: object): object {
  return {
    containers: [{ name, image: `quay.io/metallb/${name}:v0.15.2`, args: ['--port=7472', '--log-level=info'] }],
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    terminationGracePeriodSeconds: 0,
    ...more,
  };
}

/** Made once the kinds are served: the end of the network that the nodes are in. */
export const metalLbPools = (): AddonObject[] => [
  {
    apiVersion: 'metallb.io/v1beta1',
    kind: 'IPAddressPool',
    metadata: { name: 'default', namespace },
    spec: { addresses: ['172.18.255.200-172.18.255.250'] },
  },
  {
    apiVersion: 'metallb.io/v1beta1',
    kind: 'L2Advertisement',
    metadata: { name: 'default', namespace },
    spec: { ipAddressPools: ['default'] },
  },
];
