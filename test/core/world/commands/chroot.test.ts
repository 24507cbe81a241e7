// chroot into the root of a machine, as `kubectl debug node` does it.

import { describe, expect, test } from 'vitest';
import { machineFiles } from '../../../../worker/world/files/machine-files.ts';
import type { Container } from '../../../../worker/world/runtime/sandbox.ts';
import { Lab } from '../lab.ts';

interface Row {
  readonly name: string;
  readonly argv: readonly string[];
  readonly image?: string;
  readonly privileges?: Container['privileges'];
  readonly user?: number;
  readonly stdin?: string;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
}

const NONE: Container['privileges'] = { capabilities: '00000000a80025fb', filtersCalls: false, mayNotGain: false };
const script = (text: string): readonly string[] => ['chroot', '/host', 'sh', '-c', text];

describe('chroot', () => {
  test.each([
    { name: 'its root is the machine', argv: ['chroot', '/host', 'cat', '/etc/hostname-of'], stdout: 'machine\n' },
    {
      name: 'it begins at /',
      argv: script('pwd; cd ..; pwd; ls -d /host; ls -d ../etc'),
      stdout: '/\n/\n../etc\n',
      stderr: "ls: cannot access '/host': No such file or directory\n",
    },
    { name: 'what it starts has the same root', argv: script('echo $(cat /etc/hostname-of) | cat'), stdout: 'machine\n' },
    {
      name: 'it writes on the machine',
      argv: ['sh', '-c', 'chroot /host sh -c "echo x > /tmp/f"; cat /host/tmp/f; ls /tmp'],
      stdout: 'x\n',
    },
    {
      name: 'what was opened before stays where it was',
      argv: ['sh', '-c', 'chroot /host echo x > /tmp/f; cat /tmp/f; ls /host/tmp'],
      stdout: 'x\n',
    },
    { name: 'devices are there', argv: script('echo x > /dev/null; ls /nope 2>/dev/null; echo done'), stdout: 'done\n' },
    { name: 'a shell without a command', argv: ['chroot', '/host'], stdin: 'cat /etc/hostname-of\n', stdout: 'machine\n' },
    {
      name: 'no such command',
      argv: ['chroot', '/host', 'nope'],
      stderr: "chroot: can't execute 'nope': No such file or directory\n",
      code: 127,
    },
    {
      name: 'no such command, Debian',
      image: 'nginx:1.27',
      argv: ['chroot', '/host', 'nope'],
      stderr: "chroot: failed to run command 'nope': No such file or directory\n",
      code: 127,
    },
    {
      name: 'no such directory',
      argv: ['chroot', '/nope'],
      stderr: "chroot: can't change root directory to '/nope': No such file or directory\n",
      code: 1,
    },
    {
      name: 'no such directory, Debian',
      image: 'nginx:1.27',
      argv: ['chroot', '/nope'],
      stderr: "chroot: cannot change root directory to '/nope': No such file or directory\n",
      code: 125,
    },
    {
      name: 'without the capability',
      privileges: NONE,
      argv: ['chroot', '/host'],
      stderr: "chroot: can't change root directory to '/host': Operation not permitted\n",
      code: 1,
    },
    {
      name: 'not as root',
      user: 1000,
      argv: ['chroot', '/host'],
      stderr: "chroot: can't change root directory to '/host': Operation not permitted\n",
      code: 1,
    },
    {
      name: 'nothing given, Debian',
      image: 'nginx:1.27',
      argv: ['chroot'],
      stderr: "chroot: missing operand\nTry 'chroot --help' for more information.\n",
      code: 125,
    },
  ] satisfies Row[])('$name', ({ argv, image = 'busybox', privileges, user, stdin, stdout = '', stderr = '', code = 0 }: Row) => {
    const lab = new Lab();
    const { container } = lab.run({
      image,
      command: ['sleep', '1000'],
      mounts: [{ path: '/host', source: { type: 'host', path: '/' }, readOnly: false }],
      ...(privileges && { privileges }),
      ...(user !== undefined && { user }),
    });
    machineFiles(lab.world, 'node-1').write('/etc/hostname-of', 'machine\n');
    lab.evicts = true;
    const session = lab.exec(container, argv, stdin === undefined ? {} : { stdin });
    const ran = lab.sessions.get(session)!;
    // An interactive shell prompts on its standard error.
    expect({ ...ran, ...(stdin !== undefined && { stderr: '' }) }).toEqual({ stdout, stderr, code });
  });
});
