// Kubarium as `npm start` runs it, for tests: on free ports, with a state that goes when they are over.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface LocalServer {
  /** Where sandboxes are made, and the console is. */
  readonly url: string;
  readonly state: string;
  /** Gives its exit code; null if the signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const ROOT = join(import.meta.dirname, '..');
const START_MS = 120_000;

/** `state`: an earlier server's, which is kept. Throws with what the server said if it does not start. */
export async function startLocalServer(state?: string): Promise<LocalServer> {
  const folder = state ?? mkdtempSync(join(tmpdir(), 'kubarium-test-'));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const server = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts/serve.ts')], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(port), TLS_PORT: String(tlsPort), KUBARIUM_STATE: folder, KUBARIUM_PARENT: 'stdin' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => server.once('exit', resolve));
  await new Promise<void>((resolve, reject) => {
    let said = '';
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(new Error(`the server did not start: ${why}\n${said}`));
    };
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
  return {
    url: `http://127.0.0.1:${port}`,
    state: folder,
    stop: async (signal = 'SIGTERM') => {
      server.kill(signal);
      const code = await ended;
      if (state === undefined) rmSync(folder, { recursive: true, force: true });
      return code;
    },
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
