// printf: its arguments in a format, which is used again while there are any left.

import type { Tool } from '../process/program.ts';
import { unescape } from './echo.ts';

export const printfTool: Tool = {
  name: 'printf',
  step: (system) => {
    const { text, problems, status } = printf(system.argv);
    system.out(text);
    for (const problem of problems) system.err(`printf: ${problem}\n`);
    return { exit: status };
  },
};

export interface Printed {
  readonly text: string;
  readonly problems: readonly string[];
  readonly status: number;
}

export function printf(argv: readonly string[]): Printed {
  const args = argv[1] === '--' ? argv.slice(2) : argv.slice(1);
  const [format, ...values] = args;
  if (format === undefined) return { text: '', problems: ['usage: printf FORMAT [ARGUMENT]...'], status: 2 };
  const problems: string[] = [];
  let text = '';
  let at = 0;
  do {
    const before = at;
    let stopped = false;
    text += format.replace(
      /%(?:%|([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?([a-zA-Z]))|\\(?:[0-7]{1,3}|x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|.)/gs,
      (spec, flags: string | undefined, width: string | undefined, precision: string | undefined, type: string | undefined) => {
        if (stopped) return '';
        if (spec === '%%') return '%';
        if (spec.startsWith('\\')) return spec === '\\"' ? '"' : unescape(spec, false).out;
        const wide = width === '*' ? values[at++] : width;
        const exact = precision === '*' ? values[at++] : precision;
        const value = values[at++];
        if (type === 'b') {
          const result = unescape(value ?? '', true);
          if (result.stopped) stopped = true;
          return pad(result.out, flags ?? '', wide);
        }
        return convert(value, type!, flags ?? '', wide, exact, problems);
      },
    );
    if (at === before || stopped) break;
  } while (at < values.length);
  return { text, problems, status: problems.length ? 1 : 0 };
}

function convert(
  value: string | undefined,
  type: string,
  flags: string,
  width: string | undefined,
  precision: string | undefined,
  problems: string[],
): string {
  switch (type) {
    case 's':
      return pad(precision === undefined ? (value ?? '') : (value ?? '').slice(0, Number(precision)), flags, width);
    case 'c':
      return pad((value ?? '').slice(0, 1), flags, width);
    case 'q':
      return pad(/^[\w@%+=:,./-]+$/.test(value ?? '') ? value! : `'${(value ?? '').replaceAll("'", "'\\''")}'`, flags, width);
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o': {
      const number = integer(value ?? '', problems);
      const base = type === 'x' || type === 'X' ? 16 : type === 'o' ? 8 : 10;
      const unsigned = base !== 10 && number < 0n ? BigInt.asUintN(64, number) : number;
      let digits = (unsigned < 0n ? -unsigned : unsigned).toString(base);
      if (type === 'X') digits = digits.toUpperCase();
      if (precision !== undefined) digits = digits.padStart(Number(precision), '0');
      if (flags.includes('#') && number !== 0n) digits = base === 16 ? `0${type}${digits}` : base === 8 ? `0${digits}` : digits;
      return padNumber(digits, unsigned < 0n, precision === undefined ? flags : flags.replaceAll('0', ''), width);
    }
    case 'f':
    case 'F':
    case 'e':
    case 'E':
    case 'g':
    case 'G': {
      const number = Number(value ?? 0);
      if (Number.isNaN(number)) problems.push(`${value}: invalid number`);
      const exact = precision === undefined ? 6 : Number(precision);
      const size = Math.abs(Number.isNaN(number) ? 0 : number);
      const text = /f/i.test(type)
        ? size.toFixed(exact)
        : /e/i.test(type)
          ? exponent(size.toExponential(exact))
          : general(size, exact || 1);
      return padNumber(type === type.toUpperCase() ? text.toUpperCase() : text, number < 0, flags, width);
    }
    default:
      problems.push(`%${type}: invalid directive`);
      return '';
  }
}

function integer(text: string, problems: string[]): bigint {
  const trimmed = text.trim();
  if (trimmed === '') return 0n;
  if (/^['"]/.test(trimmed)) return BigInt(trimmed.charCodeAt(1) || 0);
  const match = /^([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]+|\d+)/.exec(trimmed);
  if (!match || match[0].length !== trimmed.length) problems.push(`${text}: invalid number`);
  if (!match) return 0n;
  const digits = /^0[0-7]+$/.test(match[2]!) ? `0o${match[2]!.slice(1)}` : match[2]!;
  return match[1] === '-' ? -BigInt(digits) : BigInt(digits);
}

const exponent = (text: string): string => text.replace(/e([+-])(\d)$/, 'e$10$2');

function general(size: number, precision: number): string {
  const power = size === 0 ? 0 : Math.floor(Math.log10(size));
  const text =
    power < -4 || power >= precision ? exponent(size.toExponential(precision - 1)) : size.toFixed(Math.max(0, precision - 1 - power));
  return text.includes('.') ? text.replace(/\.?0+(?=e|$)/, '') : text;
}

const pad = (text: string, flags: string, width: string | undefined): string => {
  const size = Number(width ?? 0);
  return flags.includes('-') || size < 0 ? text.padEnd(Math.abs(size)) : text.padStart(size);
};

function padNumber(digits: string, isNegative: boolean, flags: string, width: string | undefined): string {
  const sign = isNegative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  if (flags.includes('0') && !flags.includes('-')) return sign + digits.padStart(Number(width ?? 0) - sign.length, '0');
  return pad(sign + digits, flags, width);
}
