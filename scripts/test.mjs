// `npm test`: all tests, in a fresh clone too. What follows goes to vitest: `npm test -- --project core test/core/store`.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, fail, findNode, root } from './installed.mjs';

ensureInstalled((line) => process.stdout.write(`${line}\n`));

const node = findNode();
const child = spawn(node, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  // What the tests start runs on the same Node.
  env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
child.on('error', (error) => fail(`The tests could not be started: ${error.message}`));
