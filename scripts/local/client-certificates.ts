// Requests of clients that showed a certificate: passed on one by one, each with the certificate in a header, and with a secret that only this process and the
// Worker know. What a client writes into these headers itself is dropped.

import { createServer, request as ask } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

const CERTIFICATE_HEADER = 'x-kubarium-client-certificate';
const FRONT_HEADER = 'x-kubarium-tls-front';

export interface CertificateProxy {
  /** Serves a connection whose client showed a certificate, in DER. */
  serve(client: TLSSocket, certificate: Buffer): void;
}

export function makeCertificateProxy(port: number, secret: string): CertificateProxy {
  const certificates = new WeakMap<Socket, string>();

  const headersOf = ({ rawHeaders, socket }: IncomingMessage): [string, string][] => {
    const pairs: [string, string][] = [];
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i]!;
      if (![CERTIFICATE_HEADER, FRONT_HEADER].includes(name.toLowerCase())) pairs.push([name, rawHeaders[i + 1]!]);
    }
    return [...pairs, [CERTIFICATE_HEADER, certificates.get(socket)!], [FRONT_HEADER, secret]];
  };

  const server = createServer({ noDelay: true }, (request, response) => {
    const inner = ask(
      { host: '127.0.0.1', port, method: request.method!, path: request.url!, headers: headersOf(request).flat(), setHost: false },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.rawHeaders);
        response.flushHeaders();
        answer.pipe(response);
      },
    );
    inner.on('error', () => response.destroy());
    response.on('close', () => inner.destroy());
    request.pipe(inner);
  });
  server.requestTimeout = 0;
  server.keepAliveTimeout = 120_000;

  server.on('upgrade', (request: IncomingMessage, client: Socket, head: Buffer) => {
    const inner = connect({ port, host: '127.0.0.1', noDelay: true });
    const lines = headersOf(request).map(([name, value]) => `${name}: ${value}\r\n`);
    inner.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join('')}\r\n`);
    if (head.length) inner.write(head);
    const end = (): void => {
      client.destroy();
      inner.destroy();
    };
    for (const socket of [client, inner]) socket.on('error', end).on('close', end);
    client.pipe(inner);
    inner.pipe(client);
  });

  return {
    serve: (client, certificate) => {
      certificates.set(client, certificate.toString('base64'));
      server.emit('connection', client);
    },
  };
}
