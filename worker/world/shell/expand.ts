// From the words of a command to its arguments: tilde, parameters, command substitution, arithmetic, splitting into fields, file names, quotes. Mirrors section 2.6 of
// POSIX's shell language, with bash's additions. A command substitution that has not run yet interrupts (`NeedsSubstitution`); the whole is then done again, and takes what
// already happened from the memo.

import type { ScriptNode, WordNode } from 'just-bash';
import { charactersIn } from '../../lib/text.ts';
import { isAssociative } from './arrays.ts';
import { evaluate } from './arithmetic.ts';
import type { ArithmeticExpression } from './arithmetic.ts';
import { braceText, expandBraces } from './braces.ts';
import { Fields } from './fields.ts';
import type { Field } from './fields.ts';
import { parseScript } from './parse.ts';
import type { Ref } from './parse.ts';
import { compilePattern } from '../../lib/pattern.ts';
import type { Pattern } from '../../lib/pattern.ts';
import { expandPath, patternRegExp, patternSource } from './pattern.ts';
import { ShellError } from './run.ts';
import type { Run } from './run.ts';
import type { Memo } from './state.ts';

type Part = WordNode['parts'][number];
type Parameter = Extract<Part, { type: 'ParameterExpansion' }>;
type Operation = NonNullable<Parameter['operation']>;

/** A command has to run first. */
export class NeedsSubstitution {
  readonly key: string;
  readonly node: Ref;
  constructor(key: string, node: Ref) {
    this.key = key;
    this.node = node;
  }
}

/** A command has to be started whose output, or input, a word names as a file. */
export class NeedsProcess {
  readonly key: string;
  readonly node: Ref;
  readonly direction: 'input' | 'output';
  constructor(key: string, node: Ref, direction: 'input' | 'output') {
    this.key = key;
    this.node = node;
    this.direction = direction;
  }
}

/** So much of a text, and so many fields, take as long as a step of a script. */
const [UNITS_A_STEP, FIELDS_A_STEP] = [4000, 20];

export class Expansion {
  readonly #run: Run;
  readonly #source: Ref;
  readonly #memo: Memo;

  /** `source`: a node of the tree that the words are in. */
  constructor(run: Run, source: Ref, memo: Memo) {
    this.#run = run;
    this.#source = source;
    this.#memo = memo;
  }

  /** Arguments: words split and matched against file names. */
  fields(words: readonly WordNode[]): string[] {
    const { shell, system } = this.#run;
    const out: string[] = [];
    for (const word of words.flatMap((one) => (shell.flavour === 'bash' ? expandBraces(one) : [one]))) {
      const fields = new Fields(this.#run.get('IFS') ?? ' \t\n');
      this.#parts(word.parts, fields, false);
      fields.end();
      for (const field of fields.done) {
        const paths = field.hasGlob && !shell.options.includes('f') ? expandPath(system, field.pattern) : [];
        for (const one of paths.length ? paths : [field.text]) out.push(one);
      }
    }
    this.#run.work(out.reduce((sum, { length }) => sum + length, 0) / UNITS_A_STEP + out.length / FIELDS_A_STEP);
    return out;
  }

  /** One text: what is assigned, where a redirection goes. */
  text(word: WordNode): string {
    const text = this.#joined(word.parts, false)
      .map((field) => field.text)
      .join(' ');
    this.#run.work(text.length / UNITS_A_STEP);
    return text;
  }

  /** One pattern. */
  pattern(word: WordNode): string {
    return this.#joined(word.parts, false)
      .map(({ pattern }) => pattern)
      .join(' ');
  }

  #joined(parts: readonly Part[], isQuoted: boolean): Field[] {
    const fields = new Fields('');
    this.#parts(parts, fields, isQuoted);
    fields.end();
    return fields.done;
  }

  arithmetic(expression: ArithmeticExpression): bigint {
    try {
      return evaluate(this.#run, expression.expression, (script) => this.#foreign(script));
    } catch (error) {
      if (error instanceof ShellError && error.message.includes('operand') && expression.originalText)
        throw new ShellError(`${expression.originalText.trim()}: ${error.message}`, error.status);
      throw error;
    }
  }

  /** A word that is written inside of an arithmetic expression. */
  #foreign(script: string): string {
    const text = `: "${script}"`;
    const source = this.#run.addSource(text);
    const statement = parseScript(text).script.statements[0];
    const command = statement?.pipelines[0]?.commands[0];
    const word = command?.type === 'SimpleCommand' ? command.args[0] : undefined;
    return word ? new Expansion(this.#run, [source, 0], this.#memo).text(word) : '';
  }

  /** Something that may happen only once. */
  #once(node: object, act: () => string): string {
    const key = this.#run.refOf(this.#source, node).join(':');
    return (this.#memo[key] ??= act());
  }

  #parts(parts: readonly Part[], fields: Fields, isQuoted: boolean): void {
    for (const part of parts) this.#part(part, fields, isQuoted);
  }

  #part(part: Part, fields: Fields, isQuoted: boolean): void {
    const put = (text: string): void => (isQuoted ? fields.quoted(text) : fields.split(text));
    switch (part.type) {
      case 'Literal':
        return isQuoted ? fields.quoted(part.value) : fields.literal(part.value);
      case 'SingleQuoted':
      case 'Escaped':
        return fields.quoted(part.value);
      case 'DoubleQuoted':
        if (!part.parts.some((one) => one.type === 'ParameterExpansion' && this.#isList(one))) fields.quoted('');
        return this.#parts(part.parts, fields, true);
      case 'Glob':
        return isQuoted ? fields.quoted(part.pattern) : fields.glob(part.pattern);
      case 'TildeExpansion':
        return fields.quoted(this.#home(part.user));
      case 'CommandSubstitution':
        return put(this.#substitute(part.body));
      case 'ArithmeticExpansion':
        return put(this.#once(part, () => String(this.arithmetic(part.expression))));
      case 'ParameterExpansion':
        return this.#parameter(part, fields, isQuoted);
      case 'BraceExpansion':
        return fields.literal(braceText(part));
      case 'ProcessSubstitution':
        return put(this.#process(part.body, part.direction));
    }
  }

  #home(user: string | null): string {
    if (!user) return this.#run.get('HOME') ?? '/root';
    if (user === '+') return this.#run.system.cwd;
    const line = (this.#run.system.find('/etc/passwd')?.content ?? '').split('\n').find((one) => one.startsWith(`${user}:`));
    return line?.split(':')[5] ?? `~${user}`;
  }

  /** The name of a pipe to a command, as it is among the shell's descriptors. Only bash has this; busybox' ash as well. */
  #process(body: ScriptNode, direction: 'input' | 'output'): string {
    if (this.#run.shell.flavour === 'dash') throw new ShellError('Syntax error: "(" unexpected', 2);
    const node = this.#run.refOf(this.#source, body);
    const key = node.join(':');
    const known = this.#memo[key];
    if (known === undefined) throw new NeedsProcess(key, node, direction);
    return known;
  }

  #substitute(body: ScriptNode): string {
    const node = this.#run.refOf(this.#source, body);
    const key = node.join(':');
    const known = this.#memo[key];
    if (known === undefined) throw new NeedsSubstitution(key, node);
    return known;
  }

  // --- Parameters ---

  #isList({ parameter, operation }: Parameter): boolean {
    return (parameter === '@' || parameter.endsWith('[@]')) && operation?.type !== 'Length';
  }

  #parameter(part: Parameter, fields: Fields, isQuoted: boolean): void {
    const { parameter, operation } = part;
    const list = this.#listOf(parameter);
    if (list && operation?.type !== 'Length') return this.#list(part, list, fields, isQuoted);
    const put = (text: string): void => (isQuoted ? fields.quoted(text) : fields.split(text));
    if (!operation) {
      const value = this.#value(parameter);
      if (value === undefined) this.#checkSet(parameter);
      return put(value ?? '');
    }
    return this.#operate(part, operation, fields, isQuoted, put);
  }

  #checkSet(name: string): void {
    if (!this.#run.shell.options.includes('u')) return;
    throw new ShellError(
      this.#run.shell.flavour === 'bash' ? `${name}: unbound variable` : `${name}: parameter not set`,
      this.#run.shell.flavour === 'bash' ? 127 : 2,
    );
  }

  #operate(part: Parameter, operation: Operation, fields: Fields, isQuoted: boolean, put: (text: string) => void): void {
    const { parameter } = part;
    const value = operation.type === 'Length' ? undefined : this.#value(parameter);
    const isMissing = (checkEmpty: boolean): boolean => value === undefined || (checkEmpty && value === '');
    switch (operation.type) {
      case 'DefaultValue':
        return isMissing(operation.checkEmpty) ? this.#parts(operation.word.parts, fields, isQuoted) : put(value!);
      case 'UseAlternative':
        return isMissing(operation.checkEmpty) ? put('') : this.#parts(operation.word.parts, fields, isQuoted);
      case 'AssignDefault': {
        const assigned = isMissing(operation.checkEmpty) || this.#memo[this.#run.refOf(this.#source, part).join(':')] !== undefined;
        if (!assigned) return put(value!);
        return put(
          this.#once(part, () => {
            const text = this.text(operation.word);
            this.#run.set(parameter, text);
            return text;
          }),
        );
      }
      case 'ErrorIfUnset': {
        if (!isMissing(operation.checkEmpty)) return put(value!);
        const { flavour } = this.#run.shell;
        const text = operation.word ? this.text(operation.word) : '';
        throw new ShellError(
          `${parameter}: ${text || (flavour === 'bash' ? (operation.checkEmpty ? 'parameter null or not set' : 'parameter not set') : operation.checkEmpty ? 'parameter not set or null' : 'parameter not set')}`,
          flavour === 'bash' ? 127 : 2,
        );
      }
      case 'Length': {
        const list = this.#listOf(parameter);
        return put(String(list ? list.length : charactersIn(this.#value(parameter) ?? '')));
      }
      case 'Indirection': {
        const name = value ?? '';
        const target: Parameter = { type: 'ParameterExpansion', parameter: name, operation: operation.innerOp ?? null };
        return this.#parameter(target, fields, isQuoted);
      }
      case 'ArrayKeys': {
        const found = this.#run.lookup(operation.array)?.value;
        return this.#words(
          typeof found === 'object' ? Object.keys(found) : found === undefined ? [] : ['0'],
          operation.star,
          fields,
          isQuoted,
        );
      }
      case 'VarNamePrefix':
        return this.#words(
          Object.keys(this.#run.shell.variables)
            .filter((name) => name.startsWith(operation.prefix))
            .sort(),
          operation.star,
          fields,
          isQuoted,
        );
      case 'BadSubstitution':
      case 'LengthSliceError':
        throw new ShellError(
          this.#run.shell.flavour === 'bash' ? `${'text' in operation ? operation.text : parameter}: bad substitution` : 'Bad substitution',
          this.#run.shell.flavour === 'bash' ? 1 : 2,
        );
      default:
        if (value === undefined) this.#checkSet(parameter);
        return put(this.#changed(value ?? '', operation));
    }
  }

  /** The operations that make another text of a text. */
  #changed(value: string, operation: Operation): string {
    switch (operation.type) {
      case 'Substring': {
        const offset = Number(this.arithmetic(operation.offset));
        const start = offset < 0 ? Math.max(0, value.length + offset) : offset;
        if (!operation.length) return value.slice(start);
        const length = Number(this.arithmetic(operation.length));
        return length < 0 ? value.slice(start, Math.max(start, value.length + length)) : value.slice(start, start + length);
      }
      case 'PatternRemoval':
        return removePattern(value, this.pattern(operation.pattern), operation.side, operation.greedy);
      case 'PatternReplacement': {
        const source = patternSource(this.pattern(operation.pattern));
        if (source === '' && !operation.anchor) return value;
        const replacement = operation.replacement ? this.text(operation.replacement) : '';
        const anchored = operation.anchor === 'start' ? `^(?:${source})` : operation.anchor === 'end' ? `(?:${source})$` : source;
        return replaced(value, compilePattern(anchored, { isDotAll: true, isLongest: true }), replacement, operation.all);
      }
      case 'CaseModification': {
        const change = (text: string): string => (operation.direction === 'upper' ? text.toUpperCase() : text.toLowerCase());
        const pattern = operation.pattern && patternRegExp(this.pattern(operation.pattern));
        const one = (char: string): string => (pattern && !pattern.test(char) ? char : change(char));
        return operation.all ? [...value].map(one).join('') : one(value.slice(0, 1)) + value.slice(1);
      }
      case 'Transform':
        switch (operation.operator) {
          case 'Q':
            return `'${value.replaceAll("'", "'\\''")}'`;
          case 'U':
            return value.toUpperCase();
          case 'u':
            return value.slice(0, 1).toUpperCase() + value.slice(1);
          case 'L':
            return value.toLowerCase();
          default:
            return value;
        }
      default:
        return value;
    }
  }

  /** `$@`, `$*`, `${x[@]}`: several values. */
  #list({ parameter, operation }: Parameter, list: readonly string[], fields: Fields, isQuoted: boolean): void {
    const isStar = parameter === '*' || parameter.endsWith('[*]');
    let values = list;
    switch (operation?.type) {
      case undefined:
        break;
      case 'DefaultValue':
        if (values.length && !(operation.checkEmpty && values.join('') === '')) break;
        return this.#parts(operation.word.parts, fields, isQuoted);
      case 'UseAlternative':
        if (!values.length) return undefined;
        return this.#parts(operation.word.parts, fields, isQuoted);
      case 'Substring': {
        const offset = Number(this.arithmetic(operation.offset));
        const all = parameter === '@' || parameter === '*' ? [this.#run.shell.name, ...values] : [...values];
        const start = offset < 0 ? all.length + offset : offset;
        values = all.slice(start, operation.length ? start + Number(this.arithmetic(operation.length)) : undefined);
        break;
      }
      default:
        values = values.map((value) => this.#changed(value, operation!));
    }
    this.#words(values, isStar, fields, isQuoted);
  }

  #words(values: readonly string[], isStar: boolean, fields: Fields, isQuoted: boolean): void {
    if (isStar && isQuoted) {
      const ifs = this.#run.get('IFS');
      return fields.quoted(values.join(ifs === undefined ? ' ' : ifs.slice(0, 1)));
    }
    for (const [i, value] of values.entries()) {
      if (i > 0) {
        // Where nothing is split, the values stay one text.
        if (fields.ifs === '') fields.quoted(' ');
        else fields.end();
      }
      if (isQuoted) fields.quoted(value);
      else fields.split(value);
    }
  }

  #listOf(parameter: string): string[] | undefined {
    if (parameter === '@' || parameter === '*') return this.#run.shell.params;
    const name = /^([A-Za-z_]\w*)\[[@*]\]$/.exec(parameter)?.[1];
    if (!name) return undefined;
    const found = this.#run.lookup(name);
    if (!found || found.unset) return [];
    return typeof found.value === 'string' ? [found.value] : Object.values(found.value);
  }

  #value(parameter: string): string | undefined {
    const { shell, system } = this.#run;
    switch (parameter) {
      case '?':
        return String(shell.status);
      case '#':
        return String(shell.params.length);
      case '$':
        return String(shell.pid);
      case '!':
        return shell.lastJob ? String(shell.lastJob) : undefined;
      case '-':
        return shell.options + (shell.interactive ? 'i' : '');
      case '0':
        return shell.name;
      case '_':
        return this.#run.get('_');
      case '@':
      case '*':
        return shell.params.length ? shell.params.join(' ') : undefined;
      case 'PWD':
        return this.#run.get('PWD') ?? system.cwd;
    }
    if (/^\d+$/.test(parameter)) return shell.params[Number(parameter) - 1];
    const element = /^([A-Za-z_]\w*)\[(.*)\]$/s.exec(parameter);
    if (!element) return parameter === 'RANDOM' ? this.#run.get('RANDOM') : this.#run.get(parameter);
    const [, name = '', index = ''] = element;
    const value = this.#run.lookup(name)?.value;
    if (value === undefined) return undefined;
    if (typeof value === 'string') return this.index(name, index) === '0' ? value : undefined;
    const key = this.index(name, index);
    const at = Number(key) < 0 ? String(Math.max(...Object.keys(value).map(Number)) + 1 + Number(key)) : key;
    return Object.hasOwn(value, at) ? value[at] : undefined;
  }

  /** The key of an element: a number, or, of an associative array, a text. */
  index(name: string, index: string): string {
    const value = this.#run.lookup(name)?.value;
    const text = /[$`"']/.test(index) ? this.#foreign(index.replace(/^"(.*)"$/s, '$1')) : index;
    if ((typeof value === 'object' && isAssociative(value)) || !/^[-+*/%()\s\w]+$/.test(text) || this.#run.lookup(name)?.integer)
      return text;
    return /^-?\d+$/.test(text) ? text : this.#foreign(`$((${text}))`);
  }
}

/** The first match, or every one, with something else in its place. */
function replaced(value: string, pattern: Pattern, replacement: string, isAll: boolean): string {
  let out = '';
  let at = 0;
  for (const { 0: text, index } of pattern.matchAll(value)) {
    out += value.slice(at, index) + replacement;
    at = index + text.length;
    if (!isAll) break;
  }
  return out + value.slice(at);
}

function removePattern(value: string, pattern: string, side: 'prefix' | 'suffix', isGreedy: boolean): string {
  const expression = patternRegExp(pattern);
  const lengths = Array.from({ length: value.length + 1 }, (_, i) => i);
  if (isGreedy) lengths.reverse();
  for (const length of lengths) {
    if (side === 'prefix' && expression.test(value.slice(0, length))) return value.slice(length);
    if (side === 'suffix' && expression.test(value.slice(value.length - length))) return value.slice(0, value.length - length);
  }
  return value;
}
