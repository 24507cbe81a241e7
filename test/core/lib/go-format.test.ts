// How Go prints plain data.

import { describe, expect, test } from 'vitest';
import { formatFloat, formatSyntax, formatValue, goQuote, jsonOf, jsonText, typeName } from '../../../worker/lib/go-format.ts';

describe('a float64', () => {
  test.each([
    [0, '0'],
    [1, '1'],
    [-2.5, '-2.5'],
    [123456, '123456'],
    [1234567, '1.234567e+06'],
    [1e6, '1e+06'],
    [1e21, '1e+21'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
  ])('%d', (value, want) => expect(formatFloat(value)).toBe(want));
});

describe('a value', () => {
  test.each([
    [{ b: [1, 'x', null], a: { c: true } }, 'map[a:map[c:true] b:[1 x <nil>]]'],
    [1_000_000, '1000000'],
    [[], '[]'],
  ])('%j with %%v', (value, want) => expect(formatValue(value)).toBe(want));

  test('numbers as floats, if asked', () => expect(formatValue([1_000_000], true)).toBe('[1e+06]'));

  test.each([
    [{ b: 'x', a: [1, null] }, 'map[string]interface {}{"a":[]interface {}{1, interface {}(nil)}, "b":"x"}'],
    [2e6, '2e+06'],
    [true, 'true'],
  ])('%j with %%#v', (value, want) => expect(formatSyntax(value)).toBe(want));

  test.each([
    [null, '<nil>'],
    [[], '[]interface {}'],
    [{}, 'map[string]interface {}'],
    [1, 'int64'],
    [1.5, 'float64'],
    ['', 'string'],
    [false, 'bool'],
  ])('%j with %%T', (value, want) => expect(typeName(value)).toBe(want));
});

describe('a text', () => {
  test.each([
    ['plain', '"plain"'],
    ['say "x"\n', '"say \\"x\\"\\n"'],
    ['\u0007\u000b\u0001\u007f', '"\\a\\v\\x01\\x7f"'],
    ['\\u0001', '"\\\\u0001"'],
    ['<&>', '"<&>"'],
  ])('%j with %%q', (value, want) => expect(goQuote(value)).toBe(want));

  test.each([
    ['plain', '"plain"'],
    ['<a&b>', '"\\u003ca\\u0026b\\u003e"'],
    ['\u2028', '"\\u2028"'],
    ['é"', '"é\\""'],
  ])('%j in JSON', (value, want) => expect(jsonText(value)).toBe(want));
});

test('JSON of maps has sorted keys, that of structs keeps its order', () => {
  const struct = { b: 1, a: { d: 1, c: undefined, a: 2 } };
  expect(jsonOf(struct)).toBe('{"a":{"a":2,"d":1},"b":1}');
  expect(jsonOf(struct, (part) => part !== struct)).toBe('{"b":1,"a":{"a":2,"d":1}}');
});
