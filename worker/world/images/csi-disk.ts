// The image of the driver of network disks.

import { baseFiles } from '../files/base.ts';
import { lazily } from './image.ts';
import type { Image, ImageFamily } from './image.ts';

const image: Image = {
  entrypoint: ['/csi-disk'],
  env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  size: 19_200_000,
  files: lazily(() => baseFiles({ '/csi-disk': { program: 'csi-disk', size: 41_000_000 } }, { bare: true })),
};

export const csiDiskImage: ImageFamily = {
  repositories: ['docker.io/kubarium/csi-disk'],
  find: (tag) => (/^v\d+\.\d+\.\d+$/.test(tag) ? image : undefined),
};
