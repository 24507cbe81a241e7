// `[[ … ]]`, and the tests that it shares with `test`.

import type { CommandNode, WordNode } from 'just-bash';
import type { System } from '../process/system.ts';
import { FileError } from '../files/error.ts';
import type { Inode } from '../files/inode.ts';
import { sizeOf } from '../files/inode.ts';
import type { Expansion } from './expand.ts';
import { matches } from './pattern.ts';
import { compileRegExp, RegExpProblem } from './regexp.ts';
import { ShellError } from './run.ts';
import type { Run } from './run.ts';

type Condition = Extract<CommandNode, { type: 'ConditionalCommand' }>['expression'];

export function judge(run: Run, expansion: Expansion, condition: Condition): boolean {
  switch (condition.type) {
    case 'CondAnd':
      return judge(run, expansion, condition.left) && judge(run, expansion, condition.right);
    case 'CondOr':
      return judge(run, expansion, condition.left) || judge(run, expansion, condition.right);
    case 'CondNot':
      return !judge(run, expansion, condition.operand);
    case 'CondGroup':
      return judge(run, expansion, condition.expression);
    case 'CondWord':
      return expansion.text(condition.word) !== '';
    case 'CondUnary': {
      const text = expansion.text(condition.operand);
      if (condition.operator === '-v') return run.get(text) !== undefined;
      return unaryTest(run.system, condition.operator, text) ?? false;
    }
    case 'CondBinary':
      return binaryCondition(run, expansion, condition.operator, condition.left, condition.right);
  }
}

function binaryCondition(run: Run, expansion: Expansion, operator: string, left: WordNode, right: WordNode): boolean {
  const text = expansion.text(left);
  if (operator === '=' || operator === '==') return matches(expansion.pattern(right), text);
  if (operator === '!=') return !matches(expansion.pattern(right), text);
  if (operator === '=~') {
    let match: RegExpExecArray | null;
    try {
      match = compileRegExp(expansion.text(right), 'extended', { isDotAll: true }).exec(text);
    } catch (error) {
      if (!(error instanceof RegExpProblem)) throw error;
      throw new ShellError('', 2, true);
    }
    run.setArray('BASH_REMATCH', match ? Object.fromEntries([...match].map((one, i) => [String(i), one ?? ''])) : {});
    return match !== null;
  }
  const isNumeric = /^-(?:eq|ne|lt|le|gt|ge)$/.test(operator);
  const number = (value: string): string => (isNumeric && !/^\s*[-+]?\d+\s*$/.test(value) ? (run.get(value) ?? '0') : value);
  return binaryTest(run.system, operator, number(text), number(expansion.text(right))) ?? false;
}

export function isUnary(operator: string): boolean {
  return /^-[abcdefghknoprstuvwxzGLNOS]$/.test(operator);
}

const BINARY = new Set(['=', '==', '!=', '<', '>', '-eq', '-ne', '-lt', '-le', '-gt', '-ge', '-nt', '-ot', '-ef']);
export const isBinary = (operator: string): boolean => BINARY.has(operator);

/** Undefined if there is no such test. */
export function unaryTest(system: System, operator: string, text: string): boolean | undefined {
  const inode = (): Inode | undefined => (text === '' ? undefined : system.find(text));
  const link = (): Inode | undefined => {
    try {
      return system.files.lstat(system.path(text));
    } catch (error) {
      if (error instanceof FileError) return undefined;
      throw error;
    }
  };
  switch (operator) {
    case '-n':
      return text !== '';
    case '-z':
      return text === '';
    case '-a':
    case '-e':
      return inode() !== undefined;
    case '-f':
      return inode()?.type === 'file';
    case '-d':
      return inode()?.type === 'dir';
    case '-h':
    case '-L':
      return link()?.type === 'link';
    case '-c':
      return inode()?.type === 'device' && !inode()!.isBlock;
    case '-b':
      return inode()?.isBlock === true;
    case '-p':
      return inode()?.type === 'fifo';
    case '-S':
      return inode()?.type === 'socket';
    case '-s': {
      const found = inode();
      return found !== undefined && sizeOf(found) > 0;
    }
    case '-r':
    case '-w':
    case '-x': {
      const found = inode();
      return found !== undefined && system.files.may(found, operator === '-r' ? 4 : operator === '-w' ? 2 : 1);
    }
    case '-u':
      return ((inode()?.mode ?? 0) & 0o4000) !== 0;
    case '-g':
      return ((inode()?.mode ?? 0) & 0o2000) !== 0;
    case '-k':
      return ((inode()?.mode ?? 0) & 0o1000) !== 0;
    case '-O':
      return inode()?.uid === system.process.uid;
    case '-G':
      return inode()?.gid === system.process.gid;
    case '-N':
      return inode() !== undefined;
    case '-t':
      return system.tty(Number(text)) !== undefined;
    case '-v':
    case '-o':
      return false;
    default:
      return undefined;
  }
}

export class NotANumber extends Error {
  readonly text: string;
  constructor(text: string) {
    super(text);
    this.text = text;
  }
}

/** Undefined if there is no such test. Throws NotANumber. */
export function binaryTest(system: System, operator: string, left: string, right: string): boolean | undefined {
  const number = (text: string): bigint => {
    if (!/^\s*[-+]?\d+\s*$/.test(text)) throw new NotANumber(text);
    return BigInt(text.trim().replace(/^\+/, ''));
  };
  switch (operator) {
    case '=':
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '-eq':
      return number(left) === number(right);
    case '-ne':
      return number(left) !== number(right);
    case '-lt':
      return number(left) < number(right);
    case '-le':
      return number(left) <= number(right);
    case '-gt':
      return number(left) > number(right);
    case '-ge':
      return number(left) >= number(right);
    case '-nt':
      return (system.find(left)?.mtime ?? -1) > (system.find(right)?.mtime ?? -1);
    case '-ot':
      return (system.find(left)?.mtime ?? -1) < (system.find(right)?.mtime ?? -1);
    case '-ef':
      return system.find(left) !== undefined && system.files.resolve(system.path(left)) === system.files.resolve(system.path(right));
    default:
      return undefined;
  }
}
