// cut: parts of lines.

import { bare } from './text-lines.ts';
import { isBusybox, lineTool, options, Refusal } from './tool.ts';

export const cut = lineTool<{
  ranges: [number, number][];
  kind: string;
  delimiter: string;
  only: boolean;
  between: string;
  inverts: boolean;
}>('cut', {
  begin: (system) => {
    const given = options(
      system,
      'd:f:c:b:snz',
      ['delimiter=', 'fields=', 'characters=', 'bytes=', 'only-delimited', 'output-delimiter=', 'complement'],
      { aliases: { delimiter: 'd', fields: 'f', characters: 'c', bytes: 'b', 'only-delimited': 's' } },
    );
    const list = given.get('f', 'c', 'b');
    if (list === undefined)
      throw new Refusal(
        isBusybox(system)
          ? 'expected a list of bytes, characters, or fields'
          : "you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information.",
      );
    const ranges = list.split(/[,\s]+/).map((one): [number, number] => {
      const [, from, dash, to] = /^(\d*)(-?)(\d*)$/.exec(one) ?? [];
      return dash ? [Number(from || 1), to ? Number(to) : Infinity] : [Number(from), Number(from)];
    });
    const delimiter = given.get('d') ?? '\t';
    if (delimiter.length > 1)
      throw new Refusal(
        isBusybox(system)
          ? `bad delimiter '${delimiter}'`
          : "the delimiter must be a single character\nTry 'cut --help' for more information.",
      );
    return {
      files: given.rest,
      state: {
        ranges: ranges.map(([from, to]) => [from, to === Infinity ? 1e9 : to]),
        kind: given.has('f') ? 'f' : 'c',
        delimiter,
        only: given.has('s'),
        between: given.get('output-delimiter') ?? delimiter,
        inverts: given.has('complement'),
      },
    };
  },
  line: (system, line, { ranges, kind, delimiter, only, between, inverts }) => {
    const text = bare(line);
    const isIn = (i: number): boolean => ranges.some(([from, to]) => i + 1 >= from && i + 1 <= to) !== inverts;
    if (kind === 'c') return system.out(`${[...text].filter((_char, i) => isIn(i)).join('')}\n`);
    if (!text.includes(delimiter)) return only ? undefined : system.out(`${text}\n`);
    system.out(
      `${text
        .split(delimiter)
        .filter((_field, i) => isIn(i))
        .join(between)}\n`,
    );
  },
  end: (_system, _state, reading) => reading.status,
});
