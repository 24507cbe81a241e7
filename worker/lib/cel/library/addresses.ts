// IP addresses, ranges and URLs. Mirrors apiserver pkg/cel/library (ip.go, cidr.go, urls.go).

import { cidrContains, cidrCovers, formatIp, parseCidr, parseIp, scopeOf } from '../../ip.ts';
import type { Cidr, Ip } from '../../ip.ts';
import { goQuote } from '../../go-format.ts';
import { costs, fn } from '../functions.ts';
import type { Library } from '../functions.ts';
import { opaque } from '../types.ts';
import { CelError, Foreign } from '../values.ts';
import { parseUrl } from './url.ts';
import type { Url } from './url.ts';

class IpValue extends Foreign {
  readonly type = opaque('net.IP');
  readonly ip: Ip;
  constructor(ip: Ip) {
    super();
    this.ip = ip;
  }
  isEqual(other: Foreign): boolean {
    return other instanceof IpValue && other.ip.family === this.ip.family && other.ip.value === this.ip.value;
  }
}

class CidrValue extends Foreign {
  readonly type = opaque('net.CIDR');
  readonly cidr: Cidr;
  constructor(cidr: Cidr) {
    super();
    this.cidr = cidr;
  }
  isEqual(other: Foreign): boolean {
    if (!(other instanceof CidrValue)) return false;
    const [a, b] = [this.cidr, other.cidr];
    return a.family === b.family && a.bits === b.bits && a.ip.value === b.ip.value;
  }
}

class UrlValue extends Foreign {
  readonly type = opaque('kubernetes.URL');
  readonly url: Url;
  constructor(url: Url) {
    super();
    this.url = url;
  }
  isEqual(other: Foreign): boolean {
    return other instanceof UrlValue && other.url.text === this.url.text;
  }
}

/** As upstream: no zone, no IPv4 inside IPv6, no leading zeros. */
function readIp(text: string): Ip {
  const ip = /%/.test(text) ? undefined : parseIp(text);
  if (text.includes('%') && parseIp(text.split('%')[0]!)) throw new CelError(`IP address ${goQuote(text)} with zone value is not allowed`);
  if (!ip || ip.leadingZeros)
    throw new CelError(
      `IP Address ${goQuote(text)} parse error during conversion from string: ParseAddr(${goQuote(text)}): ${addressProblem(text, ip)}`,
    );
  if (ip.mapped) throw new CelError(`IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`);
  return ip;
}

function addressProblem(text: string, ip: Ip | undefined): string {
  if (ip) return 'IPv4 field has octet with leading zero';
  if (/^[\d.]+$/.test(text))
    return text.split('.').some((one) => Number(one) > 255) ? 'IPv4 field has value >255' : 'IPv4 address too short';
  return 'unable to parse IP';
}

function readCidr(text: string): Cidr {
  const cidr = parseCidr(text);
  if (!cidr || cidr.leadingZeros || cidr.ip.mapped || cidr.ip.leadingZeros)
    throw new CelError(
      `network address parse error during conversion from string: netip.ParsePrefix(${goQuote(text)}): ${text.includes('/') ? 'unable to parse IP' : "no '/'"}`,
    );
  return cidr;
}

const succeeds = (read: () => unknown): boolean => {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof CelError) return false;
    throw error;
  }
};

const addressed = (ip: Ip): string => formatIp(ip);

export const addresses: Library = [
  fn('ip', '(string) net.IP', (text: string) => new IpValue(readIp(text)), costs.traversal()),
  fn('isIP', '(string) bool', (text: string) => succeeds(() => readIp(text)), costs.traversal()),
  fn('ip.isCanonical', '(string) bool', (text: string) => addressed(readIp(text)) === text, costs.traversal(0, 2)),
  fn('family', 'net.IP.() int', ({ ip }: IpValue) => BigInt(ip.family), costs.fixed(1)),
  fn('isUnspecified', 'net.IP.() bool', ({ ip }: IpValue) => scopeOf(ip) === 'unspecified', costs.fixed(1)),
  fn('isLoopback', 'net.IP.() bool', ({ ip }: IpValue) => scopeOf(ip) === 'loopback', costs.fixed(1)),
  fn('isLinkLocalMulticast', 'net.IP.() bool', ({ ip }: IpValue) => scopeOf(ip) === 'link-local multicast', costs.fixed(1)),
  fn('isLinkLocalUnicast', 'net.IP.() bool', ({ ip }: IpValue) => scopeOf(ip) === 'link-local', costs.fixed(1)),
  fn('isGlobalUnicast', 'net.IP.() bool', ({ ip }: IpValue) => isGlobalUnicast(ip), costs.fixed(1)),
  fn('string', '(net.IP) string', ({ ip }: IpValue) => addressed(ip)),
  fn('cidr', '(string) net.CIDR', (text: string) => new CidrValue(readCidr(text)), costs.traversal()),
  fn('isCIDR', '(string) bool', (text: string) => succeeds(() => readCidr(text)), costs.traversal()),
  fn(
    'containsIP',
    'net.CIDR.(string) bool',
    ({ cidr }: CidrValue, text: string) => cidrContains(cidr, readIp(text)),
    costs.traversal(0, 2),
  ),
  fn('containsIP', 'net.CIDR.(net.IP) bool', ({ cidr }: CidrValue, { ip }: IpValue) => cidrContains(cidr, ip), costs.traversal(0, 2)),
  fn(
    'containsCIDR',
    'net.CIDR.(string) bool',
    ({ cidr }: CidrValue, text: string) => cidrCovers(cidr, readCidr(text)),
    costs.traversal(0, 3),
  ),
  fn(
    'containsCIDR',
    'net.CIDR.(net.CIDR) bool',
    ({ cidr }: CidrValue, other: CidrValue) => cidrCovers(cidr, other.cidr),
    costs.traversal(0, 3),
  ),
  fn('ip', 'net.CIDR.() net.IP', ({ cidr }: CidrValue) => new IpValue(cidr.ip), costs.fixed(1)),
  fn('prefixLength', 'net.CIDR.() int', ({ cidr }: CidrValue) => BigInt(cidr.bits), costs.fixed(1)),
  fn(
    'masked',
    'net.CIDR.() net.CIDR',
    ({ cidr }: CidrValue) => new CidrValue({ ...cidr, ip: { ...cidr.ip, value: cidr.first } }),
    costs.fixed(1),
  ),
  fn('string', '(net.CIDR) string', ({ cidr }: CidrValue) => `${addressed(cidr.ip)}/${cidr.bits}`),
  fn('url', '(string) kubernetes.URL', (text: string) => new UrlValue(parseUrl(text)), costs.traversal()),
  fn('isURL', '(string) bool', (text: string) => succeeds(() => parseUrl(text)), costs.traversal()),
  fn('getScheme', 'kubernetes.URL.() string', ({ url }: UrlValue) => url.scheme, costs.fixed(1)),
  fn('getHost', 'kubernetes.URL.() string', ({ url }: UrlValue) => url.host, costs.fixed(1)),
  fn('getHostname', 'kubernetes.URL.() string', ({ url }: UrlValue) => url.hostname, costs.fixed(1)),
  fn('getPort', 'kubernetes.URL.() string', ({ url }: UrlValue) => url.port, costs.fixed(1)),
  fn('getEscapedPath', 'kubernetes.URL.() string', ({ url }: UrlValue) => url.path, costs.fixed(1)),
  fn('getQuery', 'kubernetes.URL.() map<string, list<string>>', ({ url }: UrlValue) => url.query, costs.fixed(1)),
];

/** Go's netip: neither broadcast nor unspecified, loopback, multicast, link-local. */
function isGlobalUnicast(ip: Ip): boolean {
  if (ip.family === 4 && (ip.value >> 28n === 14n || ip.value === 2n ** 32n - 1n)) return false;
  if (ip.family === 6 && ip.value >> 120n === 0xffn) return false;
  return scopeOf(ip) === 'other';
}
