// Servers of datagrams: each that comes is answered by one, or by none.

import type { Listener, ServiceContext } from '../../process/program.ts';

/** `client` is `address:port`. */
type AnswerDatagram = (received: string, client: string, context: ServiceContext) => string;

export const datagramsAt = (port: number, protocol: 'UDP' | 'SCTP', answer: AnswerDatagram): Listener => ({
  port,
  protocol,
  address: '0.0.0.0',
  serve: (connection, context) => {
    const received = connection.toServer;
    connection.toServer = '';
    if (received !== '') connection.toClient += answer(received, `${connection.clientAddress}:${connection.clientPort}`, context);
    if (connection.clientClosed) connection.serverClosed = true;
  },
});
