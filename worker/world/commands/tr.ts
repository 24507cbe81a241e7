// tr: characters for others.

import type { Next, Tool } from '../process/program.ts';
import { unescape } from './echo.ts';
import { options } from './tool.ts';

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
