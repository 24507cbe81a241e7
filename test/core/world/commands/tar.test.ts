// tar, against the real one: what either makes, the other unpacks.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runIn } from '../lab.ts';

const LONG = `${'d'.repeat(60)}/${'f'.repeat(90)}.txt`;
const BINARY = String.fromCharCode(...Array.from({ length: 1500 }, (_, i) => i % 256));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tar-'));
  mkdirSync(join(folder, 'in/sub'), { recursive: true });
  mkdirSync(join(folder, 'in', 'd'.repeat(60)));
  writeFileSync(join(folder, 'in/a.txt'), 'hello\n');
  writeFileSync(join(folder, 'in/run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(folder, 'in/sub/b.bin'), BINARY, 'latin1');
  writeFileSync(join(folder, 'in/empty'), '');
  writeFileSync(join(folder, 'in', LONG), 'long\n');
  symlinkSync('a.txt', join(folder, 'in/link'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const real = (args: string[], input = ''): string =>
  execFileSync('tar', args, { cwd: folder, input: Buffer.from(input, 'latin1'), encoding: 'latin1' });

describe('an archive of the real tar', () => {
  test.each([{ format: 'gnu' }, { format: 'ustar' }, { format: 'pax' }])('is unpacked: $format', async ({ format }) => {
    const archive = real(['cf', '-', `--format=${format}`, 'in']);
    const script = 'tar xf - && cd in && cat a.txt link empty && ls -l run.sh && cat sub/b.bin && cat d*/f*';
    const { stdout, stderr, code } = await runIn('busybox', ['sh', '-c', script], { stdin: archive });
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toMatch(/^hello\nhello\n-rwxr-xr-x /);
    expect(stdout.endsWith(`${BINARY}long\n`)).toBe(true);
  });

  test.each([
    { name: 'into a folder, as kubectl cp does', script: 'tar -xmf - -C /tmp; ls /tmp/in', want: 'a.txt\n' },
    { name: 'one member', script: 'tar xf - in/a.txt; ls in', want: /^a\.txt\n$/ },
    { name: 'without the first folder', script: 'tar xf - --strip-components=1 -C /tmp; cat /tmp/a.txt', want: /^hello\n$/ },
    { name: 'to standard output', script: 'tar xOf - in/a.txt', want: /^hello\n$/ },
    { name: 'listed', script: 'tar tf -', want: `in/${LONG}\n` },
    {
      name: 'over what is there',
      script: 'cat > all.tar; tar xf all.tar; echo old > in/a.txt; tar xf all.tar; cat in/a.txt',
      want: /^hello\n$/,
    },
  ])('$name', async ({ script, want }) => {
    const { stdout, code } = await runIn('busybox', ['sh', '-c', script], { stdin: real(['cf', '-', 'in']) });
    expect(code).toBe(0);
    if (typeof want === 'string') expect(stdout).toContain(want);
    else expect(stdout).toMatch(want);
  });

  test('that comes in pieces, in a world that is lost after every event', async () => {
    const archive = real(['cf', '-', 'in']);
    const { stdout, code } = await runIn('busybox', ['sh', '-c', 'tar xf - && cat in/a.txt'], { stdin: archive, evicts: true });
    expect({ stdout, code }).toEqual({ stdout: 'hello\n', code: 0 });
  });
});

test('what is made here, the real tar unpacks', async () => {
  const script = 'tar xf - && tar cf - in';
  const { stdout, stderr, code } = await runIn('busybox', ['sh', '-c', script], { stdin: real(['cf', '-', 'in']) });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  const out = join(folder, 'out');
  mkdirSync(out);
  real(['xf', '-', '-C', 'out'], stdout);
  expect(execFileSync('diff', ['-r', 'in', 'out/in'], { cwd: folder, encoding: 'utf8' })).toBe('');
  expect(statSync(join(out, 'in/run.sh')).mode & 0o777).toBe(0o755);
  expect(statSync(join(out, 'in/a.txt')).mtimeMs).toBe(Math.floor(statSync(join(folder, 'in/a.txt')).mtimeMs / 1000) * 1000);
  expect(readlinkSync(join(out, 'in/link'))).toBe('a.txt');
});

describe('what it says', () => {
  test.each([
    { image: 'busybox', argv: ['tar', 'cf', '-', '/etc/passwd'], code: 0, stderr: "tar: removing leading '/' from member names\n" },
    { image: 'nginx', argv: ['tar', 'cf', '-', '/etc/passwd'], code: 0, stderr: "tar: Removing leading `/' from member names\n" },
    {
      image: 'nginx',
      argv: ['tar', 'cf', '-', 'nope'],
      code: 2,
      stderr: 'tar: nope: Cannot stat: No such file or directory\ntar: Exiting with failure status due to previous errors\n',
    },
    { image: 'nginx', argv: ['tar', 'cf', '-'], code: 2, stderr: 'tar: Cowardly refusing to create an empty archive\n' },
    {
      image: 'nginx',
      argv: ['tar', 'xf', 'nope.tar'],
      code: 2,
      stderr: 'tar: nope.tar: Cannot open: No such file or directory\ntar: Error is not recoverable: exiting now\n',
    },
    {
      image: 'nginx',
      argv: ['tar', 'xf', '-', '-C', '/nope'],
      code: 2,
      stderr: 'tar: /nope: Cannot open: No such file or directory\ntar: Error is not recoverable: exiting now\n',
    },
  ])('$image: $argv', async ({ image, argv, code, stderr }) => {
    expect(await runIn(image, argv)).toMatchObject({ code, stderr });
  });

  test('an archive that is cut off, and what is none', async () => {
    const cut = await runIn('nginx', ['tar', 'xf', '-'], { stdin: real(['cf', '-', 'in/sub/b.bin']).slice(0, 1000) });
    expect(cut).toMatchObject({ code: 2, stderr: 'tar: Unexpected EOF in archive\ntar: Error is not recoverable: exiting now\n' });
    const none = await runIn('nginx', ['tar', 'xf', '-'], { stdin: 'x'.repeat(1024) });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/^tar: This does not look like a tar archive\n/) });
  });
});
