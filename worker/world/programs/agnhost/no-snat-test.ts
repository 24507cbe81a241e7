// agnhost no-snat-test: says from which address it was asked.

import { numberFlag } from './flags.ts';
import { httpAt, notFound, server, text } from './server.ts';

export const noSnatTest = server({
  subcommand: 'no-snat-test',
  listeners: (keep) => [
    httpAt(numberFlag(keep, 'port', 8080), ({ path, client, clientPort }) =>
      path === '/whoami' ? text(`${client}:${clientPort}`) : notFound(),
    ),
  ],
});
