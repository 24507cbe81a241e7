// portforward: connections to ports of a pod, many over one WebSocket: as SPDY streams in its messages (kubectl), or as two channels a port (other clients). Mirrors the
// port-forwarding server of kubelet pkg/cri/streaming/portforward and the tunnel of apiserver pkg/util/proxy/streamtunnel.go.

import type { ConnectionPeer, OpenConnection } from '../../api/kubelet.ts';
import { badRequest } from '../../api/status.ts';
import type { HandlerContext } from '../context.ts';
import { text } from '../http.ts';
import type { Query, Reply, Socket, SocketSession } from '../http.ts';
import { chooseProtocol, codecOf, sendOn, upgradeOf } from './channels.ts';
import { SpdyConnection } from './spdy/connection.ts';
import type { Stream } from './spdy/connection.ts';
import { spdyRefusal } from './spdy-refusal.ts';
import { checkHost, checkMayCreate, podOf, refusalOf } from './target.ts';

const TUNNEL = 'SPDY/3.1+portforward.k8s.io';
const PROTOCOLS = [TUNNEL, 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io'];

export function portForward(context: HandlerContext): Reply {
  const { request, server } = context;
  checkMayCreate(context);
  const pod = podOf(context);
  checkHost(context, pod);
  const upgrade = upgradeOf(request);
  if (!upgrade) throw badRequest('Upgrade request required');
  const refusal = refusalOf(() => server.kubelets.checkSandbox(pod));
  if (refusal) return refusal;
  if (upgrade !== 'websocket') return spdyRefusal('portforward');
  const protocol = chooseProtocol(request, PROTOCOLS);
  if (protocol === undefined) return text('unable to upgrade: the client asks for none of the protocols that are spoken here\n', 400);
  const forward = (port: number, peer: ConnectionPeer) => server.kubelets.forward(pod, port, peer);
  if (protocol === TUNNEL) return { protocol, isOfWorld: true, open: (socket: Socket) => tunnel(socket, forward) };
  const ports = portsOf(request.query);
  if (typeof ports === 'string') return text(ports, 400);
  return { protocol, isOfWorld: true, open: (socket: Socket) => overChannels(socket, protocol, ports, forward) };
}

type Forward = (port: number, peer: ConnectionPeer) => OpenConnection | { readonly problem: string };

/** Frames come in messages that are split anywhere. */
function tunnel(socket: Socket, forward: Forward): SocketSession {
  const pairs = new Map<string, Pair>();
  const connection = new SpdyConnection(
    (bytes) => socket.send(bytes),
    (stream) => {
      const type = stream.headers.get('streamtype');
      if (portOf(stream) === undefined || (type !== 'error' && type !== 'data')) return false;
      const id = requestIdOf(stream);
      const pair = pairs.get(id) ?? {};
      if (pair[type]) return false;
      pair[type] = stream;
      if (pair.error && pair.data) {
        pairs.delete(id);
        join(pair.error, pair.data, forward);
      } else pairs.set(id, pair);
      return true;
    },
  );
  return {
    message: (bytes) => {
      try {
        connection.receive(bytes);
      } catch {
        connection.closed();
        socket.close(1002, 'not SPDY');
      }
    },
    closed: () => connection.closed(),
  };
}

interface Pair {
  error?: Stream;
  data?: Stream;
}

function portOf({ headers }: Stream): number | undefined {
  const port = Number(headers.get('port') ?? '');
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : undefined;
}

/** Old clients give none: then the two streams of a pair follow one another. */
function requestIdOf({ headers, id }: Stream): string {
  return headers.get('requestid') || String(headers.get('streamtype') === 'error' ? id : id - 2);
}

function join(error: Stream, data: Stream, forward: Forward): void {
  const end = (): void => {
    data.end();
    error.end();
  };
  const opened = forward(portOf(data)!, { receive: (bytes) => data.write(bytes), closed: end });
  if ('problem' in opened) {
    error.write(opened.problem);
    return end();
  }
  data.on = { data: (bytes) => opened.send(bytes), end: () => opened.close(), reset: () => opened.abort() };
}

/** For each port a channel of data, and one that says what went wrong; each begins with the port's number. */
function overChannels(socket: Socket, protocol: string, ports: readonly number[], forward: Forward): SocketSession {
  const codec = codecOf(protocol);
  for (const [i, port] of ports.entries())
    for (const channel of [2 * i, 2 * i + 1]) sendOn(socket, codec, channel, String.fromCharCode(port & 255, port >>> 8));
  let left = ports.length;
  const ended = (): void => {
    if (--left === 0) socket.close(1000, '');
  };
  const connections = ports.map((port, i) => {
    const opened = forward(port, { receive: (data) => sendOn(socket, codec, 2 * i, data), closed: ended });
    if (!('problem' in opened)) return opened;
    sendOn(socket, codec, 2 * i + 1, opened.problem);
    ended();
    return undefined;
  });
  return {
    message: (bytes) => {
      const message = codec.decode(bytes);
      if (message && message.channel % 2 === 0 && message.data) connections[message.channel / 2]?.send(message.data);
    },
    closed: () => {
      for (const connection of connections) connection?.abort();
    },
  };
}

function portsOf(query: Query): number[] | string {
  const texts = query.all('ports');
  if (!texts.length) return 'query parameter "ports" is required';
  const ports: number[] = [];
  for (const given of texts) {
    if (!given) return 'query parameter "ports" cannot be empty';
    for (const one of given.split(',')) {
      const quoted = JSON.stringify(one);
      if (!/^\d+$/.test(one))
        return `unable to parse ${JSON.stringify(given)} as a port: strconv.ParseUint: parsing ${quoted}: invalid syntax`;
      if (Number(one) > 65_535)
        return `unable to parse ${JSON.stringify(given)} as a port: strconv.ParseUint: parsing ${quoted}: value out of range`;
      if (Number(one) < 1) return `port ${JSON.stringify(given)} must be > 0`;
      ports.push(Number(one));
    }
  }
  return ports;
}
