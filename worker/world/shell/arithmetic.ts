// `$((…))`: integers of 64 bits over the shell's variables.

import type { WordNode } from 'just-bash';
import { parseScript } from './parse.ts';
import { ShellError } from './run.ts';
import type { Run } from './run.ts';

type ArithmeticPart = Extract<WordNode['parts'][number], { type: 'ArithmeticExpansion' }>;
export type ArithmeticExpression = ArithmeticPart['expression'];
type Expr = ArithmeticExpression['expression'];

const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);

/** What is written in the expression for a word of the shell (`$(…)`, `${…}`) comes from here. */
export type WordValue = (script: string) => string;

export function evaluate(run: Run, expression: Expr, valueOf: WordValue): bigint {
  const again = (one: Expr): bigint => evaluate(run, one, valueOf);
  switch (expression.type) {
    case 'ArithNumber':
      if (Number.isNaN(expression.value)) throw new ShellError(arithmeticError(run), 2);
      return wrap(BigInt(Math.trunc(expression.value)));
    case 'ArithGroup':
    case 'ArithNested':
      return again(expression.expression);
    case 'ArithVariable':
      return variableValue(run, expression.name, valueOf, 0);
    case 'ArithSpecialVar':
      return textValue(run, valueOf(`$${expression.name}`), valueOf, 0);
    case 'ArithBracedExpansion':
      return textValue(run, valueOf(`\${${expression.content}}`), valueOf, 0);
    case 'ArithCommandSubst':
      return textValue(run, valueOf(`$(${expression.command})`), valueOf, 0);
    case 'ArithSingleQuote':
      return BigInt(expression.value);
    case 'ArithArrayElement': {
      const found = run.lookup(expression.array);
      const index = expression.stringKey ?? String(again(expression.index!));
      const value = found && typeof found.value !== 'string' ? found.value[index] : index === '0' ? found?.value : undefined;
      return textValue(run, typeof value === 'string' ? value : '0', valueOf, 0);
    }
    case 'ArithConcat':
    case 'ArithDynamicNumber':
    case 'ArithDynamicBase': {
      const text =
        'parts' in expression
          ? expression.parts.map((one) => (one.type === 'ArithNumber' ? String(one.value) : String(again(one)))).join('')
          : '';
      return textValue(run, text, valueOf, 0);
    }
    case 'ArithTernary':
      return again(expression.condition) !== 0n ? again(expression.consequent) : again(expression.alternate);
    case 'ArithUnary':
      return unary(run, expression, again);
    case 'ArithBinary':
      return binary(run, expression, again);
    case 'ArithAssignment': {
      const index = expression.stringKey ?? (expression.subscript && String(again(expression.subscript)));
      const right = again(expression.value);
      const current = (): bigint =>
        index === undefined
          ? variableValue(run, expression.variable, valueOf, 0)
          : textValue(run, arrayElement(run, expression.variable, index), valueOf, 0);
      const value = expression.operator === '=' ? right : operate(run, expression.operator.slice(0, -1), current(), right);
      run.set(expression.variable, String(value), index);
      return value;
    }
    case 'ArithSyntaxError':
      throw new ShellError(`arithmetic syntax error`, 2);
    default:
      throw new ShellError(arithmeticError(run), 2);
  }
}

const arithmeticError = (run: Run): string => (run.shell.flavour === 'bash' ? 'syntax error: operand expected' : 'arithmetic syntax error');

function arrayElement(run: Run, name: string, index: string): string {
  const value = run.lookup(name)?.value;
  return (typeof value === 'object' ? value[index] : index === '0' ? value : undefined) ?? '0';
}

function variableValue(run: Run, name: string, valueOf: WordValue, depth: number): bigint {
  const text = /^\d+$/.test(name) ? (run.shell.params[Number(name) - 1] ?? '') : run.get(name);
  if (text === undefined && run.shell.options.includes('u'))
    throw new ShellError(
      run.shell.flavour === 'bash' ? `${name}: unbound variable` : `${name}: parameter not set`,
      run.shell.flavour === 'bash' ? 1 : 2,
    );
  return textValue(run, text ?? '0', valueOf, depth);
}

/** A variable holds an expression. */
function textValue(run: Run, text: string, valueOf: WordValue, depth: number): bigint {
  const trimmed = text.trim();
  if (trimmed === '') return 0n;
  const number = parseNumber(trimmed);
  if (number !== undefined) return number;
  if (depth > 20) throw new ShellError('expression recursion level exceeded', 1);
  if (/^[A-Za-z_]\w*$/.test(trimmed)) {
    const inner = run.get(trimmed);
    return inner === undefined ? 0n : textValue(run, inner, valueOf, depth + 1);
  }
  const tree = parseScript(`: $((${trimmed}))`);
  const part = tree.nodes.find((node): node is ArithmeticPart => (node as { type?: string }).type === 'ArithmeticExpansion');
  if (!part) throw new ShellError(arithmeticError(run), 2);
  return evaluate(run, part.expression.expression, valueOf);
}

function parseNumber(text: string): bigint | undefined {
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*|(\d+)#([0-9a-zA-Z]+))$/.exec(text);
  if (!match) return undefined;
  const [, sign, digits = '', base, inBase = ''] = match;
  let value: bigint;
  if (base) value = [...inBase.toLowerCase()].reduce((sum, digit) => sum * BigInt(base) + BigInt(Number.parseInt(digit, 36)), 0n);
  else if (/^0[0-7]+$/.test(digits)) value = BigInt(`0o${digits.slice(1)}`);
  else value = BigInt(digits);
  return wrap(sign === '-' ? -value : value);
}

function unary(run: Run, { operator, operand, prefix }: Extract<Expr, { type: 'ArithUnary' }>, again: (one: Expr) => bigint): bigint {
  const value = again(operand);
  switch (operator) {
    case '-':
      return wrap(-value);
    case '+':
      return value;
    case '!':
      return value === 0n ? 1n : 0n;
    case '~':
      return ~value;
    default: {
      const next = wrap(operator === '++' ? value + 1n : value - 1n);
      if (operand.type === 'ArithVariable') run.set(operand.name, String(next));
      else if (operand.type === 'ArithArrayElement')
        run.set(operand.array, String(next), operand.stringKey ?? String(again(operand.index!)));
      return prefix ? next : value;
    }
  }
}

function binary(run: Run, { operator, left, right }: Extract<Expr, { type: 'ArithBinary' }>, again: (one: Expr) => bigint): bigint {
  if (operator === '&&') return again(left) !== 0n && again(right) !== 0n ? 1n : 0n;
  if (operator === '||') return again(left) !== 0n || again(right) !== 0n ? 1n : 0n;
  const first = again(left);
  return operate(run, operator, first, again(right));
}

function operate(run: Run, operator: string, a: bigint, b: bigint): bigint {
  const truth = (value: boolean): bigint => (value ? 1n : 0n);
  switch (operator) {
    case '+':
      return wrap(a + b);
    case '-':
      return wrap(a - b);
    case '*':
      return wrap(a * b);
    case '/':
    case '%':
      if (b === 0n)
        throw new ShellError(
          run.shell.flavour === 'bash'
            ? 'division by 0'
            : run.shell.flavour === 'dash'
              ? 'arithmetic expression: division by zero'
              : 'divide by zero',
          run.shell.flavour === 'bash' ? 1 : 2,
        );
      return wrap(operator === '/' ? a / b : a % b);
    case '**':
      if (b < 0n || b > 64n * 64n) throw new ShellError('exponent less than 0', 1);
      return wrap(a ** b);
    case '<<':
      return wrap(a << (b & 63n));
    case '>>':
      return wrap(a >> (b & 63n));
    case '<':
      return truth(a < b);
    case '<=':
      return truth(a <= b);
    case '>':
      return truth(a > b);
    case '>=':
      return truth(a >= b);
    case '==':
      return truth(a === b);
    case '!=':
      return truth(a !== b);
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    default:
      return b;
  }
}
