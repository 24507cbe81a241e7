// How Go's fmt and encoding/json print plain data: needed where a message of Kubernetes shows a value. JSON's numbers are float64 or int64 in Go; here a
// whole number prints as an integer unless it is said to be a float.

import { isRecord } from './json.ts';

/** `%v` of JSON data: `map[a:1 b:[x y]]`. Whole numbers are int64 or, if `floats`, float64. */
export function formatValue(value: unknown, floats = false): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'number') return Number.isInteger(value) && !floats ? String(value) : formatFloat(value);
  if (Array.isArray(value)) return `[${value.map((item) => formatValue(item, floats)).join(' ')}]`;
  if (isRecord(value))
    return `map[${Object.keys(value)
      .sort()
      .map((key) => `${key}:${formatValue(value[key], floats)}`)
      .join(' ')}]`;
  return String(value as string | boolean);
}

/** `%#v` of JSON data with all numbers float64: `map[string]interface {}{"a":1}`. */
export function formatSyntax(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (typeof value === 'number') return formatFloat(value);
  if (typeof value === 'string') return goQuote(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(formatSyntax).join(', ')}}`;
  if (isRecord(value))
    return `map[string]interface {}{${Object.keys(value)
      .sort()
      .map((key) => `${goQuote(key)}:${formatSyntax(value[key])}`)
      .join(', ')}}`;
  return String(value as boolean);
}

/** `%T` of JSON data. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (isRecord(value)) return 'map[string]interface {}';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'number' ? (Number.isInteger(value) ? 'int64' : 'float64') : 'string';
}

/** `%v` of a float64: the shortest digits, with an exponent from 1e+06 on and below 1e-04. */
export function formatFloat(value: number): string {
  if (value === 0) return '0';
  const [digits = '', exponentText = ''] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return String(value);
  const size = Math.abs(exponent);
  return `${digits}e${exponent < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`;
}

const HTML = /[<>&\u2028\u2029]/g;
const escapeHtml = (json: string): string => json.replace(HTML, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** As encoding/json writes it, safe for HTML. */
export const goJson = (value: unknown, indent?: number | string): string => escapeHtml(JSON.stringify(value, null, indent));

/** A text, likewise. */
export const jsonText = (text: string): string => (NEEDS_ESCAPE.test(text) ? goJson(text) : `"${text}"`);
const NEEDS_ESCAPE = /[^ !#-%'-;=?-[\]-~]/;

/** JSON as encoding/json writes a map: keys sorted. `open` says which objects are maps; those of Go structs keep their order. */
export function jsonOf(value: unknown, isMap: (value: object) => boolean = () => true): string {
  if (typeof value === 'string') return jsonText(value);
  if (Array.isArray(value)) return `[${value.map((item) => jsonOf(item, isMap)).join(',')}]`;
  if (!isRecord(value)) return JSON.stringify(value ?? null);
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  if (isMap(value)) keys.sort();
  return `{${keys.map((key) => `${jsonText(key)}:${jsonOf(value[key], isMap)}`).join(',')}}`;
}

/** `%q` of a text. */
export const goQuote = (text: string): string =>
  JSON.stringify(text).replace(/\\\\|\\u00([0-9a-f]{2})|\u007f/g, (found, hex: string | undefined) => {
    if (found === '\\\\') return found;
    return hex === '07' ? '\\a' : hex === '0b' ? '\\v' : `\\x${hex ?? '7f'}`;
  });
