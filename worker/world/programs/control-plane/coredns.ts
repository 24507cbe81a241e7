// CoreDNS as a process: it reads its Corefile, and answers on its health ports. Which names it knows is the business of the world's network, which asks whether it
// runs. Mirrors coredns' start.

import { sha512 } from '@noble/hashes/sha2.js';
import { hexOf, utf8 } from '../../../lib/text.ts';
import { ended } from '../../process/program.ts';
import type { Service } from '../../process/program.ts';
import { httpListener } from '../../network/http-server.ts';
import type { HttpAnswer } from '../../network/http-server.ts';
import { answerHealth, askPage } from './component.ts';
import { corefileProblem } from './corefile.ts';

export interface CoreDnsState {
  readonly corefile: string;
}

export const coredns: Service<CoreDnsState> = {
  name: 'coredns',
  isService: true,
  start(context) {
    const { argv, files, log } = context;
    const at = argv.indexOf('-conf');
    const path = at >= 0 ? (argv[at + 1] ?? '') : 'Corefile';
    const file = files.find(path);
    if (!file) {
      log('stdout', `Error reading ${path}: open ${path}: no such file or directory\n`);
      return ended(1, 20);
    }
    const problem = corefileProblem(file.content ?? '', path);
    if (problem === undefined) return { corefile: file.content ?? '' };
    log('stdout', `${problem}\n`);
    return ended(1, 20);
  },
  startLines: ({ corefile }) => [
    ...[...corefile.matchAll(/^(\S+?)(?::(\d+))?\s*\{/gm)].map(([, zone = '.', port = '53']) => ({
      after: 60,
      stream: 'stdout' as const,
      text: `${zone}:${port}`,
    })),
    { after: 61, stream: 'stdout', text: '[INFO] plugin/reload: Running configuration SHA512 = ' + hexOf(sha512(utf8(corefile))) },
    { after: 62, stream: 'stdout', text: 'CoreDNS-1.14.2' },
    { after: 62, stream: 'stdout', text: 'linux/amd64, go1.26.1, b9a1bd2' },
  ],
  listeners: ({ corefile }) => [
    { port: 53, address: '0.0.0.0', serve: () => {} },
    {
      port: 8080,
      address: '0.0.0.0',
      serve: (connection, context) => answerHealth(connection, context, (path) => (path === '/health' ? true : undefined)),
    },
    {
      port: 8181,
      address: '0.0.0.0',
      serve: (connection, context) => answerHealth(connection, context, (path) => (path === '/ready' ? true : undefined)),
    },
    ...[...metricsPorts(corefile)].map((port) =>
      httpListener(port, ({ path }, context, connection) => {
        if (path !== '/metrics') return NOT_FOUND;
        askPage(connection, context);
        return 'waiting';
      }),
    ),
  ],
  signal: (_keep, signal) => (signal === 'TERM' || signal === 'INT' ? ended(0, 5000) : 'ignored'),
  processes: () => [{ title: '/coredns -conf /etc/coredns/Corefile' }],
  usage: () => ({ cpu: 2, memory: 15 * 2 ** 20 }),
};

/** Where `prometheus` tells its metrics. */
const metricsPorts = (corefile: string): Set<number> =>
  new Set([...corefile.matchAll(/^\s*prometheus(?:\s+\S*:(\d+))?\s*$/gm)].map(([, port = '9153']) => Number(port)));

const NOT_FOUND: HttpAnswer = { status: 404, headers: [['Content-Type', 'text/plain; charset=utf-8']], body: '404 page not found\n' };
