// agnhost tcp-reset: ends every connection while there is still something to read, so that it is reset. Mirrors test/images/agnhost/tcp-reset.

import { ended } from '../../process/program.ts';
import { numberFlag } from './flags.ts';
import { logTo, server } from './server.ts';

const PORT = 8080;

export const tcpReset = server({
  subcommand: 'tcp-reset',
  lines: (keep) => [`Serving on port ${numberFlag(keep, 'port', PORT)}.`],
  listeners: (keep) => [
    {
      port: numberFlag(keep, 'port', PORT),
      address: '0.0.0.0',
      serve: (connection, context) => {
        if (connection.serverClosed || (connection.toServer === '' && !connection.clientClosed)) return;
        logTo(context, `TCP request from ${connection.clientAddress}:${connection.clientPort}`);
        connection.toServer = '';
        connection.serverClosed = true;
      },
    },
  ],
  signal: (_keep, signal, context) => {
    if (signal !== 'TERM') return signal === 'INT' || signal === 'QUIT' ? ended(2) : 'ignored';
    logTo(context, 'Shutting down after receiving signal: terminated.');
    logTo(context, 'Awaiting pod deletion.');
    return ended(0);
  },
});
