// agnhost serve-hostname: the name of its host, by HTTP, TCP or UDP. Asked to stop, it serves for another minute.

import { ended } from '../../process/program.ts';
import type { Listener } from '../../process/program.ts';
import { datagramsAt } from './datagrams.ts';
import { numberFlag, switchFlag } from './flags.ts';
import { httpAt, logTo, server, text } from './server.ts';
import type { Keep } from './server.ts';

const FAREWELL_MS = 60_000;
const portOf = (keep: Keep): number => numberFlag(keep, 'port', 9376);

export const serveHostname = server({
  subcommand: 'serve-hostname',
  lines: (keep) => [`Serving on port ${portOf(keep)}.`],
  listeners: (keep) => {
    const port = portOf(keep);
    if (switchFlag(keep, 'tcp') || switchFlag(keep, 'udp'))
      return [
        ...(switchFlag(keep, 'tcp') ? [rawTcp(port)] : []),
        ...(switchFlag(keep, 'udp') ? [datagramsAt(port, 'UDP', (_text, _client, { hostname }) => hostname)] : []),
      ];
    return [
      httpAt(port, ({ client, clientPort }, context) => {
        logTo(context, `HTTP request from ${client}:${clientPort}`);
        const answer = text(context.hostname);
        return switchFlag(keep, 'close') ? { ...answer, headers: [...answer.headers, ['Connection', 'close']] } : answer;
      }),
    ];
  },
  signal: (keep, signal, context) => {
    if (signal === 'INT' || signal === 'QUIT') return ended(2);
    if (signal !== 'TERM' || keep.isStopping) return 'ignored';
    logTo(context, 'Shutting down after receiving signal: terminated.');
    logTo(context, 'Awaiting pod deletion.');
    return ended(0, FAREWELL_MS);
  },
});

const rawTcp = (port: number): Listener => ({
  port,
  address: '0.0.0.0',
  serve: (connection, context) => {
    if (connection.serverClosed) return;
    logTo(context, `TCP request from ${connection.clientAddress}:${connection.clientPort}`);
    connection.toClient += context.hostname;
    connection.serverClosed = true;
  },
});
