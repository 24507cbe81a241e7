// Redirections: opening what they name, and putting back what was there.

import type { CommandNode, WordNode } from 'just-bash';
import { FileError } from '../files/error.ts';
import type { Expansion } from './expand.ts';
import { ShellError } from './run.ts';
import type { Run } from './run.ts';
import type { Saved } from './state.ts';

export type Redirection = CommandNode['redirections'][number];

/** A redirection with its words expanded. */
export interface Target {
  readonly fd: number | null;
  readonly operator: Redirection['operator'];
  /** Where it goes; of a here-document, what is in it. */
  readonly text: string;
  readonly variable?: string | undefined;
}

/** Where the descriptors of a shell itself begin: what it starts does not get them. */
export const OWN_FDS = 10;

/** From here on they lead to commands that a word names (`<( )`): what is started gets these too. */
export const PROCESS_FDS = 48;
export const LAST_FD = 63;

export function expandTargets(redirections: readonly Redirection[], expansion: Expansion): Target[] {
  return redirections.map(({ fd, operator, target, fdVariable }) => {
    if (target.type !== 'HereDoc') return { fd, operator, text: expansion.text(target as WordNode), variable: fdVariable };
    return {
      fd,
      operator,
      text: untabbed(target.stripTabs, target.quoted ? literalText(target.content) : expansion.text(quotedWord(target.content))),
      variable: undefined,
    };
  });
}

/** After `<<-`, tabs at the start of lines do not count. */
const untabbed = (strips: boolean, text: string): string => (strips ? text.replace(/^\t+/gm, '') : text);

/** Nothing of a here-document is split, and quotes in it are text. */
const quotedWord = (word: WordNode): WordNode => ({ type: 'Word', parts: [{ type: 'DoubleQuoted', parts: word.parts }] });

const literalText = (word: WordNode): string => word.parts.map((part) => ('value' in part ? part.value : '')).join('');

/** Does them, in their order. Throws ShellError, with what was done undone. */
export function redirect(run: Run, targets: readonly Target[]): Saved {
  const saved: [number, number][] = [];
  try {
    for (const target of targets) redirectOne(run, target, saved);
  } catch (error) {
    undo(run, saved);
    throw error;
  }
  return saved;
}

export function undo({ system }: Run, saved: Saved): void {
  for (const [fd, from] of [...saved].reverse()) {
    if (from < 0) system.close(fd);
    else {
      system.dup(from, fd);
      system.close(from);
    }
  }
}

/** They stay: what was there before is closed. */
export function keep({ system }: Run, saved: Saved): void {
  for (const [, from] of saved) if (from >= 0) system.close(from);
}

function redirectOne(run: Run, { fd, operator, text, variable }: Target, saved: [number, number][]): void {
  const { system } = run;
  const save = (number: number): void => {
    if (saved.some(([one]) => one === number)) return;
    saved.push([number, system.process.fds[number] === undefined ? -1 : system.dup(number, system.freeFd(OWN_FDS))]);
  };
  const move = (opened: number, number: number): void => {
    save(number);
    system.dup(opened, number);
    if (opened !== number) system.close(opened);
  };
  const given = variable !== undefined && fd === null ? undefined : (fd ?? undefined);
  switch (operator) {
    case '<':
    case '<>':
      return move(open(run, text, operator === '<' ? 'r' : '+'), given ?? 0);
    case '>':
    case '>|':
      if (operator === '>' && run.shell.options.includes('C') && system.find(text)?.type === 'file')
        throw new ShellError(
          run.shell.flavour === 'bash' ? `${text}: cannot overwrite existing file` : `can't create ${text}: File exists`,
          1,
          true,
        );
      return move(open(run, text, 'w'), given ?? 1);
    case '>>':
      return move(open(run, text, 'a'), given ?? 1);
    case '&>':
    case '&>>': {
      move(open(run, text, operator === '&>' ? 'w' : 'a'), 1);
      save(2);
      system.dup(1, 2);
      return undefined;
    }
    case '>&':
    case '<&': {
      const number = given ?? (operator === '>&' ? 1 : 0);
      if (text === '-') {
        save(number);
        system.close(number);
        return undefined;
      }
      const from = /^\d+-?$/.test(text) ? Number.parseInt(text, 10) : undefined;
      if (from === undefined) {
        if (operator === '<&' || fd !== null)
          throw new ShellError(
            run.shell.flavour === 'bash' ? `${text}: ambiguous redirect` : 'Bad fd number',
            run.shell.flavour === 'bash' ? 1 : 2,
          );
        move(open(run, text, 'w'), 1);
        save(2);
        system.dup(1, 2);
        return undefined;
      }
      if (system.process.fds[from] === undefined)
        throw new ShellError(
          run.shell.flavour === 'bash' ? `${from}: Bad file descriptor` : `${from}: Bad file descriptor`,
          run.shell.flavour === 'bash' ? 1 : 2,
          true,
        );
      save(number);
      system.dup(from, number);
      if (text.endsWith('-')) system.close(from);
      return undefined;
    }
    default: {
      // A here-document is a pipe that already holds its text.
      const [reader, writer] = system.pipe();
      system.write(writer, operator === '<<<' ? `${text}\n` : text);
      system.close(writer);
      return move(reader, given ?? 0);
    }
  }
}

function open(run: Run, path: string, flags: 'r' | 'w' | 'a' | '+'): number {
  try {
    return run.system.open(path, flags);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new ShellError(openProblem(run, path, flags, error), run.shell.flavour === 'bash' ? 1 : 2, true);
  }
}

function openProblem({ shell: { flavour } }: Run, path: string, flags: string, error: FileError): string {
  if (flavour === 'bash') return `${path}: ${error.message}`;
  const isReading = flags === 'r';
  const isMissing = error.code === 'ENOENT' || error.code === 'ENOTDIR';
  if (flavour === 'dash')
    return `cannot ${isReading ? 'open' : 'create'} ${path}: ${isMissing ? (isReading ? 'No such file' : 'Directory nonexistent') : error.message}`;
  return `can't ${isReading ? 'open' : 'create'} ${path}: ${isMissing ? (isReading ? 'no such file' : 'nonexistent directory') : error.message}`;
}
