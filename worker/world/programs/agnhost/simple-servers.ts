// Those subcommands of agnhost that answer HTTP in a line or two.

import { httpListener } from '../../network/http-server.ts';
import type { HttpAnswer, HttpRequest } from '../../network/http-server.ts';
import { ended } from '../../process/program.ts';
import type { Service, ServiceContext } from '../../process/program.ts';
import { klogLine } from '../control-plane/klog.ts';
import { flagOf } from '../web-apps.ts';

const MI = 2 ** 20;

interface Keep {
  readonly port: number;
  readonly title: string;
}

const plain = (body: string, status = 200): HttpAnswer => ({ status, headers: [['Content-Type', 'text/plain; charset=utf-8']], body });

function server(
  command: string,
  usualPort: number,
  answer: (request: HttpRequest, context: ServiceContext) => HttpAnswer,
  lines: (port: number, at: number) => readonly string[] = () => [],
): Service<Keep> {
  return {
    name: `agnhost ${command}`,
    isService: true,
    start: (context) => ({ port: Number(flagOf(context, 'http-port', 'port') ?? usualPort), title: context.argv.join(' ') }),
    startLines: ({ port }, { startedAt }) => lines(port, startedAt).map((text) => ({ after: 10, stream: 'stderr', text })),
    listeners: ({ port }) => [httpListener(port, answer)],
    signal: (_keep, signal) => (signal === 'TERM' || signal === 'INT' ? (command === 'netexec' ? ended(0, 20) : ended(0, 10)) : 'ignored'),
    processes: ({ title }) => [{ title }],
    usage: () => ({ cpu: 1, memory: 10 * MI }),
  };
}

function answerNetexec({ path, query, client, clientPort, headers }: HttpRequest, context: ServiceContext): HttpAnswer {
  const value = (name: string): string =>
    decodeURIComponent(new RegExp(`(?:^|&)${name}=([^&]*)`).exec(query)?.[1]?.replaceAll('+', ' ') ?? '');
  switch (path) {
    case '/':
      return plain(
        `NOW: ${new Date(context.now()).toISOString().replace('T', ' ').replace('Z', '')} +0000 UTC m=+${((context.now() - context.startedAt) / 1000).toFixed(9)}`,
      );
    case '/hostname':
    case '/hostName':
      return plain(context.hostname);
    case '/echo':
      return plain(value('msg'), Number(value('code')) || 200);
    case '/clientip':
      return plain(`${client}:${clientPort}`);
    case '/header':
      return plain(headers.get(value('key')) ?? '');
    case '/healthz':
      return plain('');
    case '/exit':
      context.exit?.(Number(value('code')) || 0);
      return plain('');
    case '/redirect':
      return { status: Number(value('code')) || 302, headers: [['Location', value('location')]], body: '' };
    default:
      return plain('404 page not found\n', 404);
  }
}

const klog = (at: number, text: string): string => klogLine(at, 'I', 'log.go:245', text).slice(0, -1);

export const simpleServers: readonly Service<Keep>[] = [
  server('netexec', 8080, answerNetexec, (port, at) => [
    klog(at, `Started HTTP server on port ${port}`),
    klog(at, 'Started UDP server on port  8081'),
  ]),
  server(
    'serve-hostname',
    9376,
    (_request, { hostname }) => plain(hostname),
    (port) => [`Serving on port ${port}.`],
  ),
  server('test-webserver', 80, ({ path }) => (path === '/' ? plain('<pre>\n</pre>\n') : plain('404 page not found\n', 404))),
];
