// The command line of a component: `--name=value`, `--name value`, `--switch`. Mirrors spf13/pflag, with its complaints. Of each program the names of the flags that
// there are, are known; values are checked where a wrong one is a common mistake.

import { durationProblem } from '../../../lib/time.ts';

export type FlagType = 'bool' | 'int' | 'float' | 'duration' | 'ip' | 'cidr' | 'text';

/** Name → type. */
export type FlagTable = ReadonlyMap<string, FlagType>;

export type Flags = Readonly<Record<string, string>>;

/** Reads `name:type name …`; without a type it is text. */
export const flagTable = (text: string): FlagTable =>
  new Map(
    text
      .trim()
      .split(/\s+/)
      .map((word) => word.split(':') as [string, FlagType?])
      .map(([name, type = 'text']) => [name, type]),
  );

/** Flags by their names, without dashes; the last of a name wins. A text says what is wrong. */
export function parseFlags(args: readonly string[], table: FlagTable): Flags | string {
  const flags: Record<string, string> = {};
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--') break;
    if (!arg.startsWith('-') || arg === '-') return `unknown command ${JSON.stringify(arg)}`;
    if (!arg.startsWith('--')) {
      if (arg === '-v' || /^-v=?\d+$/.test(arg)) {
        flags['v'] = arg === '-v' ? (args[++i] ?? '') : arg.slice(2).replace('=', '');
        continue;
      }
      return `unknown shorthand flag: ${JSON.stringify(arg[1]).replaceAll('"', "'")} in ${arg}`;
    }
    const equals = arg.indexOf('=');
    const name = arg.slice(2, equals < 0 ? undefined : equals);
    const type = table.get(name) ?? COMMON.get(name);
    if (!type) return `unknown flag: --${name}`;
    let value: string;
    if (equals >= 0) value = arg.slice(equals + 1);
    else if (type === 'bool') value = 'true';
    else if (i + 1 < args.length) value = args[++i]!;
    else return `flag needs an argument: --${name}`;
    const problem = PROBLEMS[type](value);
    if (problem !== undefined) return `invalid argument ${JSON.stringify(value)} for ${JSON.stringify(`--${name}`)} flag: ${problem}`;
    flags[name] = value;
  }
  return flags;
}

/** What every component of Kubernetes takes. */
const COMMON = flagTable(
  'v:int vmodule feature-gates emulated-version logging-format log-flush-frequency:duration profiling:bool version:bool',
);

const quoted = (value: string): string => JSON.stringify(value);
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

const PROBLEMS: Readonly<Record<FlagType, (value: string) => string | undefined>> = {
  text: () => undefined,
  bool: (value) =>
    /^(1|0|t|f|T|F|true|false|TRUE|FALSE|True|False)$/.test(value)
      ? undefined
      : `strconv.ParseBool: parsing ${quoted(value)}: invalid syntax`,
  int: (value) => {
    const problem = (words: string): string => `strconv.ParseInt: parsing ${quoted(value)}: ${words}`;
    if (!/^[+-]?\d+$/.test(value)) return problem('invalid syntax');
    return Number(value) > 2 ** 31 - 1 || Number(value) < -(2 ** 31) ? problem('value out of range') : undefined;
  },
  float: (value) =>
    /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? undefined : `strconv.ParseFloat: parsing ${quoted(value)}: invalid syntax`,
  duration: durationProblem,
  ip: (value) => (IPV4.test(value) || value.includes(':') ? undefined : `failed to parse IP: ${quoted(value)}`),
  cidr: () => undefined,
};
