// Between the platform's Request and Response and the server's plain values: the only place that knows both.

import { requestEntityTooLarge } from '../api/status.ts';
import type { Status } from '../api/status.ts';
import { isStream, isUpgrade, JSON_TYPE, Query } from '../server/http.ts';
import { fromBase64 } from '../lib/text.ts';
import type { HttpRequest, Reply, Sink, StreamReply, UpgradeReply } from '../server/http.ts';
import { warningHeaders } from '../server/warnings.ts';

/** Upstream's limit of a request's body (apiserver pkg/server/config.go MaxRequestBodyBytes). */
const MAX_BODY_BYTES = 3 * 1024 * 1024;
const STREAM_BUFFER_BYTES = 1_000_000;
/** A page served from inside a sandbox is a stranger's: a browser gives it an origin of its own, so that it cannot act as whoever looks at it. */
const STRANGERS_PAGE = 'sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads';

/** `prefix` is the part of the path that leads to the sandbox. Throws a StatusError if the body is too large. */
export async function toHttpRequest(request: Request, prefix: string): Promise<HttpRequest> {
  const { pathname, search } = new URL(request.url);
  const isBehind = pathname.startsWith(prefix);
  const certificate = fromBase64(request.headers.get(CERTIFICATE_HEADER) ?? '');
  return {
    method: request.method,
    path: isBehind ? pathname.slice(prefix.length) || '/' : pathname,
    ...(isBehind && { prefix }),
    query: new Query(search.slice(1)),
    headers: request.headers,
    body: await readBody(request),
    ...(certificate?.length && { clientCertificate: certificate }),
  };
}

/** How the Worker tells a sandbox's object which certificate the client showed, in base64. */
export const CERTIFICATE_HEADER = 'x-kubarium-client-certificate';
/** By which what ends TLS in front of the Worker shows that it is that. */
const FRONT_HEADER = 'x-kubarium-tls-front';

/**
 * Says which client certificate TLS has seen, whatever the request says of itself: Cloudflare tells it, or a TLS front that knows `frontSecret`. Only the
 * Worker reaches a sandbox's object, so what it says there nobody else can.
 */
export function withClientCertificate(request: Request, frontSecret: string | undefined): Request {
  const { headers } = request;
  const [claimed, front] = [headers.get(CERTIFICATE_HEADER), headers.get(FRONT_HEADER)];
  const isFront = frontSecret !== undefined && front !== null && isEqualText(front, frontSecret);
  const seen = cloudflareCertificate(request) ?? (isFront ? claimed : null);
  if (seen === null && claimed === null && front === null) return request;
  const next = new Headers(headers);
  next.delete(CERTIFICATE_HEADER);
  next.delete(FRONT_HEADER);
  if (seen !== null) next.set(CERTIFICATE_HEADER, seen);
  return new Request(request, { headers: next });
}

/** RFC 9440 writes it between colons. */
function cloudflareCertificate({ cf }: Request): string | undefined {
  const auth = cf?.['tlsClientAuth'] as { certPresented?: string; certRFC9440?: string } | undefined;
  return auth?.certPresented === '1' ? /^:([A-Za-z0-9+/=]+):$/.exec(auth.certRFC9440 ?? '')?.[1] : undefined;
}

/** Takes as long for every wrong answer. */
function isEqualText(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i % b.length);
  return difference === 0;
}

/** What is too large is read to its end all the same, and dropped: a client that is still sending would not see the answer. */
async function readBody(request: Request): Promise<Uint8Array> {
  const { body, headers } = request;
  if (!body) return new Uint8Array();
  // In one piece it costs a tenth of what a stream costs; but only a body that says how long it is may be trusted to be short.
  if (Number(headers.get('content-length') ?? Infinity) <= MAX_BODY_BYTES) return new Uint8Array(await request.arrayBuffer());
  let chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as ReadableStream<Uint8Array>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks = [];
  }
  if (size > MAX_BODY_BYTES) throw requestEntityTooLarge(`limit is ${MAX_BODY_BYTES}`);
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

export function statusResponse(status: Status): Response {
  const retry = status.details?.retryAfterSeconds;
  return Response.json(status, { status: status.code, ...(retry && { headers: { 'retry-after': String(retry) } }) });
}

/** From what length on an answer is worth squeezing. Mirrors defaultGzipThresholdBytes of apiserver pkg/endpoints/handlers/responsewriters. */
const GZIP_FROM = 128 * 1024;

const acceptsGzip = (headers: Headers): boolean =>
  (headers.get('accept-encoding') ?? '').split(',').some((one) => one.split(';')[0]!.trim() === 'gzip');

/** What compresses on the way (Cloudflare's edge, wrangler's proxy) would hold events back until it has a block of them. */
const AS_IT_COMES = { 'content-encoding': 'identity', 'cache-control': 'no-transform' };

/** Tells of a connection that stays open what ends it from this side; gives what is to be called when it has ended. */
type Register = (end: () => void) => () => void;

/** The request's signal, which is aborted when the client leaves, is made only when somebody asks for it. */
export function toResponse(reply: Reply, request: Pick<Request, 'signal' | 'headers'>, register: Register): Response {
  if (isUpgrade(reply)) return toWebSocket(reply, register);
  const headers = new Headers(reply.headers);
  for (const warning of warningHeaders(reply.warnings ?? [])) headers.append('warning', warning);
  if (reply.headers['content-type'] !== JSON_TYPE) headers.set('content-security-policy', STRANGERS_PAGE);
  if (isStream(reply)) {
    for (const [name, value] of Object.entries(AS_IT_COMES)) headers.append(name, value);
    return toStream(reply, headers, request.signal, register);
  }
  const isBodiless = reply.status === 304 || reply.status === 204;
  if (reply.body.length >= GZIP_FROM && !reply.headers['content-encoding'] && acceptsGzip(request.headers)) {
    // Whoever sends it on squeezes it.
    headers.set('content-encoding', 'gzip');
    headers.append('vary', 'Accept-Encoding');
  }
  return new Response(isBodiless ? null : reply.body, { status: reply.status, headers });
}

/** A reader that is slow gets its chunks when it asks for them; the source is told to wait meanwhile. */
function toStream(reply: StreamReply, headers: Headers, signal: AbortSignal, register: Register): Response {
  const encoder = new TextEncoder();
  let isOpen = true;
  let wake: (() => void) | undefined;
  let stop = (): void => {};
  const unregister = register(() => end(true));
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const end = (tell: boolean): void => {
    if (!isOpen) return;
    isOpen = false;
    unregister();
    if (tell) controller?.close();
    stop();
  };
  const sink: Sink = {
    write: (chunk) => {
      if (isOpen) controller?.enqueue(typeof chunk === 'string' ? encoder.encode(chunk) : chunk);
    },
    close: () => end(true),
    get isReady() {
      return isOpen && (controller?.desiredSize ?? 0) > 0;
    },
    onDrain: (next) => {
      wake = next;
    },
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      start(given) {
        controller = given;
        stop = reply.open(sink);
        if (!isOpen) stop();
        else if (signal.aborted) end(false);
        else signal.addEventListener('abort', () => end(false));
      },
      pull() {
        const next = wake;
        wake = undefined;
        next?.();
      },
      cancel: () => end(false),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: STREAM_BUFFER_BYTES }),
  );
  return new Response(stream, { status: reply.status, headers });
}

function toWebSocket(reply: UpgradeReply, register: Register): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.binaryType = 'arraybuffer';
  let isOpen = true;
  const session = reply.open({
    send: (message) => {
      if (isOpen) server.send(message);
    },
    close: (code, reason) => {
      if (isOpen) server.close(code, reason);
    },
  });
  const end = (): void => {
    if (!isOpen) return;
    isOpen = false;
    unregister();
    session.closed();
  };
  const unregister = register(() => {
    end();
    server.close(1000, '');
  });
  server.addEventListener('message', ({ data }) =>
    session.message(typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data as ArrayBuffer)),
  );
  server.addEventListener('close', end);
  server.addEventListener('error', end);
  return new Response(null, {
    status: 101,
    webSocket: client,
    headers: { ...(reply.protocol && { 'sec-websocket-protocol': reply.protocol }) },
  });
}
