// From the text of a script to its syntax tree, by just-bash's parser. Trees are plain data and big; the shell's state names a node by its source and its number instead
// of holding it (`Ref`), and the tree is made again from the text when it is needed.

import { Bash } from 'just-bash';
import type { CommandNode, ScriptNode } from 'just-bash';

/** A node (or a list of nodes) of a source: its place in `Shell.sources`, and its number in that tree. */
export type Ref = readonly [source: number, node: number];

export interface Tree {
  readonly script: ScriptNode;
  readonly nodes: readonly object[];
  readonly numbers: ReadonlyMap<object, number>;
  /** The script goes on: a quote, a here-document or a compound command is open. */
  readonly incomplete: boolean;
  /** What is wrong with it: near which word; '' for its end. */
  readonly error?: SyntaxProblem;
}

export interface SyntaxProblem {
  readonly token: string;
  readonly line: number;
  /** An open quote. */
  readonly quote?: string;
}

const MAX_KNOWN = 200;
const known = new Map<string, Tree>();

export function parseScript(text: string): Tree {
  let tree = known.get(text);
  if (tree) return tree;
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, (tree = parseNew(text)));
  return tree;
}

const EMPTY: ScriptNode = { type: 'Script', statements: [] };

function parseNew(text: string): Tree {
  let script: ScriptNode | undefined;
  const bash = new Bash({ cwd: '/', commands: [] });
  // The tree is taken on its way: printing it again, which is what transform() does in the end, is of no use here.
  bash.registerTransformPlugin({
    name: 'tree',
    transform: ({ ast }: { ast: ScriptNode }) => {
      script = ast;
      return { ast };
    },
  } as never);
  let problem: Error | undefined;
  try {
    bash.transform(text);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (!script) problem = error;
  }
  const nodes: object[] = [];
  const numbers = new Map<object, number>();
  const add = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || numbers.has(value)) return;
    numbers.set(value, nodes.length);
    nodes.push(value);
    for (const one of Object.values(value)) add(one);
  };
  const found = script ?? EMPTY;
  add(found);
  const base = { script: found, nodes, numbers };
  if (problem) return { ...base, ...readProblem(problem, text) };
  const deferred = found.statements.find(({ deferredError }) => deferredError)?.deferredError;
  if (deferred) return { ...base, incomplete: false, error: { token: deferred.token, line: 1 } };
  return { ...base, incomplete: isOpen(text, nodes) };
}

/** Not all that is open is an error to the parser: an operator, a here-document or a backslash at the end. */
function isOpen(text: string, nodes: readonly object[]): boolean {
  if (/(?:^|[^\\])(?:\\\\)*\\\n?$/.test(text)) return true;
  if (nodes.some((node) => (node as { type?: string }).type === 'HereDoc' && (node as { terminated?: boolean }).terminated === false))
    return true;
  return /(?:\||&&)\s*$/.test(text) && nodes.some((node) => isEmptyCommand(node as CommandNode));
}

const isEmptyCommand = (node: CommandNode): boolean =>
  node.type === 'SimpleCommand' && !node.name && !node.assignments.length && !node.redirections.length;

function readProblem(problem: Error, text: string): Pick<Tree, 'incomplete' | 'error'> {
  const line = (problem as { line?: number }).line || 1;
  const lines = text.split('\n').length;
  const quote = /unexpected EOF while looking for matching [`'"]?(.)['`"]?$/.exec(problem.message)?.[1];
  if (quote) return { incomplete: true, error: { token: '', line: lines, quote: quote === '}' ? '}' : quote } };
  if (/got EOF|unexpected EOF|newline unexpected/.test(problem.message)) return { incomplete: true, error: { token: '', line: lines } };
  const token = /unexpected token [`'](.*)'$/s.exec(problem.message)?.[1] ?? /got (\S+)/.exec(problem.message)?.[1] ?? '';
  // `if true; then` at its end: the parser misses a command before the keyword that it expects.
  const isMissing =
    ['fi', 'done', 'esac', 'do', 'then', '}', ')'].includes(token) &&
    !new RegExp(`(?:^|[\\s;&|(){}])${token.replace(/[)}]/, '\\$&')}`).test(text);
  if (isMissing) return { incomplete: true, error: { token: '', line: lines } };
  return { incomplete: false, error: { token: token === 'NEWLINE' ? 'newline' : token, line } };
}
