// What a name means to a shell: for `type` and `command -v`.

import { FileError } from '../files/error.ts';
import { ExecError, locate } from '../process/spawn.ts';
import { builtinOf, SPECIAL } from './builtins/index.ts';
import type { Run } from './run.ts';
import { isMissingHere } from './simple.ts';

const KEYWORDS = new Set([
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'for',
  'while',
  'until',
  'do',
  'done',
  'case',
  'esac',
  'in',
  '{',
  '}',
  '!',
  '[[',
  ']]',
  'function',
  'time',
]);

export interface Meaning {
  readonly kind: 'alias' | 'keyword' | 'function' | 'builtin' | 'file';
  /** As `command -v` says it. */
  readonly short: string;
  /** As `type` says it. */
  readonly long: string;
}

export function meaningOf(run: Run, name: string): Meaning | undefined {
  const { shell, system } = run;
  if (Object.hasOwn(shell.aliases, name))
    return {
      kind: 'alias',
      short: `alias ${name}='${shell.aliases[name]}'`,
      long: `${name} is ${shell.flavour === 'bash' ? `aliased to \`${shell.aliases[name]}'` : `an alias for ${shell.aliases[name]}`}`,
    };
  if (KEYWORDS.has(name)) return { kind: 'keyword', short: name, long: `${name} is a shell keyword` };
  if (Object.hasOwn(shell.functions, name))
    return { kind: 'function', short: name, long: `${name} is a ${shell.flavour === 'bash' ? 'function' : 'shell function'}` };
  if (builtinOf(name) && !isMissingHere(run, name))
    return {
      kind: 'builtin',
      short: name,
      long: `${name} is a ${shell.flavour !== 'bash' && SPECIAL.has(name) ? 'special ' : ''}shell builtin`,
    };
  try {
    const path = locate(system.files, name, system.cwd, run.get('PATH') ?? '');
    return { kind: 'file', short: path, long: `${name} is ${path}` };
  } catch (error) {
    if (error instanceof ExecError || error instanceof FileError) return undefined;
    throw error;
  }
}
