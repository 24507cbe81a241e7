// Commands of ex, as they are typed after `:`: leaving, writing, going to a line, deleting and substituting.

import { remember } from './editor.ts';
import type { Editor } from './editor.ts';
import { patternOf } from './motions.ts';

export function runCommand(editor: Editor, given: string): void {
  const text = given.trim();
  const [, addresses = '', rest = ''] = /^((?:%|[.$\d]+(?:\s*,\s*[.$\d]+)?)?)\s*(.*)$/s.exec(text)!;
  const range = rangeOf(editor, addresses);
  const [, name = '', isForced = '', argument = ''] = /^([a-z]*)(!?)\s*(.*)$/s.exec(rest)!;
  if (rest === '') {
    if (addresses) editor.row = range[1];
    return;
  }
  if (/^s[^a-z\s]/.test(rest)) return substitute(editor, rest.slice(1), addresses ? range : [editor.row, editor.row]);
  switch (name) {
    case 'w':
    case 'write':
      editor.write = argument || editor.path;
      return;
    case 'wq':
    case 'x':
      if (name === 'wq' || editor.isChanged || argument) editor.write = argument || editor.path;
      editor.exit = 0;
      return;
    case 'q':
    case 'quit':
      if (editor.isChanged && !isForced) editor.message = 'No write since last change (:q! overrides)';
      else editor.exit = 0;
      return;
    case 'd':
    case 'y': {
      const [from, until] = addresses ? range : [editor.row, editor.row];
      if (name === 'd') remember(editor);
      editor.register = { text: editor.lines.slice(from, until + 1), isLines: true };
      if (name === 'd') editor.lines.splice(from, until - from + 1);
      editor.row = from;
      return;
    }
    case 'set':
    case 'noh':
    case 'syntax':
      return;
    default:
      editor.message = `Not an editor command: ${text}`;
  }
}

function rangeOf({ lines, row }: Editor, addresses: string): [from: number, until: number] {
  if (addresses === '%') return [0, lines.length - 1];
  const [from, until] = addresses.split(',').map((one) => {
    const text = one.trim();
    const at = text === '.' ? row : text === '$' ? lines.length - 1 : Number(text) - 1;
    return Math.max(0, Math.min(at, lines.length - 1));
  });
  return [from ?? row, until ?? from ?? row];
}

/** `/pattern/replacement/flags`, with any delimiter. */
function substitute(editor: Editor, text: string, [from, until]: [number, number]): void {
  const delimiter = text[0]!;
  const [pattern = '', replacement = '', flags = ''] = text
    .slice(1)
    .split(new RegExp(`(?<!\\\\)\\${delimiter}`))
    .map((part) => part.replaceAll(`\\${delimiter}`, delimiter));
  const expression = patternOf(pattern, flags.replace(/[^gi]/g, ''));
  const wanted = replacement
    .replaceAll('$', '$$$$')
    .replaceAll(/\\(\d)|\\&|&/g, (found, digit: string | undefined) => (digit === undefined ? (found === '&' ? '$&' : '&') : `$${digit}`));
  const changed = editor.lines
    .slice(from, until + 1)
    .flatMap((line) => line.replace(expression, wanted).replaceAll('\\n', '\n').split('\n'));
  if (!editor.lines.slice(from, until + 1).some((line) => line.search(expression) >= 0)) {
    editor.message = `Pattern not found: ${pattern}`;
    return;
  }
  remember(editor);
  editor.lines.splice(from, until - from + 1, ...changed);
  editor.row = Math.min(until, editor.lines.length - 1);
}
