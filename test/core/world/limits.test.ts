// Whoever writes a program that takes all there is gets what a kernel gives: a full disk, a name too long, an end by want of memory. A test that hangs shows that somebody could
// hold up everybody else.

import { expect, test } from 'vitest';
import { Lab, runIn } from './lab.ts';

const KILLED = { stdout: '', stderr: '', code: 137 };

test.each(['x=a; while :; do x=$x$x; done', 'read x < /dev/zero', 'x=$(yes)', 'yes | sort', 'yes | tac', 'printf "%1000000000d" 1'])(
  '%s is killed',
  async (given) => {
    expect(await runIn('nginx:1.27', ['bash', '-c', given], { for: 20_000 })).toEqual(KILLED);
  },
);

test('its container has run out of memory', () => {
  const lab = new Lab();
  const { container } = lab.run({ image: 'busybox', command: ['sh', '-c', 'x=a; while :; do x=$x$x; done'] });
  lab.advance(1000);
  expect(lab.find(container).container).toMatchObject({ state: 'exited', exitCode: 137, reason: 'OOMKilled' });
});

test.each([
  ['cat /dev/zero', 'a device that never ends'],
  ['while :; do :; done', 'a loop'],
  ['a=(); while :; do a+=(x); done', 'an array that grows'],
  ['set -- $(seq 5000); while :; do set -- "$@"; done', 'arguments without end'],
  ['i=0; while :; do a[$i]=x; i=$((i+1)); done', 'an array that is filled'],
])('%s goes on', async (given) => {
  expect((await runIn('nginx:1.27', ['bash', '-c', `${given} > /dev/null`], { for: 2000 })).code).toBeUndefined();
});

test.each([
  ['head -c 3 /dev/zero | wc -c', '3\n'],
  ['dd if=/dev/urandom of=/tmp/r bs=1M count=5 status=none; wc -c < /tmp/r', '5242880\n'],
  ['seq 1000000 | tail -n 1', '1000000\n'],
  ['seq 1000000000 | head -n 2', '1\n2\n'],
  ['seq 5 1; seq -w 9 10; seq -s , 3; seq 0.5 0.5 1.5; seq 3 -1 1', '09\n10\n1,2,3\n0.5\n1.0\n1.5\n3\n2\n1\n'],
  ['yes > /tmp/f', '', 'yes: No space left on device\n'],
  [`touch /tmp/${'a'.repeat(256)}`, '', `touch: cannot touch '/tmp/${'a'.repeat(256)}': File name too long\n`],
  ['head -c x /dev/null', '', "head: invalid number of bytes: 'x'\n"],
  ['f() { f; }; f', '', 'bash: line 1: maximum function nesting level exceeded\n'],
  ['mkdir -p /tmp/x/y /etc/passwd/z; ls /tmp/x', 'y\n', "mkdir: cannot create directory '/etc/passwd/z': Not a directory\n"],
  ['a=(x y); a+=(z); a[9]=n; a+=(o); echo "${!a[@]}"', '0 1 2 9 10\n'],
])('%s', async (given, stdout, stderr = '') => {
  expect(await runIn('nginx:1.27', ['bash', '-c', given], { for: 5000 })).toMatchObject({ stdout, stderr });
});
