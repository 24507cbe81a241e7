import { describe, expect, test } from 'vitest';
import { domainPrefixedPath } from '../../../../worker/api/domain-prefixed-path.ts';
import { fieldErrorMessage } from '../../../../worker/api/field-error.ts';
import type { FieldError } from '../../../../worker/api/field-error.ts';
import { validateConditions } from '../../../../worker/resources/validation/conditions.ts';
import { atMost100Percent, intOrPercentValue, nonNegativeIntOrPercent } from '../../../../worker/resources/validation/int-or-percent.ts';
import {
  cidrWarnings,
  endpointIp,
  ipWarnings,
  validCidr,
  validCidrOfLegacyField,
  validIp,
  validIpOfLegacyField,
} from '../../../../worker/resources/validation/ip.ts';
import { hasInvalidSelectorValue, validateLabelSelector } from '../../../../worker/resources/validation/label-selector.ts';
import { csiDriverName, domainPrefixedKey, fullyQualifiedDomainName } from '../../../../worker/resources/validation/values.ts';

const texts = (errors: FieldError[]): string[] => errors.map(fieldErrorMessage);

const LABEL_REGEX =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

describe('label selectors', () => {
  test.each([
    ['an absent one', undefined, []],
    ['a plain one', { matchLabels: { a: 'b' } }, []],
    ['a value that is no label', { matchLabels: { a: '-' } }, [`s.matchLabels: Invalid value: "-": ${LABEL_REGEX}`]],
    [
      'In without values',
      { matchExpressions: [{ key: 'a', operator: 'In' }] },
      ["s.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"],
    ],
    [
      'Exists with values',
      { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['x'] }] },
      ["s.matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"],
    ],
    [
      'an unknown operator',
      { matchExpressions: [{ key: 'a', operator: 'Gt' }] },
      ['s.matchExpressions[0].operator: Invalid value: "Gt": not a valid selector operator'],
    ],
    [
      'a bad value in an expression',
      { matchExpressions: [{ key: 'a', operator: 'In', values: ['ok', '-'] }] },
      [`s.matchExpressions[0].values[1]: Invalid value: "-": ${LABEL_REGEX}`],
    ],
    [
      'a key that is none',
      { matchExpressions: [{ key: 'a/b/c', operator: 'Exists' }] },
      [
        "s.matchExpressions[0].key: Invalid value: \"a/b/c\": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
      ],
    ],
  ])('%s', (_name, selector, want) => expect(texts(validateLabelSelector(selector, 's'))).toEqual(want));

  test('what an object already had may stay', () => {
    const selector = { matchExpressions: [{ key: 'a', operator: 'In', values: ['-'] }] };
    expect(hasInvalidSelectorValue(selector)).toBe(true);
    expect(validateLabelSelector(selector, 's', { allowInvalidValues: true })).toEqual([]);
  });
});

describe('conditions', () => {
  const good = { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z', reason: 'Ok', message: '' };
  test.each([
    ['a good one', [good], []],
    ['twice the same', [good, good], ['c[1].type: Duplicate value: "Ready"']],
    [
      'a status of no kind',
      [{ ...good, status: 'Yes' }],
      ['c[0].status: Unsupported value: "Yes": supported values: "False", "True", "Unknown"'],
    ],
    ['no time', [{ ...good, lastTransitionTime: null }], ['c[0].lastTransitionTime: Required value']],
    ['no reason', [{ ...good, reason: '' }], ['c[0].reason: Required value']],
    [
      'a negative generation',
      [{ ...good, observedGeneration: -1 }],
      ['c[0].observedGeneration: Invalid value: -1: must be greater than or equal to zero'],
    ],
    [
      'a reason with a blank',
      [{ ...good, reason: 'not ok' }],
      [
        "c[0].reason: Invalid value: \"not ok\": a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')",
      ],
    ],
    ['a long reason', [{ ...good, reason: 'a'.repeat(1025) }], ['c[0].reason: Too long: may not be more than 1024 bytes']],
    ['a long message', [{ ...good, message: 'a'.repeat(32769) }], ['c[0].message: Too long: may not be more than 32768 bytes']],
  ])('%s', (_name, conditions, want) => expect(texts(validateConditions(conditions, 'c'))).toEqual(want));
});

describe('numbers or percentages', () => {
  const percent =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  test.each([
    [3, [], 3],
    ['25%', [], 25],
    [-1, ['p: Invalid value: -1: must be greater than or equal to 0'], -1],
    ['25', [`p: Invalid value: "25": ${percent}`], 25],
    ['x%', [`p: Invalid value: "x%": ${percent}`], 0],
    ['101%', ['p: Invalid value: "101%": must not be greater than 100%'], 101],
  ])('%j', (value, want, number) => {
    expect(texts([...nonNegativeIntOrPercent(value, 'p'), ...atMost100Percent(value, 'p')])).toEqual(want);
    expect(intOrPercentValue(value)).toBe(number);
  });
});

describe('addresses', () => {
  const cases: [string, FieldError[], string[]][] = [
    ['an address', validIp('10.1.2.3', 'p'), []],
    ['no address', validIp('10.1.2', 'p'), ['p: Invalid value: "10.1.2": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
    ['zeros in front', validIpOfLegacyField('10.01.2.3', 'p'), ['p: Invalid value: "10.01.2.3": must not have leading 0s']],
    ['kept from before', validIpOfLegacyField('10.01.2.3', 'p', ['10.01.2.3']), []],
    [
      'IPv4 in IPv6',
      validIpOfLegacyField('::ffff:1.2.3.4', 'p'),
      ['p: Invalid value: "::ffff:1.2.3.4": must not be an IPv4-mapped IPv6 address'],
    ],
    ['not canonical', validIp('2001:DB8::1', 'p'), ['p: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")']],
    ['a range', validCidr('10.0.0.0/8', 'p'), []],
    [
      'no range',
      validCidr('10.0.0.0', 'p'),
      ['p: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
    ],
    [
      'bits beyond',
      validCidrOfLegacyField('10.1.0.0/8', 'p'),
      ['p: Invalid value: "10.1.0.0/8": must not have bits set beyond the prefix length'],
    ],
    [
      'prefix with zeros',
      validCidrOfLegacyField('10.0.0.0/08', 'p'),
      ['p: Invalid value: "10.0.0.0/08": must not have leading 0s in IP or prefix length'],
    ],
    [
      'a mapped range',
      validCidrOfLegacyField('::ffff:10.0.0.0/104', 'p'),
      ['p: Invalid value: "::ffff:10.0.0.0/104": must not have an IPv4-mapped IPv6 address'],
    ],
    [
      'a range not canonical',
      validCidr('2001:DB8::/32', 'p'),
      ['p: Invalid value: "2001:DB8::/32": must be in canonical form ("2001:db8::/32")'],
    ],
    ['unspecified', endpointIp('0.0.0.0', 'p'), ['p: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)']],
    ['loopback', endpointIp('127.0.0.1', 'p'), ['p: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)']],
    [
      'link-local',
      endpointIp('169.254.0.1', 'p'),
      ['p: Invalid value: "169.254.0.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
    ],
    [
      'multicast',
      endpointIp('224.0.0.1', 'p'),
      ['p: Invalid value: "224.0.0.1": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
    ],
  ];
  test.each(cases)('%s', (_name, errors, want) => expect(texts(errors)).toEqual(want));

  test.each([
    [ipWarnings('10.1.2.3', 'p'), []],
    [ipWarnings('010.1.2.3', 'p'), ['p: non-standard IP address "010.1.2.3" is invalid: use "10.1.2.3"']],
    [ipWarnings('2001:DB8::1', 'p'), ['p: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")']],
    [cidrWarnings('10.1.0.0/16', 'p'), []],
    [
      cidrWarnings('10.1.0.1/16', 'p'),
      ['p: CIDR value "10.1.0.1/16" is ambiguous in this context (should be "10.1.0.0/16" or "10.1.0.1/32"?)'],
    ],
    [cidrWarnings('10.01.0.0/16', 'p'), ['p: non-standard CIDR value "10.01.0.0/16" is invalid: use "10.1.0.0/16"']],
    [cidrWarnings('2001:DB8::/32', 'p'), ['p: IPv6 CIDR value "2001:DB8::/32" should be in RFC 5952 canonical format ("2001:db8::/32")']],
  ])('warning %#', (got, want) => expect(got).toEqual(want));
});

describe('names of other kinds', () => {
  const cases: [string, FieldError[], string[]][] = [
    ['a driver', csiDriverName('CSI.example.com', 'p'), []],
    ['no driver', csiDriverName('', 'p'), ['p: Required value']],
    ['a long driver', csiDriverName('a'.repeat(64), 'p'), ['p: Too long: may not be more than 63 bytes']],
    ['a domain with a dot', fullyQualifiedDomainName('a.b.', 'p'), []],
    [
      'one segment',
      fullyQualifiedDomainName('a', 'p'),
      ['p: Invalid value: "a": should be a domain with at least two segments separated by dots'],
    ],
    ['a path', domainPrefixedPath('a.io/b', 'p'), []],
    ['no path', domainPrefixedPath('a.io', 'p'), ['p: Invalid value: "a.io": must be a domain-prefixed path (such as "acme.io/foo")']],
    ['a key without domain', domainPrefixedKey('k', 'p'), ['p: Invalid value: "k": must be a domain-prefixed key (such as "acme.io/foo")']],
  ];
  test.each(cases)('%s', (_name, errors, want) => expect(texts(errors)).toEqual(want));
});
