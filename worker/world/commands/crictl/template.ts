// Templates of crictl: text with actions that look up fields of what is printed, range over it, and put JSON. Mirrors text/template as crictl sets it up, where a key that is
// missing is an error. Differs: of Go's actions there are fields, `range`, `if`, `else`, `end`, `index`, `len`, `json`, `lower`, `upper` and `title`; no variables or comparisons.

import { formatValue } from '../../../lib/go-format.ts';
import { isRecord } from '../../../lib/json.ts';
import { CrictlError } from './runtime.ts';

type Node = string | { readonly action: string; readonly body?: readonly Node[]; readonly otherwise?: readonly Node[] };

const NAME = 'tmplExecuteRawJSON';

/** Throws CrictlError, whose message begins with `doing`. */
export function runTemplate(text: string, value: unknown, doing: string): string {
  const parts = text.split(/\{\{(-?\s[^]*?\s-|[^]*?)\}\}/);
  const [nodes, at] = parse(parts, 0);
  if (at < parts.length)
    throw new CrictlError(
      `${doing}execute template: failed to generate go-template: template: ${NAME}:1: unexpected {{${parts[at]!.trim()}}}`,
    );
  return run(nodes, value, doing);
}

/** Nodes up to an `end` or `else` that is not theirs: odd parts are actions. */
function parse(parts: readonly string[], from: number): [nodes: Node[], at: number] {
  const nodes: Node[] = [];
  for (let at = from; at < parts.length; at++) {
    if (at % 2 === 0) {
      nodes.push(parts[at]!);
      continue;
    }
    const action = parts[at]!.replace(/^-\s|\s-$/g, '').trim();
    if (action === 'end' || action === 'else') return [nodes, at];
    if (!/^(range|if)\s/.test(action)) {
      nodes.push({ action });
      continue;
    }
    let [body, end] = parse(parts, at + 1);
    let otherwise: Node[] = [];
    if (parts[end]?.trim() === 'else') [otherwise, end] = parse(parts, end + 1);
    nodes.push({ action, body, otherwise });
    at = end;
  }
  return [nodes, parts.length];
}

function run(nodes: readonly Node[], value: unknown, doing: string): string {
  return nodes.map((node) => (typeof node === 'string' ? node : act(node, value, doing))).join('');
}

function act({ action, body, otherwise = [] }: Exclude<Node, string>, value: unknown, doing: string): string {
  if (!body) {
    const found = pipe(action, value, doing);
    return typeof found === 'string' ? found : formatValue(found);
  }
  const found = pipe(action.replace(/^(range|if)\s+/, ''), value, doing);
  const isSome = found !== null && found !== false && found !== '' && found !== 0 && !(Array.isArray(found) && !found.length);
  if (!isSome) return run(otherwise, value, doing);
  if (action.startsWith('if')) return run(body, value, doing);
  const items = Array.isArray(found) ? (found as unknown[]) : Object.values(found as object);
  return items.map((item) => run(body, item, doing)).join('');
}

/** `.info.config | json` */
function pipe(text: string, value: unknown, doing: string): unknown {
  const [first = '', ...rest] = text.split('|').map((part) => part.trim());
  const start = command(first.split(/\s+/), value, doing);
  return rest.reduce<unknown>((before, name) => call(name.split(/\s+/)[0]!, [before], doing), start);
}

function command([head = '', ...words]: readonly string[], value: unknown, doing: string): unknown {
  if (head.startsWith('.')) return fieldsOf(head, value, doing);
  if (/^["`]/.test(head)) return head.slice(1, -1);
  return call(
    head,
    words.map((word) =>
      word.startsWith('.') ? fieldsOf(word, value, doing) : /^\d+$/.test(word) ? Number(word) : word.replace(/^["`](.*)["`]$/, '$1'),
    ),
    doing,
  );
}

function call(name: string, args: readonly unknown[], doing: string): unknown {
  const [first] = args;
  switch (name) {
    case 'json':
      return `${JSON.stringify(first)}\n`;
    case 'lower':
      return String(first).toLowerCase();
    case 'upper':
      return String(first).toUpperCase();
    case 'title':
      return String(first).replaceAll(/\b\w/g, (letter) => letter.toUpperCase());
    case 'len':
      return Array.isArray(first) || typeof first === 'string' ? first.length : Object.keys(first as object).length;
    case 'index':
      return args.slice(1).reduce<unknown>((found, key) => (found as Record<string, unknown> | null)?.[String(key)], first);
    default:
      throw new CrictlError(
        `${doing}execute template: failed to generate go-template: template: ${NAME}:1: function ${JSON.stringify(name)} not defined`,
      );
  }
}

function fieldsOf(path: string, value: unknown, doing: string): unknown {
  let found = value;
  for (const name of path.split('.').filter(Boolean)) {
    if (!isRecord(found) || !Object.hasOwn(found, name))
      throw new CrictlError(
        `${doing}execute template: failed to template data: template: ${NAME}:1:${path.indexOf(name) + 1}: executing ${JSON.stringify(NAME)} at <${path}>: ${isRecord(found) ? `map has no entry for key ${JSON.stringify(name)}` : `can't evaluate field ${name} in type interface {}`}`,
      );
    found = found[name];
  }
  return found;
}
