// Flags of crictl as its command-line library reads them, and what it says of them: they end at the first argument, short ones may be joined where the command says so.
// Mirrors urfave/cli 2: parse.go, flag.go, template.go; Go's flag package below it.

import type { Options } from '../tool.ts';

export interface Flag {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly kind: 'bool' | 'string' | 'int' | 'duration' | 'strings';
  readonly usage: string;
  /** As help prints it. */
  readonly value?: string;
  readonly env?: string;
}

/** `names` is `all, a`. */
const flagOf =
  (kind: Flag['kind'], fallback?: string) =>
  (names: string, usage: string, value = fallback, env?: string): Flag => {
    const [name = '', ...aliases] = names.split(', ');
    return { name, aliases, kind, usage, ...(value !== undefined && { value }), ...(env !== undefined && { env }) };
  };

export const bool = flagOf('bool', 'false');
export const string = flagOf('string');
export const int = flagOf('int', '0');
export const duration = flagOf('duration', '0s');
export const strings = flagOf('strings');

export const HELP = bool('help, h', 'show help', '');

/** What is wrong with the flags that were given. */
export class UsageError extends Error {}

const namesOf = ({ name, aliases }: Flag): readonly string[] => [name, ...aliases];
const INTEGER = /^[-+]?(\d+|0x[\da-f]+)$/i;

/** Reads flags in front of the arguments. Throws UsageError. */
export function parseFlags(flags: readonly Flag[], given: readonly string[]): Options {
  const on = new Map<string, string>();
  const lists = new Map<string, string[]>();
  const find = (name: string): Flag | undefined => flags.find((flag) => namesOf(flag).includes(name));
  let args = [...given];
  for (;;) {
    const [arg = ''] = args;
    const [, dashes, name = '', equals, text = ''] = /^(--?)([^=]*)(=?)([^]*)$/.exec(arg) ?? [];
    if (!dashes || arg === '-') break;
    if (arg === '--') {
      args.shift();
      break;
    }
    if (!name || name.startsWith('-')) throw new UsageError(`bad flag syntax: ${arg}`);
    const flag = find(name);
    if (!flag) {
      const letters = dashes === '-' && !equals ? [...name] : [];
      if (letters.length < 2 || !letters.every(find)) throw new UsageError(`flag provided but not defined: -${name}`);
      args = [...letters.map((letter) => `-${letter}`), ...args.slice(1)];
      continue;
    }
    args.shift();
    if (flag.kind !== 'bool' && !equals && !args.length) throw new UsageError(`flag needs an argument: -${name}`);
    const value = flag.kind === 'bool' ? (equals ? text : 'true') : equals ? text : args.shift()!;
    if (flag.kind === 'int' && !INTEGER.test(value))
      throw new UsageError(`invalid value ${JSON.stringify(value)} for flag -${name}: parse error`);
    if (flag.kind === 'bool' && !/^(true|false|t|f|1|0)$/i.test(value))
      throw new UsageError(`invalid boolean value ${JSON.stringify(value)} for -${name}: parse error`);
    if (flag.kind === 'bool' && /^(false|f|0)$/i.test(value)) on.delete(flag.name);
    else on.set(flag.name, value);
    lists.set(flag.name, [...(lists.get(flag.name) ?? []), ...value.split(',')]);
  }
  return {
    on,
    rest: args,
    all: (name) => lists.get(name) ?? [],
    has: (...names) => names.some((name) => on.has(name)),
    get: (...names) =>
      names
        .map((name) => on.get(name) ?? flags.find((flag) => flag.name === name && flag.kind === 'string')?.value)
        .find((value) => value !== undefined),
  };
}

/** A line of help for each, in the order of their names: `--all, -a  Show all containers (default: false)`. */
export function flagLines(flags: readonly Flag[]): string {
  const key = ({ name }: Flag): string => name.toLowerCase();
  const sorted = [...flags].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const rows = [...sorted, HELP].map((flag) => [namesText(flag), usageText(flag)] as const);
  const width = Math.max(...rows.map(([names]) => names.length)) + 2;
  return rows.map(([names, usage]) => `   ${names.padEnd(width)}${usage.replaceAll('\n', '\n      ')}\n`).join('');
}

const PLACEHOLDER = /`([^`]*)`/;

function namesText(flag: Flag): string {
  const placeholder = flag.kind === 'bool' ? '' : ` ${PLACEHOLDER.exec(flag.usage)?.[1] ?? 'value'}`;
  const all = namesOf(flag)
    .map((name) => `${name.length === 1 ? '-' : '--'}${name}${placeholder}`)
    .join(', ');
  return flag.kind === 'strings' ? `${all} [ ${all} ]` : all;
}

function usageText({ usage, value, kind, env }: Flag): string {
  const plain = usage.replace(PLACEHOLDER, '$1');
  const shown = value && ` (default: ${kind === 'string' ? JSON.stringify(value) : value})`;
  return `${plain}${shown ?? ''}${env === undefined ? '' : ` [$${env}]`}`;
}
