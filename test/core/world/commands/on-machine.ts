// Commands on a machine, run from a pod that has its root.

import { expect } from 'vitest';
import { fromByteString } from '../../../../worker/lib/text.ts';
import { storeImage } from '../../../../worker/world/runtime/pull.ts';
import { Lab } from '../lab.ts';

export interface Row {
  readonly name: string;
  readonly command: string;
  readonly stdout?: string | RegExp;
  readonly stderr?: string | RegExp;
  readonly code?: number;
}

/** One minute after the machine was set up a pod was started on it; five seconds later the command runs. */
export function run(command: string): { lab: Lab; container: string; stdout: string; stderr: string; code: number | undefined } {
  const lab = new Lab();
  lab.now += 60_000;
  storeImage(lab.world, lab.machine, 'busybox:1.37');
  const { container } = lab.run({
    image: 'busybox:1.37',
    command: ['sh', '-c', 'echo hello; sleep 1000'],
    mounts: [{ path: '/host', source: { type: 'host', path: '/' }, readOnly: false }],
  });
  lab.evicts = true;
  lab.now += 5000;
  const session = lab.exec(container, ['chroot', '/host', 'sh', '-c', command.replaceAll('<ID>', container.slice(0, 13))], {});
  lab.advance(3000);
  const { stdout, stderr, code } = lab.sessions.get(session)!;
  return { lab, container, stdout: fromByteString(stdout), stderr: fromByteString(stderr), code };
}

export function expectOutput(row: Row): void {
  const { container, stdout, stderr, code } = run(row.command);
  const fits = (text: string, want: string | RegExp): void => {
    if (typeof want === 'string') expect(text).toBe(want.replaceAll('<ID>', container));
    else expect(text).toMatch(want);
  };
  fits(stdout, row.stdout ?? '');
  fits(stderr, row.stderr ?? '');
  expect(code).toBe(row.code ?? 0);
}
