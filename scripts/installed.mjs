// Before anything else runs in a fresh clone: the locked dependencies, and a Node that can run them. Runs on whatever Node there is, 20 or newer.

import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const [major, minor] = process.versions.node.split('.').map(Number);

export function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

/** Installs what is missing, and says so. */
export function ensureInstalled(say) {
  if (major < 20) fail(`Kubarium needs Node 20 or newer; this is ${process.version}.`);
  if (isInstalled()) return;
  // npm would empty the folder that another checkout lives on.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink())
    fail('node_modules is a link, and not all locked dependencies are where it leads: run npm ci there, or remove the link.');
  say('Installing the locked dependencies (npm ci) ...');
  const started = Date.now();
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const { status } = spawnSync(npm[0], [...npm.slice(1), 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) fail('The dependencies could not be installed: see above.');
  say(`Installed in ${((Date.now() - started) / 1000).toFixed(0)} s.`);
}

/** Whether every package of the lock file is there in its version. Optional ones are for other machines. */
function isInstalled() {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const there = JSON.parse(readFileSync(installed, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, optional }]) => !path || optional || there[path]?.version === version);
}

/** Node 22.18 or newer, which runs TypeScript as it is: this one, or the one that the dependencies bring. */
export function findNode() {
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  const brought = join(root, 'node_modules/.bin/node');
  if (existsSync(brought) && spawnSync(brought, ['--version']).status === 0) return brought;
  return fail(`On this system Kubarium needs Node 22.18 or newer; this is ${process.version}.`);
}
