// What has to be built before the Worker can run: its bundle and the console. Each is made again only when what it is made of has changed.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildOpenapi, openapiSources } from './openapi.ts';

/** The Worker as one module. */
export async function bundleWorker(root: string): Promise<string> {
  const cache = join(root, '.cache');
  const path = join(cache, `worker-${hashOf(root, ['worker', 'package-lock.json'])}.js`);
  if (existsSync(path)) return readFileSync(path, 'utf8');
  const { build, stop } = await import('esbuild');
  const bundle = await build({
    entryPoints: [join(root, 'worker/index.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    write: false,
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'error',
  });
  await stop();
  const text = bundle.outputFiles[0]!.text;
  mkdirSync(cache, { recursive: true });
  for (const old of readdirSync(cache)) if (old.startsWith('worker-')) rmSync(join(cache, old));
  writeFileSync(path, text);
  return text;
}

/** The published OpenAPI documents, in dist/client/openapi. */
export async function buildDocuments(root: string, say: (line: string) => void): Promise<void> {
  const out = join(root, 'dist/client/openapi');
  const hash = hashOf(root, openapiSources);
  const stamp = join(root, 'dist/openapi.hash');
  if (existsSync(stamp) && existsSync(out) && readFileSync(stamp, 'utf8') === hash) return;
  say('Making the OpenAPI documents ...');
  await buildOpenapi(root, out);
  writeFileSync(stamp, hash);
}

/** The console's files, in dist/client, where what else is published may be. */
export async function buildConsole(root: string, say: (line: string) => void): Promise<void> {
  const out = join(root, 'dist/client');
  mkdirSync(out, { recursive: true });
  const config = join(root, 'web/vite.config.ts');
  if (!existsSync(config)) return;
  const hash = hashOf(root, ['web', 'worker/lib', 'package-lock.json']);
  const stamp = join(root, 'dist/console.hash');
  if (existsSync(stamp) && existsSync(join(out, 'index.html')) && readFileSync(stamp, 'utf8') === hash) return;
  say('Building the console ...');
  for (const name of readdirSync(out)) if (name !== 'openapi') rmSync(join(out, name), { recursive: true });
  const { build } = await import('vite');
  await build({ configFile: config, logLevel: 'warn' });
  writeFileSync(stamp, hash);
}

/** Of the contents of files and folders. */
function hashOf(root: string, paths: readonly string[]): string {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    const full = join(root, path);
    if (!statSync(full).isDirectory()) return void hash.update(`${path}\0`).update(readFileSync(full));
    for (const name of readdirSync(full).sort()) add(join(path, name));
  };
  for (const path of paths) add(path);
  return hash.digest('hex').slice(0, 20);
}
