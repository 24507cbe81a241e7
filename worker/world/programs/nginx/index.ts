// nginx: serves files, redirects, and passes requests on, as its configuration says. What it is not: FastCGI, compression, caching.

import { flat } from '../../../lib/text.ts';
import { FileError } from '../../files/error.ts';
import type { FileSystem } from '../../files/file-system.ts';
import type { Layer } from '../../files/inode.ts';
import { httpListener } from '../../network/http-server.ts';
import type { HttpOptions } from '../../network/http-server.ts';
import { resolveHost } from '../../network/resolve.ts';
import { ended } from '../../process/program.ts';
import type { Ended, Listener, Service, ServiceContext } from '../../process/program.ts';
import { matches } from '../../shell/pattern.ts';
import { answerRequest } from './answer.ts';
import { certificateFor } from './choose.ts';
import { errorPage } from './pages.ts';
import { ConfigProblem } from './config.ts';
import type { Sources } from './config.ts';
import { hostNotFound, packagedSite, readConfiguration } from './configuration.ts';
import { DEFAULT_CONF, MAIN } from './packaged.ts';
import type { Server, Site } from './site.ts';
import { countConnection, countRequest } from './status.ts';

export const NGINX_VERSION = '1.29.6';
const MI = 2 ** 20;

interface Keep {
  /** Left out: that of the files that it comes with. */
  readonly site?: Site;
  /** Whether it came in through the image's entrypoint, which has its own lines. */
  readonly entrypoint: boolean;
  readonly ipv6: string;
}

export const nginx: Service<Keep> = {
  name: 'nginx',
  isService: true,
  start(context) {
    const args = context.argv.slice(context.argv.findIndex((one) => /(^|\/)nginx(-debug)?$/.test(one)) + 1);
    if (args[0] === '-v' || args[0] === '-V') {
      context.log('stderr', `nginx version: nginx/${NGINX_VERSION}\n`);
      return ended(0);
    }
    const path = args[args.indexOf('-c') + 1] && args.includes('-c') ? args[args.indexOf('-c') + 1]! : MAIN;
    const site = load(context, path);
    if ('ended' in site) return site;
    if (args.includes('-t')) {
      context.log('stderr', `nginx: the configuration file ${path} syntax is ok\nnginx: configuration file ${path} test is successful\n`);
      return ended(0);
    }
    if (args.includes('-s')) return control(context, args[args.indexOf('-s') + 1] ?? '');
    const taken = site.servers
      .flatMap(({ ports }) => ports)
      .find(({ port }) => port < 1024 && context.user.uid !== 0 && !context.caller.sandbox);
    if (taken) {
      context.log(
        'stderr',
        `${stamp(context)} [emerg] 1#1: bind() to 0.0.0.0:${taken.port} failed (13: Permission denied)\nnginx: [emerg] bind() to 0.0.0.0:${taken.port} failed (13: Permission denied)\n`,
      );
      return ended(1);
    }
    const entrypoint = context.argv[0] === '/docker-entrypoint.sh';
    return { ...kept(site), entrypoint, ipv6: entrypoint ? listenLine(context.files) : '' };
  },
  startLines({ site = packagedSite(), entrypoint, ipv6 }, context) {
    const lines = [...(entrypoint ? entrypointLines(ipv6) : []), ...noticeLines(site, context)];
    return lines.map((text) => ({ after: 0, stream: text.startsWith('20') ? ('stderr' as const) : ('stdout' as const), text }));
  },
  listeners: ({ site = packagedSite() }) =>
    [...new Map(site.servers.flatMap(({ ports }) => ports.map((one) => [one.port, one] as const))).values()].map((at) =>
      listener(site, at),
    ),
  signal(keep, signal, context) {
    switch (signal) {
      case 'QUIT':
        log(context, 'notice', 'signal 3 (SIGQUIT) received, shutting down');
        return ended(0, 30);
      case 'TERM':
      case 'INT':
        log(context, 'notice', `signal ${signal === 'TERM' ? '15 (SIGTERM)' : '2 (SIGINT)'} received, exiting`);
        return ended(0, 15);
      case 'HUP': {
        log(context, 'notice', 'signal 1 (SIGHUP) received, reconfiguring');
        const site = load(context, MAIN);
        return 'ended' in site ? keep : { entrypoint: keep.entrypoint, ipv6: keep.ipv6, ...kept(site) };
      }
      default:
        return 'ignored';
    }
  },
  processes: ({ site = packagedSite() }) => [
    { title: 'nginx: master process nginx -g daemon off;' },
    ...Array.from({ length: Math.min(site.workers, 8) }, () => ({ title: 'nginx: worker process', user: 'nginx' })),
  ],
  usage: () => ({ cpu: 0, memory: 8 * MI }),
};

const kept = (site: Site): Pick<Keep, 'site'> => (site === packagedSite() ? {} : { site });

function listener(site: Site, { port, address, isTls }: Server['ports'][number]): Listener {
  const log: HttpOptions['log'] = (request, status, bytes, context) => {
    if (site.isCounted) countRequest(context);
    logAccess(request, status, bytes, context);
  };
  const answering: Listener = {
    ...httpListener(
      port,
      (request, context) => answerRequest(site, port, request, context),
      { server: site.tellsVersion ? `nginx/${NGINX_VERSION}` : 'nginx', log, bad: () => errorPage(400, site) },
      address,
    ),
    ...(isTls && { isTls, certificate: (name: string, context: ServiceContext) => certificateFor(site, port, name, context) }),
  };
  if (!site.isCounted) return answering;
  return {
    ...answering,
    serve: (connection, context) => {
      countConnection(connection, context);
      answering.serve(connection, context);
    },
  };
}

function logAccess(
  request: { client: string; start: string; headers: { get(name: string): string | undefined } },
  status: number,
  bytes: number,
  context: ServiceContext,
): void {
  const get = (name: string): string => request.headers.get(name) ?? '-';
  context.log(
    'stdout',
    `${request.client} - - [${accessTime(context.now())}] "${request.start}" ${status} ${bytes} "${get('referer')}" "${get('user-agent')}" "${get('x-forwarded-for')}"\n`,
  );
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `16/Mar/2026:00:00:00 +0000` */
export function accessTime(ms: number): string {
  const text = new Date(ms).toISOString();
  return `${text.slice(8, 10)}/${MONTHS[Number(text.slice(5, 7)) - 1]}/${text.slice(0, 4)}:${text.slice(11, 19)} +0000`;
}

/** The site of a configuration, or the end with what is wrong in it. */
export function load(context: ServiceContext, path: string): Site | Ended {
  try {
    const { site, hosts } = readConfiguration(path, sourcesOf(context.files), context.user.uid === 0 ? context.files.image : undefined);
    for (const host of hosts)
      if (!('addresses' in resolveHost(context.world, context.caller, context.files, host.name))) throw hostNotFound(host);
    return site;
  } catch (error) {
    if (!(error instanceof ConfigProblem)) throw error;
    const entrypoint = context.argv[0] === '/docker-entrypoint.sh';
    if (entrypoint) for (const line of entrypointLines(listenLine(context.files))) context.log('stdout', `${line}\n`);
    context.log('stderr', `${stamp(context)} [emerg] 1#1: ${error.message}\nnginx: [emerg] ${error.message}\n`);
    return ended(1, entrypoint ? 60 : 0);
  }
}

function sourcesOf(files: FileSystem): Sources {
  const read = (path: string): string | undefined => {
    try {
      return files.read(path);
    } catch (error) {
      if (error instanceof FileError) return undefined;
      throw error;
    }
  };
  return {
    read,
    glob: (pattern) => {
      const slash = pattern.lastIndexOf('/');
      const dir = pattern.slice(0, slash) || '/';
      const last = pattern.slice(slash + 1);
      return files.find(dir)?.type === 'dir'
        ? files
            .list(dir)
            .filter((name) => matches(last, name) && !name.startsWith('.'))
            .map((name) => `${dir}/${name}`)
        : [];
    },
  };
}

function control(context: ServiceContext, signal: string): Ended {
  const name = { stop: 'TERM', quit: 'QUIT', reload: 'HUP', reopen: 'USR1' }[signal];
  if (!name) {
    context.log('stderr', `nginx: invalid option: "-s ${signal}"\n`);
    return ended(1);
  }
  context.log('stderr', `${stamp(context)} [notice] 30#30: signal process started\n`);
  context.signalFirst?.(name as 'TERM');
  return ended(0);
}

const stamp = (context: ServiceContext): string =>
  new Date(context.now()).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');

function log(context: ServiceContext, level: string, text: string): void {
  context.log('stderr', `${stamp(context)} [${level}] 1#1: ${text}\n`);
}

/** What the entrypoint says of listening on IPv6. */
function listenLine(files: FileSystem): string {
  const { image } = files;
  const known = image && listenLines.get(image);
  if (known !== undefined) return known;
  const line = flat(`10-listen-on-ipv6-by-default.sh: info: ${listening(files)}`);
  if (image) listenLines.set(image, line);
  return line;
}

const listenLines = new WeakMap<Layer, string>();

function listening(files: FileSystem): string {
  const inode = files.find(DEFAULT_CONF);
  if (!inode) return `${DEFAULT_CONF} is not a file or does not exist`;
  if (files.mountAt(DEFAULT_CONF).readOnly) return `can not modify ${DEFAULT_CONF} (read-only file system?)`;
  return /listen\s+\[::\]:80/.test(inode.content ?? '') || !/listen\s+80;/.test(inode.content ?? '')
    ? `${DEFAULT_CONF} differs from the packaged version`
    : `Enabled listen on IPv6 in ${DEFAULT_CONF}`;
}

function entrypointLines(ipv6: string): string[] {
  const launching = (name: string): string => `/docker-entrypoint.sh: Launching /docker-entrypoint.d/${name}`;
  return [
    '/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration',
    '/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/',
    launching('10-listen-on-ipv6-by-default.sh'),
    ...(ipv6.includes('Enabled') ? [`10-listen-on-ipv6-by-default.sh: info: Getting the checksum of ${DEFAULT_CONF}`] : []),
    ipv6,
    '/docker-entrypoint.sh: Sourcing /docker-entrypoint.d/15-local-resolvers.envsh',
    launching('20-envsubst-on-templates.sh'),
    launching('30-tune-worker-processes.sh'),
    '/docker-entrypoint.sh: Configuration complete; ready for start up',
  ];
}

function noticeLines(site: Site, context: ServiceContext): string[] {
  const at = new Date(context.startedAt).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');
  const notice = (text: string): string => `${at} [notice] 1#1: ${text}`;
  const machine = context.world.machines.get(context.caller.machine);
  return [
    notice('using the "epoll" event method'),
    notice(`nginx/${NGINX_VERSION}`),
    notice('built by gcc 14.2.0 (Debian 14.2.0-19)'),
    notice(`OS: Linux ${machine?.kernel ?? ''}`),
    notice('getrlimit(RLIMIT_NOFILE): 1048576:1048576'),
    notice('start worker processes'),
    ...Array.from({ length: Math.min(site.workers, 8) }, (_, i) => notice(`start worker process ${29 + i}`)),
  ];
}
