// Services. Mirrors pkg/registry/core/service, its defaults and pkg/api/service. Their rules are in service-validation.ts, their addresses and ports in
// service-allocation.ts.

import { AGE_COLUMN, column, defineResource, NAME_COLUMN, wide } from '../../api/resource.ts';
import type { Service } from '../../api/gen/core-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { nameIsDns1035Label } from '../../lib/names.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { keepOnlyStatus, keepStatus, resetStatus } from '../strategy.ts';
import { labelsText } from '../workload.ts';
import { DESCRIPTIONS } from './column-descriptions.ts';
import { addressCompanions } from './service-addresses.ts';
import { allocateForCreate, allocateForUpdate } from './service-allocation.ts';
import { isExternallyAccessible, needsClusterIp, needsHealthCheckPort, needsNodePort } from './service-needs.ts';
import { serviceTerms } from './service-terms.ts';
import { serviceWarnings, validateLoadBalancerStatus, validateService, validateServiceUpdate } from './service-validation.ts';

const schema = builtinType('core.v1.Service');
const AFFINITY_SECONDS = 10_800;

export const services = defineResource<Service>({
  group: '',
  version: 'v1',
  resource: 'services',
  kind: 'Service',
  namespaced: true,
  shortNames: ['svc'],
  categories: ['all'],
  bucket: 'services/specs',
  returnDeleted: true,
  createOnUpdate: true,
  schema,
  validateName: nameIsDns1035Label,
  default: defaultService,
  prepareForCreate: (service, context) => {
    if (service.spec.clusterIP && !service.spec.clusterIPs?.length) service.spec.clusterIPs = [service.spec.clusterIP];
    allocateForCreate(service, context);
    resetStatus(service, schema);
  },
  prepareForUpdate: (service, old, context) => {
    takeOver(service, old);
    matchClusterIps(service, old);
    allocateForUpdate(service, old, context);
    keepStatus(service, old);
    dropForeign(service, old);
  },
  validate: (service) => validateService(service, undefined),
  validateUpdate: validateServiceUpdate,
  warnings: serviceWarnings,
  indexTerms: serviceTerms,
  companions: addressCompanions,
  fieldLabels: ['spec.clusterIP', 'spec.type'],
  selectableFields: ({ spec }) => ({ 'spec.clusterIP': spec.clusterIP ?? '', 'spec.type': spec.type ?? '' }),
  subresources: {
    proxy: { type: 'connect', verbs: ['create', 'delete', 'get', 'patch', 'update'], kind: 'ServiceProxyOptions' },
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      prepareForUpdate: keepOnlyStatus,
      validateUpdate: (service, old) => validateLoadBalancerStatus(service as Service, old as Service),
    },
  },
  columns: [
    NAME_COLUMN,
    column('Type', ({ spec }) => spec.type ?? '', { description: DESCRIPTIONS['ServiceSpec.type'] }),
    column('Cluster-IP', ({ spec }) => spec.clusterIPs?.[0] ?? '<none>', { description: DESCRIPTIONS['ServiceSpec.clusterIP'] }),
    column('External-IP', externalIpText, { description: docOf('core.v1.ServiceSpec.externalIPs') }),
    column('Port(s)', portsText, { description: docOf('core.v1.ServiceSpec.ports') }),
    AGE_COLUMN,
    column('Selector', ({ spec }) => labelsText(spec.selector), { ...wide, description: docOf('core.v1.ServiceSpec.selector') }),
  ],
});

function externalIpText({ spec, status }: Service): string {
  const external = spec.externalIPs ?? [];
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return external.join(',') || '<none>';
    case 'LoadBalancer': {
      const balanced = new Set((status.loadBalancer.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').filter(Boolean));
      return [...[...balanced].sort(), ...external].join(',') || '<pending>';
    }
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

function portsText({ spec }: Service): string {
  const ports = (spec.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return ports.join(',') || '<none>';
}

function defaultService(service: Service): void {
  const { spec, status } = service;
  spec.type ||= 'ClusterIP';
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined)
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: AFFINITY_SECONDS } };
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
  }
  if (isExternallyAccessible(service)) spec.externalTrafficPolicy ||= 'Cluster';
  if (needsClusterIp(service)) spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  for (const ingress of status.loadBalancer.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP';
}

/** What was allocated and is not told again stays: a client may send the object that it first made. */
function takeOver({ spec }: Service, old: Service): void {
  const before = old.spec;
  if (needsClusterIp(old) && needsClusterIp({ spec })) {
    if (!spec.clusterIP && before.clusterIP) spec.clusterIP = before.clusterIP;
    if (!spec.clusterIPs?.length && spec.clusterIP === before.clusterIP && before.clusterIPs) spec.clusterIPs = [...before.clusterIPs];
  }
  if (needsNodePort(old) && needsNodePort({ spec })) {
    const oldPorts = new Set((before.ports ?? []).map(({ nodePort }) => nodePort));
    const used = new Set((spec.ports ?? []).map(({ nodePort }) => nodePort).filter((port) => port && oldPorts.has(port)));
    const byName = new Map((before.ports ?? []).map(({ name, nodePort }) => [name ?? '', nodePort]));
    for (const port of spec.ports ?? []) {
      const known = byName.get(port.name ?? '');
      if (port.nodePort || !known || used.has(known)) continue;
      port.nodePort = known;
      used.add(known);
    }
  }
  if (needsHealthCheckPort(old) && needsHealthCheckPort({ spec }) && !spec.healthCheckNodePort && before.healthCheckNodePort)
    spec.healthCheckNodePort = before.healthCheckNodePort;
}

/** An older client knows `clusterIP` only: what it does to that holds for the list too. */
function matchClusterIps({ spec }: Service, { spec: before }: Service): void {
  const isSameList = isEqual(spec.clusterIPs ?? [], before.clusterIPs ?? []);
  const [now = '', then = ''] = [spec.clusterIP, before.clusterIP];
  if (before.clusterIPs?.length && !spec.clusterIPs?.length && now === then) spec.clusterIPs = [...before.clusterIPs];
  if (now === then || !isSameList) return;
  if (now) spec.clusterIPs = [now];
  else delete spec.clusterIPs;
}

/** What the type that the service is changed to has no use for, if the client did not set it on purpose. */
function dropForeign(service: Service, old: Service): void {
  const { spec } = service;
  const before = old.spec;
  const isSame = (name: keyof Service['spec']): boolean => isEqual(spec[name], before[name]);
  if (needsClusterIp(old) && !needsClusterIp(service)) {
    if (isSame('clusterIPs')) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    if (isSame('ipFamilies')) delete spec.ipFamilies;
    if (isSame('ipFamilyPolicy')) delete spec.ipFamilyPolicy;
  }
  const nodePorts = ({ ports }: Service['spec']): unknown[] => (ports ?? []).map(({ nodePort }) => nodePort ?? 0).sort();
  if (needsNodePort(old) && !needsNodePort(service) && isEqual(nodePorts(spec), nodePorts(before)))
    spec.ports = (spec.ports ?? []).map(({ nodePort: _gone, ...port }) => port);
  if (needsHealthCheckPort(old) && !needsHealthCheckPort(service) && isSame('healthCheckNodePort')) delete spec.healthCheckNodePort;
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (isSame('allocateLoadBalancerNodePorts')) delete spec.allocateLoadBalancerNodePorts;
    if (isSame('loadBalancerClass')) delete spec.loadBalancerClass;
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(service) && isSame('externalTrafficPolicy')) delete spec.externalTrafficPolicy;
}
