// A Kubarium of the benchmark's own, on free ports, with fresh state.

import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

export interface OwnServer {
  /** Makes a sandbox, and gives the file of its kubeconfig. */
  newSandbox(options: object): Promise<string>;
  /** Moves on the time of the newest sandbox: `24h`. */
  step(by: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startServer(): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-bench-'));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, [join(import.meta.dirname, '../serve.ts')], {
    env: { ...process.env, PORT: String(port), TLS_PORT: String(tlsPort), KUBARIUM_STATE: join(folder, 'state') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  await untilReady(child);
  let count = 0;
  let newest = { url: '', token: '' };
  return {
    async newSandbox(options) {
      const response = await fetch(`${url}/api/v1/sandboxes`, {
        method: 'POST',
        headers: { accept: 'application/yaml', 'content-type': 'application/json' },
        body: JSON.stringify(options),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(text);
      const file = join(folder, `kubeconfig-${count++}`);
      writeFileSync(file, text);
      newest = { url: url + response.headers.get('location')!, token: /Bearer (\S+?)'/.exec(text)![1]! };
      return file;
    },
    async step(by) {
      const response = await fetch(`${newest.url}/clock/step`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${newest.token}` },
        body: JSON.stringify({ by }),
      });
      if (!response.ok) throw new Error(await response.text());
    },
    async stop() {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** It says so when both ports are open. */
const untilReady = (server: ChildProcessByStdio<null, Readable, null>): Promise<void> =>
  new Promise((resolve, reject) => {
    let said = '';
    server.stdout.on('data', (chunk: Buffer) => {
      said += String(chunk);
      if (said.includes('\nReady.')) resolve();
    });
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
