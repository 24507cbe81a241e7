// GET of a pod's log. Mirrors pkg/registry/core/pod/rest/log.go, and the checks of PodLogOptions in pkg/apis/core/validation.

import { forbiddenField, invalidField, notSupported } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { KubeletRefusal } from '../../api/kubelet.ts';
import type { Log, LogOptions } from '../../api/kubelet.ts';
import { badRequest, internalError, invalid, unknownError } from '../../api/status.ts';
import { bytesOfChars, toBase64, utf8 } from '../../lib/text.ts';
import { parseTime } from '../../lib/time.ts';
import type { HandlerContext } from '../context.ts';
import { text as refusal } from '../http.ts';
import type { HttpRequest, Query, Reply, Sink, Socket } from '../http.ts';
import { integer } from '../options.ts';
import { chooseProtocol, upgradeOf } from './channels.ts';
import { pass } from './pass.ts';
import { checkHost, containerOf, podOf } from './target.ts';

const HEADERS = { 'content-type': 'text/plain' };
const STREAMS = ['All', 'Stderr', 'Stdout'];

export function log(context: HandlerContext): Reply {
  const { server, request, info } = context;
  const options = logOptions(request.query, server.now(), info.name);
  const pod = podOf(context);
  const container = containerOf(pod, request.query.get('container'));
  if (!pod.spec.nodeName) return { status: 204, headers: {}, body: '' };
  checkHost(context, pod);
  const { text, follow } = ask(
    () => server.kubelets.logs(pod, container, options),
    `https://${pod.spec.nodeName}:10250/containerLogs/${info.namespace}/${info.name}/${container}`,
  );
  if (upgradeOf(request) === 'websocket') return overSocket(request, text, follow);
  if (!follow) return { status: 200, headers: HEADERS, body: bytesOfChars(text) };
  return {
    status: 200,
    headers: HEADERS,
    isOfWorld: true,
    open: (sink: Sink) => {
      if (text) sink.write(bytesOfChars(text));
      return pass(follow, sink);
    },
  };
}

const PROTOCOLS = ['binary.k8s.io', 'base64.binary.k8s.io'];

/** A piece a message. Mirrors the Reader of apiserver's wsstream. */
function overSocket(request: HttpRequest, text: string, follow: Log['follow']): Reply {
  const protocol = chooseProtocol(request, PROTOCOLS);
  if (protocol === undefined) return refusal('unable to upgrade: the client asks for none of the protocols that are spoken here\n', 400);
  const encode = (bytes: Uint8Array): string | Uint8Array => (protocol.startsWith('base64') ? toBase64(bytes) : bytes);
  return {
    protocol,
    isOfWorld: true,
    open: (socket: Socket) => {
      const sink: Sink = {
        isReady: true,
        onDrain: () => {},
        write: (chunk) => socket.send(encode(typeof chunk === 'string' ? utf8(chunk) : chunk)),
        close: () => socket.close(1000, ''),
      };
      if (text) sink.write(bytesOfChars(text));
      if (follow) return { message: () => {}, closed: pass(follow, sink) };
      sink.close();
      return { message: () => {}, closed: () => {} };
    },
  };
}

/** A kubelet's refusal is passed on as a Status. */
function ask(read: () => Log, url: string): Log {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof KubeletRefusal)) throw error;
    if (error.code === undefined) throw unknownError(`Get ${JSON.stringify(url)}: ${error.message}`);
    throw error.code === 400 ? badRequest(error.message) : internalError(error.message);
  }
}

function logOptions(query: Query, now: number, name: string): LogOptions {
  const sinceSeconds = integer(query, 'sinceSeconds');
  const tailLines = integer(query, 'tailLines');
  const limitBytes = integer(query, 'limitBytes');
  const sinceTime = query.get('sinceTime') ? timeOf(query.get('sinceTime')) : undefined;
  const stream = query.get('stream') || 'All';
  const errors: FieldError[] = [];
  if (tailLines !== undefined && tailLines < 0) errors.push(invalidField('tailLines', tailLines, 'must be greater than or equal to 0'));
  if (limitBytes !== undefined && limitBytes < 1) errors.push(invalidField('limitBytes', limitBytes, 'must be greater than 0'));
  if (sinceSeconds !== undefined && sinceTime !== undefined)
    errors.push(forbiddenField('', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  else if (sinceSeconds !== undefined && sinceSeconds < 1)
    errors.push(invalidField('sinceSeconds', sinceSeconds, 'must be greater than 0'));
  if (!STREAMS.includes(stream)) errors.push(notSupported('stream', stream, STREAMS));
  else if (stream !== 'All' && tailLines !== undefined)
    errors.push(forbiddenField('', '`tailLines` and specific `stream` are mutually exclusive for now'));
  if (errors.length) throw invalid({ group: '', kind: 'PodLogOptions' }, name, errors);
  return {
    follow: query.isTrue('follow'),
    previous: query.isTrue('previous'),
    timestamps: query.isTrue('timestamps'),
    since: sinceSeconds === undefined ? sinceTime : now - sinceSeconds * 1000,
    tailLines,
    limitBytes,
    stream: stream as LogOptions['stream'],
  };
}

function timeOf(text: string): number {
  const time = parseTime(text);
  if (time === undefined)
    throw badRequest(`parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(text)} as "2006"`);
  return time;
}
