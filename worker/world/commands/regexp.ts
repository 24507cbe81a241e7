// Regular expressions that a command is given.

import type { Pattern } from '../../lib/pattern.ts';
import type { System } from '../process/system.ts';
import { compileRegExp, RegExpProblem } from '../shell/regexp.ts';
import type { Dialect, RegExpOptions } from '../shell/regexp.ts';
import { isBusybox, Refusal } from './tool.ts';

/** Throws Refusal with what is wrong with it. */
export function compile(system: System, source: string, dialect: Dialect, options?: RegExpOptions): Pattern {
  try {
    return compileRegExp(source, dialect, options);
  } catch (error) {
    if (!(error instanceof RegExpProblem)) throw error;
    throw new Refusal(isBusybox(system) ? `bad regex '${source}': ${error.message}` : error.message, 2);
  }
}
