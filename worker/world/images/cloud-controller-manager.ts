// The image of the manager of the pretended cloud.

import { baseFiles } from '../files/base.ts';
import { lazily } from './image.ts';
import type { Image, ImageFamily } from './image.ts';

const image: Image = {
  entrypoint: ['/cloud-controller-manager'],
  env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  size: 21_700_000,
  files: lazily(() =>
    baseFiles({ '/cloud-controller-manager': { program: 'cloud-controller-manager', size: 54_000_000 } }, { bare: true }),
  ),
};

export const cloudControllerManagerImage: ImageFamily = {
  repositories: ['docker.io/kubarium/cloud-controller-manager'],
  find: (tag) => (/^v\d+\.\d+\.\d+$/.test(tag) ? image : undefined),
};
