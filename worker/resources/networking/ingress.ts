// Ingresses. Mirrors pkg/registry/networking/ingress.

import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { Ingress, IngressRule } from '../../api/gen/networking-v1.ts';
import { builtinType } from '../schema/index.ts';
import { specAndStatus } from '../strategy.ts';
import { ipWarnings } from '../validation/ip.ts';
import { CLASS_ANNOTATION, validateIngress, validateIngressStatus } from './ingress-validation.ts';

const schema = builtinType('networking.v1.Ingress');
const HOSTS_SHOWN = 3;

export const ingresses = defineResource<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'ingresses',
  kind: 'Ingress',
  namespaced: true,
  shortNames: ['ing'],
  bucket: 'ingress',
  schema,
  ...specAndStatus<Ingress>(schema),
  validate: (ingress) => validateIngress(ingress, undefined),
  validateUpdate: validateIngress,
  warnings: ({ metadata: { annotations = {} }, spec }, old) =>
    !old && CLASS_ANNOTATION in annotations && spec.ingressClassName === undefined
      ? [`annotation ${JSON.stringify(CLASS_ANNOTATION)} is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
  subresources: {
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      validateUpdate: (ingress, old) => validateIngressStatus(ingress as Ingress, old as Ingress),
      warnings: (ingress) =>
        ((ingress as Ingress).status.loadBalancer.ingress ?? []).flatMap(({ ip }, i) =>
          ip ? ipWarnings(ip, `status.loadBalancer.ingress[${i}]`) : [],
        ),
    },
  },
  columns: [
    NAME_COLUMN,
    column('Class', ({ spec }) => spec.ingressClassName ?? '<none>', {
      description: 'The name of the IngressClass resource that should be used for additional configuration',
    }),
    column('Hosts', ({ spec }) => hostsCell(spec.rules ?? []), {
      description: 'Hosts that incoming requests are matched against before the ingress rule',
    }),
    column('Address', addressCell, { description: 'Address is a list containing ingress points for the load-balancer' }),
    column('Ports', ({ spec }) => (spec.tls?.length ? '80, 443' : '80'), { description: 'Ports of TLS configurations that open' }),
    AGE_COLUMN,
  ],
});

/** The first hosts; of the rules after these only how many they are, with a host or without. */
function hostsCell(rules: readonly IngressRule[]): string {
  const hosts: string[] = [];
  for (const { host } of rules) {
    if (hosts.length === HOSTS_SHOWN) return `${hosts.join(',')} + ${rules.length - HOSTS_SHOWN} more...`;
    if (host) hosts.push(host);
  }
  return hosts.join(',') || '*';
}

function addressCell({ status }: Ingress): string {
  const points = (status.loadBalancer.ingress ?? []).flatMap(({ ip, hostname }) => ip || hostname || []);
  return [...new Set(points)].sort().join(',');
}
