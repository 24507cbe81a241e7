// Starts the local server once for all tests with the real kubectl: on free ports, with a state that goes when they are over.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

export interface Kubectl {
  readonly path: string;
  /** `1.32` */
  readonly version: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Where sandboxes are made. */
    server: string;
    kubectl: Kubectl | undefined;
  }
}

const ROOT = join(import.meta.dirname, '../..');
const START_MS = 120_000;

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const kubectl = findKubectl();
  project.provide('kubectl', kubectl);
  project.provide('server', '');
  if (!kubectl) {
    const reason = 'there is no kubectl on this machine: https://kubernetes.io/docs/tasks/tools says where to get it';
    if (process.env['CI']) throw new Error(reason);
    process.stdout.write(`The tests with kubectl are left out: ${reason}\n`);
    return undefined;
  }
  const state = mkdtempSync(join(tmpdir(), 'kubarium-kubectl-'));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const server = spawn(process.execPath, [join(ROOT, 'scripts/serve.ts')], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(port), TLS_PORT: String(tlsPort), KUBARIUM_STATE: state, KUBARIUM_PARENT: 'stdin' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let said = '';
    const fail = (why: string): void => reject(new Error(`the server did not start: ${why}\n${said}`));
    const timer = setTimeout(() => fail('it took too long'), START_MS);
    const listen = (chunk: Buffer): void => {
      said += String(chunk);
      if (!said.includes('\nReady.')) return;
      clearTimeout(timer);
      resolve();
    };
    server.stdout.on('data', listen);
    server.stderr.on('data', listen);
    server.once('exit', (code) => fail(`it ended with ${code}`));
  });
  project.provide('server', `http://127.0.0.1:${port}`);
  return async () => {
    server.kill('SIGTERM');
    await ended;
    rmSync(state, { recursive: true, force: true });
  };
}

/** The one that KUBECTL names, or the first in the path. */
function findKubectl(): Kubectl | undefined {
  const path = process.env['KUBECTL'] ?? 'kubectl';
  const { status, stdout } = spawnSync(path, ['version', '--client'], { encoding: 'utf8' });
  const version = /Client Version: v(1\.\d+)/.exec(status === 0 ? stdout : '')?.[1];
  return version === undefined ? undefined : { path, version };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
