// Where a shell gets its commands from when nobody gave it a script: line by line from a terminal, with a prompt, or from a pipe.

import { reapJobs } from './fork.ts';
import { jobLine } from './jobs.ts';
import { parseScript } from './parse.ts';
import type { Run } from './run.ts';
import type { Frame } from './state.ts';
import type { Step } from './step.ts';
import { syntaxProblem } from './syntax.ts';
import { exitShell } from './unwind.ts';

export function stepInput(run: Run, frame: Extract<Frame, { type: 'input' }>): Step {
  const { shell, system } = run;
  if (shell.interactive && !frame.prompted) {
    reportJobs(run);
    frame.prompted = true;
    system.err(shell.partial ? (run.get('PS2') ?? '> ') : prompt(run));
  }
  const line = shell.interactive || system.tty(frame.fd) ? system.read(frame.fd) : readLine(run, frame);
  if (line === undefined) return { wait: { read: frame.fd } };
  if (line === null) {
    if (shell.interactive) system.err(shell.flavour === 'bash' ? 'exit\n' : '\n');
    if (shell.partial) {
      const tree = parseScript(shell.partial);
      const text = shell.partial;
      shell.partial = '';
      if (tree.script.statements.length && !tree.error)
        return run.push({ type: 'list', node: run.refOf([run.addSource(text), 0], tree.script.statements), at: 0 }) as undefined;
      run.complain(syntaxProblem(run, tree.error ?? { token: '', line: 1 }));
      shell.status = 2;
    }
    exitShell(run, shell.status);
    return undefined;
  }
  frame.prompted = false;
  const text = shell.partial + line;
  if (text.trim() === '') {
    shell.partial = '';
    return undefined;
  }
  const tree = parseScript(text);
  if (tree.incomplete) {
    shell.partial = text;
    return undefined;
  }
  shell.partial = '';
  if (tree.error) {
    run.complain(syntaxProblem(run, tree.error));
    shell.status = 2;
    if (!shell.interactive) exitShell(run, 2);
    return undefined;
  }
  run.push({ type: 'list', node: run.refOf([run.addSource(text), 0], tree.script.statements), at: 0 });
  return undefined;
}

/** One line, and no byte more: the rest is for whom the line starts. */
function readLine({ system }: Run, frame: Extract<Frame, { type: 'input' }>): string | null | undefined {
  for (;;) {
    const char = system.read(frame.fd, 1);
    if (char === undefined) return undefined;
    if (char === null) {
      const rest = frame.text ?? '';
      frame.text = '';
      return rest === '' ? null : rest;
    }
    frame.text = (frame.text ?? '') + char;
    if (char !== '\n') continue;
    const line = frame.text;
    frame.text = '';
    return line;
  }
}

function reportJobs(run: Run): void {
  reapJobs(run);
  for (const job of run.shell.jobs) {
    if (job.state !== 'done' || job.notified) continue;
    job.notified = true;
    run.system.err(jobLine(run, job));
  }
  run.shell.jobs = run.shell.jobs.filter(({ state }) => state !== 'done');
}

function prompt(run: Run): string {
  const { system } = run;
  const format = run.get('PS1') ?? '$ ';
  const home = run.get('HOME') ?? '';
  const { cwd } = system;
  const short = home && home !== '/' && (cwd === home || cwd.startsWith(`${home}/`)) ? `~${cwd.slice(home.length)}` : cwd;
  return format
    .replaceAll('\\[', '')
    .replaceAll('\\]', '')
    .replace(/\\([uhHwWsv$n\\])|\\033|\\e/g, (all, key: string | undefined) => {
      switch (key) {
        case 'u':
          return userName(run);
        case 'h':
          return system.hostname.split('.')[0]!;
        case 'H':
          return system.hostname;
        case 'w':
          return short;
        case 'W':
          return short === '/' ? '/' : short.slice(short.lastIndexOf('/') + 1);
        case 's':
          return 'bash';
        case 'v':
          return '5.2';
        case '$':
          return system.process.uid === 0 ? '#' : '$';
        case 'n':
          return '\n';
        case undefined:
          return '\x1b';
        default:
          return all;
      }
    });
}

function userName({ system }: Run): string {
  const line = (system.find('/etc/passwd')?.content ?? '').split('\n').find((one) => one.split(':')[2] === String(system.process.uid));
  return line?.split(':')[0] ?? 'I have no name!';
}
