// test and [: POSIX's rules by the number of arguments, then operators by precedence.

import type { System } from '../process/system.ts';
import type { Tool } from '../process/program.ts';
import { binaryTest, isBinary, isUnary, NotANumber, unaryTest } from '../shell/condition.ts';

const step: Tool['step'] = (system) => {
  const result = test(system, [system.argv[0]!.endsWith('[') ? '[' : 'test', ...system.argv.slice(1)]);
  if (typeof result === 'boolean') return { exit: result ? 0 : 1 };
  system.err(`${system.argv[0]}: ${result.problem}\n`);
  return { exit: 2 };
};

export const testTool: Tool = { name: 'test', step };
export const bracketTool: Tool = { name: '[', step };

class Problem extends Error {}

export function test(system: System, argv: readonly string[]): boolean | { readonly problem: string } {
  let args = argv.slice(1);
  if (argv[0] === '[') {
    if (args.at(-1) !== ']') return { problem: "missing `]'" };
    args = args.slice(0, -1);
  }
  try {
    return judgeArguments(system, args);
  } catch (error) {
    if (error instanceof NotANumber) return { problem: `${error.text}: integer expression expected` };
    if (error instanceof Problem) return { problem: error.message };
    throw error;
  }
}

function judgeArguments(system: System, args: readonly string[]): boolean {
  const [a = '', b = '', c = ''] = args;
  if (args.length === 0) return false;
  if (args.length === 1) return a !== '';
  if (args.length === 2) {
    if (a === '!') return b === '';
    const result = isUnary(a) ? unaryTest(system, a, b) : undefined;
    if (result === undefined) throw new Problem(`${a}: unary operator expected`);
    return result;
  }
  if (args.length === 3 && isBinary(b)) return binaryTest(system, b, a, c)!;
  if (a === '!' && args.length <= 4) return !judgeArguments(system, args.slice(1));
  if (a === '(' && args.at(-1) === ')' && args.length <= 4) return judgeArguments(system, args.slice(1, -1));
  const parser = { args, at: 0 };
  const result = either(system, parser);
  if (parser.at < args.length) throw new Problem(args.length === 3 ? `${b}: binary operator expected` : 'too many arguments');
  return result;
}

interface Parser {
  readonly args: readonly string[];
  at: number;
}

function either(system: System, parser: Parser): boolean {
  let result = both(system, parser);
  while (parser.args[parser.at] === '-o') {
    parser.at++;
    const right = both(system, parser);
    result ||= right;
  }
  return result;
}

function both(system: System, parser: Parser): boolean {
  let result = negated(system, parser);
  while (parser.args[parser.at] === '-a') {
    parser.at++;
    const right = negated(system, parser);
    result &&= right;
  }
  return result;
}

function negated(system: System, parser: Parser): boolean {
  if (parser.args[parser.at] !== '!') return primary(system, parser);
  parser.at++;
  return !negated(system, parser);
}

function primary(system: System, parser: Parser): boolean {
  const { args } = parser;
  const [a, b, c] = args.slice(parser.at);
  if (a === undefined) throw new Problem('argument expected');
  if (b !== undefined && c !== undefined && isBinary(b)) {
    parser.at += 3;
    return binaryTest(system, b, a, c)!;
  }
  if (a === '(') {
    parser.at++;
    const result = either(system, parser);
    if (args[parser.at++] !== ')') throw new Problem("`)' expected");
    return result;
  }
  if (isUnary(a) && b !== undefined) {
    parser.at += 2;
    return unaryTest(system, a, b) ?? false;
  }
  parser.at++;
  return a !== '';
}
