// agnhost porter: serves texts at ports, as its environment says (`SERVE_PORT_80=foo`, `SERVE_TLS_PORT_443=tls`, `SERVE_SCTP_PORT_5060=bar`).

import { ended } from '../../process/program.ts';
import type { Listener, Service } from '../../process/program.ts';
import { goJson } from '../../../lib/go-format.ts';
import { datagramsAt } from './datagrams.ts';
import { switchFlag } from './flags.ts';
import { httpAt, text } from './server.ts';

interface Keep {
  readonly title: string;
  readonly isJson: boolean;
  readonly ports: readonly { readonly kind: 'TCP' | 'TLS' | 'SCTP'; readonly port: number; readonly body: string }[];
}

export const porter: Service<Keep> = {
  name: 'agnhost porter',
  isService: true,
  start: (context) => ({
    title: context.argv.join(' '),
    isJson: switchFlag(context, 'json-response'),
    ports: Object.entries(context.env).flatMap(([name, body]) => {
      const match = /^SERVE_(TLS_|SCTP_)?PORT_(\d+)$/.exec(name);
      return match ? [{ kind: match[1] === 'TLS_' ? 'TLS' : match[1] ? 'SCTP' : 'TCP', port: Number(match[2]), body } as const] : [];
    }),
  }),
  listeners: ({ ports, isJson }) => ports.map((one) => listenerOf(one, isJson)),
  signal: (_keep, signal) => (signal === 'TERM' || signal === 'INT' || signal === 'QUIT' ? ended(2, 10) : 'ignored'),
  processes: ({ title }) => [{ title }],
  usage: () => ({ cpu: 1, memory: 8 * 2 ** 20 }),
};

function listenerOf({ kind, port, body }: Keep['ports'][number], isJson: boolean): Listener {
  if (kind === 'SCTP') return datagramsAt(port, 'SCTP', () => body);
  const listener = httpAt(port, ({ method }) =>
    isJson ? { status: 200, headers: [['Content-Type', 'application/json']], body: goJson({ Method: method, Body: body }) } : text(body),
  );
  return kind === 'TLS' ? { ...listener, isTls: true } : listener;
}
