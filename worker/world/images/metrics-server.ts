// The image of metrics-server.

import { baseFiles } from '../files/base.ts';
import { lazily } from './image.ts';
import type { Image, ImageFamily } from './image.ts';

const image: Image = {
  entrypoint: ['/metrics-server'],
  env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  user: '65534',
  size: 22_543_109,
  files: lazily(() => baseFiles({ '/metrics-server': { program: 'metrics-server', size: 66_000_000 } }, { bare: true })),
};

export const metricsServerImage: ImageFamily = {
  repositories: ['registry.k8s.io/metrics-server/metrics-server', 'k8s.gcr.io/metrics-server/metrics-server'],
  find: (tag) => (/^v0\.[3-9]\.\d+$/.test(tag) ? image : undefined),
};
