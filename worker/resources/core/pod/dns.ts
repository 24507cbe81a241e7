// How a pod resolves names, and what it is called itself. Mirrors validatePodDNSConfig, ValidateHostAliases and validatePodHostName.

import { forbiddenField, invalidField, requiredField, tooLong } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type { HostAlias, PodDNSConfig, PodSpec } from '../../../api/gen/core-v1.ts';
import { searchDomainProblems } from '../../../lib/formats.ts';
import { validIpOfLegacyField } from '../../validation/ip.ts';
import { dnsSubdomain, problems } from '../../validation/values.ts';

const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_LENGTH = 2048;
const MAX_HOSTNAME = 64;

export function validateDnsConfig(config: PodDNSConfig | undefined, policy: string | undefined, path: string): FieldError[] {
  if (policy === 'None') {
    if (!config) return [requiredField(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if (!config.nameservers?.length)
      return [requiredField(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
  }
  if (!config) return [];
  const { nameservers = [], searches = [], options = [] } = config;
  const errors: FieldError[] = [];
  if (nameservers.length > MAX_NAMESERVERS)
    errors.push(invalidField(`${path}.nameservers`, nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`));
  for (const [i, server] of nameservers.entries()) errors.push(...validIpOfLegacyField(server, `${path}.nameservers[${i}]`));
  if (searches.length > MAX_SEARCHES)
    errors.push(invalidField(`${path}.searches`, searches, `must not have more than ${MAX_SEARCHES} search paths`));
  if (searches.join(' ').length > MAX_SEARCH_LENGTH) {
    const message = `must not have more than ${MAX_SEARCH_LENGTH} characters (including spaces) in the search list`;
    errors.push(invalidField(`${path}.searches`, searches, message));
  }
  for (const [i, search] of searches.entries()) {
    if (search === '.') continue;
    const name = search.endsWith('.') ? search.slice(0, -1) : search;
    errors.push(...problems(name, searchDomainProblems(name), `${path}.searches[${i}]`));
  }
  for (const [i, { name }] of options.entries()) if (!name) errors.push(requiredField(`${path}.options[${i}]`, 'must not be empty'));
  return errors;
}

export const validateHostAliases = (aliases: readonly HostAlias[], path: string): FieldError[] =>
  aliases.flatMap(({ ip, hostnames = [] }, i) => [
    ...validIpOfLegacyField(ip, `${path}[${i}].ip`),
    ...hostnames.flatMap((name, n) => dnsSubdomain(name, `${path}[${i}].hostnames[${n}]`)),
  ]);

export function validateHostnameOverride({ hostnameOverride, setHostnameAsFQDN, hostNetwork }: PodSpec, path: string): FieldError[] {
  if (hostnameOverride === undefined) return [];
  const at = `${path}.hostnameOverride`;
  return [
    ...(setHostnameAsFQDN ? [forbiddenField(at, 'may not be specified when setHostnameAsFQDN is true')] : []),
    ...(hostNetwork ? [forbiddenField(at, 'may not be specified when hostNetwork is true')] : []),
    ...(hostnameOverride.length > MAX_HOSTNAME ? [tooLong(at, MAX_HOSTNAME)] : []),
    ...dnsSubdomain(hostnameOverride, at),
  ];
}
