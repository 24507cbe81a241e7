// echo: its arguments. Shells and the tool differ in whether they read escapes.

import { byteString } from '../../lib/text.ts';
import type { Tool } from '../process/program.ts';
import { isBusybox } from './tool.ts';

export const echoTool: Tool = {
  name: 'echo',
  step: (system) => {
    system.out(echo(system.argv, isBusybox(system) ? 'ash' : 'bash'));
    return { exit: 0 };
  },
};

/** What it prints. */
export function echo(argv: readonly string[], style: 'ash' | 'dash' | 'bash'): string {
  let hasNewline = true;
  let readsEscapes = style === 'dash';
  let i = 1;
  for (; i < argv.length; i++) {
    const options = (style === 'dash' ? /^-n$/ : /^-[neE]+$/).exec(argv[i]!)?.[0];
    if (!options) break;
    if (options.includes('n')) hasNewline = false;
    if (options.includes('e')) readsEscapes = true;
    if (options.includes('E')) readsEscapes = false;
  }
  const text = argv.slice(i).join(' ');
  const end = hasNewline ? '\n' : '';
  if (!readsEscapes) return text + end;
  const { out, stopped } = unescape(text, true);
  return out + (stopped ? '' : end);
}

const SIMPLE: Readonly<Record<string, string>> = { a: '\x07', b: '\b', e: '\x1b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\' };

/** Backslash escapes; `\c` ends the text. In `echo` an octal number begins with a zero. */
export function unescape(text: string, isEcho: boolean): { out: string; stopped: boolean } {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '\\' || i + 1 >= text.length) {
      out += text[i];
      continue;
    }
    const next = text[++i]!;
    if (next === 'c' && isEcho) return { out, stopped: true };
    const simple = SIMPLE[next];
    if (simple !== undefined) {
      out += simple;
      continue;
    }
    const rest = text.slice(i);
    const octal = (isEcho ? /^0([0-7]{0,3})/ : /^([0-7]{1,3})/).exec(rest);
    const hex = /^x([0-9a-fA-F]{1,2})/.exec(rest);
    const unicode = /^(?:u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8}))/.exec(rest);
    if (octal) {
      out += String.fromCharCode(Number.parseInt(octal[1] || '0', 8) & 255);
      i += octal[0].length - 1;
    } else if (hex) {
      out += String.fromCharCode(Number.parseInt(hex[1]!, 16));
      i += hex[0].length - 1;
    } else if (unicode) {
      out += byteString(String.fromCodePoint(Number.parseInt(unicode[1] ?? unicode[2]!, 16)));
      i += unicode[0].length - 1;
    } else out += `\\${next}`;
  }
  return { out, stopped: false };
}
