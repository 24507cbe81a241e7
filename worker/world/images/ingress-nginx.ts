// The image of the controller of ingress-nginx.

import { baseFiles } from '../files/base.ts';
import { INGRESS_CONTROLLER } from '../programs/nginx/ingress-controller.ts';
import { alpineBase } from './bases.ts';
import { lazily } from './image.ts';
import type { Image, ImageFamily } from './image.ts';
import { TYPES } from '../programs/nginx/packaged.ts';

/** Until the first Ingress is heard of. */
const CONF = `events {
}

http {
	server_tokens off;
	server {
		server_name _ ;
		listen 80 default_server;
		listen 443 default_server ssl;
		location / {
			return 404;
		}
	}
}
`;

const USER = { passwd: 'www-data:x:101:82:www-data:/var/www:/sbin/nologin\n', group: 'www-data:x:82:\n' };

const imageOf = (tag: string): Image => ({
  entrypoint: ['/usr/bin/dumb-init', '--'],
  cmd: ['/nginx-ingress-controller'],
  env: {
    PATH: '/usr/local/luajit/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/nginx/sbin:/usr/local/nginx/bin',
    CONTROLLER_VERSION: tag,
  },
  user: '101',
  exposedPorts: [80, 443],
  size: 104_800_000,
  files: lazily(() =>
    baseFiles({
      ...alpineBase(USER, ['curl']),
      '/usr/bin/dumb-init': { program: INGRESS_CONTROLLER, size: 47_000 },
      '/nginx-ingress-controller': { program: INGRESS_CONTROLLER, size: 56_000_000 },
      '/etc/nginx/nginx.conf': { content: CONF, uid: 101, gid: 82 },
      '/etc/ingress-controller/ssl': { type: 'dir', uid: 101, gid: 82 },
      '/etc/ingress-controller/auth': { type: 'dir', uid: 101, gid: 82 },
      '/etc/nginx/lua/cfg.json': { content: '{}', uid: 101, gid: 82 },
      '/etc/nginx/mime.types': TYPES,
      '/wait-shutdown': { content: '#!/bin/sh\nkill -TERM 1\n', mode: 0o755 },
    }),
  ),
});

const images = new Map<string, Image>();

export const ingressNginxImage: ImageFamily = {
  repositories: ['registry.k8s.io/ingress-nginx/controller', 'k8s.gcr.io/ingress-nginx/controller'],
  find: (tag) => {
    if (!/^v1\.\d+\.\d+$/.test(tag)) return undefined;
    let image = images.get(tag);
    if (!image) images.set(tag, (image = imageOf(tag)));
    return image;
  },
};
