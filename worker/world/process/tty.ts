// The line discipline of a terminal: what a typed character does. Mirrors n_tty(4) in canonical mode with echo: lines are edited with backspace, ^U and ^W, ^C and
// ^\ signal the foreground, ^D ends input. In raw mode characters go through as they come, for a shell that edits lines itself.

import type { SignalName, Tty } from './process.ts';

export const newTty = (session: string, rows = 24, columns = 80): Tty => ({
  input: '',
  line: '',
  eof: false,
  raw: false,
  echo: true,
  rows,
  columns,
  foreground: 0,
  session,
  hungUp: false,
});

export interface Typed {
  /** What the terminal shows. */
  echo: string;
  signals: SignalName[];
}

/** Takes what was typed. Changes the terminal. */
export function type(tty: Tty, data: string): Typed {
  const out: Typed = { echo: '', signals: [] };
  for (const char of data) typeOne(tty, char, out);
  return out;
}

const [INTR, EOF, KILL, WERASE, QUIT, SUSP, ERASE] = ['\x03', '\x04', '\x15', '\x17', '\x1c', '\x1a', '\x7f'];

function typeOne(tty: Tty, char: string, out: Typed): void {
  if (tty.raw) {
    tty.input += char;
    return;
  }
  const show = (text: string): void => {
    if (tty.echo) out.echo += text;
  };
  const erase = (count: number): void => {
    tty.line = tty.line.slice(0, tty.line.length - count);
    show('\b \b'.repeat(count));
  };
  switch (char) {
    case '\r':
    case '\n':
      tty.input += `${tty.line}\n`;
      tty.line = '';
      return show('\r\n');
    case ERASE:
    case '\b':
      return erase(Math.min(1, tty.line.length));
    case KILL:
      return erase(tty.line.length);
    case WERASE:
      return erase(/\S*\s*$/.exec(tty.line)![0].length);
    case EOF:
      if (tty.line === '') tty.eof = true;
      tty.input += tty.line;
      tty.line = '';
      return;
    case INTR:
    case QUIT:
    case SUSP: {
      const name = char === INTR ? 'INT' : char === QUIT ? 'QUIT' : 'TSTP';
      tty.line = '';
      tty.input = '';
      out.signals.push(name);
      return show(`^${String.fromCharCode(char.charCodeAt(0) + 64)}`);
    }
    default:
      tty.line += char;
      show(char < ' ' && char !== '\t' ? `^${String.fromCharCode(char.charCodeAt(0) + 64)}` : char);
  }
}

/** What a program writes, as the terminal gets it: every newline also returns the carriage. */
export const cooked = (tty: Tty, text: string): string => (tty.raw ? text.replaceAll(/(?<!\r)\n/g, '\r\n') : text.replaceAll('\n', '\r\n'));
