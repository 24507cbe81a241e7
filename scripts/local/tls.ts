// TLS in front of workerd: bytes go through, nobody looks at them. (miniflare's own https entry was measured at half the throughput.)

import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Certificate } from './certificate.ts';

export interface TlsServer {
  close(): void;
}

export async function serveTls({ cert, key }: Certificate, port: number, plainPort: number): Promise<TlsServer> {
  const open = new Set<Socket>();
  const server = createServer({ cert, key, ALPNProtocols: ['http/1.1'], noDelay: true }, (client) => {
    const inner = connect({ port: plainPort, host: '127.0.0.1', noDelay: true });
    const end = (): void => {
      client.destroy();
      inner.destroy();
      open.delete(client);
    };
    open.add(client);
    for (const socket of [client, inner]) socket.on('error', end).on('close', end);
    client.pipe(inner);
    inner.pipe(client);
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
