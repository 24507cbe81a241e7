// Builtins about variables, options and names.

import { Expansion } from '../expand.ts';
import { meaningOf } from '../lookup.ts';
import { parseScript } from '../parse.ts';
import { ShellError } from '../run.ts';
import type { Run } from '../run.ts';
import type { Variable } from '../state.ts';
import type { Builtin } from './index.ts';

const quoted = (run: Run, value: string): string =>
  run.shell.flavour === 'bash' ? `"${value.replace(/["\\$`]/g, '\\$&')}"` : `'${value.replaceAll("'", `'"'"'`)}'`;

const textOf = ({ value }: Variable): string => (typeof value === 'string' ? value : (value['0'] ?? ''));

function mark(run: Run, argv: readonly string[], what: 'exported' | 'readOnly'): number {
  const { shell, system } = run;
  let args = argv.slice(1);
  let isRemoval = false;
  while (/^-[npf]$|^--$/.test(args[0] ?? '')) {
    if (args[0] === '-n') isRemoval = true;
    args = args.slice(1);
  }
  if (!args.length) {
    const word = shell.flavour === 'bash' ? (what === 'exported' ? 'declare -x' : 'declare -r') : argv[0];
    for (const name of Object.keys(shell.variables).sort()) {
      const variable = shell.variables[name]!;
      if (variable[what]) system.out(variable.unset ? `${word} ${name}\n` : `${word} ${name}=${quoted(run, textOf(variable))}\n`);
    }
    return 0;
  }
  let status = 0;
  for (const arg of args) {
    const [, name = '', , value] = /^([^=+]*)(\+?=(.*))?$/s.exec(arg) ?? [];
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      if (shell.flavour !== 'bash') throw new ShellError(`${argv[0]}: ${name}: bad variable name`, 2);
      run.complain(`\`${arg}': not a valid identifier`, argv[0]!);
      status = 1;
      continue;
    }
    if (value !== undefined)
      run.set(
        name,
        arg.includes('+=') && arg.indexOf('+=') < arg.indexOf('=') + 1 && arg[name.length] === '+' ? (run.get(name) ?? '') + value : value,
      );
    const old = run.lookup(name) ?? { value: '', unset: true };
    const next: Variable = { ...old, [what]: true };
    if (isRemoval) delete next[what];
    shell.variables[name] = next;
  }
  return status;
}

/** `local` and `declare`. */
function declare(run: Run, argv: readonly string[]): number {
  const { shell, system } = run;
  const name = argv[0]!;
  const options = new Set<string>();
  let args = argv.slice(1);
  while (/^[-+][a-zA-Z]+$/.test(args[0] ?? '')) {
    for (const letter of args[0]!.slice(1)) options.add(args[0]![0] === '+' ? `+${letter}` : letter);
    args = args.slice(1);
  }
  const call = shell.frames.findLast((frame) => frame.type === 'call');
  if (name === 'local' && !call) {
    if (shell.flavour === 'bash') run.complain('can only be used in a function', 'local');
    else throw new ShellError('local: not in a function', 2);
    return 1;
  }
  if (options.has('f') || options.has('F')) {
    for (const one of args.length ? args : Object.keys(shell.functions))
      if (Object.hasOwn(shell.functions, one)) system.out(`${args.length ? one : `declare -f ${one}`}\n`);
    return 0;
  }
  if (options.has('p') || (!args.length && name !== 'local')) {
    for (const one of args.length ? args : Object.keys(shell.variables).sort()) {
      const variable = run.lookup(one);
      if (!variable) {
        run.complain(`${one}: not found`, name);
        return 1;
      }
      const flags =
        `${typeof variable.value === 'object' ? 'a' : ''}${variable.integer ? 'i' : ''}${variable.readOnly ? 'r' : ''}${variable.exported ? 'x' : ''}` ||
        '-';
      const shown =
        typeof variable.value === 'object'
          ? `(${Object.entries(variable.value)
              .map(([key, value]) => `[${key}]=${quoted(run, value)}`)
              .join(' ')})`
          : quoted(run, variable.value);
      system.out(`declare -${flags} ${one}${variable.unset ? '' : `=${shown}`}\n`);
    }
    return 0;
  }
  for (const arg of args) {
    const [, variable = '', value] = /^([^=]*?)\+?(?:=(.*))?$/s.exec(arg) ?? [];
    if (!/^[A-Za-z_]\w*$/.test(variable)) {
      run.complain(`\`${arg}': not a valid identifier`, name);
      return 1;
    }
    if (call && !options.has('g')) {
      call.locals[variable] ??= run.lookup(variable) ?? null;
      if (value === undefined && shell.flavour === 'bash') shell.variables[variable] = { value: '', unset: true };
    }
    if (options.has('A') && typeof run.lookup(variable)?.value !== 'object') shell.variables[variable] = { value: {} };
    if (options.has('a') && typeof run.lookup(variable)?.value !== 'object') shell.variables[variable] = { value: {} };
    if (value !== undefined) {
      const array = /^\((.*)\)$/s.exec(value);
      if (array)
        run.setArray(
          variable,
          Object.fromEntries(
            array[1]!
              .split(/\s+/)
              .filter(Boolean)
              .map((one, i) => [String(i), one]),
          ),
        );
      else run.set(variable, options.has('l') ? value.toLowerCase() : options.has('u') ? value.toUpperCase() : value);
    }
    const known = run.lookup(variable) ?? { value: '', unset: true };
    shell.variables[variable] = {
      ...known,
      ...(options.has('x') && { exported: true }),
      ...(options.has('r') && { readOnly: true }),
      ...(options.has('i') && { integer: true }),
    };
  }
  return 0;
}

const LONG: Readonly<Record<string, string>> = {
  errexit: 'e',
  nounset: 'u',
  xtrace: 'x',
  noglob: 'f',
  noexec: 'n',
  noclobber: 'C',
  allexport: 'a',
  monitor: 'm',
  verbose: 'v',
  notify: 'b',
  hashall: 'h',
};

function set(run: Run, argv: readonly string[]): number {
  const { shell, system } = run;
  if (argv.length === 1) {
    for (const name of Object.keys(shell.variables).sort()) {
      const variable = shell.variables[name]!;
      if (variable.unset) continue;
      const text = textOf(variable);
      system.out(
        `${name}=${shell.flavour === 'bash' ? (/^[\w@%+=:,./-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`) : quoted(run, text)}\n`,
      );
    }
    return 0;
  }
  for (let i = 1; i < argv.length; i++) {
    const arg = argv[i]!;
    if (arg === '--') {
      shell.params = argv.slice(i + 1);
      return 0;
    }
    if (!/^[-+]./.test(arg)) {
      shell.params = argv.slice(i);
      return 0;
    }
    for (const letter of arg.slice(1)) {
      if (letter === 'o') {
        const name = argv[++i];
        if (name === undefined) printOptions(run);
        else if (!setLong(run, name, arg[0] === '-')) return 2;
      } else if (!setLetter(run, letter, arg[0] === '-')) {
        run.complain(
          shell.flavour === 'bash' ? `${arg}: invalid option` : `${shell.flavour === 'dash' ? 'Illegal option' : 'illegal option'} ${arg}`,
          'set',
        );
        return 2;
      }
    }
  }
  return 0;
}

export function setLong(run: Run, name: string, on: boolean): boolean {
  if (name === 'pipefail') {
    run.shell.pipefail = on;
    return true;
  }
  if (
    [
      'posix',
      'emacs',
      'vi',
      'braceexpand',
      'history',
      'ignoreeof',
      'physical',
      'errtrace',
      'functrace',
      'interactive-comments',
      'nolog',
    ].includes(name)
  )
    return true;
  if (Object.hasOwn(LONG, name)) return setLetter(run, LONG[name]!, on);
  run.complain(
    run.shell.flavour === 'bash'
      ? `${name}: invalid option name`
      : `${run.shell.flavour === 'dash' ? 'Illegal option' : 'illegal option'} -o ${name}`,
    'set',
  );
  return false;
}

export function setLetter({ shell }: Run, letter: string, on: boolean): boolean {
  if (!'euxfnCamvbhBHEPT'.includes(letter)) return false;
  shell.options = shell.options.replaceAll(letter, '') + (on ? letter : '');
  return true;
}

function printOptions({ shell, system }: Run): void {
  if (shell.flavour !== 'bash') system.out('Current option settings\n');
  for (const name of [...Object.keys(LONG), 'pipefail'].sort()) {
    const on = name === 'pipefail' ? shell.pipefail : shell.options.includes(LONG[name]!);
    system.out(shell.flavour === 'bash' ? `${name.padEnd(15)}\t${on ? 'on' : 'off'}\n` : `${name.padEnd(16)}${on ? 'on' : 'off'}\n`);
  }
}

function getopts(run: Run, argv: readonly string[]): number {
  const { shell } = run;
  const [, spec = '', name = '', ...given] = argv;
  const args = given.length ? given : shell.params;
  let index = Number(run.get('OPTIND') ?? 1) || 1;
  const state = run.lookup(' getopts');
  let at = typeof state?.value === 'string' ? Number(state.value) : 1;
  const arg = args[index - 1];
  const finish = (): number => {
    run.set('OPTIND', String(index));
    run.set(name, '?');
    return 1;
  };
  if (arg === undefined || !/^-./.test(arg)) return finish();
  if (arg === '--') {
    index++;
    return finish();
  }
  const letter = arg[at]!;
  const place = spec.indexOf(letter, spec.startsWith(':') ? 1 : 0);
  at++;
  const ends = at >= arg.length;
  const isSilent = spec.startsWith(':');
  delete shell.variables['OPTARG'];
  let found = letter;
  if (letter === ':' || place < 0) {
    found = '?';
    if (isSilent) run.set('OPTARG', letter);
    else
      run.system.err(
        shell.flavour === 'bash'
          ? `${run.prefix().replace(/line \d+: $/, '')}illegal option -- ${letter}\n`
          : `Illegal option -${letter}\n`,
      );
    if (ends) index++;
  } else if (spec[place + 1] === ':') {
    if (!ends) run.set('OPTARG', arg.slice(at));
    else if (args[index] !== undefined) run.set('OPTARG', args[index++]!);
    else {
      found = isSilent ? ':' : '?';
      if (isSilent) run.set('OPTARG', letter);
      else
        run.system.err(
          shell.flavour === 'bash'
            ? `${run.prefix().replace(/line \d+: $/, '')}option requires an argument -- ${letter}\n`
            : `No arg for -${letter} option\n`,
        );
    }
    index++;
    at = 1;
  } else if (ends) index++;
  run.set('OPTIND', String(index));
  shell.variables[' getopts'] = { value: String(ends || spec[place + 1] === ':' ? 1 : at) };
  run.set(name, found);
  return 0;
}

export const variables: Readonly<Record<string, Builtin>> = {
  export: (run, argv) => mark(run, argv, 'exported'),
  readonly: (run, argv) => mark(run, argv, 'readOnly'),
  local: declare,
  declare,
  typeset: declare,
  set,
  getopts,
  unset: (run, argv) => {
    const { shell } = run;
    let status = 0;
    let onlyFunctions = false;
    for (const arg of argv.slice(1)) {
      if (arg === '-f') onlyFunctions = true;
      if (arg === '-v' || arg === '-f') continue;
      const element = /^([A-Za-z_]\w*)\[(.*)\]$/.exec(arg);
      if (run.lookup(element?.[1] ?? arg)?.readOnly) {
        run.complain(shell.flavour === 'bash' ? `${arg}: cannot unset: readonly variable` : `${arg}: is read only`, 'unset');
        status = shell.flavour === 'bash' ? 1 : 2;
      } else if (element) {
        const value = run.lookup(element[1]!)?.value;
        if (typeof value === 'object')
          run.setArray(element[1]!, Object.fromEntries(Object.entries(value).filter(([key]) => key !== element[2])));
      } else if (!onlyFunctions && Object.hasOwn(shell.variables, arg)) delete shell.variables[arg];
      else delete shell.functions[arg];
    }
    return status;
  },
  shift: (run, argv) => {
    const { shell } = run;
    const count = Number(argv[1] ?? 1);
    if (!Number.isInteger(count) || count < 0)
      throw new ShellError(
        `shift: ${shell.flavour === 'bash' ? `${argv[1]}: numeric argument required` : `Illegal number: ${argv[1]}`}`,
        2,
      );
    if (count > shell.params.length) {
      if (shell.flavour === 'bash') return 1;
      throw new ShellError(shell.flavour === 'dash' ? "shift: can't shift that many" : "shift: can't shift that many", 2);
    }
    shell.params = shell.params.slice(count);
    return 0;
  },
  let: (run, argv) => {
    let value = 0n;
    for (const text of argv.slice(1)) {
      const source = run.addSource(`(( ${text} ))`);
      const tree = parseScript(`(( ${text} ))`);
      const command = tree.script.statements[0]?.pipelines[0]?.commands[0];
      if (command?.type !== 'ArithmeticCommand') throw new ShellError(`let: ${text}: syntax error: operand expected`, 1, true);
      value = new Expansion(run, [source, 0], {}).arithmetic(command.expression);
    }
    return value === 0n ? 1 : 0;
  },
  alias: (run, argv) => {
    const { shell, system } = run;
    const show = (name: string): void => system.out(`${shell.flavour === 'bash' ? 'alias ' : ''}${name}='${shell.aliases[name]}'\n`);
    if (argv.length === 1) for (const name of Object.keys(shell.aliases).sort()) show(name);
    let status = 0;
    for (const arg of argv.slice(1)) {
      const equals = arg.indexOf('=');
      if (equals > 0) shell.aliases[arg.slice(0, equals)] = arg.slice(equals + 1);
      else if (Object.hasOwn(shell.aliases, arg)) show(arg);
      else {
        run.complain(`${arg}: not found`, 'alias');
        status = 1;
      }
    }
    return status;
  },
  unalias: (run, argv) => {
    if (argv[1] === '-a') run.shell.aliases = {};
    for (const name of argv.slice(1)) delete run.shell.aliases[name];
    return 0;
  },
  type: (run, argv) => {
    const { shell, system } = run;
    const isKind = argv[1] === '-t' || argv[1] === '-p';
    let status = 0;
    for (const name of argv.slice(isKind ? 2 : 1)) {
      const found = meaningOf(run, name);
      if (!found) {
        if (!isKind) {
          if (shell.flavour === 'bash') run.complain(`${name}: not found`, 'type');
          else system.out(`${name}: not found\n`);
        }
        status = shell.flavour === 'bash' ? 1 : 127;
      } else system.out(isKind ? `${argv[1] === '-t' ? found.kind : found.kind === 'file' ? found.short : ''}\n` : `${found.long}\n`);
    }
    return status;
  },
  hash: () => 0,
  umask: ({ system }, argv) => {
    if (argv[1] === undefined) system.out(`${system.process.umask.toString(8).padStart(4, '0')}\n`);
    else if (argv[1] === '-S') {
      const letters = (bits: number): string => `${bits & 4 ? '' : 'r'}${bits & 2 ? '' : 'w'}${bits & 1 ? '' : 'x'}`;
      system.out(`u=${letters(system.process.umask >> 6)},g=${letters(system.process.umask >> 3)},o=${letters(system.process.umask)}\n`);
    } else if (/^[0-7]+$/.test(argv[1])) system.process.umask = Number.parseInt(argv[1], 8) & 0o777;
    return 0;
  },
  ulimit: ({ system }, argv) => {
    if (argv[1] === '-n') system.out('1048576\n');
    else if (!argv[1] || !/^\d/.test(argv.at(-1)!)) system.out('unlimited\n');
    return 0;
  },
  times: ({ system }) => {
    system.out('0m0.000s 0m0.000s\n0m0.000s 0m0.000s\n');
    return 0;
  },
  shopt: () => 0,
  complete: () => 0,
  compgen: () => 1,
};
