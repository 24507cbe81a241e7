// Two servers on the same state would each think it theirs alone, and one would lose what the other wrote. Whoever serves a state listens at a socket that is named
// after it; a server that was killed does not listen any more, so what it left behind keeps nobody out.

import { createHash } from 'node:crypto';
import { realpathSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Takes a state for this process; gives what releases it. Throws if another process has it. */
export async function lockState(state: string): Promise<() => void> {
  const path = socketOf(state);
  if (await isServed(path))
    throw new Error(`Another Kubarium serves ${state}. Stop that, or choose another state: KUBARIUM_STATE=… npm start`);
  rmSync(path, { force: true });
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  server.unref();
  return () => void server.close();
}

/** Of a fixed length: a socket's path may have about a hundred characters. */
function socketOf(state: string): string {
  const name = `kubarium-${createHash('sha256').update(realpathSync(state)).digest('hex').slice(0, 24)}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
