// Tools that pass lines on in another order or form: tac, rev, nl, fold, paste, split.

import { unescape } from './echo.ts';
import { linesOf, bare, countOf } from './text-lines.ts';
import { lineTool, options, wholeTool } from './tool.ts';

export const tac = wholeTool('tac', {
  files: (system) => options(system, 's:br').rest,
  act: (system, inputs, status) => {
    for (const { text } of inputs) system.out(linesOf(text).reverse().join(''));
    return status;
  },
});

export const rev = lineTool<null>('rev', {
  begin: (system) => ({ files: options(system, '').rest, state: null }),
  line: (system, line) => system.out([...bare(line)].reverse().join('') + (line.endsWith('\n') ? '\n' : '')),
  end: (_system, _state, reading) => reading.status,
});

export const nl = lineTool<{ all: boolean; line: number }>('nl', {
  begin: (system) => {
    const given = options(system, 'b:w:s:v:i:n:');
    return { files: given.rest, state: { all: given.get('b') === 'a', line: Number(given.get('v') ?? 1) } };
  },
  line: (system, line, state) =>
    system.out(bare(line) === '' && !state.all ? '       \n' : `${String(state.line++).padStart(6)}\t${bare(line)}\n`),
  end: (_system, _state, reading) => reading.status,
});

export const fold = lineTool<{ width: number; atSpaces: boolean }>('fold', {
  begin: (system) => {
    const given = options(system, 'w:sb', ['width='], { aliases: { width: 'w' } });
    return { files: given.rest, state: { width: Number(given.get('w') ?? 80), atSpaces: given.has('s') } };
  },
  line: (system, line, { width, atSpaces }) => {
    let text = bare(line);
    while (text.length > width) {
      const space = atSpaces ? text.lastIndexOf(' ', width - 1) : -1;
      const at = space > 0 ? space + 1 : width;
      system.out(`${text.slice(0, at)}\n`);
      text = text.slice(at);
    }
    system.out(text + (line.endsWith('\n') ? '\n' : ''));
  },
  end: (_system, _state, reading) => reading.status,
});

export const paste = wholeTool('paste', {
  files: (system) => options(system, 'sd:', ['serial', 'delimiters='], { aliases: { serial: 's', delimiters: 'd' } }).rest,
  act: (system, inputs, status) => {
    const given = options(system, 'sd:', ['serial', 'delimiters='], { aliases: { serial: 's', delimiters: 'd' } });
    const delimiters = unescape(given.get('d') ?? '\t', false).out;
    const columns = inputs.map(({ text }) => linesOf(text).map(bare));
    const join = (values: readonly string[]): string =>
      values.reduce((out, value, i) => (i === 0 ? value : out + (delimiters[(i - 1) % delimiters.length] ?? '') + value), '');
    if (given.has('s')) for (const column of columns) system.out(`${join(column)}\n`);
    else {
      // The same standard input named twice gives its lines in turn.
      const names = given.rest;
      if (names.length > 1 && names.every((name) => name === '-')) {
        const all = columns.flat();
        for (let i = 0; i < all.length; i += names.length)
          system.out(`${join(Array.from({ length: names.length }, (_, at) => all[i + at] ?? ''))}\n`);
      } else
        for (let i = 0; i < Math.max(0, ...columns.map((column) => column.length)); i++)
          system.out(`${join(columns.map((column) => column[i] ?? ''))}\n`);
    }
    return status;
  },
});

export const split = wholeTool('split', {
  files: (system) => options(system, 'l:b:a:d').rest.slice(0, 1),
  act: (system, inputs, status) => {
    const given = options(system, 'l:b:a:d');
    const text = inputs.map((one) => one.text).join('');
    const prefix = given.rest[1] ?? 'x';
    const size = given.has('b') ? countOf(system, given.get('b')!, true) : Number(given.get('l') ?? 1000);
    const lines = linesOf(text);
    const parts = given.has('b')
      ? (text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [])
      : Array.from({ length: Math.ceil(lines.length / size) }, (_, i) => lines.slice(i * size, (i + 1) * size).join(''));
    for (const [i, part] of parts.entries())
      system.files.write(system.path(`${prefix}${String.fromCharCode(97 + Math.floor(i / 26), 97 + (i % 26))}`), part);
    return status;
  },
});
