// How crictl prints what the runtime told it: as JSON, YAML, or by a template. Mirrors cmd/crictl/util.go.

import { byteString } from '../../../lib/text.ts';
import { toYaml } from '../../../lib/yaml-text.ts';
import { CrictlError, Stop } from './runtime.ts';
import type { Call } from './runtime.ts';
import { runTemplate } from './template.ts';

const json = (value: unknown): string => `${byteString(JSON.stringify(value, null, 2))}\n`;
const yaml = (value: unknown): string => `${byteString(toYaml(value))}\n`;

/** A list, in the order of its message's fields. False: it is to be a table. */
export function writeAs({ system, given }: Call, value: () => object): boolean {
  const output = given.get('output') ?? 'table';
  if (output === 'json') system.out(json(value()));
  else if (output === 'yaml') system.out(yaml(value()));
  else if (output !== 'table') throw new CrictlError(`unsupported output format ${JSON.stringify(output)}`);
  return output !== 'table';
}

/** Statuses: one alone is no list, and keys are in their order, as Go's maps are written. `table` writes one in the plain form. */
export function writeStatuses<T>(
  { system, given }: Call,
  doing: string,
  all: readonly T[],
  valueOf: (one: T) => object,
  table?: (one: T) => void,
): void {
  const output = given.get('output') || 'json';
  if (output === 'table' && table) return all.forEach(table);
  const values = all.map(valueOf);
  const value = sorted(values.length === 1 ? values[0] : values);
  if (output === 'json') system.out(json(value));
  else if (output === 'yaml') system.out(yaml(value));
  else if (output === 'go-template') system.out(`${byteString(runTemplate(given.get('template') ?? '', value, doing))}\n`);
  else throw new CrictlError(`${doing}unsupported format: ${JSON.stringify(output)}`);
}

/** What nothing was found for gets the verb's help. */
export function needSome<T>(all: readonly T[], say: () => void): readonly T[] {
  if (all.length) return all;
  say();
  throw new Stop();
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}

/** `map[a:b c:d]`, with values as the runtime sent them. */
export const mapText = (info: Readonly<Record<string, unknown>>): string =>
  `map[${Object.entries(info)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}:${JSON.stringify(value)}`)
    .join(' ')}]`;
