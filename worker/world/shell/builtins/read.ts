// read and mapfile: input, byte by byte, so that nothing is taken that is meant for others.

import { OutOfMemory } from '../../process/memory.ts';
import type { Run } from '../run.ts';
import type { Builtin } from './index.ts';

/** Bytes of a line, which are taken one by one. */
const MOST_READ = 1_000_000;

interface ReadOptions {
  raw: boolean;
  prompt: string;
  count: number;
  timeout: number | undefined;
  fd: number;
  delimiter: string;
  array: string | undefined;
  names: string[];
}

function optionsOf(argv: readonly string[]): ReadOptions {
  const out: ReadOptions = {
    raw: false,
    prompt: '',
    count: Infinity,
    timeout: undefined,
    fd: 0,
    delimiter: '\n',
    array: undefined,
    names: [],
  };
  let i = 1;
  for (; i < argv.length && /^-./.test(argv[i]!); i++) {
    if (argv[i] === '--') {
      i++;
      break;
    }
    for (let at = 1; at < argv[i]!.length; at++) {
      const letter = argv[i]![at]!;
      if (letter === 'r') out.raw = true;
      if (!'pntudaN'.includes(letter)) continue;
      const value = argv[i]!.slice(at + 1) || (argv[++i] ?? '');
      if (letter === 'p') out.prompt = value;
      else if (letter === 'n' || letter === 'N') out.count = Number(value);
      else if (letter === 't') out.timeout = Number(value) * 1000;
      else if (letter === 'u') out.fd = Number(value);
      else if (letter === 'd') out.delimiter = value.slice(0, 1) || '\0';
      else out.array = value;
      break;
    }
  }
  out.names = argv.slice(i);
  return out;
}

const read: Builtin = (run, argv, frame) => {
  const { system, shell } = run;
  const options = optionsOf(argv);
  const { data } = frame;
  if (data.text === undefined) {
    data.text = '';
    if (options.timeout !== undefined) data.until = system.now() + options.timeout;
    if (options.prompt && system.tty(options.fd)) system.err(options.prompt);
    if (!options.names.length && shell.flavour === 'dash' && !options.array) {
      run.complain('arg count', 'read');
      return 2;
    }
  }
  if (system.process.fds[options.fd] === undefined) {
    if (shell.flavour === 'bash') run.complain(`read error: ${options.fd}: Bad file descriptor`, 'read');
    return 1;
  }
  let status = 0;
  for (;;) {
    if (data.text.length >= options.count) break;
    const char = system.read(options.fd, 1);
    if (char === undefined) {
      if (data.until === undefined) return { wait: { read: options.fd } };
      if (system.now() < data.until) return { wait: { read: options.fd, until: data.until } };
      status = shell.flavour === 'bash' ? 142 : 1;
      break;
    }
    if (char === null) {
      status = 1;
      break;
    }
    if (char === options.delimiter) {
      const isEscaped = !options.raw && /(?:^|[^\\])(?:\\\\)*\\$/.test(data.text);
      if (!isEscaped) break;
      data.text = data.text.slice(0, -1);
      continue;
    }
    data.text += char;
    if (data.text.length > MOST_READ) throw new OutOfMemory();
  }
  assignWords(run, data.text, options);
  return status;
};

function assignWords(run: Run, text: string, { raw, names, array }: ReadOptions): void {
  const ifs = run.get('IFS') ?? ' \t\n';
  // Escaped characters are out of the splitting's reach.
  const chars: { char: string; plain: boolean }[] = [];
  for (let i = 0; i < text.length; i++) {
    if (!raw && text[i] === '\\' && i + 1 < text.length) chars.push({ char: text[++i]!, plain: false });
    else if (raw || text[i] !== '\\') chars.push({ char: text[i]!, plain: true });
  }
  const isBreak = ({ char, plain }: { char: string; plain: boolean }): boolean => plain && ifs.includes(char);
  const isSpace = (one: { char: string; plain: boolean }): boolean => isBreak(one) && ' \t\n'.includes(one.char);
  const whole = (from: number, to = chars.length): string =>
    chars
      .slice(from, to)
      .map(({ char }) => char)
      .join('');
  if (!names.length && array === undefined) return run.set('REPLY', raw ? text : whole(0));
  const fields: string[] = [];
  const limit = array === undefined ? names.length : Infinity;
  let at = 0;
  while (at < chars.length && isSpace(chars[at]!)) at++;
  while (at < chars.length) {
    if (fields.length === limit - 1) {
      let end = chars.length;
      while (end > at && isSpace(chars[end - 1]!)) end--;
      const rest = whole(at, end);
      // One delimiter at the very end belongs to the last field.
      const single = end > at && isBreak(chars[end - 1]!) && !chars.slice(at, end - 1).some(isBreak) ? whole(at, end - 1) : rest;
      fields.push(single);
      break;
    }
    let end = at;
    while (end < chars.length && !isBreak(chars[end]!)) end++;
    fields.push(whole(at, end));
    while (end < chars.length && isSpace(chars[end]!)) end++;
    if (end < chars.length && isBreak(chars[end]!) && !isSpace(chars[end]!)) end++;
    while (end < chars.length && isSpace(chars[end]!)) end++;
    at = end;
  }
  if (array !== undefined) return run.setArray(array, Object.fromEntries(fields.map((value, i) => [String(i), value])));
  for (const [i, name] of names.entries()) run.set(name, fields[i] ?? '');
}

const mapfile: Builtin = (run, argv, frame) => {
  const { data } = frame;
  data.text ??= '';
  for (;;) {
    const more = run.system.read(0);
    if (more === undefined) return { wait: { read: 0 } };
    if (more === null) break;
    data.text += more;
  }
  const isTrimmed = argv.includes('-t');
  const name = argv.slice(1).findLast((arg) => !arg.startsWith('-')) ?? 'MAPFILE';
  const lines = data.text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  run.setArray(name, Object.fromEntries(lines.map((line, i) => [String(i), isTrimmed ? line.replace(/\n$/, '') : line])));
  return 0;
};

export { reading as read };
const reading: Readonly<Record<string, Builtin>> = { read, mapfile, readarray: mapfile };
