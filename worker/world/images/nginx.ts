// The nginx image, Debian's and Alpine's.

import { baseFiles } from '../files/base.ts';
import { lazily } from './image.ts';
import type { Image, ImageFamily } from './image.ts';

const image: Image = {
  entrypoint: ['/docker-entrypoint.sh'],
  cmd: ['nginx', '-g', 'daemon off;'],
  env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', NGINX_VERSION: '1.29.6' },
  exposedPorts: [80],
  stopSignal: 'SIGQUIT',
  size: 62_870_438,
  files: lazily(() => baseFiles({ '/docker-entrypoint.sh': { program: 'idle', size: 1620 } })),
};

export const nginx: ImageFamily = {
  repositories: ['docker.io/library/nginx'],
  find: (tag) =>
    /^(latest|stable|mainline|(1(\.([0-9]|[12]\d|3[01]))?(\.\d{1,2})?))(-(alpine|perl|bookworm|trixie|slim))*$|^alpine$/.test(tag)
      ? image
      : undefined,
};
