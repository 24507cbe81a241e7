// Assignments: `name=value`, `name+=value`, `name[index]=value`, `name=(…)`.

import type { SimpleCommandNode, WordNode } from 'just-bash';
import { endOf, putElement } from './arrays.ts';
import type { ArrayValue } from './arrays.ts';
import type { Expansion } from './expand.ts';
import { ShellError } from './run.ts';
import type { Run } from './run.ts';

export type AssignmentNodeOf = SimpleCommandNode['assignments'][number];

export interface Assigned {
  readonly name: string;
  readonly index?: string;
  readonly value: string | readonly (readonly [index: string | undefined, value: string])[];
  readonly append: boolean;
}

export function expandAssignments(run: Run, nodes: readonly AssignmentNodeOf[], expansion: Expansion): Assigned[] {
  return nodes.map((node) => {
    const element = /^([A-Za-z_]\w*)\[(.*)\]$/s.exec(node.name);
    const name = element?.[1] ?? node.name;
    const index = element ? expansion.index(name, element[2]!) : undefined;
    const value = node.array ? node.array.flatMap((word) => elementOf(run, word, expansion)) : node.value ? expansion.text(node.value) : '';
    return { name, ...(index !== undefined && { index }), value, append: node.append };
  });
}

/** `[key]=value`, or values in order. */
function elementOf(_run: Run, word: WordNode, expansion: Expansion): [string | undefined, string][] {
  const text = expansion.text(word);
  const keyed = /^\[([^\]]+)\]=(.*)$/s.exec(text);
  if (keyed && word.parts[0]?.type !== 'SingleQuoted' && word.parts[0]?.type !== 'DoubleQuoted') return [[keyed[1]!, keyed[2]!]];
  return expansion.fields([word]).map((value) => [undefined, value]);
}

export function assign(run: Run, { name, index, value, append }: Assigned): void {
  if (run.lookup(name)?.readOnly)
    throw new ShellError(
      run.shell.flavour === 'bash' ? `${name}: readonly variable` : `${name}: is read only`,
      run.shell.flavour === 'bash' ? 1 : 2,
    );
  if (typeof value !== 'string') {
    const old = run.lookup(name)?.value;
    const values: ArrayValue = append && typeof old === 'object' ? old : append && typeof old === 'string' ? { 0: old } : {};
    let next = endOf(values);
    for (const [key, one] of value) {
      putElement(values, key ?? String(next), one);
      next = (key !== undefined && /^\d+$/.test(key) ? Number(key) : next) + 1;
    }
    return run.setArray(name, values);
  }
  const known = run.lookup(name);
  if (!append) return run.set(name, value, index);
  const old = index === undefined ? run.get(name) : typeof known?.value === 'object' ? known.value[index] : undefined;
  run.set(name, known?.integer ? String(Number(old ?? 0) + Number(value)) : (old ?? '') + value, index);
}
