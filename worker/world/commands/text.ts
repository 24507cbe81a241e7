// Tools that pass text on, line by line or whole: head, tail, wc, sort, uniq, cut, tr, tac, rev, nl, paste, fold, comm, diff, cmp, strings, od, split.

import { unifiedDiff } from '../../lib/unified-diff.ts';
import type { Next, Tool } from '../process/program.ts';
import type { System } from '../process/system.ts';
import { FileError } from '../files/error.ts';
import { unescape } from './echo.ts';
import { complainOf, isBusybox, lineTool, once, options, readOrComplain, Refusal, wholeTool } from './tool.ts';

const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
const bare = (line: string): string => line.replace(/\n$/, '');

/** `10`, `5k`; the old form `-5` too. */
function countOf(system: System, text: string): number {
  const match = /^([-+]?)(\d+)([bkKmM]?)$/.exec(text);
  if (!match) throw new Refusal(isBusybox(system) ? `invalid number '${text}'` : `invalid number of lines: '${text}'`);
  return Number(match[2]) * ({ b: 512, k: 1024, K: 1024, m: 1_048_576, M: 1_048_576 }[match[3] as 'k'] ?? 1);
}

/** `head -5 file` as `head -n 5 file`. */
function modern(system: System): System {
  const { argv } = system.process;
  const i = argv.findIndex((arg, at) => at > 0 && /^-\d+$/.test(arg));
  if (i > 0 && !/^-[nc]$/.test(argv[i - 1]!)) system.process.argv = [...argv.slice(0, i), '-n', argv[i]!.slice(1), ...argv.slice(i + 1)];
  return system;
}

interface HeadState {
  readonly count: number;
  readonly isBytes: boolean;
  readonly isAllBut: boolean;
  readonly headers: boolean;
  file: number;
  left: number;
  held: string[];
}

export const head = lineTool<HeadState>('head', {
  begin: (system) => {
    const given = options(modern(system), 'n:c:qv', ['lines=', 'bytes=', 'quiet', 'verbose'], {
      aliases: { lines: 'n', bytes: 'c', quiet: 'q', verbose: 'v' },
    });
    const text = given.get('c') ?? given.get('n') ?? '10';
    const count = countOf(system, text);
    return {
      files: given.rest,
      state: {
        count,
        isBytes: given.has('c'),
        isAllBut: text.startsWith('-'),
        headers: (given.rest.length > 1 && !given.has('q')) || given.has('v'),
        file: -1,
        left: count,
        held: [],
      },
    };
  },
  line: (system, line, state, reading) => {
    const at = reading.fd < 0 && !line.endsWith('\n') ? reading.at - 1 : reading.at;
    if (state.file !== at) {
      if (state.headers)
        system.out(`${state.file >= 0 ? '\n' : ''}==> ${reading.files[at] === '-' ? 'standard input' : reading.files[at]} <==\n`);
      state.file = at;
      state.left = state.count;
      state.held = [];
    }
    if (state.isAllBut) {
      state.held.push(line);
      if (state.held.length > state.count) system.out(state.held.shift()!);
      return undefined;
    }
    if (state.left > 0) {
      system.out(state.isBytes ? line.slice(0, state.left) : line);
      state.left -= state.isBytes ? line.length : 1;
    }
    // The rest is not read, so that whoever writes it learns that nobody wants it.
    return state.left <= 0 && at >= reading.files.length - 1 ? reading.status : undefined;
  },
  end: (_system, _state, reading) => reading.status,
});

interface TailState {
  files: { path: string; size: number }[];
  rest: string;
  follows: boolean;
  last: number;
  phase: 'read' | 'follow';
}

/** How often a followed file is looked at. */
const FOLLOW_MS = 1000;

export const tail: Tool = {
  name: 'tail',
  step: (system): Next => {
    try {
      return tailStep(system);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      system.err(`tail: ${error.message}\n`);
      return { exit: 1 };
    }
  },
};

function tailStep(system: System): Next {
  if (system.process.data === null) modern(system);
  const given = options(system, 'n:c:fFqvs:', ['lines=', 'bytes=', 'follow', 'follow=', 'quiet', 'retry', 'pid=', 'sleep-interval='], {
    aliases: { lines: 'n', bytes: 'c', follow: 'f', quiet: 'q', F: 'f' },
  });
  const text = given.get('c') ?? given.get('n') ?? '10';
  const count = countOf(system, text);
  const part = (content: string): string => {
    if (given.has('c')) return text.startsWith('+') ? content.slice(count - 1) : count === 0 ? '' : content.slice(-count);
    const lines = linesOf(content);
    return (text.startsWith('+') ? lines.slice(Math.max(0, count - 1)) : count === 0 ? [] : lines.slice(-count)).join('');
  };
  const header = (path: string): string => `==> ${path === '-' ? 'standard input' : path} <==\n`;
  let state = system.process.data as TailState | null;
  let status = 0;
  if (!state) {
    system.process.data = state = { files: [], rest: '', follows: given.has('f'), last: 0, phase: 'read' };
    if (given.rest.length) {
      for (const [i, path] of given.rest.entries()) {
        try {
          const content = system.files.read(system.path(path));
          if (given.rest.length > 1 && !given.has('q')) system.out(`${i > 0 ? '\n' : ''}${header(path)}`);
          system.out(part(content));
          state.files.push({ path, size: content.length });
          state.last = state.files.length - 1;
        } catch (error) {
          if (!(error instanceof FileError)) throw error;
          if (isBusybox(system)) complainOf(system, path, error);
          else system.err(`tail: cannot open '${path}' for reading: ${error.message}\n`);
          status = 1;
        }
      }
      if (!state.follows) return { exit: status };
      if (!state.files.length) {
        if (!isBusybox(system)) system.err('tail: no files remaining\n');
        else system.err('tail: no files\n');
        return { exit: 1 };
      }
      state.phase = 'follow';
    }
  }
  if (state.phase === 'read') {
    for (;;) {
      const data = system.read(0);
      if (data === undefined) return { wait: { read: 0 } };
      if (data === null) break;
      state.rest += data;
    }
    system.out(part(state.rest));
    return { exit: 0 };
  }
  for (const [i, file] of state.files.entries()) {
    const content = system.find(file.path)?.content ?? '';
    if (content.length < file.size) file.size = 0;
    if (content.length === file.size) continue;
    if (state.last !== i && state.files.length > 1) system.out(`\n${header(file.path)}`);
    state.last = i;
    system.out(content.slice(file.size));
    file.size = content.length;
  }
  return { wait: { until: system.now() + FOLLOW_MS } };
}

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
        ...(given.has('m') ? [characters(text)] : []),
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

const characters = (bytes: string): number => {
  let count = 0;
  for (let i = 0; i < bytes.length; i++) if ((bytes.charCodeAt(i) & 0xc0) !== 0x80) count++;
  return count;
};

const SORT = 'nrufk:t:bdiMghVso:czT:S:m';
const SORT_WORDS = [
  'numeric-sort',
  'reverse',
  'unique',
  'key=',
  'field-separator=',
  'ignore-case',
  'human-numeric-sort',
  'version-sort',
  'output=',
  'stable',
  'parallel=',
];
const SORT_ALIASES = {
  aliases: {
    'numeric-sort': 'n',
    reverse: 'r',
    unique: 'u',
    key: 'k',
    'field-separator': 't',
    'ignore-case': 'f',
    'human-numeric-sort': 'h',
    'version-sort': 'V',
    output: 'o',
    stable: 's',
  },
};

export const sort = wholeTool('sort', {
  files: (system) => options(system, SORT, SORT_WORDS, SORT_ALIASES).rest,
  act: (system, inputs, status) => {
    const given = options(system, SORT, SORT_WORDS, SORT_ALIASES);
    const lines = inputs.flatMap(({ text }) => linesOf(text)).map(bare);
    const separator = given.get('t');
    const keys = given.all('k').map((text) => {
      const [, from = '1', fromChar, flags = '', to, toChar, moreFlags = ''] =
        /^(\d+)(?:\.(\d+))?([a-zA-Z]*)(?:,(\d+)(?:\.(\d+))?([a-zA-Z]*))?$/.exec(text) ?? [];
      return {
        from: Number(from),
        fromChar: Number(fromChar ?? 1),
        to: to === undefined ? undefined : Number(to),
        toChar: toChar === undefined ? undefined : Number(toChar),
        flags: flags + moreFlags,
      };
    });
    const keyOf = (line: string, key: (typeof keys)[number]): string => {
      const fields = separator === undefined ? (line.match(/\s*\S+/g) ?? []) : line.split(separator);
      const chosen = fields.slice(key.from - 1, key.to);
      const text = chosen.join(separator ?? '');
      return (key.fromChar > 1 ? text.slice(key.fromChar - 1) : text).slice(0, key.toChar);
    };
    const compare = (a: string, b: string, flags: string): number => {
      const has = (letter: string): boolean => flags.includes(letter) || (flags.replace('r', '') === '' && given.has(letter));
      let [x, y] = [a, b];
      if (has('f')) [x, y] = [x.toUpperCase(), y.toUpperCase()];
      if (has('b') || has('n') || has('g') || has('h')) [x, y] = [x.trimStart(), y.trimStart()];
      if (has('n') || has('g')) return (Number.parseFloat(x) || 0) - (Number.parseFloat(y) || 0);
      if (has('h')) return human(x) - human(y);
      if (has('M')) return month(x) - month(y);
      if (has('V')) return versions(x, y);
      return x < y ? -1 : x > y ? 1 : 0;
    };
    const order = (a: string, b: string): number => {
      for (const key of keys) {
        const result = compare(keyOf(a, key), keyOf(b, key), key.flags);
        if (result) return key.flags.includes('r') || (given.has('r') && !key.flags) ? -result : result;
      }
      if (keys.length && (given.has('u') || given.has('s'))) return 0;
      const result = keys.length
        ? a < b
          ? -1
          : a > b
            ? 1
            : 0
        : compare(a, b, '') || (given.has('u') || given.has('s') ? 0 : a < b ? -1 : a > b ? 1 : 0);
      return given.has('r') ? -result : result;
    };
    if (given.has('c')) {
      const i = lines.findIndex((line, at) => at > 0 && order(lines[at - 1]!, line) > 0);
      if (i < 0) return 0;
      system.err(`sort: -:${i + 1}: disorder: ${lines[i]}\n`);
      return 1;
    }
    const sorted = [...lines].sort(order);
    const out = given.has('u') ? sorted.filter((line, i) => i === 0 || order(sorted[i - 1]!, line) !== 0) : sorted;
    const text = out.map((line) => `${line}\n`).join('');
    const target = given.get('o');
    if (target === undefined) system.out(text);
    else system.files.write(system.path(target), text);
    return status ? 2 : 0;
  },
});

const human = (text: string): number =>
  (Number.parseFloat(text) || 0) * 1024 ** ('KMGTP'.indexOf(/[KMGTP]/i.exec(text)?.[0]?.toUpperCase() ?? ' ') + 1);
const month = (text: string): number =>
  ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'].indexOf(text.trim().slice(0, 3).toUpperCase());

function versions(a: string, b: string): number {
  const parts = (text: string): string[] => text.match(/\d+|\D+/g) ?? [];
  const [x, y] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const [p = '', q = ''] = [x[i], y[i]];
    if (p === q) continue;
    return /^\d/.test(p) && /^\d/.test(q) ? Number(p) - Number(q) : p < q ? -1 : 1;
  }
  return 0;
}

export const uniq = lineTool<{ shows: string; skip: number; chars: number; fold: boolean; last: string | null; count: number }>('uniq', {
  begin: (system) => {
    const given = options(system, 'cduif:s:w:z', ['count', 'repeated', 'unique', 'ignore-case', 'skip-fields='], {
      aliases: { count: 'c', repeated: 'd', unique: 'u', 'ignore-case': 'i', 'skip-fields': 'f' },
    });
    return {
      files: given.rest.slice(0, 1),
      state: {
        shows: given.has('c') ? 'c' : given.has('d') ? 'd' : given.has('u') ? 'u' : '',
        skip: Number(given.get('f') ?? 0),
        chars: Number(given.get('w') ?? 0),
        fold: given.has('i'),
        last: null,
        count: 0,
      },
    };
  },
  line: (system, line, state) => {
    const text = bare(line);
    const key = (one: string): string => {
      const cut = state.skip ? one.replace(new RegExp(`^(?:\\s*\\S+){0,${state.skip}}`), '') : one;
      const limited = state.chars ? cut.slice(0, state.chars) : cut;
      return state.fold ? limited.toLowerCase() : limited;
    };
    if (state.last !== null && key(state.last) === key(text)) state.count++;
    else {
      flush(system, state);
      state.last = text;
      state.count = 1;
    }
  },
  end: (system, state, reading) => {
    flush(system, state);
    return reading.status;
  },
});

function flush(system: System, { last, count, shows }: { last: string | null; count: number; shows: string }): void {
  if (last === null || (shows === 'd' && count < 2) || (shows === 'u' && count > 1)) return;
  system.out(`${shows === 'c' ? `${String(count).padStart(7)} ` : ''}${last}\n`);
}

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

interface TrState {
  map: Record<string, string>;
  deletes: string;
  squeezes: string;
  complement: boolean;
  from: string;
  to: string;
  last: string;
}

const CLASSES: Readonly<Record<string, string>> = {
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  lower: 'abcdefghijklmnopqrstuvwxyz',
  alpha: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  digit: '0123456789',
  alnum: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  space: '\t\n\v\f\r ',
  blank: '\t ',
  punct: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
  xdigit: '0123456789ABCDEFabcdef',
  cntrl: Array.from({ length: 32 }, (_, i) => String.fromCharCode(i)).join('') + '\x7f',
  print: Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join(''),
  graph: Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).join(''),
};

function expandSet(text: string): string {
  const plain = unescape(text.replace(/\\([-\]])/g, '$1'), false).out;
  let out = '';
  for (let i = 0; i < plain.length; i++) {
    const named = /^\[:(\w+):\]/.exec(plain.slice(i));
    const repeated = /^\[(.)\*(\d*)\]/.exec(plain.slice(i));
    if (named) {
      out += CLASSES[named[1]!] ?? '';
      i += named[0].length - 1;
    } else if (repeated) {
      out += repeated[1]!.repeat(Number(repeated[2]) || 256);
      i += repeated[0].length - 1;
    } else if (plain[i + 1] === '-' && plain[i + 2] !== undefined) {
      for (let code = plain.charCodeAt(i); code <= plain.charCodeAt(i + 2); code++) out += String.fromCharCode(code);
      i += 2;
    } else out += plain[i];
  }
  return out;
}

export const tr: Tool = {
  name: 'tr',
  step: (system): Next => {
    let state = system.process.data as TrState | null;
    if (!state) {
      const given = options(system, 'cCdst', ['delete', 'complement', 'squeeze-repeats', 'truncate-set1'], {
        stops: true,
        aliases: { delete: 'd', complement: 'c', C: 'c', 'squeeze-repeats': 's' },
      });
      const [first, second] = given.rest.map(expandSet);
      if (first === undefined || (second === undefined && !given.has('d', 's'))) {
        system.err(
          first === undefined
            ? "tr: missing operand\nTry 'tr --help' for more information.\n"
            : `tr: missing operand after '${given.rest[0]}'\nTwo strings must be given when translating.\nTry 'tr --help' for more information.\n`,
        );
        return { exit: 1 };
      }
      system.process.data = state = {
        map: {},
        deletes: given.has('d') ? first : '',
        squeezes: given.has('s') ? (second ?? first) : '',
        complement: given.has('c'),
        from: given.has('d') ? '' : first,
        to: given.has('d') ? '' : (second ?? ''),
        last: '',
      };
    }
    const { from, to, deletes, squeezes, complement } = state;
    for (;;) {
      if (!system.isWritable(1)) return { wait: { write: 1 } };
      const data = system.read(0);
      if (data === undefined) return { wait: { read: 0 } };
      if (data === null) return { exit: 0 };
      let out = '';
      for (const char of data) {
        let next = char;
        if (deletes && deletes.includes(char) !== complement) continue;
        if (to !== '' && from !== '') {
          const i = from.indexOf(char);
          if (complement ? i < 0 : i >= 0) next = complement ? to.at(-1)! : (to[i] ?? to.at(-1)!);
        }
        const isSqueezed = squeezes !== '' && (to === '' && complement ? !squeezes.includes(next) : squeezes.includes(next));
        if (isSqueezed && state.last === next) continue;
        state.last = next;
        out += next;
      }
      system.out(out);
    }
  },
};

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

export const comm = wholeTool('comm', {
  files: (system) => options(system, '123').rest,
  act: (system, inputs) => {
    const given = options(system, '123');
    const [a = [], b = []] = inputs.map(({ text }) => linesOf(text).map(bare));
    const show = (column: 1 | 2 | 3, text: string): void => {
      if (given.has(String(column))) return;
      const before = [1, 2].filter((one) => one < column && !given.has(String(one))).length;
      system.out(`${'\t'.repeat(before)}${text}\n`);
    };
    for (let i = 0, j = 0; i < a.length || j < b.length;) {
      if (j >= b.length || (i < a.length && a[i]! < b[j]!)) show(1, a[i++]!);
      else if (i >= a.length || b[j]! < a[i]!) show(2, b[j++]!);
      else {
        show(3, a[i++]!);
        j++;
      }
    }
    return 0;
  },
});

export const cmp = once('cmp', (system) => {
  const given = options(system, 'slbn:');
  const [a = '', b = ''] = given.rest;
  const [x, y] = [readOrComplain(system, a), readOrComplain(system, b)];
  if (x === undefined || y === undefined) return 2;
  if (x === y) return 0;
  const at = [...x].findIndex((char, i) => char !== y[i]);
  if (!given.has('s')) {
    if (at < 0 || at >= y.length) system.err(`cmp: EOF on ${x.length < y.length ? a : b}\n`);
    else system.out(`${a} ${b} differ: ${isBusybox(system) ? 'char' : 'byte'} ${at + 1}, line ${x.slice(0, at).split('\n').length}\n`);
  }
  return 1;
});

export const diff = once('diff', (system) => {
  const given = options(system, 'uU:qrNabBiwst', ['unified', 'unified=', 'brief', 'recursive', 'new-file', 'color', 'color='], {
    aliases: { unified: 'u', brief: 'q', recursive: 'r' },
  });
  const [a = '', b = ''] = given.rest;
  if (given.rest.length < 2) throw new Refusal(`missing operand after '${a || 'diff'}'`, 2);
  const [x, y] = [readOrComplain(system, a), readOrComplain(system, b)];
  if (x === undefined || y === undefined) return 2;
  if (x === y) return 0;
  if (given.has('q')) system.out(`Files ${a} and ${b} differ\n`);
  else
    system.out(
      given.has('u', 'U') || isBusybox(system)
        ? `--- ${a}\n+++ ${b}\n${unifiedDiff(bare(x), bare(y))}`
        : normalDiff(linesOf(x).map(bare), linesOf(y).map(bare)),
    );
  return 1;
});

/** diff's own form: `2c2`, `< old`, `> new`. */
function normalDiff(a: readonly string[], b: readonly string[]): string {
  const common = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i]![j] = a[i] === b[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
  let out = '';
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
      continue;
    }
    const [fromA, fromB] = [i, j];
    while ((i < a.length || j < b.length) && !(i < a.length && j < b.length && a[i] === b[j])) {
      if (j >= b.length || (i < a.length && common[i + 1]![j]! >= common[i]![j + 1]!)) i++;
      else j++;
    }
    const range = (from: number, to: number): string => (to - from <= 1 ? String(to === from ? from : from + 1) : `${from + 1},${to}`);
    const kind = i === fromA ? 'a' : j === fromB ? 'd' : 'c';
    out += `${range(fromA, i)}${kind}${range(fromB, j)}\n${a
      .slice(fromA, i)
      .map((line) => `< ${line}\n`)
      .join('')}${kind === 'c' ? '---\n' : ''}${b
      .slice(fromB, j)
      .map((line) => `> ${line}\n`)
      .join('')}`;
  }
  return out;
}

export const strings = wholeTool('strings', {
  files: (system) => options(system, 'an:t:of').rest,
  act: (system, inputs, status) => {
    const least = Number(options(system, 'an:t:of').get('n') ?? 4);
    for (const { text } of inputs) for (const [found] of text.matchAll(/[\t -~]+/g)) if (found.length >= least) system.out(`${found}\n`);
    return status;
  },
});

const OD = 't:A:cxN:j:vbdo';

export const od = wholeTool('od', {
  files: (system) => options(system, OD, ['address-radix=']).rest,
  act: (system, inputs, status) => {
    const given = options(system, OD, ['address-radix=']);
    const text = inputs
      .map((one) => one.text)
      .join('')
      .slice(Number(given.get('j') ?? 0))
      .slice(0, given.has('N') ? Number(given.get('N')) : undefined);
    const radix = given.get('A') ?? 'o';
    const address = (at: number): string =>
      radix === 'n' ? '' : at.toString(radix === 'x' ? 16 : radix === 'd' ? 10 : 8).padStart(radix === 'x' ? 6 : 7, '0');
    const type = given.has('c') ? 'c' : given.has('x') ? 'x2' : (given.get('t') ?? 'o2');
    const one = (char: string): string => {
      const code = char.charCodeAt(0);
      if (!type.startsWith('c')) return ` ${type.startsWith('x') ? code.toString(16).padStart(2, '0') : code.toString(8).padStart(3, '0')}`;
      const special = { 0: '\\0', 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r' }[code as 10];
      return (special ?? (code >= 32 && code < 127 ? char : code.toString(8).padStart(3, '0'))).padStart(4);
    };
    const pair = (two: string): string =>
      ` ${(two.charCodeAt(0) | ((two.charCodeAt(1) || 0) << 8)).toString(type.startsWith('x') ? 16 : 8).padStart(type.startsWith('x') ? 4 : 6, '0')}`;
    for (let at = 0; at < text.length; at += 16) {
      const row = text.slice(at, at + 16);
      system.out(`${address(at)}${type.endsWith('2') ? (row.match(/[^]{1,2}/g) ?? []).map(pair).join('') : [...row].map(one).join('')}\n`);
    }
    if (radix !== 'n') system.out(`${address(text.length)}\n`);
    return status;
  },
});

export const hexdump = wholeTool('hexdump', {
  files: (system) => options(system, 'Cvn:s:').rest,
  act: (system, inputs, status) => {
    const isCanonical = options(system, 'Cvn:s:').has('C');
    const text = inputs.map((one) => one.text).join('');
    for (let at = 0; at < text.length; at += 16) {
      const row = text.slice(at, at + 16);
      const hex = (char: string): string => char.charCodeAt(0).toString(16).padStart(2, '0');
      if (isCanonical) {
        const bytes = [...row].map(hex);
        system.out(
          `${at.toString(16).padStart(8, '0')}  ${bytes.slice(0, 8).join(' ').padEnd(23)}  ${bytes.slice(8).join(' ').padEnd(23)}  |${row.replace(/[^ -~]/g, '.')}|\n`,
        );
      } else
        system.out(
          `${at.toString(16).padStart(7, '0')} ${(row.match(/[^]{1,2}/g) ?? []).map((two) => (two.charCodeAt(0) | ((two.charCodeAt(1) || 0) << 8)).toString(16).padStart(4, '0')).join(' ')}\n`,
        );
    }
    system.out(`${text.length.toString(16).padStart(isCanonical ? 8 : 7, '0')}\n`);
    return status;
  },
});

export const split = wholeTool('split', {
  files: (system) => options(system, 'l:b:a:d').rest.slice(0, 1),
  act: (system, inputs, status) => {
    const given = options(system, 'l:b:a:d');
    const text = inputs.map((one) => one.text).join('');
    const prefix = given.rest[1] ?? 'x';
    const size = given.has('b') ? countOf(system, given.get('b')!) : Number(given.get('l') ?? 1000);
    const lines = linesOf(text);
    const parts = given.has('b')
      ? (text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [])
      : Array.from({ length: Math.ceil(lines.length / size) }, (_, i) => lines.slice(i * size, (i + 1) * size).join(''));
    for (const [i, part] of parts.entries())
      system.files.write(system.path(`${prefix}${String.fromCharCode(97 + Math.floor(i / 26), 97 + (i % 26))}`), part);
    return status;
  },
});
