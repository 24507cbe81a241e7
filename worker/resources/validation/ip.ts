// Fields that hold addresses and ranges. Mirrors apimachinery pkg/util/validation/ip.go and ValidateEndpointIP; of 1.36, which is strict where older
// releases were lenient (gate StrictIPCIDRValidation): an update may keep what it finds.

import { invalidField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { formatCidr, formatIp, formatIpAsWritten, parseCidr, parseIp, scopeOf, widthOf } from '../../lib/ip.ts';

/** An address in a field that once took more than it does now. `kept`: what the object has already. */
export function validIpOfLegacyField(value: string, path: string, kept: readonly string[] = []): FieldError[] {
  if (kept.includes(value)) return [];
  const ip = parseIp(value);
  if (!ip) return [invalidField(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  const errors: FieldError[] = [];
  if (ip.leadingZeros) errors.push(invalidField(path, value, 'must not have leading 0s'));
  else if (ip.mapped) errors.push(invalidField(path, value, 'must not be an IPv4-mapped IPv6 address'));
  return errors;
}

/** An address in canonical form. */
export function validIp(value: string, path: string): FieldError[] {
  const errors = validIpOfLegacyField(value, path);
  const canonical = errors.length ? value : formatIp(parseIp(value)!);
  return canonical === value ? errors : [invalidField(path, value, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

/** For a valid address that should be written otherwise. */
export function ipWarnings(value: string, path: string): string[] {
  const ip = parseIp(value);
  if (!ip) return [];
  const canonical = formatIp(ip);
  if (ip.leadingZeros || ip.mapped)
    return [`${path}: non-standard IP address ${JSON.stringify(value)} is invalid: use ${JSON.stringify(canonical)}`];
  if (ip.family === 4 || canonical === value) return [];
  return [`${path}: IPv6 address ${JSON.stringify(value)} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`];
}

export function validCidrOfLegacyField(value: string, path: string, kept: readonly string[] = []): FieldError[] {
  if (kept.includes(value)) return [];
  const cidr = parseCidr(value);
  if (!cidr) return [invalidField(path, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
  if (cidr.leadingZeros) return [invalidField(path, value, 'must not have leading 0s in IP or prefix length')];
  if (cidr.ip.mapped) return [invalidField(path, value, 'must not have an IPv4-mapped IPv6 address')];
  if (cidr.ip.value !== cidr.first) return [invalidField(path, value, 'must not have bits set beyond the prefix length')];
  return [];
}

export function validCidr(value: string, path: string): FieldError[] {
  const errors = validCidrOfLegacyField(value, path);
  const canonical = errors.length ? value : formatCidr(parseCidr(value)!);
  return canonical === value ? errors : [invalidField(path, value, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

export function cidrWarnings(value: string, path: string): string[] {
  const cidr = parseCidr(value);
  if (!cidr) return [];
  const warnings: string[] = [];
  const canonical = JSON.stringify(formatCidr(cidr));
  if (cidr.ip.value !== cidr.first) {
    const single = JSON.stringify(`${formatIp(cidr.ip)}/${widthOf(cidr.family)}`);
    warnings.push(`${path}: CIDR value ${JSON.stringify(value)} is ambiguous in this context (should be ${canonical} or ${single}?)`);
  }
  if (cidr.leadingZeros || cidr.ip.mapped)
    warnings.push(`${path}: non-standard CIDR value ${JSON.stringify(value)} is invalid: use ${canonical}`);
  const written = `${formatIpAsWritten(cidr.ip)}/${cidr.bits}`;
  if (!warnings.length && cidr.family === 6 && written !== value)
    warnings.push(`${path}: IPv6 CIDR value ${JSON.stringify(value)} should be in RFC 5952 canonical format (${JSON.stringify(written)})`);
  return warnings;
}

/** An address that traffic may be sent to. */
export function endpointIp(value: string, path: string): FieldError[] {
  const ip = parseIp(value);
  if (!ip) return [invalidField(path, value, 'must be a valid IP address')];
  switch (scopeOf(ip)) {
    case 'unspecified':
      return [invalidField(path, value, `may not be unspecified (${value})`)];
    case 'loopback':
      return [invalidField(path, value, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')];
    case 'link-local':
      return [invalidField(path, value, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')];
    case 'link-local multicast':
      return [invalidField(path, value, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')];
    default:
      return [];
  }
}
