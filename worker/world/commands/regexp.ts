// POSIX regular expressions, basic and extended, as JavaScript's.

import { posixClasses } from '../shell/condition.ts';
import { escapeRegExp } from '../shell/pattern.ts';
import { Refusal } from './tool.ts';

export type Dialect = 'basic' | 'extended' | 'fixed' | 'perl';

export function compile(source: string, dialect: Dialect, flags = ''): RegExp {
  try {
    return new RegExp(translate(source, dialect), flags);
  } catch {
    throw new Refusal(`bad regex '${source}': Invalid preceding regular expression`, 2);
  }
}

export function translate(source: string, dialect: Dialect): string {
  if (dialect === 'fixed') return escapeRegExp(source);
  if (dialect === 'perl') return posixClasses(source);
  let out = '';
  for (let i = 0; i < source.length; i++) {
    const char = source[i]!;
    if (char === '[') {
      const end = bracketEnd(source, i);
      if (end < 0) throw new Refusal(`bad regex '${source}': Unmatched [ or [^`, 2);
      const inside = source.slice(i + 1, end);
      const isNegated = inside.startsWith('^');
      const body = posixClasses(
        (isNegated ? inside.slice(1) : inside)
          .replaceAll('\\', '\\\\')
          .replace(/^\]/, '\\]')
          .replace(/\[(?!:)/g, '\\['),
      );
      out += `[${isNegated ? '^' : ''}${body}]`;
      i = end;
    } else if (char === '\\') {
      const next = source[++i];
      if (next === undefined) out += '\\\\';
      else if (dialect === 'basic' && '(){}|+?'.includes(next)) out += next;
      else if (next === '<' || next === '>') out += '\\b';
      else if (/[wWsSbBdD1-9]/.test(next)) out += `\\${next}`;
      else if (next === 'n') out += '\\n';
      else if (next === 't') out += '\\t';
      else out += escapeRegExp(next);
    } else if (dialect === 'basic' && '(){}|+?'.includes(char)) out += `\\${char}`;
    else if (dialect === 'basic' && char === '*' && (out === '' || out.endsWith('(') || out === '^')) out += '\\*';
    else if (dialect === 'basic' && char === '^' && out !== '' && !out.endsWith('(') && !out.endsWith('|')) out += '\\^';
    else if (dialect === 'basic' && char === '$' && i < source.length - 1 && !/^\\[)|]/.test(source.slice(i + 1))) out += '\\$';
    else if (dialect === 'extended' && char === '{' && !/^\{\d*,?\d*\}/.test(source.slice(i))) out += '\\{';
    else out += char;
  }
  return out;
}

function bracketEnd(source: string, from: number): number {
  let at = from + 1;
  if (source[at] === '^') at++;
  if (source[at] === ']') at++;
  for (; at < source.length; at++) {
    if (source.startsWith('[:', at)) at = source.indexOf(':]', at) + 1 || source.length;
    else if (source[at] === ']') return at;
  }
  return -1;
}
