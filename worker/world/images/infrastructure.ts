// Images that every cluster has: the pause container of sandboxes.

import { baseFiles } from '../files/base.ts';
import { lazily } from './image.ts';
import type { Image, ImageFamily } from './image.ts';

const pause: Image = {
  entrypoint: ['/pause'],
  env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  user: '65535:65535',
  size: 319_950,
  files: lazily(() => baseFiles({ '/pause': { program: 'pause', size: 765_000 } }, { bare: true })),
};

export const PAUSE_IMAGE = 'registry.k8s.io/pause:3.10.1';

export const infrastructure: ImageFamily = {
  repositories: ['registry.k8s.io/pause', 'k8s.gcr.io/pause', 'gcr.io/google_containers/pause'],
  find: (tag) => (/^(latest|\d\.\d+(\.\d+)?)$/.test(tag) ? pause : undefined),
};
