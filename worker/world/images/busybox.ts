// The busybox image.

import { baseFiles } from '../files/base.ts';
import { lazily } from './image.ts';
import type { Image, ImageFamily } from './image.ts';
import { busyboxTools } from './tools.ts';

const image: Image = {
  cmd: ['sh'],
  env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  size: 2_160_000,
  files: lazily(() => baseFiles(busyboxTools())),
};

export const busybox: ImageFamily = {
  repositories: [
    'docker.io/library/busybox',
    'registry.k8s.io/busybox',
    'registry.k8s.io/e2e-test-images/busybox',
    'gcr.io/google_containers/busybox',
    'quay.io/quay/busybox',
  ],
  find: (tag) =>
    /^(latest|stable|unstable|musl|glibc|uclibc|stable-(musl|glibc|uclibc)|1(\.\d{1,2}(\.\d{1,2})?)?(-(musl|glibc|uclibc|\d+))*)$/.test(tag)
      ? image
      : undefined,
};
