// A watch over a WebSocket: an event a message. Browsers need it: over HTTP/1.1 they open six connections to a host and no more, and a watch keeps one.
// Mirrors HandleWS of apiserver pkg/endpoints/handlers/watch.go: JSON in text messages, protobuf in binary ones without the lengths that frame it in a stream.
// It is not for exec and its like, whose messages have channels.

import { fromUtf8 } from '../../lib/text.ts';
import type { HttpRequest, StreamReply, UpgradeReply } from '../http.ts';

const BEARER = 'base64url.bearer.authorization.k8s.io.';
const LENGTH_BYTES = 4;

export const isSocketRequest = ({ headers }: HttpRequest): boolean =>
  headers.get('upgrade')?.toLowerCase() === 'websocket' && /\bupgrade\b/i.test(headers.get('connection') ?? '');

/** Differs: upstream waits for a reader that is slow; a socket has no way to say that it is behind, so that what it is sent queues up. */
export function overSocket(request: HttpRequest, stream: StreamReply): UpgradeReply {
  const isText = stream.headers['content-type']!.startsWith('application/json');
  return {
    protocol: protocolOf(request),
    open: (socket) => {
      const stop = stream.open({
        isReady: true,
        onDrain: () => {},
        write: (chunk) => {
          const isString = typeof chunk === 'string';
          if (isText) socket.send(isString ? chunk : fromUtf8(chunk));
          else if (!isString) socket.send(chunk.subarray(LENGTH_BYTES));
        },
        close: () => socket.close(1000, ''),
      });
      return { message: () => {}, closed: stop };
    },
  };
}

/** The one that is not the token. */
const protocolOf = ({ headers }: HttpRequest): string =>
  (headers.get('sec-websocket-protocol') ?? '')
    .split(',')
    .map((one) => one.trim())
    .find((one) => one && !one.startsWith(BEARER)) ?? '';
