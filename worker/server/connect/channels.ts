// The channels of a WebSocket: each message says in its first byte which stream it belongs to. Mirrors apiserver's streaming wsstream package and
// apimachinery pkg/util/remotecommand.

import { bytesOfChars, charsOfBytes, fromBase64, fromUtf8, toBase64 } from '../../lib/text.ts';
import type { HttpRequest, Socket } from '../http.ts';

export interface Codec {
  /** `data` is a byte string. */
  encode(channel: number, data: string): Uint8Array | string;
  /** Undefined if it is no message of this protocol. */
  decode(message: Uint8Array): { readonly channel: number; readonly data: string } | undefined;
}

const binary: Codec = {
  encode: (channel, data) => {
    const bytes = new Uint8Array(data.length + 1);
    bytes[0] = channel;
    bytes.set(bytesOfChars(data), 1);
    return bytes;
  },
  decode: (message) => (message.length ? { channel: message[0]!, data: charsOfBytes(message.subarray(1)) } : undefined),
};

const base64: Codec = {
  encode: (channel, data) => `${String.fromCharCode(48 + channel)}${toBase64(bytesOfChars(data))}`,
  decode: (message) => {
    const data = fromBase64(fromUtf8(message.subarray(1)));
    return message.length && data ? { channel: message[0]! - 48, data: charsOfBytes(data) } : undefined;
  },
};

export const codecOf = (protocol: string): Codec => (protocol.includes('base64') ? base64 : binary);

/** More than this goes in several messages. */
const MESSAGE_BYTES = 65_536;

export function sendOn(socket: Socket, codec: Codec, channel: number, data: string): void {
  for (let at = 0; at < data.length || at === 0; at += MESSAGE_BYTES)
    socket.send(codec.encode(channel, data.slice(at, at + MESSAGE_BYTES)));
}

/** What a request wants its connection to become, in lower case: `websocket`, `spdy/3.1`; '' if nothing. */
export function upgradeOf({ headers }: HttpRequest): string {
  const wants = (headers.get('connection') ?? '').toLowerCase().includes('upgrade');
  return wants ? (headers.get('upgrade') ?? '').trim().toLowerCase() : '';
}

/** The client's first choice of what is spoken; '' if it names none; undefined if it names only others. */
export function chooseProtocol({ headers }: HttpRequest, spoken: readonly string[]): string | undefined {
  const wanted = (headers.get('sec-websocket-protocol') ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
  return wanted.length ? wanted.find((one) => spoken.includes(one)) : '';
}
