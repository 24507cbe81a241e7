// Requests that the kubelet itself makes to a pod. Mirrors pkg/probe/http.

import type { Container as ContainerSpec, HTTPGetAction } from '../../api/gen/core-v1.ts';
import { connect } from '../../world/network/connect.ts';
import { closeSide, readSocket, writeSocket } from '../../world/network/connection.ts';
import { formatMessage, parseMessage, statusOfAnswer } from '../../world/network/http.ts';
import type { Sandbox } from '../../world/runtime/sandbox.ts';
import type { World } from '../../world/world.ts';
import type { PodSync } from './worker.ts';

/** A port by its number, or by the name that the container gives it. Says what is wrong if there is none. */
export function resolvePort(container: ContainerSpec | undefined, port: number | string): number | string {
  const named = container?.ports?.find(({ name }) => name === port)?.containerPort;
  if (typeof port === 'string' && named === undefined && !/^\d+$/.test(port))
    return `strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`;
  const number = named ?? Number(port);
  return number > 0 && number < 65_536 ? number : `invalid port number: ${number}`;
}

export const urlOf = (sandboxIp: string, { scheme = 'HTTP', host, path = '/' }: HTTPGetAction, port: number): string =>
  `${scheme.toLowerCase()}://${host || sandboxIp}:${port}${path.startsWith('/') ? path : `/${path}`}`;

/** The connection that the answer will come through, or what went wrong. */
export function sendRequest(
  { world, machine, context }: PodSync,
  sandbox: Sandbox,
  container: ContainerSpec | undefined,
  action: HTTPGetAction,
  purpose: 'probe' | 'lifecycle',
): { readonly connection: string } | string {
  const port = resolvePort(container, action.port);
  if (typeof port === 'string') return port;
  const ip = sandbox.hostNetwork ? machine.ip : sandbox.ip;
  const url = urlOf(ip, action, port);
  const host = action.host || ip;
  const opened = connect(world, { machine: machine.name, namespace: '' }, host, port);
  if ('error' in opened)
    return `Get ${JSON.stringify(url)}: dial tcp ${host}:${port}: ${opened.error === 'refused' ? 'connect: connection refused' : 'connect: no route to host'}`;
  const given = (action.httpHeaders ?? []).map(({ name, value }) => [name, value] as const);
  const has = (name: string): boolean => given.some(([one]) => one.toLowerCase() === name);
  const headers = [
    ['Host', given.find(([one]) => one.toLowerCase() === 'host')?.[1] ?? `${host}:${port}`] as const,
    ...(has('user-agent') ? [] : [['User-Agent', `kube-${purpose}/1.${context.config.minor}`] as const]),
    ...(has('accept') ? [] : [['Accept', '*/*'] as const]),
    ['Connection', 'close'] as const,
    ...given.filter(([one]) => one.toLowerCase() !== 'host'),
  ];
  const path = url.slice(url.indexOf('/', url.indexOf('://') + 3));
  writeSocket(world, opened.connection.id, 'client', formatMessage(`GET ${path} HTTP/1.1`, headers));
  return { connection: opened.connection.id };
}

/** The status of the answer; undefined while there is none; a text if it will not come. */
export function responseOf(world: World, connection: string): number | string | undefined {
  const found = world.connections.get(connection);
  if (!found) return 'EOF';
  const parsed = parseMessage(found.toClient, { closed: found.serverClosed });
  if (parsed instanceof Error) return `net/http: HTTP/1.x transport connection broken: malformed HTTP response`;
  if (parsed) return statusOfAnswer(parsed.message.start) || 'malformed HTTP response';
  return found.serverClosed && readSocket(world, connection, 'client', 0) === null ? 'EOF' : undefined;
}

export function closeRequest(world: World, connection: string): void {
  closeSide(world, connection, 'client');
}
