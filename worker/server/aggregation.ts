// Requests for group versions that a server in the cluster answers: they are passed on to its service, with the name of whoever asks. Mirrors kube-aggregator
// pkg/apiserver/handler_proxy.go.

import type { UserInfo } from '../api/resource.ts';
import { bytesOfChars, byteString, charsOfBytes } from '../lib/text.ts';
import type { Answer, BegunAnswer } from './connect/http-client.ts';
import { pass } from './connect/pass.ts';
import { askService } from './connect/service-call.ts';
import type { ServiceAnswer } from './connect/service-call.ts';
import type { RemoteVersion, Server } from './context.ts';
import { isSocketRequest, overSocket } from './handlers/watch-socket.ts';
import { text } from './http.ts';
import type { HttpReply, HttpRequest, Reply, Sink, StreamReply } from './http.ts';

/** Undefined if this server answers itself. */
export function delegated(server: Server, request: HttpRequest, path: string, user: UserInfo): Reply | Promise<Reply> | undefined {
  if (!path.startsWith('/apis/')) return undefined;
  const [, , group = '', version = ''] = path.split('/', 4);
  const remote = version ? server.remotes.find(group, version) : undefined;
  if (!remote) return undefined;
  return remote.isAvailable && remote.isSimulated ? undefined : passOn(server, request, remote, user);
}

const unavailable = (): HttpReply => text('service unavailable\n', 503);

/** Headers that are between the client and this server, and those that only this server may set. */
const OWN_HEADERS =
  /^(authorization|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|host|cf-.*|sec-websocket-.*|x-remote-.*)$/;
const OWN_REPLY_HEADERS = /^(connection|keep-alive|proxy-authenticate|te|trailer|transfer-encoding|upgrade|content-length)$/;

export function passOn(server: Server, request: HttpRequest, remote: RemoteVersion, user: UserInfo): Reply | Promise<Reply> {
  if (!remote.isAvailable) return unavailable();
  const { service, distrust } = remote;
  const headers: [string, string][] = [['Host', `${service.name}.${service.namespace}.svc`]];
  for (const name of request.headers.keys()) {
    const value = request.headers.get(name);
    if (value !== null && !OWN_HEADERS.test(name.toLowerCase())) headers.push([name, value]);
  }
  headers.push(...proxyHeaders(user), ['X-Forwarded-For', request.headers.get('cf-connecting-ip') ?? '127.0.0.1']);
  if (request.body.length) headers.push(['Content-Length', String(request.body.length)]);
  const target = `${request.path}${request.query.text && `?${request.query.text}`}`;
  const question = { method: request.method, target, headers, body: request.body, distrust };
  return new Promise((resolve) => {
    askService(
      server,
      service,
      question,
      (answer) => resolve(replyOf(answer)),
      (answer) => {
        const stream = streamOf(answer);
        resolve(isSocketRequest(request) ? { ...overSocket(request, lineByLine(stream)), isOfWorld: true } : stream);
        return true;
      },
    );
  });
}

/** Who asks, as an authenticating proxy says it. Mirrors client-go transport.SetAuthProxyHeaders. */
const proxyHeaders = ({ name, uid, groups, extra = {} }: UserInfo): [string, string][] => [
  ['X-Remote-User', name],
  ...(uid ? [['X-Remote-Uid', uid] as [string, string]] : []),
  ...groups.map((group): [string, string] => ['X-Remote-Group', group]),
  ...Object.entries(extra).flatMap(([key, values]) =>
    values.map((value): [string, string] => [`X-Remote-Extra-${encodeURIComponent(key)}`, value]),
  ),
];

function replyOf(answer: ServiceAnswer): HttpReply {
  if ('problem' in answer) return answer.isReached ? text(`${answer.problem}\n`, 503) : unavailable();
  return { status: answer.status, headers: ownHeaders(answer), body: answer.body };
}

/** A watch, a followed log, or whatever else takes its time. */
const streamOf = (answer: BegunAnswer): StreamReply => ({
  status: answer.status,
  headers: ownHeaders(answer),
  isOfWorld: true,
  open: (sink: Sink) => pass(answer.source, sink),
});

/** The same, a line at a time: an event of a watch. */
const lineByLine = (stream: StreamReply): StreamReply => ({
  ...stream,
  open: (sink) => {
    let begun = '';
    return stream.open({
      write: (chunk) => {
        const lines = (begun + (typeof chunk === 'string' ? byteString(chunk) : charsOfBytes(chunk))).split('\n');
        begun = lines.pop()!;
        for (const line of lines) sink.write(bytesOfChars(`${line}\n`));
      },
      close: () => sink.close(),
      get isReady() {
        return sink.isReady;
      },
      onDrain: (wake) => sink.onDrain(wake),
    });
  },
});

function ownHeaders(answer: Answer | BegunAnswer): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of answer.headers) if (!OWN_REPLY_HEADERS.test(name.toLowerCase())) headers[name.toLowerCase()] = value;
  return headers;
}
