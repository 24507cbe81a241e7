// exec and attach as SPDY streams: what clients spoke before WebSockets. Differs: upstream is given the bare connection; here it comes as bytes in the messages of a
// WebSocket, which the local server makes of it (scripts/local/tls.ts). Mirrors createHTTPStreamStreams of kubelet pkg/cri/streaming/remotecommand/httpstream.go.

import type { AttachOptions, Command, CommandEnd, CommandPeer } from '../../api/kubelet.ts';
import { byteString } from '../../lib/text.ts';
import type { Socket, SocketSession } from '../http.ts';
import { SpdyConnection } from './spdy/connection.ts';
import type { Stream } from './spdy/connection.ts';

const TYPES: ReadonlySet<string> = new Set(['error', 'stdin', 'stdout', 'stderr', 'resize']);

export interface SpdyExec {
  readonly options: AttachOptions;
  start(peer: CommandPeer): Command;
  statusText(end: CommandEnd): string;
  resized(command: Command, data: string): void;
}

/** The command starts when all of its streams are there. */
export function spdyExec(socket: Socket, { options, start, statusText, resized }: SpdyExec): SocketSession {
  const streams = new Map<string, Stream>();
  const wanted = ['error', ...(['stdin', 'stdout', 'stderr'] as const).filter((name) => options[name]), ...(options.tty ? ['resize'] : [])];
  let command: Command | undefined;
  let isOver = false;
  const begin = (): void => {
    command = start({
      output: (stream, data) => streams.get(stream)?.write(data),
      ended: (end) => {
        isOver = true;
        streams.get('error')?.write(byteString(statusText(end)));
        for (const stream of streams.values()) stream.end();
        socket.close(1000, '');
      },
    });
    const stdin = streams.get('stdin');
    if (stdin) stdin.on = { data: (data) => command?.input(data), end: () => command?.endInput(), reset: () => command?.endInput() };
    const resize = streams.get('resize');
    if (resize) resize.on = { ...resize.on, data: (data) => command && resized(command, data) };
  };
  const connection = new SpdyConnection(
    (bytes) => socket.send(bytes),
    (stream) => {
      const type = stream.headers.get('streamtype') ?? '';
      if (command || !TYPES.has(type) || streams.has(type)) return false;
      streams.set(type, stream);
      if (wanted.every((name) => streams.has(name))) begin();
      return true;
    },
  );
  const leave = (): void => {
    if (!isOver) command?.leave();
    isOver = true;
  };
  return {
    message: (bytes) => {
      if (isOver) return;
      try {
        connection.receive(bytes);
      } catch {
        leave();
        socket.close(1002, 'not SPDY');
      }
    },
    closed: leave,
  };
}
