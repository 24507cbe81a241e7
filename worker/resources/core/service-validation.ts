// The rules of Services. Mirrors ValidateService and its like in kubernetes pkg/apis/core/validation, and GetWarningsForService.

import { duplicateField, forbiddenField, index, invalidField, mapKey, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { IMMUTABLE, validateLabels } from '../../api/metadata-validation.ts';
import type { Service, ServicePort, SessionAffinityConfig } from '../../api/gen/core-v1.ts';
import { parseIp } from '../../lib/ip.ts';
import { dnsSubdomainProblems, portNameProblems, portNumberProblems } from '../../lib/names.ts';
import { goForm } from '../go-form.ts';
import { isDualStackTexts } from '../validation/dual-stack.ts';
import { cidrWarnings, endpointIp, ipWarnings, validCidrOfLegacyField, validIpOfLegacyField } from '../validation/ip.ts';
import { dnsLabel, dnsSubdomain, problems, qualifiedName } from '../validation/values.ts';
import { isExternallyAccessible, isHeadlessList, needsClusterIp, needsHealthCheckPort } from './service-needs.ts';

type Spec = Service['spec'];

const HINTS = 'service.kubernetes.io/topology-aware-hints';
const MODE = 'service.kubernetes.io/topology-mode';
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";

export function validateService(service: Service, old: Service | undefined): FieldError[] {
  const { spec } = service;
  const ports = spec.ports ?? [];
  return [
    ...validateTopology(service),
    ...(ports.length || isHeadlessList(service) || spec.type === 'ExternalName' ? [] : [requiredField('spec.ports')]),
    ...validateByType(service),
    ...validatePorts(ports),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...validateAffinity(spec),
    ...validateClusterIps(service, old),
    ...(spec.externalIPs ?? []).flatMap((ip, i) => validateExternalIp(ip, index('spec.externalIPs', i), old?.spec.externalIPs)),
    ...validateType(spec),
    ...validateUniquePorts(ports),
    ...validateSourceRanges(service, old),
    ...validateBalancing(spec),
    ...validateTrafficPolicies(service),
  ];
}

export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const errors = [...validateClusterIpChange(service, old), ...validateFamilyChange(service, old)];
  const [name, oldName] = [service.spec.loadBalancerClass, old.spec.loadBalancerClass];
  if (service.spec.type === 'LoadBalancer' && old.spec.type === 'LoadBalancer' && name !== oldName)
    errors.push(invalidField('spec.loadBalancerClass', name ?? null, 'may not change once set'));
  if (
    needsHealthCheckPort(old) &&
    needsHealthCheckPort(service) &&
    (service.spec.healthCheckNodePort ?? 0) !== (old.spec.healthCheckNodePort ?? 0)
  )
    errors.push(forbiddenField('spec.healthCheckNodePort', IMMUTABLE));
  return [...errors, ...validateService(service, old)];
}

function validateTopology({ metadata }: Service): FieldError[] {
  const [hints, mode] = [metadata.annotations?.[HINTS], metadata.annotations?.[MODE]];
  if (hints === undefined || mode === undefined || hints === mode) return [];
  return [invalidField(mapKey('metadata.annotations', MODE), mode, `must match annotations[${HINTS}] when both are specified`)];
}

function validateByType(service: Service): FieldError[] {
  const { spec } = service;
  if (spec.type === 'LoadBalancer' || spec.type === 'NodePort')
    return isHeadlessList(service)
      ? [invalidField('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`)]
      : [];
  if (spec.type !== 'ExternalName') return [];
  const text = 'may not be set for ExternalName services';
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  return [
    ...(spec.clusterIPs?.length ? [forbiddenField('spec.clusterIPs', text)] : []),
    ...(spec.ipFamilies?.length ? [forbiddenField('spec.ipFamilies', text)] : []),
    ...(spec.ipFamilyPolicy === undefined ? [] : [forbiddenField('spec.ipFamilyPolicy', text)]),
    ...(name ? dnsSubdomain(name, 'spec.externalName') : [requiredField('spec.externalName')]),
  ];
}

function validatePorts(ports: readonly ServicePort[]): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const path = index('spec.ports', i);
    const errors: FieldError[] = [];
    const { name, protocol, targetPort, appProtocol } = port;
    if (!name) {
      if (ports.length > 1) errors.push(requiredField(`${path}.name`));
    } else {
      errors.push(...dnsLabel(name, `${path}.name`));
      if (names.has(name)) errors.push(duplicateField(`${path}.name`, name));
      names.add(name);
    }
    errors.push(...problems(port.port, portNumberProblems(port.port), `${path}.port`));
    if (!protocol) errors.push(requiredField(`${path}.protocol`));
    else if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
    errors.push(
      ...problems(
        targetPort,
        typeof targetPort === 'number' ? portNumberProblems(targetPort) : portNameProblems(targetPort ?? ''),
        `${path}.targetPort`,
      ),
    );
    return appProtocol === undefined ? errors : [...errors, ...qualifiedName(appProtocol, `${path}.appProtocol`)];
  });
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig }: Spec): FieldError[] {
  const path = 'spec.sessionAffinity';
  if (!sessionAffinity) return [requiredField(path)];
  if (sessionAffinity === 'ClientIP') return validateClientIp(sessionAffinityConfig);
  if (sessionAffinity !== 'None') return [notSupported(path, sessionAffinity, ['ClientIP', 'None'])];
  return sessionAffinityConfig ? [forbiddenField('spec.sessionAffinityConfig', 'must not be set when session affinity is None')] : [];
}

const MAX_AFFINITY_SECONDS = 86_400;

function validateClientIp(config: SessionAffinityConfig | undefined): FieldError[] {
  const path = 'spec.sessionAffinityConfig';
  if (!config) return [requiredField(path, 'when session affinity type is ClientIP')];
  if (!config.clientIP) return [requiredField(`${path}.clientIP`, 'when session affinity type is ClientIP')];
  const seconds = config.clientIP.timeoutSeconds;
  if (seconds === undefined) return [requiredField(`${path}.clientIP.timeoutSeconds`, 'when session affinity type is ClientIP')];
  return seconds > 0 && seconds <= MAX_AFFINITY_SECONDS
    ? []
    : [invalidField(`${path}.clientIP.timeoutSeconds`, seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`)];
}

const FAMILIES = ['IPv4', 'IPv6'];
const POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

/** Addresses, families and policy by themselves and against each other. */
export function validateClusterIps(service: Service, old: Service | undefined): FieldError[] {
  const { spec } = service;
  if (spec.type === 'ExternalName') return [];
  const path = 'spec.clusterIPs';
  const [ips, families] = [spec.clusterIPs ?? [], spec.ipFamilies ?? []];
  const errors: FieldError[] = [];
  if (spec.clusterIP) {
    if (!ips.length) errors.push(requiredField(path));
    else if (ips[0] !== spec.clusterIP) errors.push(invalidField(path, ips, 'first value must match `clusterIP`'));
  } else if (ips.length) errors.push(invalidField(path, ips, 'must be empty when `clusterIP` is not specified'));
  for (const [i, family] of families.entries()) {
    if (!FAMILIES.includes(family)) errors.push(notSupported(index('spec.ipFamilies', i), family, FAMILIES));
    if (families.indexOf(family) < i) errors.push(duplicateField(index('spec.ipFamilies', i), family));
  }
  if (spec.ipFamilyPolicy !== undefined && !POLICIES.includes(spec.ipFamilyPolicy))
    errors.push(notSupported('spec.ipFamilyPolicy', spec.ipFamilyPolicy, POLICIES));
  const wrong = ips.flatMap((ip, i) => {
    if (i > 0 || ip !== 'None') return validIpOfLegacyField(ip, index(path, i), old?.spec.clusterIPs);
    return ips.length > 1 ? [invalidField(path, ips, "'None' must be the first and only value")] : [];
  });
  errors.push(...wrong);
  if (ips.length > 2) errors.push(invalidField(path, ips, 'may only hold up to 2 values'));
  if (wrong.length) return errors;
  if (ips.length > 1 && !isDualStackTexts(ips)) errors.push(invalidField(path, ips, 'may specify no more than one IP for each IP family'));
  return isHeadlessList(service) ? errors : [...errors, ...validateFamiliesFit(ips, families)];
}

const validateFamiliesFit = (ips: readonly string[], families: readonly string[]): FieldError[] =>
  ips.flatMap((ip, i) => {
    const is = parseIp(ip)?.family === 6 ? 'IPv6' : 'IPv4';
    const wanted = families[i];
    if (wanted === undefined || wanted === is) return [];
    return [invalidField(index('spec.clusterIPs', i), ip, `expected an ${wanted} value as indicated by \`ipFamilies[${i}]\``)];
  });

const validateExternalIp = (ip: string, path: string, kept: readonly string[] = []): FieldError[] => {
  const errors = validIpOfLegacyField(ip, path, kept);
  return errors.length ? errors : endpointIp(ip, path);
};

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

function validateType({ type, ports = [] }: Spec): FieldError[] {
  if (!type) return [requiredField('spec.type')];
  if (!TYPES.includes(type)) return [notSupported('spec.type', type, TYPES)];
  if (type !== 'ClusterIP') return [];
  return ports.flatMap(({ nodePort }, i) =>
    nodePort ? [forbiddenField(`${index('spec.ports', i)}.nodePort`, "may not be used when `type` is 'ClusterIP'")] : [],
  );
}

function validateUniquePorts(ports: readonly ServicePort[]): FieldError[] {
  const isRepeated = (i: number, isSame: (a: ServicePort, b: ServicePort) => boolean): boolean =>
    ports.findIndex((one) => isSame(one, ports[i]!)) < i;
  const nodePorts = ports.flatMap(({ nodePort }, i) =>
    nodePort && isRepeated(i, (a, b) => a.nodePort === b.nodePort && a.protocol === b.protocol)
      ? [duplicateField(`${index('spec.ports', i)}.nodePort`, nodePort)]
      : [],
  );
  const numbers = ports.flatMap(({ port, protocol }, i) =>
    isRepeated(i, (a, b) => a.port === b.port && a.protocol === b.protocol)
      ? [duplicateField(index('spec.ports', i), goForm('core.v1.ServicePort', { port, targetPort: 0, ...(protocol && { protocol }) }))]
      : [],
  );
  return [...nodePorts, ...numbers];
}

function validateSourceRanges({ metadata, spec }: Service, old: Service | undefined): FieldError[] {
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const isBalanced = spec.type === 'LoadBalancer';
  if (ranges.length) {
    const path = 'spec.LoadBalancerSourceRanges';
    return [
      ...(isBalanced ? [] : [forbiddenField(path, ONLY_LOAD_BALANCER)]),
      ...ranges.flatMap((range, i) => validCidrOfLegacyField(range.trim(), index(path, i), old?.spec.loadBalancerSourceRanges)),
    ];
  }
  const text = metadata.annotations?.[SOURCE_RANGES];
  if (text === undefined) return [];
  const path = mapKey('metadata.annotations', SOURCE_RANGES);
  return [
    ...(isBalanced ? [] : [forbiddenField(path, ONLY_LOAD_BALANCER)]),
    ...(text.trim() ? text.split(',').flatMap((range) => validCidrOfLegacyField(range.trim(), path)) : []),
  ];
}

function validateBalancing({ type, allocateLoadBalancerNodePorts, loadBalancerClass }: Spec): FieldError[] {
  const errors: FieldError[] = [];
  const isBalanced = type === 'LoadBalancer';
  if (allocateLoadBalancerNodePorts !== undefined && !isBalanced)
    errors.push(forbiddenField('spec.allocateLoadBalancerNodePorts', ONLY_LOAD_BALANCER));
  if (isBalanced && allocateLoadBalancerNodePorts === undefined) errors.push(requiredField('allocateLoadBalancerNodePorts'));
  if (loadBalancerClass === undefined) return errors;
  return [
    ...errors,
    ...(isBalanced
      ? qualifiedName(loadBalancerClass, 'spec.loadBalancerClass')
      : [forbiddenField('spec.loadBalancerClass', ONLY_LOAD_BALANCER)]),
  ];
}

const TRAFFIC_POLICIES = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];

function validateTrafficPolicies(service: Service): FieldError[] {
  const { externalTrafficPolicy, healthCheckNodePort, internalTrafficPolicy, trafficDistribution } = service.spec;
  const errors: FieldError[] = [];
  const external = 'spec.externalTrafficPolicy';
  if (!isExternallyAccessible(service)) {
    if (externalTrafficPolicy)
      errors.push(invalidField(external, externalTrafficPolicy, 'may only be set for externally-accessible services'));
  } else if (!externalTrafficPolicy) errors.push(requiredField(external));
  else if (!TRAFFIC_POLICIES.includes(externalTrafficPolicy)) errors.push(notSupported(external, externalTrafficPolicy, TRAFFIC_POLICIES));
  const health = 'spec.healthCheckNodePort';
  if (!needsHealthCheckPort(service)) {
    if (healthCheckNodePort)
      errors.push(
        invalidField(health, healthCheckNodePort, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"),
      );
  } else if (!healthCheckNodePort) errors.push(requiredField(health));
  else errors.push(...problems(healthCheckNodePort, portNumberProblems(healthCheckNodePort), health));
  const internal = 'spec.internalTrafficPolicy';
  if (internalTrafficPolicy === undefined) {
    if (needsClusterIp(service)) errors.push(requiredField(internal));
  } else if (!TRAFFIC_POLICIES.includes(internalTrafficPolicy))
    errors.push(notSupported(internal, internalTrafficPolicy, TRAFFIC_POLICIES));
  if (trafficDistribution !== undefined && !DISTRIBUTIONS.includes(trafficDistribution))
    errors.push(notSupported('spec.trafficDistribution', trafficDistribution, DISTRIBUTIONS));
  return errors;
}

const ONCE = 'may not change once set';
const isNamed = (a: Service, b: Service): boolean => a.spec.type === 'ExternalName' || b.spec.type === 'ExternalName';

function validateClusterIpChange(service: Service, old: Service): FieldError[] {
  if (isNamed(service, old) || (isHeadlessList(service) && isHeadlessList(old))) return [];
  const path = 'spec.clusterIPs';
  const [ips, before] = [service.spec.clusterIPs ?? [], old.spec.clusterIPs ?? []];
  if (before.length === ips.length) return before.flatMap((ip, i) => (ip === ips[i] ? [] : [invalidField(index(path, i), ips, ONCE)]));
  const errors: FieldError[] = [];
  if (before.length > ips.length && !ips.length) errors.push(invalidField(index(path, 0), ips, 'primary clusterIP can not be unset'));
  if (before.length && ips.length && ips[0] !== before[0]) errors.push(invalidField(index(path, 0), ips, ONCE));
  if (before.length > ips.length && ips.length === 1 && service.spec.ipFamilyPolicy !== 'SingleStack')
    errors.push(
      invalidField(
        'spec.ipFamilyPolicy',
        service.spec.ipFamilyPolicy ?? null,
        "must be set to 'SingleStack' when releasing the secondary clusterIP",
      ),
    );
  return errors;
}

function validateFamilyChange(service: Service, old: Service): FieldError[] {
  if (isNamed(service, old) || isHeadlessList(service) || isHeadlessList(old)) return [];
  const path = index('spec.ipFamilies', 0);
  const [families, before] = [service.spec.ipFamilies ?? [], old.spec.ipFamilies ?? []];
  const ips = service.spec.clusterIPs ?? [];
  if (before.length === families.length)
    return before.flatMap((family, i) => (family === families[i] ? [] : [invalidField(path, families, ONCE)]));
  const errors: FieldError[] = [];
  if (before.length > families.length && !ips.length) errors.push(invalidField(path, families, 'primary ipFamily can not be unset'));
  if (before.length && families.length && families[0] !== before[0]) errors.push(invalidField(path, ips, ONCE));
  if (before.length > families.length && families.length === 1 && service.spec.ipFamilyPolicy !== 'SingleStack')
    errors.push(
      invalidField(
        'spec.ipFamilyPolicy',
        service.spec.ipFamilyPolicy ?? null,
        "must be set to 'SingleStack' when releasing the secondary ipFamily",
      ),
    );
  return errors;
}

const IP_MODES = ['Proxy', 'VIP'];

export function validateLoadBalancerStatus({ spec, status }: Service, old: Service): FieldError[] {
  const path = 'status.loadBalancer.ingress';
  const ingress = status.loadBalancer.ingress ?? [];
  if (spec.type !== 'LoadBalancer' && ingress.length) return [forbiddenField(path, "may only be used when `spec.type` is 'LoadBalancer'")];
  const kept = (old.status.loadBalancer.ingress ?? []).map(({ ip }) => ip ?? '');
  return ingress.flatMap(({ ip, hostname, ipMode }, i) => {
    const at = index(path, i);
    const errors = ip ? validIpOfLegacyField(ip, `${at}.ip`, kept) : [];
    if (ipMode === undefined) {
      if (ip) errors.push(requiredField(`${at}.ipMode`, 'must be specified when `ip` is set'));
    } else if (!ip) errors.push(forbiddenField(`${at}.ipMode`, 'may not be specified when `ip` is not set'));
    else if (!IP_MODES.includes(ipMode)) errors.push(notSupported(`${at}.ipMode`, ipMode, IP_MODES));
    if (!hostname) return errors;
    errors.push(...problems(hostname, dnsSubdomainProblems(hostname), `${at}.hostname`));
    return parseIp(hostname) ? [...errors, invalidField(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address')] : errors;
  });
}

/** Mirrors kubernetes pkg/api/service GetWarningsForService. */
export function serviceWarnings({ metadata, spec }: Service): string[] {
  const warnings: string[] = [];
  const { clusterIPs = [], externalIPs = [], loadBalancerIP, loadBalancerSourceRanges = [], externalName, type } = spec;
  if (metadata.annotations?.[HINTS] !== undefined) warnings.push(`annotation ${HINTS} is deprecated, please use ${MODE} instead`);
  if (type !== 'ExternalName' && spec.clusterIP !== 'None')
    warnings.push(...clusterIPs.flatMap((ip, i) => ipWarnings(ip, index('spec.clusterIPs', i))));
  if (type === 'ClusterIP' && spec.clusterIP === 'None') {
    if (loadBalancerIP) warnings.push('spec.loadBalancerIP is ignored for headless services');
    if (externalIPs.length) warnings.push('spec.externalIPs is ignored for headless services');
    if (spec.sessionAffinity !== 'None') warnings.push('spec.SessionAffinity is ignored for headless services');
  }
  warnings.push(...externalIPs.flatMap((ip, i) => ipWarnings(ip, index('spec.externalIPs', i))));
  if (loadBalancerIP) warnings.push(...ipWarnings(loadBalancerIP, 'spec.loadBalancerIP'));
  warnings.push(...loadBalancerSourceRanges.flatMap((range, i) => cidrWarnings(range, index('spec.loadBalancerSourceRanges', i))));
  if (type === 'ExternalName' && externalIPs.length) warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (type !== 'ExternalName' && externalName) warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (spec.trafficDistribution === 'PreferClose')
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  return warnings;
}
