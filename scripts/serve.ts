// Serves Kubarium on this machine: the same Worker, bindings and storage as in the cloud, in workerd, without wrangler's development proxy.
// PORT, TLS_PORT and KUBARIUM_STATE change where.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildConsole, buildDocuments, bundleWorker } from './local/build.ts';
import { ensureCertificate } from './local/certificate.ts';
import { guardChildren } from './local/guard.ts';
import { lockState } from './local/lock.ts';
import { migrate } from './local/migrate.ts';
import { isFree } from './local/ports.ts';
import { serveTls } from './local/tls.ts';
import { startWorkerd } from './local/workerd.ts';
import type { ServerOptions } from './local/workerd.ts';

const root = join(import.meta.dirname, '..');
const port = portOf('PORT', 8787);
const tlsPort = portOf('TLS_PORT', 8788);
const state = process.env['KUBARIUM_STATE'] ?? join(root, '.kubarium');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const stops: (() => Promise<void> | void)[] = [];
let isStopping = false;
process.on('SIGINT', () => void stop('Stopping.', 0));
process.on('SIGTERM', () => void stop('Stopping.', 0));
process.on('SIGHUP', () => void stop('Stopping.', 0));
if (process.env['KUBARIUM_PARENT'] === 'stdin') process.stdin.on('end', () => void stop('Stopping: the parent is gone.', 0)).resume();

try {
  await start();
} catch (error) {
  await stop(error instanceof Error ? error.message : String(error), 1);
}

async function start(): Promise<void> {
  for (const [name, number] of [
    ['PORT', port],
    ['TLS_PORT', tlsPort],
  ] as const) {
    if (!(await isFree(number)))
      throw new Error(
        `Port ${number} is taken, perhaps by another Kubarium. Stop that, or choose another port: ${name}=${number + 100} npm start`,
      );
  }
  mkdirSync(state, { recursive: true, mode: 0o700 });
  stops.push(await lockState(state));
  const certificate = ensureCertificate(state, say);
  const [script] = await Promise.all([bundleWorker(root), buildConsole(root, say)]);
  await buildDocuments(root, say);
  const frontSecret = randomBytes(32).toString('base64url');
  guardChildren();
  const workerd = { root, state, script, kubeUrl: `https://127.0.0.1:${tlsPort}`, ca: certificate.ca, frontSecret };
  await prepareDatabase(workerd);
  const server = await startWorkerd({ ...workerd, port });
  stops.push(() => server.dispose());
  const tls = await serveTls(certificate, tlsPort, port, frontSecret);
  stops.push(() => tls.close());
  say(`Console and API   http://127.0.0.1:${port}   (the API is described at /docs)`);
  say(`The same by TLS   https://127.0.0.1:${tlsPort}  (for kubectl)`);
  say(`State             ${state}`);
  say('');
  say('Ready. A cluster in one line:');
  say('');
  say(
    `  curl -sX POST http://127.0.0.1:${port}/api/v1/sandboxes -H 'accept: application/yaml' > kubeconfig && kubectl --kubeconfig kubeconfig get nodes`,
  );
  say('');
}

/** Before anybody can ask for something, so that nobody meets half a database. What was applied is noted beside it: most starts have nothing to do. */
async function prepareDatabase(workerd: Omit<ServerOptions, 'port'>): Promise<void> {
  const folder = join(root, 'migrations');
  const note = join(state, 'migrations.txt');
  const wanted = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .join('\n');
  if (existsSync(note) && readFileSync(note, 'utf8') === wanted) return;
  const server = await startWorkerd({ ...workerd, port: 0 });
  const applied = await migrate(await server.getD1Database('DB'), folder);
  await server.dispose();
  writeFileSync(note, wanted);
  if (applied.length) say(`Database: applied ${applied.join(', ')}.`);
}

async function stop(reason: string, code: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  process.stderr.write(`${reason}\n`);
  for (const end of stops.reverse()) await end();
  process.exit(code);
}

function portOf(name: string, usual: number): number {
  const text = process.env[name] ?? String(usual);
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  process.stderr.write(`${name} must be a port from 1 to 65535, not ${JSON.stringify(text)}.\n`);
  return process.exit(1);
}
