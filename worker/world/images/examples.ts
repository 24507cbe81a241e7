// Images that examples and courses use: distributions, tools, small servers, redis, httpd, languages. A row each: where it is, what it is built on, what it starts.

import { baseFiles } from '../files/base.ts';
import type { FileSpec } from '../files/base.ts';
import { ENTRYPOINT } from '../process/entrypoint.ts';
import { alpineBase, debianBase } from './bases.ts';
import type { Accounts } from './bases.ts';
import { lazily } from './image.ts';
import type { Image, ImageFamily } from './image.ts';

/** Of agnhost: for 127.0.0.1, ::1 and example.com, until 2084. Differs: its key, `/localhost.key`, is not there. */
const LOCALHOST_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIB0TCCAXigAwIBAgIURA+0MnDyvflz0YQliLCMnXhQX3IwCgYIKoZIzj0EAwIw
EjEQMA4GA1UECgwHQWNtZSBDbzAgFw0yNjExMjgxMzI1MDlaGA8yMDg0MDUyNzEz
MjUwOVowEjEQMA4GA1UECgwHQWNtZSBDbzBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABG4EjIj/F4eQvpiA10ZqHwj1NxTzq99Iho82Lpjr5lFSh+ddUGPrenheiHjP
sAdKJzFHMmObjSBdsl1BSd4R0YijgakwgaYwHQYDVR0OBBYEFOVmU3DCuXfZIwAK
Y75B4sPTe8RjMB8GA1UdIwQYMBaAFOVmU3DCuXfZIwAKY75B4sPTe8RjMA8GA1Ud
EwEB/wQFMAMBAf8wLgYDVR0RBCcwJYcEfwAAAYcQAAAAAAAAAAAAAAAAAAAAAYIL
ZXhhbXBsZS5jb20wDgYDVR0PAQH/BAQDAgKEMBMGA1UdJQQMMAoGCCsGAQUFBwMB
MAoGCCqGSM49BAMCA0cAMEQCIHm+2iICI36oOruHu4NaCOSp6YtRF+xw0rCR68rf
lS/SAiBFkJda1XSSN8vNXs4/B9iJDo3XYKDW6fnPI2YnrYD5Cg==
-----END CERTIFICATE-----
`;

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const MB = 1_000_000;
const VERSION = /^(latest|stable|lts|edge|mainline|slim|[\w.-]*\d[\w.-]*|alpine[\w.-]*|[a-z]+(-slim)?)$/;

interface Row extends Pick<Image, 'entrypoint' | 'cmd' | 'workdir' | 'user' | 'stopSignal' | 'exposedPorts'> {
  readonly at: readonly string[];
  readonly on: 'alpine' | 'debian' | 'scratch' | 'tag';
  readonly size: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, FileSpec>>;
  readonly accounts?: Accounts;
  /** Tools beyond those of its base. */
  readonly tools?: readonly string[];
  readonly tags?: RegExp;
  /** Environment that the tag decides. */
  readonly tagged?: (tag: string) => Readonly<Record<string, string>>;
}

const hub = (name: string): string => `docker.io/library/${name}`;
const program = (name: string, size = 8 * MB): FileSpec => ({ program: name, size });
const HTDOCS = '<html><body><h1>It works!</h1></body></html>\n';

const ROWS: readonly Row[] = [
  { at: [hub('alpine')], on: 'alpine', size: 3.8 * MB, cmd: ['/bin/sh'] },
  { at: [hub('debian')], on: 'debian', size: 49 * MB, cmd: ['bash'] },
  // Of this one are the pods that empty a volume.
  { at: ['registry.k8s.io/build-image/debian-base'], on: 'debian', size: 32 * MB, cmd: ['/bin/sh'] },
  {
    at: [hub('ubuntu')],
    on: 'debian',
    size: 29 * MB,
    cmd: ['/bin/bash'],
    tools: ['ps', 'free', 'top', 'kill', 'pgrep', 'pkill', 'uptime', 'watch'],
    files: {
      '/etc/os-release':
        'PRETTY_NAME="Ubuntu 24.04.4 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nVERSION="24.04.4 LTS (Noble Numbat)"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\nHOME_URL="https://www.ubuntu.com/"\n',
    },
  },
  {
    at: ['docker.io/polinux/stress'],
    on: 'alpine',
    size: 4 * MB,
    cmd: ['stress', '--verbose'],
    files: { '/usr/local/bin/stress': program('stress') },
  },
  {
    at: ['docker.io/vish/stress'],
    on: 'scratch',
    size: 3 * MB,
    entrypoint: ['/stress', '-logtostderr'],
    files: { '/stress': program('vish-stress') },
  },
  { at: [hub('bash')], on: 'alpine', size: 5 * MB, entrypoint: ['bash'], tools: ['bash'] },
  {
    at: [hub('fedora'), hub('rockylinux'), hub('centos'), 'quay.io/centos/centos', hub('amazonlinux')],
    on: 'debian',
    size: 60 * MB,
    cmd: ['/bin/bash'],
    tools: ['curl', 'ps'],
  },
  {
    at: ['docker.io/curlimages/curl'],
    on: 'alpine',
    size: 9 * MB,
    entrypoint: ['/entrypoint.sh'],
    cmd: ['curl'],
    user: 'curl_user',
    workdir: '/home/curl_user',
    accounts: { passwd: 'curl_user:x:100:101:Linux User,,,:/home/curl_user:/sbin/nologin\n', group: 'curl_group:x:101:\n' },
    files: {
      '/entrypoint.sh': { program: ENTRYPOINT, content: '#!/bin/sh\nset -- curl "$@"\n' },
      '/home/curl_user': { type: 'dir', uid: 100, gid: 101 },
    },
    tools: ['curl'],
  },
  { at: ['docker.io/alpine/openssl'], on: 'alpine', size: 8 * MB, entrypoint: ['openssl'], tools: ['openssl'] },
  {
    at: ['docker.io/nicolaka/netshoot', 'ghcr.io/nicolaka/netshoot'],
    on: 'alpine',
    size: 200 * MB,
    cmd: ['zsh'],
    tools: [
      'bash',
      'zsh',
      'curl',
      'dig',
      'host',
      'ss',
      'tracepath',
      'jq',
      'vim',
      'telnet',
      'ping',
      'nslookup',
      'conntrack',
      'iptables',
      'iptables-save',
      'ipvsadm',
      'openssl',
    ],
  },
  {
    at: [
      'docker.io/infoblox/dnstools',
      'docker.io/tutum/dnsutils',
      'registry.k8s.io/e2e-test-images/jessie-dnsutils',
      'registry.k8s.io/e2e-test-images/agnhost-dns',
      'gcr.io/kubernetes-e2e-test-images/dnsutils',
    ],
    on: 'debian',
    size: 70 * MB,
    cmd: ['sleep', '3600'],
    tools: ['dig', 'host', 'nslookup', 'curl', 'ping'],
  },
  {
    at: ['docker.io/wbitt/network-multitool', 'docker.io/praqma/network-multitool'],
    on: 'alpine',
    size: 25 * MB,
    entrypoint: ['/bin/sh', '/docker/entrypoint.sh'],
    cmd: ['/usr/sbin/nginx', '-g', 'daemon off;'],
    tools: ['curl', 'dig', 'host', 'ss', 'jq', 'openssl'],
    files: {
      '/docker/entrypoint.sh': 'exec "$@"\n',
      '/usr/sbin/nginx': program('nginx'),
      '/etc/nginx/nginx.conf': 'events {}\nhttp { server { listen 80; root /usr/share/nginx/html; } }\n',
      '/usr/share/nginx/html/index.html': 'WBITT Network MultiTool (with NGINX)\n',
    },
  },
  {
    at: [hub('httpd'), 'registry.k8s.io/e2e-test-images/httpd'],
    on: 'tag',
    size: 58 * MB,
    cmd: ['httpd-foreground'],
    workdir: '/usr/local/apache2',
    stopSignal: 'SIGWINCH',
    exposedPorts: [80],
    env: {
      PATH: `/usr/local/apache2/bin:${PATH}`,
      HTTPD_PREFIX: '/usr/local/apache2',
      HTTPD_VERSION: '2.4.66',
      HTTPD_SHA256: '94d7ff2b42acbb828e870ba29e4cbad48e558a79c623ad3596e4116efcfea25a',
      HTTPD_PATCHES: '',
    },
    files: {
      '/usr/local/apache2/bin/httpd-foreground': program('httpd'),
      '/usr/local/apache2/bin/httpd': program('httpd'),
      '/usr/local/apache2/conf/httpd.conf': 'ServerRoot "/usr/local/apache2"\nListen 80\nDocumentRoot "/usr/local/apache2/htdocs"\n',
      '/usr/local/apache2/htdocs/index.html': HTDOCS,
      '/usr/local/apache2/logs': { type: 'dir' },
    },
  },
  {
    at: [
      hub('redis'),
      'docker.io/bitnami/redis',
      hub('valkey'),
      'docker.io/valkey/valkey',
      'registry.k8s.io/redis',
      'gcr.io/google_containers/redis',
    ],
    on: 'tag',
    size: 50 * MB,
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['redis-server'],
    workdir: '/data',
    exposedPorts: [6379],
    env: { PATH, REDIS_DOWNLOAD_URL: 'https://github.com/redis/redis/archive/refs/tags/8.4.0.tar.gz' },
    accounts: { passwd: 'redis:x:999:999::/home/redis:/bin/sh\n', group: 'redis:x:999:\n' },
    files: {
      '/usr/local/bin/docker-entrypoint.sh': { program: ENTRYPOINT, content: '#!/bin/sh\nset -- redis-server "$@"\n' },
      '/usr/local/bin/redis-server': program('redis-server'),
      '/usr/local/bin/redis-cli': program('redis-cli'),
      '/data': { type: 'dir', mode: 0o777 },
    },
  },
  {
    at: ['docker.io/hashicorp/http-echo'],
    on: 'scratch',
    size: 4.2 * MB,
    entrypoint: ['/http-echo'],
    exposedPorts: [5678],
    files: { '/http-echo': program('http-echo') },
  },
  {
    at: ['gcr.io/google-samples/hello-app', 'us-docker.pkg.dev/google-samples/containers/gke/hello-app'],
    on: 'alpine',
    size: 12 * MB,
    entrypoint: ['/hello-app'],
    exposedPorts: [8080],
    files: { '/hello-app': program('hello-app') },
    tagged: (tag) => ({ APP_VERSION: tag === '2.0' ? '2.0.0' : '1.0.0' }),
  },
  {
    at: ['gcr.io/google-samples/kubernetes-bootcamp', 'docker.io/jocatalin/kubernetes-bootcamp', 'docker.io/docker/kubernetes-bootcamp'],
    on: 'debian',
    size: 83 * MB,
    cmd: ['/bin/bootcamp'],
    exposedPorts: [8080],
    tools: ['curl', 'ps'],
    files: { '/bin/bootcamp': program('kubernetes-bootcamp') },
    tagged: (tag) => ({ NPM_CONFIG_LOGLEVEL: 'info', NODE_VERSION: '6.3.1', APP_VERSION: tag === 'v2' ? '2' : '1' }),
  },
  {
    at: ['docker.io/traefik/whoami', 'docker.io/containous/whoami'],
    on: 'scratch',
    size: 2.7 * MB,
    entrypoint: ['/whoami'],
    exposedPorts: [80],
    files: { '/whoami': program('whoami-app') },
  },
  {
    at: [
      'registry.k8s.io/echoserver',
      'k8s.gcr.io/echoserver',
      'gcr.io/google_containers/echoserver',
      'registry.k8s.io/e2e-test-images/echoserver',
      'docker.io/ealen/echo-server',
      'docker.io/kicbase/echo-server',
      'docker.io/jmalloc/echo-server',
      'gcr.io/kubernetes-e2e-test-images/echoserver',
    ],
    on: 'alpine',
    size: 50 * MB,
    cmd: ['/usr/local/bin/run.sh'],
    exposedPorts: [8080],
    tools: ['curl'],
    files: { '/usr/local/bin/run.sh': program('echoserver') },
  },
  {
    at: ['registry.k8s.io/hpa-example', 'k8s.gcr.io/hpa-example', 'gcr.io/google_containers/hpa-example'],
    on: 'debian',
    size: 180 * MB,
    cmd: ['apache2-foreground'],
    exposedPorts: [80],
    workdir: '/var/www/html',
    tools: ['curl'],
    files: {
      '/usr/local/bin/apache2-foreground': program('hpa-example'),
      '/var/www/html/index.php':
        '<?php\n  $x = 0.0001;\n  for ($i = 0; $i <= 1000000; $i++) {\n    $x += sqrt($x);\n  }\n  echo "OK!";\n?>\n',
    },
  },
  {
    at: ['registry.k8s.io/e2e-test-images/agnhost', 'k8s.gcr.io/e2e-test-images/agnhost', 'gcr.io/kubernetes-e2e-test-images/agnhost'],
    on: 'alpine',
    size: 50 * MB,
    entrypoint: ['/agnhost'],
    cmd: ['pause'],
    exposedPorts: [80, 8080, 8081, 9376, 5000],
    tools: ['curl', 'dig', 'host', 'bash', 'ss'],
    accounts: {
      passwd: 'user-defined-in-image:x:1000:1000:Linux User,,,:/home/user-defined-in-image:/bin/sh\n',
      group: 'user-defined-in-image:x:1000:\ngroup-defined-in-image:x:50000:user-defined-in-image\n',
    },
    files: {
      '/agnhost': program('agnhost'),
      '/agnhost-2': { type: 'link', content: 'agnhost' },
      '/localhost.crt': LOCALHOST_CERTIFICATE,
      '/uploads': { type: 'dir' },
    },
  },
  ...['nautilus', 'kitten'].map(updateDemo),
  {
    at: ['registry.k8s.io/e2e-test-images/sample-apiserver', 'gcr.io/kubernetes-e2e-test-images/sample-apiserver'],
    on: 'alpine',
    size: 43 * MB,
    entrypoint: ['/sample-apiserver'],
    files: { '/sample-apiserver': program('sample-apiserver') },
  },
  {
    at: ['registry.k8s.io/e2e-test-images/resource-consumer', 'gcr.io/kubernetes-e2e-test-images/resource-consumer'],
    on: 'debian',
    size: 40 * MB,
    entrypoint: ['/consumer'],
    exposedPorts: [8080],
    files: { '/consumer': program('resource-consumer'), '/usr/bin/stress': program('stress') },
  },
  {
    at: ['registry.k8s.io/e2e-test-images/nonewprivs', 'gcr.io/kubernetes-e2e-test-images/nonewprivs'],
    on: 'alpine',
    size: 3 * MB,
    cmd: ['nnp'],
    files: { '/usr/local/bin/nnp': { program: 'nnp', mode: 0o6755, size: MB } },
  },
  {
    at: ['registry.k8s.io/e2e-test-images/nonroot', 'gcr.io/kubernetes-e2e-test-images/nonroot'],
    on: 'debian',
    size: 17 * MB,
    cmd: ['/bin/sh'],
    user: '1234',
  },
  {
    at: [hub('mysql'), 'docker.io/mysql/mysql-server'],
    on: 'debian',
    size: 260 * MB,
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['mysqld'],
    exposedPorts: [3306],
    env: { PATH, GOSU_VERSION: '1.19', MYSQL_MAJOR: 'innovation', MYSQL_VERSION: '9.6.0-1.el9' },
    files: databaseFiles('mysqld', ['mysql', 'mysqladmin'], '/var/lib/mysql'),
    tools: ['openssl'],
  },
  {
    at: [hub('mariadb')],
    on: 'debian',
    size: 110 * MB,
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['mariadbd'],
    exposedPorts: [3306],
    env: { PATH, MARIADB_VERSION: '1:12.2.2+maria~ubu2404' },
    files: databaseFiles('mariadbd', ['mariadb', 'mariadb-admin', 'mysql'], '/var/lib/mysql'),
  },
  {
    at: [hub('postgres')],
    on: 'tag',
    size: 160 * MB,
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['postgres'],
    stopSignal: 'SIGINT',
    exposedPorts: [5432],
    env: { PATH, LANG: 'en_US.utf8', PG_MAJOR: '18', PG_VERSION: '18.3-1.pgdg13+1', PGDATA: '/var/lib/postgresql/18/docker' },
    files: databaseFiles('postgres', ['pg_isready'], '/var/lib/postgresql/18/docker'),
  },
  {
    at: [hub('python')],
    on: 'tag',
    size: 45 * MB,
    cmd: ['python3'],
    env: { PATH, LANG: 'C.UTF-8', PYTHON_VERSION: '3.14.3' },
    files: languageFiles(['python', 'python3'], { '/usr/local/bin/python-http-server': program('python-http-server') }),
    tools: ['curl'],
  },
  {
    at: [hub('node')],
    on: 'tag',
    size: 150 * MB,
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['node'],
    env: { PATH, NODE_VERSION: '24.14.0', YARN_VERSION: '1.22.22' },
    files: languageFiles(['node', 'npm'], {
      '/usr/local/bin/docker-entrypoint.sh': { program: ENTRYPOINT, content: '#!/bin/sh\nset -- node "$@"\n' },
    }),
    tools: ['curl'],
  },
  {
    at: [hub('golang')],
    on: 'tag',
    size: 300 * MB,
    cmd: ['bash'],
    workdir: '/go',
    env: { PATH: `/go/bin:/usr/local/go/bin:${PATH}`, GOLANG_VERSION: '1.26.1', GOPATH: '/go' },
    files: { '/usr/local/go/bin/go': program('go'), '/go': { type: 'dir' } },
  },
  { at: [hub('openjdk'), hub('eclipse-temurin')], on: 'debian', size: 230 * MB, cmd: ['jshell'], files: languageFiles(['java'], {}) },
  { at: [hub('ruby')], on: 'tag', size: 300 * MB, cmd: ['irb'], files: languageFiles(['ruby'], {}) },
  {
    at: [hub('php')],
    on: 'tag',
    size: 170 * MB,
    entrypoint: ['docker-php-entrypoint'],
    cmd: ['php', '-a'],
    files: languageFiles(['php'], {
      '/usr/local/bin/docker-php-entrypoint': { program: ENTRYPOINT, content: '#!/bin/sh\nset -- php "$@"\n' },
    }),
  },
  {
    at: [hub('perl')],
    on: 'debian',
    size: 350 * MB,
    cmd: ['perl', '-de0'],
    workdir: '/usr/src/app',
    tools: ['curl'],
    files: { '/usr/local/bin/perl': program('perl') },
  },
];

function databaseFiles(server: string, clients: readonly string[], dir: string): Readonly<Record<string, FileSpec>> {
  return {
    ...languageFiles(clients, {
      '/usr/local/bin/docker-entrypoint.sh': { program: ENTRYPOINT, content: `#!/bin/bash\nset -- ${server} "$@"\n` },
    }),
    [`/usr/sbin/${server}`]: program(server, 60 * MB),
    [dir]: { type: 'dir', mode: 0o777 },
  };
}

function languageFiles(names: readonly string[], more: Readonly<Record<string, FileSpec>>): Readonly<Record<string, FileSpec>> {
  return { ...Object.fromEntries(names.map((name) => [`/usr/local/bin/${name}`, program(name)])), ...more };
}

function familyOf({ at, on, accounts, tools, files = {}, tags = VERSION, tagged, env, ...rest }: Row): ImageFamily {
  const made = new Map<string, Image>();
  const make = (base: 'alpine' | 'debian' | 'scratch', tag: string): Image => ({
    ...rest,
    env: { PATH, ...env, ...tagged?.(tag) },
    files: lazily(() =>
      baseFiles(
        { ...(base === 'alpine' ? alpineBase(accounts, tools) : base === 'debian' ? debianBase(accounts, tools) : {}), ...files },
        { bare: base === 'scratch' },
      ),
    ),
  });
  return {
    repositories: at,
    find: (tag) => {
      if (!tags.test(tag)) return undefined;
      const base = on === 'tag' ? (tag.includes('alpine') ? 'alpine' : 'debian') : on;
      const key = `${base}/${tagged ? tag : ''}`;
      let image = made.get(key);
      if (!image) made.set(key, (image = make(base, tag)));
      return image;
    },
  };
}

export const exampleFamilies: readonly ImageFamily[] = ROWS.map(familyOf);

/** One of the two pictures that a rolling update shows. The picture itself is not there. */
function updateDemo(name: string): Row {
  return {
    at: [`registry.k8s.io/e2e-test-images/${name}`, `gcr.io/kubernetes-e2e-test-images/${name}`],
    on: 'alpine',
    size: 50 * MB,
    entrypoint: ['/agnhost'],
    cmd: ['test-webserver'],
    exposedPorts: [80],
    files: { '/agnhost': program('agnhost'), '/data.json': `{\n  "image": "${name}.jpg"\n}\n`, [`/${name}.jpg`]: '' },
  };
}
