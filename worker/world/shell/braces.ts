// Brace expansion of bash: `{a,b}` and `{1..5}` become words before anything else is expanded.

import type { WordNode } from 'just-bash';

type Part = WordNode['parts'][number];
type Brace = Extract<Part, { type: 'BraceExpansion' }>;
type Range = Extract<Brace['items'][number], { type: 'Range' }>;

/** The words that a word stands for. */
export function expandBraces(word: WordNode): WordNode[] {
  const at = word.parts.findIndex(({ type }) => type === 'BraceExpansion');
  if (at < 0) return [word];
  const part = word.parts[at] as Brace;
  const before = word.parts.slice(0, at);
  const after = word.parts.slice(at + 1);
  return part.items.flatMap((item) => {
    const middles: Part[][] =
      item.type === 'Word' ? expandBraces(item.word).map(({ parts }) => parts) : rangeOf(item).map((value) => [{ type: 'Literal', value }]);
    return middles.flatMap((middle) => expandBraces({ type: 'Word', parts: [...before, ...middle, ...after] }));
  });
}

function rangeOf({ start, end, step = 1, startStr = '' }: Range): string[] {
  const isLetter = typeof start === 'string';
  const [from, to] = isLetter ? [start.charCodeAt(0), String(end).charCodeAt(0)] : [start, Number(end)];
  const by = Math.max(1, Math.abs(step));
  const width = /^-?0\d/.test(startStr) ? startStr.length : 0;
  const out: string[] = [];
  for (let i = from; from <= to ? i <= to : i >= to; i += from <= to ? by : -by) {
    out.push(isLetter ? String.fromCharCode(i) : String(i).padStart(width, '0'));
    if (out.length > 100_000) break;
  }
  return out;
}

/** In shells that know no braces, what is written. */
export function braceText({ items }: Brace): string {
  const [first] = items;
  if (items.length === 1 && first?.type === 'Range')
    return `{${first.startStr ?? first.start}..${first.endStr ?? first.end}${first.step ? `..${first.step}` : ''}}`;
  const text = (parts: readonly Part[]): string =>
    parts
      .map((part) =>
        'value' in part ? part.value : part.type === 'BraceExpansion' ? braceText(part) : part.type === 'Glob' ? part.pattern : '',
      )
      .join('');
  return `{${items.map((item) => (item.type === 'Word' ? text(item.word.parts) : '')).join(',')}}`;
}
