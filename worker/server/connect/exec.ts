// exec and attach: a command's streams as the channels of a WebSocket. Mirrors pkg/registry/core/pod/rest/subresources.go, the translating proxy of
// apiserver pkg/util/proxy/streamtranslator.go and the runtime's own WebSocket server (kubelet pkg/cri/streaming/remotecommand).

import type { Pod } from '../../api/gen/core-v1.ts';
import type { AttachOptions, Command, CommandEnd, CommandPeer } from '../../api/kubelet.ts';
import { badRequest, internalError } from '../../api/status.ts';
import { byteString, fromByteString } from '../../lib/text.ts';
import type { HandlerContext } from '../context.ts';
import { text } from '../http.ts';
import type { Query, Reply, Socket, SocketSession } from '../http.ts';
import { chooseProtocol, codecOf, sendOn, upgradeOf } from './channels.ts';
import type { Codec } from './channels.ts';
import { spdyExec } from './spdy-exec.ts';
import { spdyRefusal } from './spdy-refusal.ts';
import { checkHost, checkMayCreate, containerOf, podOf, refusalOf } from './target.ts';

const [STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE] = [0, 1, 2, 3, 4, 255];

const V5 = 'v5.channel.k8s.io';
const V4: readonly string[] = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io'];
/** A bare connection in a WebSocket. */
const TUNNEL = 'SPDY/3.1+v4.channel.k8s.io';
const PROTOCOLS = [V5, ...V4, 'channel.k8s.io', 'base64.channel.k8s.io', TUNNEL];

export function exec(context: HandlerContext): Reply {
  const { query } = context.request;
  const command = query.all('command');
  return run(context, 'exec', command, (pod, container, options, peer) =>
    context.server.kubelets.exec(pod, container, { ...options, command }, peer),
  );
}

export function attach(context: HandlerContext): Reply {
  return run(context, 'attach', [], (pod, container, options, peer) => context.server.kubelets.attach(pod, container, options, peer));
}

type Start = (pod: Pod, container: string, options: AttachOptions, peer: CommandPeer) => Command;

function run(context: HandlerContext, verb: 'exec' | 'attach', argv: readonly string[], start: Start): Reply {
  const { request, server } = context;
  checkMayCreate(context);
  const options = streamOptions(request.query);
  const pod = podOf(context);
  const container = containerOf(pod, request.query.get('container'));
  checkHost(context, pod);
  const upgrade = upgradeOf(request);
  if (!upgrade) throw badRequest('Upgrade request required');
  if (!options.stdin && !options.stdout && !options.stderr) return text('you must specify at least 1 of stdin, stdout, stderr', 400);
  const refusal = refusalOf(() => server.kubelets.checkRunning(pod, container, verb));
  if (refusal) return refusal;
  if (upgrade !== 'websocket') return spdyRefusal(verb);
  const protocol = chooseProtocol(request, PROTOCOLS);
  if (protocol === undefined) return text('unable to upgrade: the client asks for none of the protocols that are spoken here\n', 400);
  const codec = codecOf(protocol);
  if (protocol === TUNNEL)
    return {
      protocol,
      isOfWorld: true,
      open: (socket: Socket) =>
        spdyExec(socket, {
          options,
          start: (peer) => start(pod, container, options, peer),
          statusText: (end) => statusText(end, V4[0]!, argv),
          resized: (command, data) => {
            const size = sizeOf(data);
            if (size) command.resize(...size);
          },
        }),
    };
  return {
    protocol,
    isOfWorld: true,
    open: (socket: Socket) => {
      // The lowest channel that is written says that the connection stands.
      sendOn(socket, codec, options.stdout ? STDOUT : options.stderr ? STDERR : ERROR, '');
      let isOver = false;
      const command = start(pod, container, options, {
        output: (stream, data) => {
          if (!isOver && options[stream]) sendOn(socket, codec, stream === 'stdout' ? STDOUT : STDERR, data);
        },
        ended: (end) => {
          isOver = true;
          const status = statusText(end, protocol, argv);
          if (status) sendOn(socket, codec, ERROR, byteString(status));
          socket.close(1000, '');
        },
      });
      return sessionOf(command, codec, protocol, options, () => isOver);
    },
  };
}

function sessionOf(command: Command, codec: Codec, protocol: string, { stdin, tty }: AttachOptions, isOver: () => boolean): SocketSession {
  return {
    message: (bytes) => {
      const message = isOver() ? undefined : codec.decode(bytes);
      if (!message) return;
      const { channel, data } = message;
      if (channel === STDIN && stdin) {
        if (data) command.input(data);
      } else if (channel === RESIZE && tty) {
        const size = sizeOf(data);
        if (size) command.resize(...size);
      } else if (channel === CLOSE && protocol === V5 && data.charCodeAt(0) === STDIN && stdin) command.endInput();
    },
    closed: () => {
      if (!isOver()) command.leave();
    },
  };
}

/** A terminal has one output. */
function streamOptions(query: Query): AttachOptions {
  const tty = query.isTrue('tty');
  return { stdin: query.isTrue('stdin'), stdout: query.isTrue('stdout'), stderr: query.isTrue('stderr') && !tty, tty };
}

function sizeOf(data: string): [columns: number, rows: number] | undefined {
  try {
    const { Width, Height } = JSON.parse(data) as { Width?: unknown; Height?: unknown };
    return Number.isInteger(Width) && Number.isInteger(Height) && (Width as number) > 0 && (Height as number) > 0
      ? [Width as number, Height as number]
      : undefined;
  } catch {
    return undefined;
  }
}

/** What the channel for errors says in the end: a Status from version 4 on, before only what went wrong. */
function statusText(end: CommandEnd, protocol: string, argv: readonly string[]): string {
  const isV5 = protocol === V5;
  if ('problem' in end) {
    const status = internalError(`error executing command in container: ${fromByteString(end.problem)}`).status;
    // The proxy before the runtime takes the message for the error itself.
    const shown = isV5 ? internalError(status.message!).status : status;
    if (!isV5 && !V4.includes(protocol)) return shown.message!;
    const { metadata, status: outcome, message, reason, details, code } = shown;
    return JSON.stringify({ metadata, status: outcome, message, reason, details, code });
  }
  const { code } = end;
  const isJson = isV5 || V4.includes(protocol);
  if (code === 0) return isJson ? JSON.stringify({ metadata: {}, status: 'Success' }) : '';
  const cause = isV5 ? `command terminated with exit code ${code}` : `error executing command [${argv.join(' ')}], exit code ${code}`;
  const message = `command terminated with non-zero exit code: ${cause}`;
  if (!isJson) return message;
  return JSON.stringify({
    metadata: {},
    status: 'Failure',
    message,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  });
}
