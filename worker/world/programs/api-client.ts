// A request of a program in a pod to its cluster's API server, as client-go makes it by its in-cluster configuration: the address from the environment, the token and the
// authority from the service account's files.

import { isRecord } from '../../lib/json.ts';
import { byteString, fromByteString } from '../../lib/text.ts';
import { fetchStep, newFetching, parseUrl, requestText } from '../commands/http-client.ts';
import type { Failure, Fetching } from '../commands/http-client.ts';
import type { Wait } from '../process/process.ts';
import type { System } from '../process/system.ts';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** A request that is under way: plain data. */
export interface Asking {
  readonly fetching: Fetching;
  readonly text: string;
}

/** What was asked for, or what is wrong as client-go says it; `status` is 0 where no server answered. */
export type ApiAnswer = { readonly object: Record<string, unknown> } | { readonly problem: string; readonly status: number };

interface ApiRequest {
  readonly method: string;
  readonly path: string;
  /** Made when it is sent. */
  body?(): unknown;
}

/** `kept` holds it until there is an answer. */
export function askApi(system: System, kept: { asking?: Asking }, { method, path, body }: ApiRequest): ApiAnswer | { readonly wait: Wait } {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = system.env;
  const token = system.find(`${ACCOUNT}/token`)?.content;
  if (!host || !port)
    return {
      problem: 'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined',
      status: 0,
    };
  if (token === undefined) return { problem: `open ${ACCOUNT}/token: no such file or directory`, status: 0 };
  const url = parseUrl(`https://${host}:${port}${path}`)!;
  kept.asking ??= {
    fetching: newFetching(system),
    text: requestText(method, url, ...partsOf(token, body?.())),
  };
  const got = fetchStep(system, kept.asking.fetching, {
    host: url.host,
    port: url.port,
    isTls: true,
    request: kept.asking.text,
    isHead: false,
    trusts: (authority) => (system.find(`${ACCOUNT}/ca.crt`)?.content ?? '').includes(authority.trim()),
  });
  if ('wait' in got) return got;
  delete kept.asking;
  if ('failure' in got) {
    const verb = method[0] + method.slice(1).toLowerCase();
    return { problem: `${verb} "https://${host}:${port}${path}": ${whyOf(got.failure, `${host}:${port}`)}`, status: 0 };
  }
  return read(got.message.start, got.message.body);
}

function partsOf(token: string, object: unknown): [headers: [string, string][], body: string] {
  const body = object === undefined ? '' : byteString(JSON.stringify(object));
  return [
    [
      ['Authorization', `Bearer ${token.trim()}`],
      ['Accept', 'application/json'],
      ['Connection', 'close'],
      ...(body
        ? ([
            ['Content-Type', 'application/json'],
            ['Content-Length', String(body.length)],
          ] as [string, string][])
        : []),
    ],
    body,
  ];
}

function read(start: string, body: string): ApiAnswer {
  const status = Number(start.split(' ')[1]);
  let object: unknown;
  try {
    object = JSON.parse(fromByteString(body));
  } catch {
    return { problem: 'the server returned something that is no JSON', status };
  }
  if (!isRecord(object)) return { problem: 'the server returned something that is no object', status };
  return status < 300 ? { object } : { problem: String(object['message'] ?? ''), status };
}

function whyOf(failure: Failure, at: string): string {
  switch (failure) {
    case 'refused':
      return `dial tcp ${at}: connect: connection refused`;
    case 'no-route':
      return `dial tcp ${at}: connect: no route to host`;
    case 'untrusted':
      return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
    case 'reset':
    case 'bad':
      return 'EOF';
    default:
      return `dial tcp ${at}: i/o timeout`;
  }
}
