// Expressions and what they come to, by library; what is wrong with those that are none, in cel-go's words; and what they cost.

import { describe, expect, test } from 'vitest';
import { compile, CompileError } from '../../../../worker/lib/cel/index.ts';
import { DYN, INT, listOf, mapOf, objectType, STRING } from '../../../../worker/lib/cel/types.ts';
import type { Type } from '../../../../worker/lib/cel/types.ts';
import { CelError, Duration, isMap, Optional, Timestamp, Uint } from '../../../../worker/lib/cel/values.ts';
import type { Value } from '../../../../worker/lib/cel/values.ts';

const spec = new Map<Value, Value>([
  ['replicas', 3n],
  ['name', 'web'],
  ['labels', new Map([['app', 'web']])],
  ['ports', [80n, 443n]],
]);
const specType = objectType(
  'spec',
  (field) => ({ replicas: INT, name: STRING, labels: mapOf(STRING, STRING), ports: listOf(INT), missing: STRING })[field],
);
const variables = new Map<string, Type>([
  ['self', specType],
  ['any', DYN],
]);
const values: Readonly<Record<string, Value>> = { self: spec, any: new Map<Value, Value>([['x', [1n, 'a', true]]]) };

function evaluate(source: string): unknown {
  return plain(compile(source, { variables }).run({ variable: (name) => values[name], limit: 1_000_000 }).value);
}

/** As the table below can write it. */
function plain(value: Value): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint) return `${value.value}u`;
  if (value instanceof Duration) return `${value.nanos}ns`;
  if (value instanceof Timestamp) return new Date(Number(value.nanos / 1_000_000n)).toISOString();
  if (value instanceof Optional) return value.hasValue ? { some: plain(value.value) } : 'none';
  if (Array.isArray(value)) return value.map(plain);
  if (isMap(value)) return Object.fromEntries([...value].map(([key, one]) => [String(key), plain(one)]));
  return value;
}

/** What goes wrong while it is evaluated. */
function failure(source: string): string {
  try {
    evaluate(source);
  } catch (error) {
    if (error instanceof CelError) return error.message;
    throw error;
  }
  return 'nothing';
}

function compilation(source: string): string {
  try {
    compile(source, { variables });
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
  return 'fine';
}

const tables: Readonly<Record<string, readonly (readonly [expression: string, want: unknown])[]>> = {
  'the language': [
    ['1 + 2 * 3', 7],
    ['-(-2)', 2],
    ['7 / 2', 3],
    ['-7 / 2', -3],
    ['-7 % 3', -1],
    ['7.0 / 2.0', 3.5],
    ['1u + 2u', '3u'],
    ['0x1F', 31],
    ['1e3', 1000],
    ['"a" + \'b\'', 'ab'],
    ['r"\\n".size()', 2],
    ['"""a\nb""".size()', 3],
    ['"\\u00e9\\x41\\101"', 'éAA'],
    ['b"ab" == bytes("ab")', true],
    ['!true || false', false],
    ['true ? 1 : 2', 1],
    ['1 < 2 && 2.5 >= 2', true],
    ['dyn(1) == dyn(1.0)', true],
    ['dyn(1u) == dyn(1)', true],
    ['[1, 2] == [1, 2]', true],
    ['{"a": 1}["a"]', 1],
    ['[1, 2][1]', 2],
    ['2 in [1, 2]', true],
    ['"a" in {"a": 1}', true],
    ['type(1) == int', true],
    ['type("") == string', true],
    ['null == null', true],
    ['dyn("a") == 1', false],
    ['self.replicas > 2 && self.name == "web"', true],
    ['has(self.missing)', false],
    ['has(self.labels.app)', true],
    ['self.labels["app"]', 'web'],
    ['any.x[1]', 'a'],
    ['1 / 0 > 1 || true', true],
    ['true || 1 / 0 > 1', true],
    ['size({"a": 1}) + size([1]) + size("é")', 3],
    ['// a comment\n1', 1],
  ],
  conversions: [
    ['int("42")', 42],
    ['int(3.9)', 3],
    ['double("1.5")', 1.5],
    ['string(1.0)', '1'],
    ['string(1e6)', '1e+06'],
    ['string(true)', 'true'],
    ['uint(7)', '7u'],
    ['string(b"ab")', 'ab'],
    ['bool("true")', true],
    ['string(duration("90s"))', '90s'],
    ['string(timestamp("2024-01-02T03:04:05.006Z"))', '2024-01-02T03:04:05.006Z'],
    ['int(timestamp("1970-01-01T00:01:00Z"))', 60],
  ],
  macros: [
    ['[1, 2].all(x, x > 0)', true],
    ['[1, 2].exists(x, x > 1)', true],
    ['[1, 2].exists_one(x, x > 0)', false],
    ['[1, 2, 3].filter(x, x != 2)', [1, 3]],
    ['[1, 2].map(x, x * 2)', [2, 4]],
    ['[1, 2].map(x, x > 1, x * 2)', [4]],
    ['{"a": 1}.all(k, k == "a")', true],
    ['{"a": 1, "b": 2}.map(k, k)', ['a', 'b']],
    ['[1, 0].exists(x, 1 / x == 1)', true],
    ['cel.bind(x, self.replicas * 2, x + x)', 12],
    ['[10, 20].all(i, v, v == (i + 1) * 10)', true],
    ['{"a": 1}.exists(k, v, k == "a" && v == 1)', true],
    ['[5, 6].transformList(i, v, i + v)', [5, 7]],
    ['[5, 6].transformList(i, v, i > 0, v)', [6]],
    ['{"a": 1}.transformMap(k, v, v + 1)', { a: 2 }],
    ['["x"].transformMapEntry(i, v, {v: i})', { x: 0 }],
    ['[1, 2].existsOne(i, v, i == 1)', true],
  ],
  strings: [
    ['"hello".contains("ell") && "hello".startsWith("he") && "hello".endsWith("lo")', true],
    ['"abc".matches("^[a-c]+$")', true],
    ['"héllo".charAt(1)', 'é'],
    ['"hello".indexOf("l")', 2],
    ['"hello".indexOf("l", 3)', 3],
    ['"hello".lastIndexOf("l")', 3],
    ['"hello".lastIndexOf("l", 2)', 2],
    ['"HeLLo".lowerAscii() + "a".upperAscii()', 'helloA'],
    ['"aXbXc".replace("X", "-")', 'a-b-c'],
    ['"aXbXc".replace("X", "-", 1)', 'a-bXc'],
    ['"a,b,c".split(",")', ['a', 'b', 'c']],
    ['"a,b,c".split(",", 2)', ['a', 'b,c']],
    ['"hello".substring(1, 3)', 'el'],
    ['"  x ".trim()', 'x'],
    ['["a", "b"].join("-")', 'a-b'],
    ['"%s has %d of %.1f".format([dyn("x"), dyn(3), dyn(2.55)])', 'x has 3 of 2.5'],
    ['"%x %b %o %X".format([255, 5, 8, 255])', 'ff 101 10 FF'],
    ['"%s".format([[dyn(1), dyn("a")]])', '[1, a]'],
    ['strings.quote("a\\nb")', '"a\\nb"'],
    ['"a12b3".find("[0-9]+")', '12'],
    ['"a12b3".findAll("[0-9]+")', ['12', '3']],
    ['"a12b3".findAll("[0-9]+", 1)', ['12']],
  ],
  lists: [
    ['[1, 2, 2].isSorted()', true],
    ['["b", "a"].isSorted()', false],
    ['[1, 3, 2].max() - [1, 3, 2].min()', 2],
    ['[1, 2, 3].sum()', 6],
    ['[1.5, 2.5].sum()', 4],
    ['[duration("1s"), duration("2s")].sum()', '3000000000ns'],
    ['["a", "b", "a"].indexOf("b") + ["a", "b", "a"].lastIndexOf("a")', 3],
    ['[1, 2, 3].slice(1, 3)', [2, 3]],
    ['[[1], [2, 3]].flatten()', [1, 2, 3]],
    ['[3, 1, 2].sort()', [1, 2, 3]],
    ['[1, 1, 2].distinct()', [1, 2]],
    ['[1, 2].reverse()', [2, 1]],
    ['lists.range(3)', [0, 1, 2]],
    ['[1, 2].first().value()', 1],
    ['sets.contains([1, 2], [2])', true],
    ['sets.equivalent([1, 2, 2], [2, 1])', true],
    ['sets.intersects([1], [2])', false],
  ],
  optionals: [
    ['self.?missing', 'none'],
    ['self.?name', { some: 'web' }],
    ['self.?missing.orValue("x")', 'x'],
    ['self.?labels.app.orValue("x")', 'web'],
    ['self.labels[?"app"].hasValue()', true],
    ['[1, 2][?5]', 'none'],
    ['optional.of(1).optMap(x, x + 1)', { some: 2 }],
    ['optional.none().orValue(3)', 3],
    ['optional.ofNonZeroValue("").hasValue()', false],
    ['optional.of(1).optFlatMap(x, optional.of(x * 3)).value()', 3],
    ['optional.none().or(optional.of(4)).value()', 4],
    ['[?optional.none(), ?optional.of(1)]', [1]],
    ['{?"a": optional.none(), "b": 1}', { b: 1 }],
    ['[optional.of(1), optional.none()].unwrapOpt()', [1]],
  ],
  times: [
    ['duration("1h30m").getMinutes()', 90],
    ['timestamp("2024-02-03T04:05:06Z").getFullYear()', 2024],
    ['timestamp("2024-02-03T04:05:06Z").getDayOfWeek()', 6],
    ['timestamp("2024-02-03T04:05:06Z").getHours("+02:00")', 6],
    ['timestamp("2024-07-03T04:05:06Z").getHours("Europe/Berlin")', 6],
    ['timestamp("2024-01-01T00:00:00Z") + duration("1h") > timestamp("2024-01-01T00:59:59Z")', true],
    ['timestamp("2024-01-02T00:00:00Z") - timestamp("2024-01-01T00:00:00Z") == duration("24h")', true],
  ],
  addresses: [
    ['ip("10.0.0.1").family()', 4],
    ['isIP("::1") && ip("::1").isLoopback()', true],
    ['isIP("1.2.3.256") || isIP("01.2.3.4") || isIP("::ffff:1.2.3.4")', false],
    ['ip.isCanonical("2001:DB8::1")', false],
    ['string(ip("2001:DB8::1"))', '2001:db8::1'],
    ['ip("8.8.8.8").isGlobalUnicast()', true],
    ['cidr("10.0.0.0/8").containsIP("10.2.3.4")', true],
    ['cidr("10.0.0.0/8").containsIP(ip("11.2.3.4"))', false],
    ['cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16")', true],
    ['cidr("10.1.2.3/8").prefixLength()', 8],
    ['string(cidr("10.1.2.3/8").masked())', '10.0.0.0/8'],
    ['isCIDR("10.0.0.0")', false],
    ['url("https://user@example.com:80/a%20b?x=1&x=2").getHost()', 'example.com:80'],
    ['url("https://example.com:80/a b").getEscapedPath()', '/a%20b'],
    ['url("https://[::1]:80/").getHostname()', '::1'],
    ['url("https://example.com/?x=1&x=2").getQuery()', { x: ['1', '2'] }],
    ['url("/a/b").getScheme()', ''],
    ['isURL("../x")', false],
  ],
  'quantities, versions, formats': [
    ['quantity("1Gi").isGreaterThan(quantity("1G"))', true],
    ['quantity("1500m").isInteger()', false],
    ['quantity("50k").asInteger()', 50000],
    ['quantity("1.5").add(quantity("1")).compareTo(quantity("2500m"))', 0],
    ['quantity("10").sub(3).asApproximateFloat()', 7],
    ['isQuantity("1.3Zi")', false],
    ['semver("1.2.3").isLessThan(semver("1.10.0"))', true],
    ['semver("1.0.0-alpha.1").compareTo(semver("1.0.0-alpha.beta"))', -1],
    ['isSemver("v1.0")', false],
    ['semver("v1.0", true).major()', 1],
    ['format.dns1123Label().validate("a-b").hasValue()', false],
    ['format.named("uuid").value().validate("x").value()', ['does not match the UUID format']],
    ['jsonpatch.escapeKey("a/b~c")', 'a~1b~0c'],
  ],
};

for (const [name, table] of Object.entries(tables))
  describe(name, () => {
    test.each(table)('%s', (expression, want) => expect(evaluate(expression)).toEqual(want));
  });

describe('what goes wrong', () => {
  test.each([
    ['1 / 0', 'division by zero'],
    ['1 % 0', 'modulus by zero'],
    ['9223372036854775807 + 1', 'integer overflow'],
    ['self.missing', 'no such key: missing'],
    ['self.labels["x"]', 'no such key: x'],
    ['[1][3]', 'index out of bounds: 3'],
    ['any.y', 'no such key: y'],
    ['optional.none().value()', 'optional.none() dereference'],
    ['"a".charAt(5)', 'index out of range: 5'],
    ['int("x")', "type conversion error from 'string' to 'int'"],
    ['[].max() == 1', 'max called on empty list'],
    ['quantity("1.5").asInteger()', 'cannot convert value to integer'],
    ['any.x.all(v, v > 0)', 'no such overload: _>_(string, int)'],
  ])('%s', (expression, want) => expect(failure(expression)).toBe(want));
});

describe('what is no expression', () => {
  test.each([
    [
      'object.nope +',
      "ERROR: <input>:1:14: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | object.nope +\n | .............^",
    ],
    ['1 2', "ERROR: <input>:1:3: Syntax error: extraneous input '2' expecting <EOF>\n | 1 2\n | ..^"],
    ['(1', "ERROR: <input>:1:3: Syntax error: missing ')' at '<EOF>'\n | (1\n | ..^"],
    ['1 # 2', "ERROR: <input>:1:3: Syntax error: token recognition error at: '#'\n | 1 # 2\n | ..^"],
    ['for', 'ERROR: <input>:1:1: reserved identifier: for\n | for\n | ^'],
    ['1 2 3', "ERROR: <input>:1:3: Syntax error: mismatched input '2' expecting <EOF>\n | 1 2 3\n | ..^"],
    ['(1 2', "ERROR: <input>:1:4: Syntax error: mismatched input '2' expecting ')'\n | (1 2\n | ...^"],
    ['(1]', "ERROR: <input>:1:3: Syntax error: mismatched input ']' expecting ')'\n | (1]\n | ..^"],
    ['1 &=', "ERROR: <input>:1:3: Syntax error: token recognition error at: '&='\n | 1 &=\n | ..^"],
    ['nope', "ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')\n | nope\n | ^"],
    ['self.nope', "ERROR: <input>:1:5: undefined field 'nope'\n | self.nope\n | ....^"],
    [
      'self.replicas > "x"',
      "ERROR: <input>:1:15: found no matching overload for '_>_' applied to '(int, string)'\n | self.replicas > \"x\"\n | ..............^",
    ],
    ['self.name.nope()', "ERROR: <input>:1:15: undeclared reference to 'nope' (in container '')\n | self.name.nope()\n | ..............^"],
    [
      'self.replicas.startsWith("x")',
      "ERROR: <input>:1:25: found no matching overload for 'startsWith' applied to 'int.(string)'\n | self.replicas.startsWith(\"x\")\n | ........................^",
    ],
    ['self.replicas.x', "ERROR: <input>:1:14: type 'int' does not support field selection\n | self.replicas.x\n | .............^"],
    ['[1, "a"]', "ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, \"a\"]\n | ....^"],
    [
      'self.replicas.all(x, true)',
      "ERROR: <input>:1:5: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)\n | self.replicas.all(x, true)\n | ....^",
    ],
    ['has(self)', 'ERROR: <input>:1:5: invalid argument to has() macro\n | has(self)\n | ....^'],
    [
      'a +\n b',
      "ERROR: <input>:1:1: undeclared reference to 'a' (in container '')\n | a +\n | ^\nERROR: <input>:2:2: undeclared reference to 'b' (in container '')\n |  b\n | .^",
    ],
  ])('%s', (expression, want) => expect(compilation(expression)).toBe(want));
});

describe('what it costs', () => {
  const cost = (source: string): number => compile(source, { variables }).run({ variable: (name) => values[name], limit: 1_000_000 }).cost;
  test.each([
    ['1 + 2', 1],
    ['self.replicas > 2', 3],
    ['self.name.startsWith("w")', 3],
    ['[1, 2, 3].all(x, x > 0)', 16],
    ['self.ports.map(p, p)', 29],
    ['has(self.missing)', 1],
    [`self.name in ['web', 'x']`, 2],
  ])('%s', (expression, want) => expect(cost(expression)).toBe(want));

  test('at most, by the sizes of what it looks at', () => {
    expect(compile('self.replicas > 2', { variables }).maxCost).toBe(3);
    const bounded = new Map<string, Type>([['self', { ...listOf({ ...STRING, bounds: { max: 100 } }), bounds: { max: 10 } }]]);
    expect(compile('self.all(s, s == "abc")', { variables: bounded }).maxCost).toBe(52);
  });

  test('no more than the limit', () => {
    const run = (): unknown =>
      compile('lists.range(1000).all(x, lists.range(1000).all(y, x + y >= 0))', { variables }).run({
        variable: () => undefined,
        limit: 10_000,
      });
    expect(run).toThrow('operation cancelled: actual cost limit exceeded');
  });
});
