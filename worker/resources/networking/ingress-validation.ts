// The rules of Ingresses. Mirrors pkg/apis/networking/validation.

import { invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type {
  HTTPIngressPath,
  HTTPIngressRuleValue,
  Ingress,
  IngressBackend,
  IngressRule,
  IngressTLS,
} from '../../api/gen/networking-v1.ts';
import { parseIp } from '../../lib/ip.ts';
import {
  dnsLabelProblems,
  dnsSubdomainProblems,
  portNameProblems,
  portNumberProblems,
  wildcardSubdomainProblems,
} from '../../lib/names.ts';
import { validIpOfLegacyField } from '../validation/ip.ts';
import { dnsSubdomain, problems } from '../validation/values.ts';
import { validateReference } from './reference.ts';

export const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

const BAD_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const BAD_SUFFIXES = ['/..', '/.'];

/** What an update may keep, because the object before it had the like. */
interface Tolerance {
  readonly secretNames: boolean;
  readonly wildcardRules: boolean;
}

const NONE: Tolerance = { secretNames: false, wildcardRules: false };

export function validateIngress({ metadata, spec }: Ingress, old: Ingress | undefined): FieldError[] {
  const errors = validateSpec(spec, old ? toleranceOf(old) : NONE);
  const annotation = metadata.annotations?.[CLASS_ANNOTATION];
  if (!old && annotation !== undefined && spec.ingressClassName !== undefined && annotation !== spec.ingressClassName)
    errors.push(invalidField(`annotations.${CLASS_ANNOTATION}`, annotation, 'must match `ingressClassName` when both are specified'));
  return errors;
}

const toleranceOf = ({ spec }: Ingress): Tolerance => ({
  secretNames: (spec.tls ?? []).some(({ secretName }) => secretNameProblems(secretName).length > 0),
  wildcardRules: (spec.rules ?? []).some(({ host, http }) => host?.includes('*') && http && validateHttp(http, '').length > 0),
});

function validateSpec({ rules = [], defaultBackend, tls = [], ingressClassName }: Ingress['spec'], tolerance: Tolerance): FieldError[] {
  const errors: FieldError[] = [];
  if (!rules.length && !defaultBackend) errors.push(invalidField('spec', null, 'either `defaultBackend` or `rules` must be specified'));
  if (defaultBackend) errors.push(...validateBackend(defaultBackend, 'spec.defaultBackend'));
  for (const [i, rule] of rules.entries()) errors.push(...validateRule(rule, tolerance, `spec.rules[${i}]`));
  for (const [i, one] of tls.entries()) errors.push(...validateTls(one, tolerance, `spec.tls[${i}]`));
  if (ingressClassName !== undefined) errors.push(...dnsSubdomain(ingressClassName, 'spec.ingressClassName'));
  return errors;
}

function validateRule({ host, http }: IngressRule, tolerance: Tolerance, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (host) {
    if (parseIp(host)) errors.push(invalidField(`${path}.host`, host, 'must be a DNS name, not an IP address'));
    errors.push(...validateHost(host, `${path}.host`));
  }
  if (http && !(host?.includes('*') && tolerance.wildcardRules)) errors.push(...validateHttp(http, `${path}.http`));
  return errors;
}

const validateHost = (host: string, path: string): FieldError[] =>
  problems(host, host.includes('*') ? wildcardSubdomainProblems(host) : dnsSubdomainProblems(host), path);

function validateTls({ hosts = [], secretName }: IngressTLS, tolerance: Tolerance, path: string): FieldError[] {
  return [
    ...hosts.flatMap((host, i) => validateHost(host, `${path}.hosts[${i}]`)),
    ...(tolerance.secretNames ? [] : problems(secretName, secretNameProblems(secretName), `${path}.secretName`)),
  ];
}

const secretNameProblems = (name: string | undefined): string[] => (name ? dnsSubdomainProblems(name) : []);

function validateHttp({ paths }: HTTPIngressRuleValue, path: string): FieldError[] {
  if (!paths?.length) return [requiredField(`${path}.paths`)];
  return paths.flatMap((one, i) => validatePath(one, `${path}.paths[${i}]`));
}

function validatePath({ path = '', pathType, backend }: HTTPIngressPath, at: string): FieldError[] {
  if (pathType === undefined || pathType === null) return [requiredField(`${at}.pathType`, 'pathType must be specified')];
  const errors: FieldError[] = [];
  const invalid = (detail: string): unknown => errors.push(invalidField(`${at}.path`, path, detail));
  switch (pathType) {
    case 'Exact':
    case 'Prefix':
      if (!path.startsWith('/')) invalid('must be an absolute path');
      for (const sequence of BAD_SEQUENCES) if (path.includes(sequence)) invalid(`must not contain '${sequence}'`);
      for (const suffix of BAD_SUFFIXES) if (path.endsWith(suffix)) invalid(`cannot end with '${suffix}'`);
      break;
    case 'ImplementationSpecific':
      if (path && !path.startsWith('/')) invalid('must be an absolute path');
      break;
    default:
      errors.push(notSupported(`${at}.pathType`, pathType, ['Exact', 'ImplementationSpecific', 'Prefix']));
  }
  return [...errors, ...validateBackend(backend, `${at}.backend`)];
}

function validateBackend({ service, resource }: IngressBackend, path: string): FieldError[] {
  if (resource && service) return [invalidField(path, '', 'cannot set both resource and service backends')];
  if (resource) return validateReference(resource, `${path}.resource`);
  if (!service) return [invalidField(path, '', 'resource or service backend is required')];
  const { name, port } = service;
  const errors = name ? problems(name, dnsLabelProblems(name), `${path}.service.name`) : [requiredField(`${path}.service.name`)];
  if (port.name && port.number) errors.push(invalidField(path, '', 'cannot set both port name & port number'));
  else if (port.name) errors.push(...problems(port.name, portNameProblems(port.name), `${path}.service.port.name`));
  else if (port.number) errors.push(...problems(port.number, portNumberProblems(port.number), `${path}.service.port.number`));
  else errors.push(requiredField(path, 'port name or number is required'));
  return errors;
}

export function validateIngressStatus({ status }: Ingress, old: Ingress): FieldError[] {
  const errors: FieldError[] = [];
  const kept = (old.status.loadBalancer.ingress ?? []).flatMap(({ ip }) => ip || []);
  for (const [i, { ip, hostname }] of (status.loadBalancer.ingress ?? []).entries()) {
    const path = `status.loadBalancer.ingress[${i}]`;
    if (ip) errors.push(...validIpOfLegacyField(ip, `${path}.ip`, kept));
    if (!hostname) continue;
    errors.push(...dnsSubdomain(hostname, `${path}.hostname`));
    if (parseIp(hostname)) errors.push(invalidField(`${path}.hostname`, hostname, 'must be a DNS name, not an IP address'));
  }
  return errors;
}
