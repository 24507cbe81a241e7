// Starts the local server once for the tests of client libraries: on free ports, with a state that goes when they are over.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

const ROOT = join(import.meta.dirname, '../..');
const START_MS = 120_000;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const state = mkdtempSync(join(tmpdir(), 'kubarium-clients-'));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const server = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts/serve.ts')], {
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

/** Free now; nobody else looks for it so soon. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
