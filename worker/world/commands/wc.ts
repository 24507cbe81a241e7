// wc: counts lines, words, characters and bytes.

import { charactersIn } from '../../lib/text.ts';
import { isBusybox, options, wholeTool } from './tool.ts';

export const wc = wholeTool('wc', {
  files: (system) =>
    options(system, 'lwcmL', ['lines', 'words', 'bytes', 'chars'], { aliases: { lines: 'l', words: 'w', bytes: 'c', chars: 'm' } }).rest,
  act: (system, inputs, status) => {
    const given = options(system, 'lwcmL', ['lines', 'words', 'bytes', 'chars'], {
      aliases: { lines: 'l', words: 'w', bytes: 'c', chars: 'm' },
    });
    const all = !given.has('l', 'w', 'c', 'm', 'L');
    const counts = inputs.map(({ name, text }) => ({
      name,
      values: [
        ...(all || given.has('l') ? [text.split('\n').length - 1] : []),
        ...(all || given.has('w') ? [text.split(/\s+/).filter(Boolean).length] : []),
        ...(given.has('m') ? [charactersIn(text)] : []),
        ...(all || given.has('c') ? [text.length] : []),
        ...(given.has('L') ? [Math.max(0, ...text.split('\n').map((line) => line.length))] : []),
      ],
    }));
    const rows =
      counts.length > 1
        ? [
            ...counts,
            { name: 'total', values: counts[0]!.values.map((_value, i) => counts.reduce((sum, { values }) => sum + values[i]!, 0)) },
          ]
        : counts;
    const isStdin = given.rest.length === 0;
    const isSingle = rows.every(({ values }) => values.length === 1);
    const width = isBusybox(system)
      ? isSingle
        ? 0
        : 9
      : isStdin
        ? isSingle
          ? 0
          : 7
        : Math.max(...rows.flatMap(({ values }) => values.map((value) => String(value).length)));
    for (const { name, values } of rows) {
      const numbers = values.map((value) => String(value).padStart(isSingle && rows.length === 1 ? 0 : width)).join(' ');
      system.out(`${numbers}${isStdin ? '' : ` ${name}`}\n`);
    }
    return status;
  },
});
