// A client at the other end of a WebSocket or a stream of a test cluster.

import type { Status } from '../../../../worker/api/status.ts';
import { bytesOfChars, charsOfBytes } from '../../../../worker/lib/text.ts';
import { isStream, isUpgrade } from '../../../../worker/server/http.ts';
import type { HttpReply } from '../../../../worker/server/http.ts';
import type { TestCluster } from '../../harness.ts';

export interface SocketPeer {
  readonly protocol: string;
  /** What came on a channel, all together. */
  channel(number: number): string;
  /** The last channel's text as a Status. */
  status(): Status;
  /** Codes with which the server closed. */
  readonly closes: number[];
  readonly messages: (Uint8Array | string)[];
  say(channel: number, data: string): void;
  send(message: Uint8Array): void;
  leave(): void;
}

/** Opens a WebSocket; gives the refusal if there is one. */
export async function openSocket(
  { send }: Pick<TestCluster, 'send'>,
  path: string,
  protocol = 'v5.channel.k8s.io',
  headers: Record<string, string> = {},
): Promise<SocketPeer | HttpReply> {
  const reply = await send('GET', path, undefined, {
    connection: 'Upgrade',
    upgrade: 'websocket',
    ...(protocol && { 'sec-websocket-protocol': protocol }),
    ...headers,
  });
  if (!isUpgrade(reply)) return reply as HttpReply;
  const messages: (Uint8Array | string)[] = [];
  const closes: number[] = [];
  const session = reply.open({ send: (message) => messages.push(message), close: (code) => closes.push(code) });
  const channel = (number: number): string =>
    messages
      .map((message) => (typeof message === 'string' ? message : charsOfBytes(message)))
      .filter((text) => text.charCodeAt(0) === number)
      .map((text) => text.slice(1))
      .join('');
  return {
    protocol: reply.protocol,
    messages,
    closes,
    channel,
    status: () => JSON.parse(channel(3)) as Status,
    say: (number, data) => session.message(bytesOfChars(String.fromCharCode(number) + data)),
    send: (message) => session.message(message),
    leave: () => session.closed(),
  };
}

export async function openedSocket(...args: Parameters<typeof openSocket>): Promise<SocketPeer> {
  const peer = await openSocket(...args);
  if (!('messages' in peer)) throw new Error(`refused: ${peer.status} ${String(peer.body)}`);
  return peer;
}

export interface StreamPeer {
  readonly text: () => string;
  readonly isClosed: () => boolean;
  /** Lets the reader fall behind, or catch up. */
  setReady(isReady: boolean): void;
  leave(): void;
}

export async function openStream({ send }: Pick<TestCluster, 'send'>, path: string): Promise<StreamPeer> {
  const reply = await send('GET', path);
  if (!isStream(reply)) throw new Error(`no stream: ${(reply as HttpReply).status} ${String((reply as HttpReply).body)}`);
  let text = '';
  let isClosed = false;
  let isReady = true;
  let wake: (() => void) | undefined;
  const stop = reply.open({
    write: (chunk) => {
      text += typeof chunk === 'string' ? chunk : charsOfBytes(chunk);
    },
    close: () => {
      isClosed = true;
    },
    get isReady() {
      return isReady;
    },
    onDrain: (next) => {
      wake = next;
    },
  });
  return {
    text: () => text,
    isClosed: () => isClosed,
    setReady: (now) => {
      isReady = now;
      if (now) wake?.();
    },
    leave: stop,
  };
}
