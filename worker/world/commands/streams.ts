// Tools about streams and numbers: tee, xargs, yes, seq, expr, true, false, base64, checksums.

import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { fromBase64, toBase64 } from '../../lib/text.ts';
import { FileError } from '../files/error.ts';
import type { Next, Tool } from '../process/program.ts';
import { ExecError } from '../process/spawn.ts';
import type { System } from '../process/system.ts';
import { compile } from './regexp.ts';
import { complainOf, isBusybox, nameOf, once, options, readOrComplain, Refusal, wholeTool, steppedTool } from './tool.ts';

export const yesTool: Tool = {
  name: 'yes',
  step: (system): Next => {
    const line = `${system.argv.slice(1).join(' ') || 'y'}\n`;
    // A bufferful at a time; to whom a pipe is not full, it goes on for ever.
    for (let i = 0; i < 16; i++) {
      if (!system.isWritable(1)) return { wait: { write: 1 } };
      system.out(line.repeat(Math.max(1, Math.floor(4096 / line.length))));
    }
    return 'again';
  },
};

export const trueTool = once('true', () => 0);
export const falseTool = once('false', () => 1);

interface Sequence {
  readonly first: number;
  readonly step: number;
  readonly count: number;
  readonly digits: number;
  readonly width: number;
  readonly separator: string;
  readonly format: string | undefined;
  at: number;
}

const SEQUENCE_PIECE = 1000;

export const seq = steppedTool('seq', (system) => {
  const state = (system.process.data ??= sequenceOf(system)) as Sequence;
  const { first, step, count, digits, width, separator, format } = state;
  while (state.at < count) {
    if (!system.isWritable(1)) return { wait: { write: 1 } };
    let out = '';
    for (const end = Math.min(count, state.at + SEQUENCE_PIECE); state.at < end; state.at++) {
      const number = (first + state.at * step).toFixed(digits);
      out += format === undefined ? number.padStart(width, '0') : format.replace(/%[0-9.]*[gfe]/, number);
      out += state.at === count - 1 ? '\n' : separator;
    }
    system.out(out);
  }
  return { exit: 0 };
});

/** Throws Refusal. */
function sequenceOf(system: System): Sequence {
  const args = system.argv.slice(1);
  let separator = '\n';
  let isWide = false;
  let format: string | undefined;
  while (/^-[a-z]/i.test(args[0] ?? '')) {
    const option = args.shift()!;
    if (option === '-s') separator = args.shift() ?? '';
    else if (option.startsWith('-s')) separator = option.slice(2);
    else if (option === '-w') isWide = true;
    else if (option === '-f') format = args.shift();
  }
  const bad = args.find((arg) => !/^[-+]?(\d+\.?\d*|\.\d+)$/.test(arg));
  if (bad !== undefined || !args.length)
    throw new Refusal(
      bad === undefined
        ? 'missing operand'
        : isBusybox(system)
          ? `invalid number '${bad}'`
          : `invalid floating point argument: '${bad}'\nTry 'seq --help' for more information.`,
    );
  const numbers = args.map(Number);
  const last = numbers.at(-1)!;
  const first = numbers.length > 1 ? numbers[0]! : 1;
  const step = numbers.length > 2 ? numbers[1]! : 1;
  const digits = Math.max(...args.map((arg) => (arg.split('.')[1] ?? '').length));
  const count = step === 0 ? (first <= last ? Infinity : 0) : Math.max(0, Math.floor((last - first) / step + 1e-9) + 1);
  const width = isWide && count ? Math.max(...[first, first + (count - 1) * step].map((one) => one.toFixed(digits).length)) : 0;
  return { first, step, count, digits, width, separator, format, at: 0 };
}

interface TeeState {
  readonly fds: number[];
  readonly status: number;
}

export const tee: Tool = {
  name: 'tee',
  step: (system): Next => {
    let state = system.process.data as TeeState | null;
    if (!state) {
      const given = options(system, 'ai', ['append']);
      let status = 0;
      const fds: number[] = [];
      for (const path of given.rest) {
        try {
          fds.push(system.open(path, given.has('a', 'append') ? 'a' : 'w'));
        } catch (error) {
          if (!(error instanceof FileError)) throw error;
          complainOf(system, path, error);
          status = 1;
        }
      }
      system.process.data = state = { fds, status };
    }
    for (;;) {
      if (!system.isWritable(1)) return { wait: { write: 1 } };
      const data = system.read(0);
      if (data === undefined) return { wait: { read: 0 } };
      if (data === null) return { exit: state.status };
      system.out(data);
      for (const fd of state.fds) system.write(fd, data);
    }
  },
};

interface XargsState {
  text: string;
  queue: string[][] | null;
  running: number;
  status: number;
}

export const xargs: Tool = {
  name: 'xargs',
  step: (system): Next => {
    const given = options(
      system,
      '0rtn:I:P:L:s:d:ixpa:E:',
      ['null', 'no-run-if-empty', 'max-args=', 'replace=', 'max-procs=', 'max-lines=', 'delimiter=', 'verbose'],
      {
        stops: true,
        aliases: {
          null: '0',
          'no-run-if-empty': 'r',
          'max-args': 'n',
          replace: 'I',
          'max-procs': 'P',
          'max-lines': 'L',
          delimiter: 'd',
          verbose: 't',
        },
      },
    );
    const state = (system.process.data ??= { text: '', queue: null, running: 0, status: 0 } satisfies XargsState) as XargsState;
    while (!state.queue) {
      const data = system.read(0);
      if (data === undefined) return { wait: { read: 0 } };
      if (data !== null) state.text += data;
      else state.queue = commandsOf(state.text, given);
    }
    const limit = Number(given.get('P') ?? 1) || 64;
    for (;;) {
      for (let ended = system.reap(); ended; ended = system.reap()) {
        state.running--;
        if (ended.exit.code !== 0 && state.status === 0) state.status = ended.exit.code === 255 ? 124 : 123;
      }
      const argv = state.running < limit ? state.queue[0] : undefined;
      if (!argv) {
        if (!state.running && !state.queue.length) return { exit: state.status };
        return { wait: { child: -1 } };
      }
      state.queue.shift();
      if (given.has('t')) system.err(`${argv.join(' ')}\n`);
      try {
        system.spawn({ argv });
        state.running++;
      } catch (error) {
        if (!(error instanceof ExecError || error instanceof FileError)) throw error;
        system.err(
          `xargs: ${argv[0]}: ${error instanceof ExecError && error.status === 127 ? 'No such file or directory' : error.message}\n`,
        );
        return { exit: error instanceof ExecError ? error.status : 126 };
      }
    }
  },
};

function commandsOf(text: string, given: ReturnType<typeof options>): string[][] {
  const command = given.rest.length ? given.rest : ['echo'];
  const place = given.get('I') ?? (given.has('i') ? '{}' : undefined);
  const separator = given.has('0') ? '\0' : given.get('d')?.replace('\\n', '\n').replace('\\0', '\0');
  const items =
    separator !== undefined
      ? text.split(separator).filter((one, i, all) => one !== '' || i < all.length - 1)
      : place !== undefined || given.has('L')
        ? text
            .split('\n')
            .map((line) => line.trim())
            .filter(Boolean)
        : splitQuoted(text);
  if (place !== undefined) return items.map((item) => command.map((word) => word.replaceAll(place, item)));
  const size = Number(given.get('n') ?? given.get('L') ?? Infinity);
  if (!items.length) return given.has('r') ? [] : [command];
  const out: string[][] = [];
  for (let i = 0; i < items.length; i += size) out.push([...command, ...items.slice(i, i + size)]);
  return out;
}

/** Words as xargs sees them: quotes and backslashes count. */
function splitQuoted(text: string): string[] {
  return [...text.matchAll(/(?:'[^'\n]*'|"[^"\n]*"|\\[^]|[^\s'"\\])+/g)].map(([word]) =>
    word.replace(
      /'([^']*)'|"([^"]*)"|\\([^])/g,
      (_all, single?: string, double?: string, escaped?: string) => single ?? double ?? escaped ?? '',
    ),
  );
}

export const expr = once('expr', (system, args) => {
  const rest = [...args];
  const value = (): string => {
    const next = rest.shift();
    if (next === undefined) throw new Refusal('syntax error', 2);
    if (next === '(') {
      const inner = either();
      if (rest.shift() !== ')') throw new Refusal('syntax error', 2);
      return inner;
    }
    if (next === 'length') return String(value().length);
    if (next === 'match') return matched(system, value(), value());
    if (next === 'substr') {
      const [text, from, count] = [value(), Number(value()), Number(value())];
      return text.slice(from - 1, from - 1 + count);
    }
    if (next === 'index') {
      const [text, set] = [value(), value()];
      return String([...text].findIndex((char) => set.includes(char)) + 1);
    }
    return next;
  };
  const number = (text: string): number => {
    if (!/^-?\d+$/.test(text)) throw new Refusal(isBusybox(system) ? `non-integer argument` : 'non-integer argument', 2);
    return Number(text);
  };
  const chain =
    (operators: readonly string[], lower: () => string, act: (operator: string, a: string, b: string) => string): (() => string) =>
    () => {
      let left = lower();
      while (operators.includes(rest[0] ?? '')) left = act(rest.shift()!, left, lower());
      return left;
    };
  const matching = chain([':'], value, (_operator, a, b) => matched(system, a, b));
  const product = chain(['*', '/', '%'], matching, (operator, a, b) => {
    if (operator !== '*' && number(b) === 0) throw new Refusal('division by zero', 2);
    return String(operator === '*' ? number(a) * number(b) : operator === '/' ? Math.trunc(number(a) / number(b)) : number(a) % number(b));
  });
  const sum = chain(['+', '-'], product, (operator, a, b) => String(operator === '+' ? number(a) + number(b) : number(a) - number(b)));
  const compared = chain(['=', '==', '!=', '<', '<=', '>', '>='], sum, (operator, a, b) => {
    const [x, y] = /^-?\d+$/.test(a) && /^-?\d+$/.test(b) ? [Number(a), Number(b)] : [a, b];
    const result = { '=': x === y, '==': x === y, '!=': x !== y, '<': x < y, '<=': x <= y, '>': x > y, '>=': x >= y }[operator as '='];
    return result ? '1' : '0';
  });
  const both = chain(['&'], compared, (_operator, a, b) => (isTrue(a) && isTrue(b) ? a : '0'));
  const either: () => string = chain(['|'], both, (_operator, a, b) => (isTrue(a) ? a : b));
  const result = either();
  if (rest.length) throw new Refusal('syntax error', 2);
  system.out(`${result}\n`);
  return isTrue(result) ? 0 : 1;
});

const isTrue = (text: string): boolean => text !== '' && text !== '0';

/** An expression is held against the beginning. */
function matched(system: System, text: string, pattern: string): string {
  const match = compile(system, `^${pattern.replace(/^\^/, '')}`, 'basic').exec(text);
  if (match && match.length > 1) return match[1] ?? '';
  return /\\\(/.test(pattern) ? '' : String(match?.[0].length ?? 0);
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const stringOf = (bytes: Uint8Array): string => {
  let out = '';
  for (const byte of bytes) out += String.fromCharCode(byte);
  return out;
};

export const base64 = wholeTool('base64', {
  files: (system) => options(system, 'dw:iD', ['decode', 'wrap='], { aliases: { decode: 'd', D: 'd', wrap: 'w' } }).rest,
  act: (system, inputs, status) => {
    const given = options(system, 'dw:iD', ['decode', 'wrap='], { aliases: { decode: 'd', D: 'd', wrap: 'w' } });
    const text = inputs.map((one) => one.text).join('');
    if (given.has('d')) {
      const compact = text.replace(/\s+/g, '');
      const whole = fromBase64(compact);
      system.out(
        stringOf(whole ?? fromBase64(compact.replace(/[^A-Za-z0-9+/].*$/s, '').replace(/^((?:.{4})*).*$/s, '$1')) ?? new Uint8Array()),
      );
      if (!whole) {
        system.err(isBusybox(system) ? 'base64: truncated input\n' : 'base64: invalid input\n');
        return 1;
      }
      return status;
    }
    const encoded = toBase64(bytesOf(text));
    const width = Number(given.get('w') ?? 76);
    if (width === 0) system.out(encoded);
    else for (const line of encoded.match(new RegExp(`.{1,${width}}`, 'g')) ?? []) system.out(`${line}\n`);
    return status;
  },
});

const checksum = (name: string, hash: (bytes: Uint8Array) => Uint8Array): Tool => {
  const hex = (text: string): string => Array.from(hash(bytesOf(text)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return wholeTool(name, {
    files: (system) => options(system, 'cbtsw', ['check', 'quiet', 'status', 'binary', 'text'], { aliases: { check: 'c' } }).rest,
    act: (system, inputs, status) => {
      const given = options(system, 'cbtsw', ['check', 'quiet', 'status', 'binary', 'text'], { aliases: { check: 'c' } });
      if (!given.has('c')) {
        for (const one of inputs) system.out(`${hex(one.text)}  ${one.name}\n`);
        return status;
      }
      return verify(system, inputs.map((one) => one.text).join(''), hex);
    },
  });
};

function verify(system: System, list: string, hex: (text: string) => string): number {
  let failed = 0;
  for (const [, wanted = '', path = ''] of list.matchAll(/^([0-9a-f]+) [ *](.+)$/gm)) {
    const content = readOrComplain(system, path);
    const isRight = content !== undefined && hex(content) === wanted;
    if (!isRight) failed++;
    system.out(`${path}: ${isRight ? 'OK' : content === undefined ? 'FAILED open or read' : 'FAILED'}\n`);
  }
  if (failed)
    system.err(
      `${nameOf(system)}: WARNING: ${failed} ${isBusybox(system) ? 'of' : 'computed checksum'}${isBusybox(system) ? ` ${list.trim().split('\n').length} computed checksums did NOT match` : `${failed > 1 ? 's' : ''} did NOT match`}\n`,
    );
  return failed ? 1 : 0;
}

export const md5sum = checksum('md5sum', md5);
export const sha1sum = checksum('sha1sum', sha1);
export const sha256sum = checksum('sha256sum', sha256);
export const sha512sum = checksum('sha512sum', sha512);
