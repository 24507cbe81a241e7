import { describe, expect, test } from 'vitest';
import { cidrCovers, cidrsOverlap, formatCidr, formatIp, parseCidr, parseIp, scopeOf } from '../../../worker/lib/ip.ts';

describe('addresses', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1', 4],
    ['255.255.255.255', '255.255.255.255', 4],
    ['010.0.0.01', '10.0.0.1', 4],
    ['::', '::', 6],
    ['::1', '::1', 6],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1', 6],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1', 6],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3', 6],
    ['fe80::', 'fe80::', 6],
    ['::ffff:1.2.3.4', '1.2.3.4', 4],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304', 6],
  ])('%s is %s', (text, canonical, family) => {
    const ip = parseIp(text)!;
    expect([formatIp(ip), ip.family]).toEqual([canonical, family]);
  });
  test.each([
    ['1.2.3.4', false],
    ['0.0.0.0', false],
    ['1.2.3.04', true],
    ['00.2.3.4', true],
    ['1.2.0003.4', true],
  ])('%s was written with leading zeros: %s', (text, is) => expect(parseIp(text)!.leadingZeros).toBe(is));
  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1.2.3.x',
    '1..2.3',
    '1.2.3.',
    '.1.2.3',
    '1.2.3.4 ',
    '1.2.3.1000',
    ':::',
    '1:2:3:4:5:6:7',
    '1::2::3',
    '12345::',
    '1:2:3:4:5:6:7:8:9',
    'fe80::1%eth0',
    '1.2.3.-4',
  ])('%j is none', (text) => expect(parseIp(text)).toBeUndefined());
  test.each([
    ['0.0.0.0', 'unspecified'],
    ['::', 'unspecified'],
    ['127.8.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['169.254.1.1', 'link-local'],
    ['fe80::1', 'link-local'],
    ['febf::1', 'link-local'],
    ['fec0::1', 'other'],
    ['224.0.0.9', 'link-local multicast'],
    ['ff02::1', 'link-local multicast'],
    ['ff12::1', 'link-local multicast'],
    ['ff05::1', 'other'],
    ['10.1.1.1', 'other'],
  ])('%s is %s', (text, scope) => expect(scopeOf(parseIp(text)!)).toBe(scope));
});

describe('ranges', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:db8::1/64', '2001:db8::/64'],
    ['::/0', '::/0'],
  ])('%s is %s', (text, canonical) => expect(formatCidr(parseCidr(text)!)).toBe(canonical));
  test.each(['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', '/8', '::/129', '10.0.0.0/-1', '10.0.0/8'])('%j is none', (text) =>
    expect(parseCidr(text)).toBeUndefined(),
  );
  test('of two ranges, one covers the other or they are apart', () => {
    const [wide, narrow, other, six] = ['10.0.0.0/8', '10.3.0.0/16', '11.0.0.0/8', '::/0'].map((text) => parseCidr(text)!);
    expect([cidrCovers(wide!, narrow!), cidrCovers(narrow!, wide!), cidrsOverlap(narrow!, wide!)]).toEqual([true, false, true]);
    expect([cidrsOverlap(wide!, other!), cidrsOverlap(six!, wide!)]).toEqual([false, false]);
  });
});
