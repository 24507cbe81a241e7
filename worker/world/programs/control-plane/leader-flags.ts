// What the flags of a component say of how it elects its leader. Mirrors component-base config/options.

import { goQuote } from '../../../lib/go-format.ts';
import type { StartLine } from './component.ts';
import type { Flags } from './flags.ts';

/** The lease that stands for leading. */
export interface Lock {
  readonly namespace: string;
  readonly name: string;
}

export const lockOf = (component: string, flags: Flags = {}): Lock => ({
  namespace: flags['leader-elect-resource-namespace'] ?? 'kube-system',
  name: flags['leader-elect-resource-name'] ?? component,
});

/** The line with which it begins to try. */
export function electionLines(component: string, flags: Flags, after: number): readonly StartLine[] {
  if (flags['leader-elect'] === 'false') return [];
  const { namespace, name } = lockOf(component, flags);
  return [[after, 'I', 'leaderelection.go:258', `"Attempting to acquire leader lease..." lock=${goQuote(`${namespace}/${name}`)}`]];
}
