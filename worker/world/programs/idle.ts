// Runs until it is told to stop: what images do that nobody has described. Where its container says that it has ports (or is probed), it answers,
// by HTTP and by gRPC.

import { httpListener } from '../network/http-server.ts';
import { ended } from '../process/program.ts';
import type { Service } from '../process/program.ts';

const MI = 2 ** 20;

export const idle: Service<{ readonly title: string; readonly ports: readonly number[] }> = {
  name: 'idle',
  isService: true,
  start: ({ argv, ports }) => ({ title: argv.join(' '), ports }),
  listeners: ({ ports }) =>
    ports.map((port) => ({
      ...httpListener(port, (_request, { hostname }) => ({
        status: 200,
        headers: [['Content-Type', 'text/plain; charset=utf-8']],
        body: `${hostname}\n`,
      })),
      health: () => 'SERVING',
    })),
  signal: (_keep, signal) => (signal === 'TERM' || signal === 'INT' || signal === 'QUIT' ? ended(0, 40) : 'ignored'),
  processes: ({ title }) => [{ title }],
  usage: () => ({ cpu: 1, memory: 12 * MI }),
};
