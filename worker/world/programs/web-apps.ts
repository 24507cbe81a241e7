// Small web servers of well-known example images: each says its piece, in its own words. What each of them is, is told where its image is (`images/examples.ts`).

import { httpListener } from '../network/http-server.ts';
import type { HttpAnswer, HttpRequest } from '../network/http-server.ts';
import { reasonOf } from '../network/http.ts';
import { ended } from '../process/program.ts';
import type { Service, ServiceContext } from '../process/program.ts';

const MI = 2 ** 20;

interface Keep {
  readonly port: number;
  readonly text: string;
  readonly title: string;
}

interface WebApp {
  readonly name: string;
  /** What it prints at its start. */
  readonly lines?: (keep: Keep, context: ServiceContext) => readonly string[];
  readonly port: (context: ServiceContext) => number;
  readonly text?: (context: ServiceContext) => string;
  readonly answer: (request: HttpRequest, context: ServiceContext, keep: Keep) => HttpAnswer;
  readonly log?: (request: HttpRequest, status: number, bytes: number, context: ServiceContext, keep: Keep) => string;
  readonly memory?: number;
  /** Signals that it heeds at once; those without a handler wait for the end of the grace. */
  readonly stops?: boolean;
  readonly server?: string;
}

const plain = (body: string, status = 200): HttpAnswer => ({ status, headers: [['Content-Type', 'text/plain; charset=utf-8']], body });

/** The value of a flag: `-port=8080`, `--port 8080`. */
export function flagOf({ argv }: { readonly argv: readonly string[] }, ...names: string[]): string | undefined {
  for (const [i, arg] of argv.entries()) {
    const match = /^--?([\w-]+)(?:=([^]*))?$/.exec(arg);
    if (match && names.includes(match[1]!)) return match[2] ?? argv[i + 1] ?? '';
  }
  return undefined;
}

function webApp({ name, lines, port, text, answer, log, memory = 8, stops = true, server }: WebApp): Service<Keep> {
  return {
    name,
    isService: true,
    start: (context) => ({ port: port(context), text: text?.(context) ?? '', title: context.argv.join(' ') }),
    ...(lines && {
      startLines: (keep, context) => lines(keep, context).map((line) => ({ after: 20, stream: 'stdout' as const, text: line })),
    }),
    listeners: (keep) => [
      httpListener(keep.port, (request, context) => answer(request, context, keep), {
        ...(server && { server }),
        ...(log && { log: (request, status, bytes, context) => context.log('stdout', `${log(request, status, bytes, context, keep)}\n`) }),
      }),
    ],
    signal: (_keep, signal) =>
      stops && (signal === 'TERM' || signal === 'INT' || signal === 'QUIT' || signal === 'WINCH') ? ended(0, 20) : 'ignored',
    processes: ({ title }) => [{ title }],
    usage: () => ({ cpu: 1, memory: memory * MI }),
  };
}

const goStamp = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');

/** hashicorp/http-echo */
export const httpEcho = webApp({
  name: 'http-echo',
  port: (context) => Number((flagOf(context, 'listen') ?? ':5678').replace(/^.*:/, '')) || 5678,
  text: (context) => flagOf(context, 'text') ?? context.env['ECHO_TEXT'] ?? 'hello-world',
  lines: ({ port }, context) => [`${goStamp(context.startedAt)} [INFO] server is listening on :${port}`],
  answer: (_request, _context, { text }) => ({
    status: 200,
    headers: [
      ['X-App-Name', 'http-echo'],
      ['X-App-Version', '1.0.0'],
      ['Content-Type', 'text/plain; charset=utf-8'],
    ],
    body: `${text}\n`,
  }),
  log: (request, status, bytes, context) =>
    `${goStamp(context.now())} ${request.headers.get('host') ?? ''} ${request.client}:${request.clientPort} "${request.start}" ${status} ${bytes} "${request.headers.get('user-agent') ?? ''}" 24.15µs`,
});

/** gcr.io/google-samples/hello-app */
export const helloApp = webApp({
  name: 'hello-app',
  port: ({ env }) => Number(env['PORT'] ?? 8080),
  lines: ({ port }, context) => [`${goStamp(context.startedAt)} Server listening on port ${port}`],
  answer: (_request, { hostname, env }) => plain(`Hello, world!\nVersion: ${env['APP_VERSION'] ?? '1.0.0'}\nHostname: ${hostname}\n`),
  log: (request, _status, _bytes, context) => `${goStamp(context.now())} Serving request: ${request.path}`,
});

/** gcr.io/google-samples/kubernetes-bootcamp */
export const bootcamp = webApp({
  name: 'kubernetes-bootcamp',
  port: () => 8080,
  lines: (_keep, context) => [
    `Kubernetes Bootcamp App Started At: ${new Date(context.startedAt).toISOString()} | Running On:  ${context.hostname} `,
    '',
  ],
  answer: (_request, { hostname, env }) => plain(`Hello Kubernetes bootcamp! | Running on: ${hostname} | v=${env['APP_VERSION'] ?? '1'}\n`),
  log: (request, _status, _bytes, context) =>
    `Running On: ${context.hostname} | Total Requests: 1 | App Uptime: ${((context.now() - context.startedAt) / 1000).toFixed(3)} seconds | Log Time: ${new Date(context.now()).toISOString()}${request.path === '/' ? '' : ''}`,
  memory: 30,
  stops: false,
});

/** traefik/whoami */
export const whoamiApp = webApp({
  name: 'whoami-app',
  port: (context) => Number(flagOf(context, 'port') ?? context.env['WHOAMI_PORT_NUMBER'] ?? 80),
  lines: ({ port }, context) => [`${goStamp(context.startedAt)} Starting up on port ${port}`],
  answer: (request, { hostname, ip }) =>
    request.path === '/health'
      ? plain('')
      : plain(
          `Hostname: ${hostname}\nIP: 127.0.0.1\nIP: ::1\nIP: ${ip}\nRemoteAddr: ${request.client}:${request.clientPort}\n${request.start}\nHost: ${request.headers.get('host') ?? ''}\n${request.headers.list
            .filter(([name]) => name.toLowerCase() !== 'host')
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, value]) => `${name}: ${value}\n`)
            .join('')}\n`,
        ),
});

/** registry.k8s.io/echoserver, and others of its kind. */
export const echoServer = webApp({
  name: 'echoserver',
  port: ({ env }) => Number(env['PORT'] ?? 8080),
  lines: () => ['Generating self-signed cert', 'Starting nginx'],
  answer: (request, { hostname, env }) => {
    const pod = ['NODE_NAME', 'POD_NAME', 'POD_NAMESPACE', 'POD_IP'].filter((key) => env[key] !== undefined);
    const label: Readonly<Record<string, string>> = {
      NODE_NAME: 'node name',
      POD_NAME: 'pod name',
      POD_NAMESPACE: 'pod namespace',
      POD_IP: 'pod IP',
    };
    const host = request.headers.get('host') ?? '';
    return plain(
      `\n\nHostname: ${hostname}\n\nPod Information:\n${pod.length ? pod.map((key) => `\t${label[key]}:\t${env[key]}\n`).join('') : '\t-no pod information available-\n'}\nServer values:\n\tserver_version=nginx: 1.13.3 - lua: 10008\n\nRequest Information:\n\tclient_address=${request.client}\n\tmethod=${request.method}\n\treal path=${request.target}\n\tquery=${request.query}\n\trequest_version=${request.version.slice(5)}\n\trequest_scheme=http\n\trequest_uri=http://${host}${/:\d+$/.test(host) ? '' : ':8080'}${request.target}\n\nRequest Headers:\n${request.headers.list
        .map(([name, value]) => `\t${name.toLowerCase()}=${value}\n`)
        .sort()
        .join('')}\nRequest Body:\n${request.body ? request.body : '\t-no body in request-\n'}\n`,
    );
  },
  log: (request, status, bytes, context) =>
    `${request.client} - - [${new Date(context.now())
      .toUTCString()
      .slice(5, 25)
      .replaceAll(' ', '/')
      .replace(/\/(\d\d:)/, ':$1')} +0000] "${request.start}" ${status} ${bytes} "-" "${request.headers.get('user-agent') ?? '-'}"`,
  server: 'echoserver',
});

/** registry.k8s.io/hpa-example: every request costs it a good part of a core. */
export const hpaExample = webApp({
  name: 'hpa-example',
  port: () => 80,
  lines: (_keep, { ip }) => [
    `AH00558: apache2: Could not reliably determine the server's fully qualified domain name, using ${ip}. Set the 'ServerName' directive globally to suppress this message`,
  ],
  answer: (_request, context) => {
    context.work(REQUEST_WORK);
    return {
      status: 200,
      headers: [
        ['X-Powered-By', 'PHP/5.6.14'],
        ['Vary', 'Accept-Encoding'],
        ['Content-Type', 'text/html; charset=UTF-8'],
      ],
      body: 'OK!',
    };
  },
  log: (request, status, bytes, context) =>
    `${request.client} - - [${new Date(context.now())
      .toUTCString()
      .slice(5, 25)
      .replaceAll(' ', '/')
      .replace(/\/(\d\d:)/, ':$1')} +0000] "${request.start}" ${status} ${bytes} "-" "${request.headers.get('user-agent') ?? '-'}"`,
  server: 'Apache/2.4.10 (Debian)',
  memory: 12,
});

/** Core-milliseconds of a million square roots in PHP. */
const REQUEST_WORK = 60;

/** python -m http.server */
export const pythonServer: Service<{ readonly port: number; readonly root: string; readonly title: string }> = {
  name: 'python-http-server',
  isService: true,
  start: (context) => {
    const at = context.argv.indexOf('http.server');
    const rest = context.argv.slice(at + 1);
    const directory = flagOf({ argv: rest }, 'directory', 'd');
    return {
      port: Number(rest.find((arg) => /^\d+$/.test(arg)) ?? 8000),
      root: directory ?? context.cwd,
      title: `python3 -m ${context.argv.slice(at).join(' ')}`,
    };
  },
  listeners: ({ port, root }) => [
    httpListener(
      port,
      (request, { files }) => {
        const path = `${root.replace(/\/$/, '')}${decodeURIComponent(request.path)}`;
        const inode = files.find(path.replace(/(.)\/$/, '$1'));
        const index = inode?.type === 'dir' ? files.find(`${path}/index.html`) : undefined;
        if (request.method !== 'GET' && request.method !== 'HEAD')
          return {
            status: 501,
            headers: [['Content-Type', 'text/html;charset=utf-8']],
            body: errorPage(501, `Unsupported method ('${request.method}')`),
          };
        if (!inode) return { status: 404, headers: [['Content-Type', 'text/html;charset=utf-8']], body: errorPage(404, 'File not found') };
        if (inode.type === 'dir' && !request.path.endsWith('/'))
          return { status: 301, headers: [['Location', `${request.path}/`]], body: '' };
        if (inode.type === 'dir' && !index)
          return {
            status: 200,
            headers: [['Content-Type', 'text/html; charset=utf-8']],
            body: listing(
              request.path,
              files.list(path).map((name) => (files.find(`${path}/${name}`)?.type === 'dir' ? `${name}/` : name)),
            ),
          };
        return {
          status: 200,
          headers: [
            [
              'Content-Type',
              /\.html?$/.test(index ? 'index.html' : path)
                ? 'text/html'
                : path.endsWith('.txt')
                  ? 'text/plain'
                  : 'application/octet-stream',
            ],
          ],
          body: (index ?? inode).content ?? '',
        };
      },
      {
        server: 'SimpleHTTP/0.6 Python/3.14.3',
        log: (request, status, _bytes, context) => {
          const at = new Date(context.now()).toUTCString();
          context.log(
            'stderr',
            `${request.client} - - [${at.slice(5, 7)}/${at.slice(8, 11)}/${at.slice(12, 16)} ${at.slice(17, 25)}] "${request.start}" ${status} -\n`,
          );
        },
      },
    ),
  ],
  startLines: ({ port }) => [{ after: 80, stream: 'stdout', text: `Serving HTTP on 0.0.0.0 port ${port} (http://0.0.0.0:${port}/) ...` }],
  signal: (_keep, signal, context) =>
    signal === 'INT'
      ? (context.log('stdout', '\nKeyboard interrupt received, exiting.\n'), ended(0))
      : signal === 'TERM' && !context.isFirst
        ? ended(143)
        : 'ignored',
  processes: ({ title }) => [{ title }],
  usage: () => ({ cpu: 1, memory: 18 * MI }),
};

const errorPage = (code: number, message: string): string =>
  `<!DOCTYPE HTML>\n<html lang="en">\n    <head>\n        <meta charset="utf-8">\n        <style type="text/css">\n            :root {\n                color-scheme: light dark;\n            }\n        </style>\n        <title>Error response</title>\n    </head>\n    <body>\n        <h1>Error response</h1>\n        <p>Error code: ${code}</p>\n        <p>Message: ${message}.</p>\n        <p>Error code explanation: ${code} - ${code === 404 ? 'Nothing matches the given URI' : reasonOf(code)}.</p>\n    </body>\n</html>\n`;

const listing = (path: string, names: readonly string[]): string =>
  `<!DOCTYPE HTML>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<style type="text/css">\n:root {\ncolor-scheme: light dark;\n}\n</style>\n<title>Directory listing for ${path}</title>\n</head>\n<body>\n<h1>Directory listing for ${path}</h1>\n<hr>\n<ul>\n${names.map((name) => `<li><a href="${name}">${name}</a></li>\n`).join('')}</ul>\n<hr>\n</body>\n</html>\n`;
