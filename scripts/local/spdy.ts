// Old clients of Kubernetes ask to speak SPDY/3.1 on the bare connection, which a Worker is never given. Locally, it is carried to it in the messages of a WebSocket
// (RFC 6455) and back; what is said in it is the Worker's business (worker/server/connect).

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** Undefined until the head of a request is whole; false if it is another request. */
export function isSpdyRequest(start: Buffer): boolean | undefined {
  const end = start.indexOf('\r\n\r\n');
  if (end < 0) return start.length > 16_384 || !/^(GET|POST) /.test(start.toString('latin1', 0, 5).padEnd(5, ' ')) ? false : undefined;
  return /^upgrade:[ \t]*spdy\/3\.1[ \t]*$/im.test(start.toString('latin1', 0, end));
}

/** Answers a request whose head is whole. */
export function bridgeSpdy(client: Duplex, start: Buffer, plainPort: number): void {
  const end = start.indexOf('\r\n\r\n');
  const [line = '', ...headers] = start.toString('latin1', 0, end).split('\r\n');
  const offered = headers
    .filter((header) => /^x-stream-protocol-version:/i.test(header))
    .flatMap((header) => header.slice(header.indexOf(':') + 1).split(','))
    .map((name) => name.trim());
  const protocol = ['v4.channel.k8s.io', 'portforward.k8s.io'].find((name) => offered.includes(name)) ?? '';
  const kept = headers.filter(
    (header) => !/^(upgrade|connection|x-stream-protocol-version|content-length|sec-websocket-.*):/i.test(header),
  );
  const inner = connect({ port: plainPort, host: '127.0.0.1', noDelay: true });
  const stop = (): void => {
    client.destroy();
    inner.destroy();
  };
  for (const socket of [client, inner]) socket.on('error', stop).on('close', stop);
  inner.write(
    [
      line.replace(/^POST /, 'GET '),
      ...kept,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      `Sec-WebSocket-Protocol: SPDY/3.1+${protocol}`,
      '\r\n',
    ].join('\r\n'),
  );
  let head: Buffer = Buffer.alloc(0);
  const greet = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const headEnd = head.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    inner.off('data', greet);
    if (!head.toString('latin1', 0, 13).startsWith('HTTP/1.1 101 ')) {
      // A refusal is passed on as it is.
      client.write(head);
      inner.pipe(client);
      return;
    }
    client.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
    );
    const read = makeReader(
      (data) => client.write(data),
      () => client.end(),
      (ping) => inner.write(frame(0xa, ping)),
    );
    read(head.subarray(headEnd + 4));
    inner.on('data', read);
    const send = (data: Buffer): void => void inner.write(frame(2, data));
    const early = start.subarray(end + 4);
    if (early.length) send(early);
    client.on('data', send);
    client.resume();
  };
  inner.on('data', greet);
}

/** A client's frame: whole, and masked as it must be. */
function frame(opcode: number, data: Buffer): Buffer {
  const { length } = data;
  const size = length < 126 ? [length] : length < 65_536 ? [126, length >>> 8, length & 255] : [127, 0, 0, 0, 0, ...bytesOf(length)];
  const mask = randomBytes(4);
  const head = Buffer.from([0x80 | opcode, 0x80 | size[0]!, ...size.slice(1), ...mask]);
  const body = Buffer.from(data);
  for (let i = 0; i < length; i++) body[i]! ^= mask[i & 3]!;
  return Buffer.concat([head, body]);
}

const bytesOf = (value: number): number[] => [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

/** Reads a server's frames from bytes that come split anywhere. */
function makeReader(message: (data: Buffer) => void, closed: () => void, ping: (data: Buffer) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  return (chunk) => {
    pending = pending.length ? Buffer.concat([pending, chunk]) : chunk;
    for (;;) {
      if (pending.length < 2) return;
      const short = pending[1]! & 127;
      const at = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (pending.length < at) return;
      const length = short === 126 ? pending.readUInt16BE(2) : short === 127 ? Number(pending.readBigUInt64BE(2)) : short;
      if (pending.length < at + length) return;
      const [opcode, data] = [pending[0]! & 15, pending.subarray(at, at + length)];
      pending = pending.subarray(at + length);
      if (opcode <= 2) message(data);
      else if (opcode === 8) closed();
      else if (opcode === 9) ping(data);
    }
  };
}
