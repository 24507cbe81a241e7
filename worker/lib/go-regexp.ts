// Go's regular expressions (RE2) by JavaScript's. Mirrors the syntax of Go's regexp/syntax as far as the two differ.
// Differs: JavaScript's engine may take exponential time where RE2 does not; what is matched here is short.

const made = new Map<string, RegExp>();
const KEPT = 500;

/** Throws a SyntaxError for a pattern that is none. */
export function goRegExp(pattern: string): RegExp {
  let known = made.get(pattern);
  if (!known) {
    if (made.size >= KEPT) made.clear();
    made.set(pattern, (known = new RegExp(...translate(pattern))));
  }
  known.lastIndex = 0;
  return known;
}

const CLASSES: Readonly<Record<string, string>> = {
  alnum: 'a-zA-Z0-9',
  alpha: 'a-zA-Z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

function translate(pattern: string): [source: string, flags: string] {
  let flags = 'u';
  let source = pattern;
  const head = /^\(\?([imsU]+)\)/.exec(source);
  if (head) {
    for (const flag of head[1]!) if (flag !== 'U') flags += flag;
    source = source.slice(head[0].length);
  }
  return [rewrite(source), flags];
}

/** Outside and inside of classes, what the strict (`u`) syntax of JavaScript would refuse or read otherwise. */
function rewrite(source: string): string {
  let out = '';
  let inClass = false;
  for (let i = 0; i < source.length; i++) {
    const char = source[i]!;
    if (char === '\\') {
      out += escaped(source, i, inClass);
      i += escapeLength(source, i) - 1;
    } else if (inClass) {
      const named = /^\[:(\^?)(\w+):\]/.exec(source.slice(i));
      if (named && CLASSES[named[2]!] && !named[1]) {
        out += CLASSES[named[2]!];
        i += named[0].length - 1;
      } else if (char === '[') out += '\\[';
      else {
        if (char === ']') inClass = false;
        out += char;
      }
    } else if (char === '[') {
      inClass = true;
      out += char;
      if (source[i + 1] === '^') out += source[++i];
      if (source[i + 1] === ']') {
        out += '\\]';
        i++;
      }
    } else if (source.startsWith('(?P<', i)) {
      out += '(?<';
      i += 3;
    } else if (/^\(\?[imsU]+\)/.test(source.slice(i))) {
      throw new SyntaxError(`invalid regular expression: flags inside of ${source}`);
    } else if (char === ']' || char === '}') out += `\\${char}`;
    else if (char === '{') {
      const count = /^\{\d+(,\d*)?\}/.exec(source.slice(i));
      out += count ? count[0] : '\\{';
      if (count) i += count[0].length - 1;
    } else out += char;
  }
  return out;
}

function escapeLength(source: string, at: number): number {
  const rest = source.slice(at);
  return /^\\(x\{[0-9a-fA-F]+\}|x[0-9a-fA-F]{2}|[pP]\{\^?\w+\}|[pP]\w|Q[\s\S]*?(\\E|$)|[\s\S])/.exec(rest)?.[0].length ?? 1;
}

function escaped(source: string, at: number, inClass: boolean): string {
  const text = source.slice(at, at + escapeLength(source, at));
  if (text === '\\') throw new SyntaxError('trailing backslash at end of expression');
  if (text === '\\A') return '^';
  if (text === '\\z') return '$';
  if (text === '\\a') return '\\x07';
  if (text.startsWith('\\x{')) return `\\u${text.slice(2)}`;
  if (text.startsWith('\\Q'))
    return text
      .slice(2)
      .replace(/\\E$/, '')
      .replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  if (/^\\[pP]\w$/.test(text)) return `\\${text[1]}{${text[2]}}`;
  if (/^\\[dDwWsSnrtfvpPxbB0-9^$\\.*+?()[\]{}|/]/.test(text)) return text === '\\b' && inClass ? '\\x08' : text;
  if (text === '\\-') return inClass ? '\\-' : '-';
  const char = text.slice(1);
  return /[a-zA-Z]/.test(char) ? text : char;
}
