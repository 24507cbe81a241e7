// Serves Kubarium on this machine: the same Worker, bindings and storage as in the cloud, in workerd, without wrangler's development proxy.

import { build } from 'esbuild';
import { execSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';

const root = join(import.meta.dirname, '..');
const port = Number(process.env['PORT'] ?? 8787);
const tlsPort = Number(process.env['TLS_PORT'] ?? 8788);
const state = process.env['KUBARIUM_STATE'] ?? join(root, '.kubarium');
mkdirSync(state, { recursive: true });
if (!existsSync(join(state, 'key.pem')))
  execSync(
    `cd ${state}; openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out key.pem; openssl req -x509 -new -key key.pem -days 1000 -subj /CN=kubarium -addext subjectAltName=IP:127.0.0.1,DNS:localhost -out cert.pem`,
  );

const bundle = await build({
  entryPoints: [join(root, 'worker/index.ts')],
  bundle: true,
  format: 'esm',
  target: 'es2024',
  conditions: ['workerd', 'worker', 'browser'],
  external: ['cloudflare:*', 'node:*'],
  write: false,
  minify: false,
  sourcemap: 'inline',
});
const options = convertV4MiniflareOptions({
  modules: [{ type: 'ESModule', path: 'index.js', contents: bundle.outputFiles[0]!.text }],
  compatibilityDate: '2026-10-01',
  compatibilityFlags: ['enable_request_signal', 'nodejs_compat'],
  durableObjects: { SANDBOX: { className: 'Sandbox', useSQLite: true } },
  bindings: { KUBE_URL: `https://127.0.0.1:${tlsPort}` },
  unsafeDirectSockets: [{ host: '127.0.0.1', port }],
  host: '127.0.0.1',
  port: 0,
} as never);
const server = new Miniflare({ ...options, resourcePersistencePath: state } as never);
await server.ready;
createServer(
  { key: readFileSync(join(state, 'key.pem')), cert: readFileSync(join(state, 'cert.pem')), ALPNProtocols: ['http/1.1'] },
  (socket) => {
    const inner = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.setNoDelay(true);
    socket.pipe(inner).pipe(socket);
    const end = (): void => void (socket.destroy(), inner.destroy());
    for (const one of [socket, inner]) one.on('error', end).on('close', end);
  },
).listen(tlsPort, '127.0.0.1');
console.log(`http://127.0.0.1:${port} https://127.0.0.1:${tlsPort}`);
