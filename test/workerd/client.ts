// Calls the Worker as clients do, from inside workerd.

import { env, exports } from 'cloudflare:workers';
import { expect } from 'vitest';
import type { Sandbox } from '../../worker/index.ts';

export const ORIGIN = 'https://kubarium.test';

export interface Reply<T = never> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed, if it is JSON. */
  readonly body: T;
}

export interface SandboxBody {
  readonly id: string;
  readonly name: string;
  readonly apiToken: string;
  readonly nodes: number;
  readonly expiresAt: string | null;
  readonly speed: number | string;
  readonly forkedFrom?: string;
  readonly server: string;
  readonly time: string;
  readonly usage: { objects: number; bytes: number };
}

export const fetchWorker = (path: string, init?: RequestInit): Promise<Response> => exports.default.fetch(new Request(ORIGIN + path, init));

export async function call<T = never>(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply<T>> {
  const response = await fetchWorker(path, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = new TextDecoder().decode(await response.arrayBuffer());
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, body: (isJson ? JSON.parse(text) : undefined) as T };
}

/** Somebody with an API token. */
export interface Person {
  readonly token: string;
  api<T = never>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply<T>>;
}

export function person(token: string): Person {
  return {
    token,
    api: (method, path, body, headers = {}) => call(method, `/api/v1${path}`, body, { authorization: `Bearer ${token}`, ...headers }),
  };
}

/** A cluster as seen with one bearer token. */
export interface Kube {
  readonly id: string;
  readonly token: string;
  readonly stub: DurableObjectStub<Sandbox>;
  request<T = never>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply<T>>;
}

export function kube(id: string, token: string): Kube {
  return {
    id,
    token,
    stub: env.SANDBOX.getByName(id),
    request: (method, path, body, headers = {}) => call(method, `/c/${id}${path}`, body, { authorization: `Bearer ${token}`, ...headers }),
  };
}

export function kubeOf(kubeconfig: string): Kube {
  const id = /\/c\/(\w+)/.exec(kubeconfig)![1]!;
  return kube(id, /token: (\S+)/.exec(kubeconfig)![1]!);
}

/** A new guest with a sandbox, and the way into it. */
export async function newGuest(wanted: object = { template: 'bare', nodes: 1 }): Promise<{ me: Person; sandbox: SandboxBody; kube: Kube }> {
  const made = await call<SandboxBody>('POST', '/api/v1/sandboxes', wanted);
  expect(made.status, made.text).toBe(201);
  const me = person(made.body.apiToken);
  const kubeconfig = await me.api('GET', `/sandboxes/${made.body.id}/kubeconfig`);
  return { me, sandbox: made.body, kube: kubeOf(kubeconfig.text) };
}

export const configMap = (name: string, data: Record<string, string> = {}): object => ({ metadata: { name }, data });
