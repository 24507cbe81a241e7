// The nginx image, Debian's and Alpine's.

import { baseFiles } from '../files/base.ts';
import type { FileSpec } from '../files/base.ts';
import { NGINX_VERSION } from '../programs/nginx/index.ts';
import { packagedFiles } from '../programs/nginx/packaged.ts';
import { ENTRYPOINT } from '../process/entrypoint.ts';
import { alpineBase, debianBase } from './bases.ts';
import { lazily } from './image.ts';
import type { Image, ImageFamily } from './image.ts';

export const WELCOME = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
`;

const ERROR_PAGE = `<!DOCTYPE html>
<html>
<head>
<title>Error</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>An error occurred.</h1>
<p>Sorry, the page you are looking for is currently unavailable.<br/>
Please try again later.</p>
<p>If you are the system administrator of this resource then you should check
the error log for details.</p>
<p><em>Faithfully yours, nginx.</em></p>
</body>
</html>
`;

const files = (): Record<string, FileSpec> => ({
  '/docker-entrypoint.sh': { program: ENTRYPOINT, size: 1620 },
  '/docker-entrypoint.d/10-listen-on-ipv6-by-default.sh': { mode: 0o755, content: '#!/bin/sh\n' },
  '/docker-entrypoint.d/15-local-resolvers.envsh': { mode: 0o755, content: '#!/bin/sh\n' },
  '/docker-entrypoint.d/20-envsubst-on-templates.sh': { mode: 0o755, content: '#!/bin/sh\n' },
  '/docker-entrypoint.d/30-tune-worker-processes.sh': { mode: 0o755, content: '#!/bin/sh\n' },
  '/usr/sbin/nginx': { program: 'nginx', size: 1_639_520 },
  ...packagedFiles,
  '/usr/share/nginx/html/index.html': WELCOME,
  '/usr/share/nginx/html/50x.html': ERROR_PAGE,
  '/var/log/nginx/access.log': { type: 'link', content: '/dev/stdout' },
  '/var/log/nginx/error.log': { type: 'link', content: '/dev/stderr' },
  '/var/cache/nginx': { type: 'dir' },
});

const USER = { passwd: 'nginx:x:101:101:nginx user:/nonexistent:/bin/false\n', group: 'nginx:x:101:\n' };

const common = {
  entrypoint: ['/docker-entrypoint.sh'],
  cmd: ['nginx', '-g', 'daemon off;'],
  exposedPorts: [80],
  stopSignal: 'SIGQUIT',
};

const variables = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  NGINX_VERSION,
  NJS_VERSION: '0.9.6',
  NJS_RELEASE: '1~trixie',
  PKG_RELEASE: '1~trixie',
  DYNPKG_RELEASE: '1~trixie',
};

const debian: Image = {
  ...common,
  env: variables,
  size: 62_870_438,
  files: lazily(() => baseFiles({ ...debianBase(USER, ['curl', 'envsubst', 'openssl']), ...files() })),
};
const alpine: Image = {
  ...common,
  env: variables,
  size: 21_720_000,
  files: lazily(() => baseFiles({ ...alpineBase(USER, ['curl', 'envsubst']), ...files() })),
};

export const nginx: ImageFamily = {
  repositories: [
    'docker.io/library/nginx',
    'docker.io/nginxinc/nginx-unprivileged',
    'registry.k8s.io/nginx',
    'registry.k8s.io/e2e-test-images/nginx',
    'public.ecr.aws/nginx/nginx',
    'registry.k8s.io/nginx-slim',
    'gcr.io/google_containers/nginx-slim',
  ],
  find: (tag, { repository }) => {
    if (repository.startsWith('e2e-test-images/')) return /^1\.\d+(-\d+)?(-alpine)?$/.test(tag) ? debian : undefined;
    if (repository.endsWith('nginx-slim')) return /^(0\.\d+|latest)$/.test(tag) ? debian : undefined;
    if (
      !/^(latest|stable|mainline|(1(\.([0-9]|[12]\d|3[01]))?(\.\d{1,2})?))(-(alpine|alpine\d\.\d+|perl|bookworm|trixie|bullseye|slim|otel))*$|^alpine(-slim|-perl)?$/.test(
        tag,
      )
    )
      return undefined;
    return tag.includes('alpine') ? alpine : debian;
  },
};
