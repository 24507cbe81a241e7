// What was worked out from an image's files holds for another container of the image, and not for one that sees something else.

import { describe, expect, test } from 'vitest';
import { containerFiles, volumeTree } from '../../../worker/world/files/container-files.ts';
import type { FileSystem } from '../../../worker/world/files/file-system.ts';
import type { Container } from '../../../worker/world/runtime/sandbox.ts';
import { Lab } from './lab.ts';

const filesOf = (lab: Lab, container: string): FileSystem => {
  const found = lab.find(container);
  return containerFiles(lab.world, found.sandbox, found.container);
};

const volume = (path: string, id = 'v'): Container['mounts'] => [{ path, source: { type: 'volume', id }, readOnly: false }];

describe('the image whose files a container sees', () => {
  test('is the same for two of its containers, until something is written in one', () => {
    const lab = new Lab();
    const [a, b] = ['a', 'b'].map((name) => lab.run({ name, image: 'nginx' }).container) as [string, string];
    const { image } = filesOf(lab, a);
    expect(image).toBeDefined();
    expect(filesOf(lab, b).image).toBe(image);
    lab.exec(a, ['sh', '-c', 'echo 1 > /tmp/a']);
    expect(filesOf(lab, a).image).toBeUndefined();
    expect(filesOf(lab, b).image).toBe(image);
    lab.evict();
    expect(filesOf(lab, a).image).toBeUndefined();
  });

  test.each([
    {
      what: 'what every container has',
      mounts: [...volume('/etc/hosts'), ...volume('/var/run/secrets/kubernetes.io/serviceaccount')!],
      is: true,
    },
    { what: 'a configuration', mounts: volume('/etc/nginx/conf.d'), is: false },
    { what: 'a directory of programs', mounts: volume('/usr/local/sbin'), is: false },
    { what: 'data', mounts: volume('/data'), is: false },
  ])('with $what mounted: $is', ({ mounts, is }) => {
    const lab = new Lab();
    const { container } = lab.run({ image: 'nginx', mounts });
    expect(filesOf(lab, container).image !== undefined).toBe(is);
  });
});

test('a program that is mounted before the image’s is the one that runs', () => {
  const lab = new Lab();
  const main = (name: string, mounts?: Container['mounts']): string =>
    lab.find(lab.run({ name, image: 'nginx', command: ['nginx'], ...(mounts && { mounts }) }).container).container.main;
  expect(main('a')).toBe('nginx');
  volumeTree(lab.world, 'bin').put('/nginx', { type: 'file', mode: 0o755, uid: 0, gid: 0, mtime: 0, program: 'pause', content: '' });
  expect(main('b', volume('/usr/local/sbin', 'bin'))).toBe('pause');
  expect(main('c')).toBe('nginx');
});
