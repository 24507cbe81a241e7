// Sandboxes, and the real kubectl in them.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';

/** Undefined where there is none; then `setup.ts` has said why. */
export const kubectl = inject('kubectl');

export interface Ran {
  readonly code: number | 'killed';
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  /** Killed after so long. */
  readonly limitMs?: number;
}

export interface Running {
  /** Resolves when its standard output matches; rejects when it ends before. */
  sees(pattern: RegExp): Promise<RegExpExecArray>;
  type(text: string): void;
  endInput(): void;
  stop(signal?: NodeJS.Signals): void;
  readonly ended: Promise<Ran>;
}

export interface Place {
  readonly server: string;
  /** A folder of its own, where kubectl runs: with the kubeconfig, and its caches. */
  readonly folder: string;
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  start(args: readonly string[], options?: RunOptions): Running;
  /** Output of a command that must succeed. */
  ok(...args: string[]): Promise<string>;
  leave(): Promise<void>;
}

const LIMIT_MS = 60_000;

export async function makePlace(sandbox: object = { template: 'bare', nodes: 3, speed: 'instant' }): Promise<Place> {
  const server = inject('server');
  const made = await fetch(`${server}/api/v1/sandboxes`, {
    method: 'POST',
    headers: { accept: 'application/yaml', 'content-type': 'application/json' },
    body: JSON.stringify(sandbox),
  });
  const kubeconfig = await made.text();
  if (made.status !== 201) throw new Error(`no sandbox: ${made.status} ${kubeconfig}`);
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-'));
  writeFileSync(join(folder, 'kubeconfig'), kubeconfig, { mode: 0o600 });
  const start = (args: readonly string[], { stdin, env, limitMs = LIMIT_MS }: RunOptions = {}): Running => {
    const child = spawn(kubectl!.path, args, {
      cwd: folder,
      env: {
        ...process.env,
        KUBECONFIG: join(folder, 'kubeconfig'),
        HOME: folder,
        KUBECACHEDIR: join(folder, '.cache'),
        LANG: 'C',
        KUBE_EDITOR: 'true',
        ...env,
      },
    });
    let [stdout, stderr] = ['', ''];
    const look = new Set<() => void>();
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      for (const one of look) one();
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.stdin.on('error', () => {});
    if (stdin !== undefined) child.stdin.end(stdin);
    const ended = new Promise<Ran>((resolve) => {
      child.on('error', (error) => {
        stderr += error.message;
      });
      child.on('close', (code) => {
        clearTimeout(timer);
        resolve({ code: code ?? 'killed', stdout, stderr });
      });
    });
    return {
      ended,
      type: (text) => void child.stdin.write(text),
      endInput: () => void child.stdin.end(),
      stop: (signal = 'SIGINT') => void child.kill(signal),
      sees: (pattern) =>
        new Promise((resolve, reject) => {
          const check = (): void => {
            const match = pattern.exec(stdout);
            if (match) resolve(match);
          };
          look.add(check);
          check();
          void ended.then((ran) => reject(new Error(`${args.join(' ')}: ended without ${String(pattern)}: ${JSON.stringify(ran)}`)));
        }),
    };
  };
  const run = (args: readonly string[], options: RunOptions = {}): Promise<Ran> => start(args, { stdin: '', ...options }).ended;
  return {
    server,
    folder,
    start,
    run,
    ok: async (...args) => {
      const ran = await run(args);
      if (ran.code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${ran.code}\n${ran.stdout}${ran.stderr}`);
      return ran.stdout;
    },
    leave: async () => {
      const id = /\/c\/(\w+)/.exec(kubeconfig)?.[1];
      const key = /Bearer (\S+?)'/.exec(kubeconfig)?.[1];
      if (id) await fetch(`${server}/api/v1/sandboxes/${id}`, { method: 'DELETE', headers: { authorization: `Bearer ${key}` } });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
