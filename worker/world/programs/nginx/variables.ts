// Variables that are made of others: `map` and `split_clients`. Mirrors ngx_http_map_module and ngx_http_split_clients_module.

import { fnv1a32 } from '../../../lib/hash.ts';
import type { Directive } from './config.ts';
import { parseExpression } from './expression.ts';

export interface MadeVariable {
  readonly name: string;
  /** What it is made of, with variables. */
  readonly from: string;
  readonly isShare: boolean;
  /** Of a map what is looked for and the value, and of shares how many per cent and the value; `default` and `*` among them. */
  readonly cases: readonly (readonly [string, string])[];
}

export const madeVariables = (http: readonly Directive[]): MadeVariable[] =>
  http.flatMap(({ name, args, block = [] }) =>
    name === 'map' || name === 'split_clients'
      ? [
          {
            name: (args[1] ?? '').replace('$', ''),
            from: args[0] ?? '',
            isShare: name === 'split_clients',
            cases: block.map((one) => [one.name, one.args[0] ?? ''] as const),
          },
        ]
      : [],
  );

/** The value for what it is made of: it may have variables itself. */
export function valueOf({ isShare, cases }: MadeVariable, source: string): string {
  return isShare ? shareOf(cases, source) : mapped(cases, source);
}

/** Words count first, whatever their case, and then regular expressions in their order. */
function mapped(cases: MadeVariable['cases'], source: string): string {
  const word = cases.find(
    ([key]) => !key.startsWith('~') && key !== 'default' && key.replace(/^\\/, '').toLowerCase() === source.toLowerCase(),
  );
  if (word) return word[1];
  const fitting = cases.find(([key]) => parseExpression(key)?.test(source));
  return (fitting ?? cases.find(([key]) => key === 'default'))?.[1] ?? '';
}

/** Differs: nginx has another hash (MurmurHash2), so it is others who get a share, though as many. */
function shareOf(cases: MadeVariable['cases'], source: string): string {
  let rest = (fnv1a32(source) / 2 ** 32) * 100;
  for (const [share, value] of cases) {
    if (share === '*') return value;
    rest -= Number.parseFloat(share);
    if (rest < 0) return value;
  }
  return '';
}
