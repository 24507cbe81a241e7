// The proxies: HTTP requests passed on to a pod, to one of the endpoints of a service, or to a node's kubelet. Mirrors the ResourceLocation functions of
// pkg/registry/core/{pod,service,node} and the handler of apimachinery pkg/util/proxy/upgradeaware.go.

import type { Endpoints, Pod, Service } from '../../api/gen/core-v1.ts';
import { KubeletRefusal } from '../../api/kubelet.ts';
import { badRequest, serviceUnavailable, unknownError } from '../../api/status.ts';
import { bytesOfChars } from '../../lib/text.ts';
import type { HandlerContext } from '../context.ts';
import type { HttpReply, Reply, Sink } from '../http.ts';
import { upgradeOf } from './channels.ts';
import { askThen } from './http-client.ts';
import type { Answer, BegunAnswer, Problem, Question } from './http-client.ts';
import { pass } from './pass.ts';
import { rewritten } from './rewrite.ts';

const KUBELET_PORT = '10250';

export function proxy(context: HandlerContext): Reply | Promise<Reply> {
  const { request, resource } = context;
  const target = targetOf(context.info.name);
  if (!target) throw badRequest(`invalid ${resource.kind.toLowerCase()} request ${JSON.stringify(context.info.name)}`);
  const [prepend, path] = splitPath(request.path);
  if (resource.kind === 'Node') return toNode(context, target, path);
  const place = resource.kind === 'Pod' ? podPlace(context, target) : servicePlace(context, target);
  if (path === '' && (request.method === 'GET' || request.method === 'HEAD') && !upgradeOf(request)) {
    const query = request.query.text && `?${request.query.text}`;
    return { status: 301, headers: { location: `${request.prefix ?? ''}${prepend}/${query}` }, body: '' };
  }
  return passOn(context, { ...place, scheme: target.scheme || 'http' }, prepend, path);
}

interface Target {
  readonly scheme: string;
  readonly name: string;
  readonly port: string;
}

interface Place {
  readonly address: string;
  readonly port: number;
}

/** `name`, `name:port` or `scheme:name:port`; undefined if it is none of these. */
function targetOf(id: string): Target | undefined {
  const parts = id.split(':');
  const [scheme, name, port] = parts.length === 3 ? parts : ['', ...parts];
  if (parts.length > 3 || !name || (parts.length === 3 && scheme !== '' && scheme !== 'http' && scheme !== 'https')) return undefined;
  return { scheme: scheme!, name, port: port ?? '' };
}

/** The path up to `/proxy`, and what follows it. */
function splitPath(path: string): [prepend: string, rest: string] {
  const at = /^\/api\/v1(?:\/namespaces\/[^/]+)?\/[^/]+\/[^/]+\/proxy/.exec(path)?.[0].length ?? path.length;
  return [path.slice(0, at), path.slice(at)];
}

function podPlace({ server, resource, info }: HandlerContext, { name, port }: Target): Place {
  const pod = server.registry.read(resource, info.namespace, name).value as Pod;
  const first = pod.spec.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  const address = pod.status.podIPs?.[0]?.ip ?? '';
  if (!address) throw badRequest('address not allowed');
  const number = port ? Number(port) : (first ?? 80);
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw serviceUnavailable(`error trying to reach service: dial tcp: lookup tcp/${port}: unknown port`);
  return { address, port: number };
}

function servicePlace({ server, resource, info }: HandlerContext, { name, port, scheme }: Target): Place {
  const { registry, random } = server;
  const service = registry.read(resource, info.namespace, name).value as Service;
  let portName = port;
  if (/^\d+$/.test(port)) {
    const found = service.spec.ports?.find((one) => one.port === Number(port));
    if (!found) throw serviceUnavailable(`no service port ${port} found for service ${JSON.stringify(name)}`);
    portName = found.name ?? '';
  }
  const { subsets = [] } = registry.read(registry.catalog.find('', 'v1', 'endpoints')!, info.namespace, name).value as Endpoints;
  if (!subsets.length) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  const places = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports
      .filter((one) => (one.name ?? '') === portName)
      .flatMap((one) => addresses.map(({ ip }): Place => ({ address: ip, port: one.port }))),
  );
  const place = places[random.below(places.length)];
  if (!place)
    throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(scheme ? info.name : port ? `${name}:${port}` : name)}`);
  return place;
}

function toNode({ server, resource, request, info }: HandlerContext, { name, port }: Target, path: string): HttpReply {
  server.registry.read(resource, '', name);
  if (port && port !== KUBELET_PORT) throw serviceUnavailable(`error trying to reach service: dial tcp: connect: connection refused`);
  if (upgradeOf(request)) throw badRequest('the pages of a kubelet are not streams; use the exec, attach and portforward of the pod');
  if (path === '' && (request.method === 'GET' || request.method === 'HEAD'))
    return { status: 301, headers: { location: `${request.prefix ?? ''}/api/v1/nodes/${info.name}/proxy/` }, body: '' };
  try {
    const page = server.kubelets.page(name, {
      method: request.method,
      path: decodeURI(path) || '/',
      query: (key) => request.query.get(key),
    });
    return { status: page.status, headers: { 'content-type': page.type }, body: bytesOfChars(page.body) };
  } catch (error) {
    if (!(error instanceof KubeletRefusal)) throw error;
    if (error.code === undefined) throw serviceUnavailable(`error trying to reach service: ${error.message}`);
    return { status: error.code, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: error.message };
  }
}

/** Headers that are between the client and this server. */
const OWN_HEADERS =
  /^(authorization|impersonate-.*|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|accept-encoding|host|cf-.*|sec-websocket-.*)$/;
const OWN_REPLY_HEADERS = /^(connection|keep-alive|proxy-authenticate|te|trailer|transfer-encoding|upgrade|content-length|date)$/;

async function passOn(context: HandlerContext, place: Place & { scheme: string }, prepend: string, path: string): Promise<Reply> {
  const { request, server } = context;
  const { address, port, scheme } = place;
  const host = request.headers.get('host') ?? `${address}:${port}`;
  const prefix = `${request.prefix ?? ''}${prepend}`;
  const headers: [string, string][] = [['Host', host]];
  for (const name of request.headers.keys()) {
    const value = request.headers.get(name);
    if (value !== null && !OWN_HEADERS.test(name.toLowerCase())) headers.push([titleOf(name), value]);
  }
  headers.push(['X-Forwarded-For', request.headers.get('cf-connecting-ip') ?? '127.0.0.1'], ['X-Forwarded-Uri', `${prefix}${path}`]);
  if (request.body.length) headers.push(['Content-Length', String(request.body.length)]);
  const question: Question = {
    method: request.method,
    target: `${path}${request.query.text && `?${request.query.text}`}`,
    headers,
    body: request.body,
    isTls: scheme === 'https',
  };
  const answer = await new Promise<Answer | BegunAnswer | Problem>((resolve) => {
    askThen(
      (peer) => server.kubelets.dial(address, port, peer),
      question,
      resolve,
      (begun) => {
        // Links can be rewritten in a whole page only.
        if (begun.headers.some(([name, value]) => name.toLowerCase() === 'content-type' && value.startsWith('text/html'))) return false;
        resolve(begun);
        return true;
      },
    );
  });
  if ('problem' in answer)
    throw serviceUnavailable(`error trying to reach service: ${answer.problem.replace('dial', `dial tcp ${address}:${port}`)}`);
  if (upgradeOf(request) && answer.status < 400) {
    if ('source' in answer) answer.source({ more: () => {}, ended: () => {} }).stop();
    throw unknownError(`invalid upgrade response: status code ${answer.status}`);
  }
  const { status } = answer;
  const own = answer.headers.flatMap(([name, value]) => (OWN_REPLY_HEADERS.test(name.toLowerCase()) ? [] : [[name.toLowerCase(), value]]));
  const reply = { status, headers: Object.fromEntries(own) as Record<string, string>, body: 'body' in answer ? answer.body : '' };
  const { headers: out, body } = rewritten(reply, { prefix, path, hosts: [`${address}:${port}`, host] });
  if ('body' in answer) return { status, headers: out, body };
  return { status, headers: out, isOfWorld: true, open: (sink: Sink) => pass(answer.source, sink) };
}

const titleOf = (name: string): string => name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
