// `npm start`: from a fresh clone to a running server.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, fail, findNode, root } from './installed.mjs';

ensureInstalled((line) => process.stdout.write(`${line}\n`));

// The child notices by the end of its input if this process is gone, however it went.
const child = spawn(findNode(), ['--disable-warning=ExperimentalWarning', join(root, 'scripts/serve.ts')], {
  cwd: root,
  stdio: ['pipe', 'inherit', 'inherit'],
  env: { ...process.env, KUBARIUM_PARENT: 'stdin' },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGKILL' ? 137 : 0)));
child.on('error', (error) => fail(`The server could not be started: ${error.message}`));
if (process.env.npm_lifecycle_event === 'start') stopWithParent(process.ppid);

/** npm, killed hard, tells nobody: then somebody else is the parent. */
function stopWithParent(parent) {
  setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM');
  }, 500).unref();
}
