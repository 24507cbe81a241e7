// Expressions of CEL, with their macros expanded: what is looped over is a fold, as in cel-go's comprehensions.

export type Expr = { readonly id: number; readonly at: number } & (
  | { readonly kind: 'const'; readonly value: Literal }
  | { readonly kind: 'ident'; readonly name: string }
  | { readonly kind: 'select'; readonly operand: Expr; readonly field: string; readonly test: boolean }
  | { readonly kind: 'call'; readonly name: string; readonly target: Expr | undefined; readonly args: readonly Expr[] }
  | { readonly kind: 'list'; readonly items: readonly Expr[]; readonly optional: ReadonlySet<number> }
  | { readonly kind: 'map'; readonly entries: readonly MapEntry[] }
  | { readonly kind: 'struct'; readonly name: string; readonly fields: readonly StructField[] }
  | Fold
);

export interface Fold {
  readonly kind: 'fold';
  readonly range: Expr;
  readonly variable: string;
  /** Of macros with two variables: the value beside the key or index. */
  readonly second: string | undefined;
  readonly accumulator: string;
  readonly start: Expr;
  readonly condition: Expr;
  readonly step: Expr;
  readonly result: Expr;
}

export interface MapEntry {
  readonly key: Expr;
  readonly value: Expr;
  readonly optional: boolean;
}

export interface StructField {
  readonly name: string;
  readonly value: Expr;
  readonly optional: boolean;
}

/** Integers are BigInt, unsigned ones Uint, doubles numbers. */
export type Literal = null | boolean | bigint | number | string | Uint8Array | UintLiteral;

export interface UintLiteral {
  readonly uint: bigint;
}

/** Where something is wrong, and what: in cel-go's words, without the place. */
export interface Problem {
  readonly at: number;
  readonly message: string;
}

/** As cel-go prints its issues: with the line, and an arrow under the place. */
export function problemText(source: string, problems: readonly Problem[]): string {
  return problems
    .map(({ at, message }) => {
      const before = source.slice(0, at);
      const start = before.lastIndexOf('\n') + 1;
      const line = before.split('\n').length;
      const end = source.indexOf('\n', at);
      const text = source.slice(start, end < 0 ? undefined : end).replaceAll('\t', ' ');
      const column = [...source.slice(start, at)].length;
      return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${text}\n | ${'.'.repeat(column)}^`;
    })
    .join('\n');
}
