// Interpreters of other languages: python, node, perl, java, go, ruby, php. They tell their version, run what examples run (python's http.server, perl's digits of π), and
// say plainly that they run nothing else.

import type { Next, Tool } from '../process/program.ts';
import { ExecError } from '../process/spawn.ts';
import type { System } from '../process/system.ts';

const VERSIONS: Readonly<Record<string, string>> = {
  python: 'Python 3.14.3',
  python3: 'Python 3.14.3',
  node: 'v24.14.0',
  npm: '11.9.0',
  java: 'openjdk 25.0.2 2026-01-20',
  go: 'go version go1.26.1 linux/amd64',
  ruby: 'ruby 4.0.1 (2026-01-13 revision e04267a14b) +PRISM [x86_64-linux]',
  php: 'PHP 8.5.3 (cli) (built: Feb 12 2026 18:20:11) (NTS)',
};

/** Differs: there is no interpreter here. */
const refuse = (system: System, name: string): Next => {
  system.err(`${name}: programs are not run in this simulation; only what its images describe is\n`);
  return { exit: 1 };
};

const language = (name: string): Tool => ({
  name,
  step(system): Next {
    const args = system.argv.slice(1);
    if (/^(--version|-V|-version|-v|version)$/.test(args[0] ?? '')) {
      system.out(`${VERSIONS[name]}\n`);
      return { exit: 0 };
    }
    if (name.startsWith('python') && args.includes('-m') && args[args.indexOf('-m') + 1] === 'http.server') {
      try {
        system.exec({ argv: ['/usr/local/bin/python-http-server', ...args.slice(args.indexOf('-m') + 1)] });
        return 'again';
      } catch (error) {
        if (!(error instanceof ExecError)) throw error;
      }
    }
    const print = args[0] === '-c' || args[0] === '-e' || args[0] === '-p' ? printed(args[1] ?? '', args[0] === '-p') : undefined;
    if (print !== undefined) {
      system.out(`${print}\n`);
      return { exit: 0 };
    }
    return refuse(system, name);
  },
});

/** What a program of one print says. */
function printed(program: string, isExpression: boolean): string | undefined {
  const match = /^\s*(?:print|console\.log|puts|echo)\s*\(?\s*(["'])((?:(?!\1)[^\\\n])*)\1\s*\)?\s*;?\s*$/.exec(program);
  if (match) return match[2];
  return isExpression && /^[\d\s+*/()-]+$/.test(program) ? undefined : undefined;
}

export const python = language('python');
export const python3 = language('python3');
export const node = language('node');
export const npm = language('npm');
export const java = language('java');
export const goTool = language('go');
export const ruby = language('ruby');
export const php = language('php');

/** How long perl needs for the digits, ms for each thousand of them squared. */
const PI_MS = 1500;

export const perl: Tool = {
  name: 'perl',
  step(system): Next {
    const args = system.argv.slice(1).join(' ');
    if (/^-v|--version/.test(args)) {
      system.out('\nThis is perl 5, version 42, subversion 0 (v5.42.0) built for x86_64-linux-gnu\n');
      return { exit: 0 };
    }
    const digits = /-Mbignum=bpi\s+-wle\s+print bpi\((\d+)\)/.exec(args)?.[1];
    if (digits !== undefined) {
      const count = Math.min(Number(digits), 10_000);
      const until = (system.process.data ??= system.now() + Math.round((count / 1000) ** 2 * PI_MS)) as number;
      if (system.now() < until) return { wait: { until } };
      system.out(`${digitsOfPi(count)}\n`);
      return { exit: 0 };
    }
    const print = /^-w?l?e\s+print\s+(["'])([^"'$@]*)\1;?$/.exec(args);
    if (print) {
      system.out(`${print[2]!.replaceAll('\\n', '\n')}${args.includes('l') && /^-w?le/.test(args) ? '\n' : ''}`);
      return { exit: 0 };
    }
    return refuse(system, 'perl');
  },
};

/** π with so many digits in all, by Machin's formula. */
export function digitsOfPi(count: number): string {
  const scale = 10n ** BigInt(count + 10);
  const arctan = (x: bigint): bigint => {
    let term = scale / x;
    let sum = term;
    for (let n = 3n, sign = -1n; term > 0n; n += 2n, sign = -sign) {
      term /= x * x;
      sum += (sign * term) / n;
    }
    return sum;
  };
  const pi = 4n * (4n * arctan(5n) - arctan(239n));
  const kept = pi / 10n ** 11n;
  // The last digit is rounded, as bignum does.
  const rounded = (pi / 10n ** 10n) % 10n >= 5n ? kept + 1n : kept;
  const text = rounded.toString();
  return `${text[0]}.${text.slice(1)}`;
}
