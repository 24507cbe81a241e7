import type { Problem } from './ast.ts';

/** An expression that cannot be read. */
export class SyntaxProblem extends Error implements Problem {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}
