// Sees to it that workerd does not outlive this process, however this process ends: a killed one cannot clean up after itself. For each workerd there is a
// shell that waits for the end of a pipe which only this process holds open, and then kills what is left. It costs nothing while it waits.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';

/** From now on, every workerd that this process starts is guarded. */
export function guardChildren(): void {
  subscribe('child_process', (message) => {
    const { process: child } = message as { process: ChildProcess };
    // The event comes before the child is started.
    setImmediate(() => {
      if (child.pid !== undefined && /workerd(\.exe)?$/.test(child.spawnfile)) guard(child, child.pid);
    });
  });
}

function guard(child: ChildProcess, pid: number): void {
  if (process.platform === 'win32') return;
  const guardian = spawn('sh', ['-c', `trap '' INT TERM HUP; read _; kill -9 ${pid} 2>/dev/null`], {
    detached: true, // not in this group: what kills the group must not kill the guard first
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guardian.on('error', () => {});
  guardian.stdin.on('error', () => {});
  guardian.unref();
  (guardian.stdin as unknown as { unref?(): void }).unref?.();
  child.once('exit', () => guardian.kill('SIGKILL'));
}
