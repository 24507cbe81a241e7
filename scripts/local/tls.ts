// TLS in front of workerd: bytes go through. (miniflare's own https entry was measured at half the throughput.) Of a connection only its first request is looked at,
// whether it wants to speak SPDY: see spdy.ts. A client that shows a certificate is read request by request, to tell the Worker of it: see client-certificates.ts.

import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Certificate } from './certificate.ts';
import { makeCertificateProxy } from './client-certificates.ts';
import { bridgeSpdy, isSpdyRequest } from './spdy.ts';

export interface TlsServer {
  close(): void;
}

export async function serveTls({ cert, key }: Certificate, port: number, plainPort: number, frontSecret: string): Promise<TlsServer> {
  const open = new Set<Socket>();
  const proxy = makeCertificateProxy(plainPort, frontSecret);
  // Any certificate is taken: whether it is good is the sandbox's to say. The list of authorities that clients are told of is empty, so they show what they have.
  const options = { cert, key, ALPNProtocols: ['http/1.1'], noDelay: true, requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, (client) => {
    open.add(client);
    client.on('error', () => client.destroy()).on('close', () => open.delete(client));
    const shown = client.getPeerX509Certificate();
    if (shown) return proxy.serve(client, shown.raw);
    let start: Buffer = Buffer.alloc(0);
    const look = (chunk: Buffer): void => {
      start = start.length ? Buffer.concat([start, chunk]) : chunk;
      const isSpdy = isSpdyRequest(start);
      if (isSpdy === undefined) return;
      client.off('data', look).pause();
      if (isSpdy) bridgeSpdy(client, start, plainPort);
      else pass(client, start, plainPort);
    };
    client.on('data', look);
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

function pass(client: Socket, start: Buffer, plainPort: number): void {
  const inner = connect({ port: plainPort, host: '127.0.0.1', noDelay: true });
  const end = (): void => {
    client.destroy();
    inner.destroy();
  };
  for (const socket of [client, inner]) socket.on('error', end).on('close', end);
  inner.write(start);
  client.pipe(inner);
  inner.pipe(client);
}
