// Starts Kubarium as `npm start` does, on ports and with state of its own, for as long as the browser's tests run. Also finds out whether there is a Chromium.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the console is. */
    base: string;
    /** The path of Chromium; '' if there is none. */
    chromium: string;
  }
}

const ROOT = join(import.meta.dirname, '../..');
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const START_MS = 90_000;

export default async function start({ provide }: TestProject): Promise<() => Promise<void>> {
  const chromium = PLACES.find((path) => existsSync(path)) ?? '';
  provide('chromium', chromium);
  if (!chromium) {
    if (process.env['CI']) throw new Error(`The browser tests need Chromium, and it is in none of ${PLACES.join(', ')}.`);
    provide('base', '');
    return async () => {};
  }
  const state = mkdtempSync(join(tmpdir(), 'kubarium-browser-'));
  const [port, tlsPort] = await freePorts();
  const server = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts/serve.ts')], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(port), TLS_PORT: String(tlsPort), KUBARIUM_STATE: state },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await ready(server);
  provide('base', `http://127.0.0.1:${port}`);
  return async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
    rmSync(state, { recursive: true, force: true });
  };
}

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports as [number, number];
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string): void => reject(new Error(`The server did not start (${why}):\n${said}`));
    const timer = setTimeout(() => fail('too slow'), START_MS);
    const listen = (chunk: Buffer): void => {
      said += chunk.toString();
      if (!said.includes('Ready.')) return;
      clearTimeout(timer);
      resolve();
    };
    server.stdout!.on('data', listen);
    server.stderr!.on('data', listen);
    server.once('exit', (code) => fail(`exit code ${code}`));
  });
}
