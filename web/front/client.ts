// Calls of the management API. Who calls is known by the session's cookie.

import type { Access, ApiToken, Clock, Decision, Me, Mode, NewSandbox, Sandbox, SharedSandbox, ShareLink, Speed } from './types.ts';

/** A refusal, in the server's words; or that nothing answered (`status` 0). */
export class CallError extends Error {
  readonly status: number;
  /** Field → what is wrong with it. */
  readonly fields: ReadonlyMap<string, string>;

  constructor(status: number, message: string, fields: ReadonlyMap<string, string> = new Map()) {
    super(message);
    this.status = status;
    this.fields = fields;
  }
}

async function send(method: string, path: string, body?: unknown, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      credentials: 'same-origin',
      ...init,
      headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }), ...init.headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch {
    throw new CallError(0, '');
  }
  if (response.ok) return response;
  throw await refusal(response);
}

interface ProblemBody {
  readonly detail?: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

async function refusal(response: Response): Promise<CallError> {
  let body: ProblemBody = {};
  try {
    body = (await response.json()) as ProblemBody;
  } catch {
    // not from the API itself: a proxy's page, perhaps
  }
  const fields = new Map((body.errors ?? []).map(({ field, message }) => [field, message]));
  return new CallError(response.status, body.detail ?? `${response.status} ${response.statusText}`, fields);
}

async function read<T>(method: string, path: string, body?: unknown): Promise<T> {
  return (await (await send(method, path, body)).json()) as T;
}

const act = async (method: string, path: string, body?: unknown, init?: RequestInit): Promise<void> =>
  void (await send(method, path, body, init));

const items = async <T>(path: string): Promise<readonly T[]> => (await read<{ items: readonly T[] }>('GET', path)).items;

export const front = {
  me: () => read<Me>('GET', '/me'),
  putAccount: (name: string, password: string) => read<Me>('PUT', '/account', { name, password }),
  signIn: (name: string, password: string) => read<Me>('POST', '/session', { name, password }),
  signOut: () => act('DELETE', '/session'),
  deleteMe: () => act('DELETE', '/me'),

  sandboxes: () => items<Sandbox>('/sandboxes'),
  sandbox: (id: string) => read<Sandbox>('GET', `/sandboxes/${id}`),
  makeSandbox: (options: NewSandbox) => read<Sandbox>('POST', '/sandboxes', options),
  changeSandbox: (id: string, changes: { name?: string; ttl?: string | null }) => read<Sandbox>('PATCH', `/sandboxes/${id}`, changes),
  forkSandbox: (id: string, name?: string) => read<Sandbox>('POST', `/sandboxes/${id}/fork`, name ? { name } : {}),
  /** Done even if the page goes away meanwhile. */
  deleteSandbox: (id: string) => act('DELETE', `/sandboxes/${id}`, undefined, { keepalive: true }),

  installAddon: (id: string, name: string) => act('POST', `/sandboxes/${id}/addons`, { name }),

  setSpeed: (id: string, speed: Speed) => read<Clock>('PATCH', `/sandboxes/${id}/clock`, { speed }),
  step: (id: string, by: string) => read<Clock>('POST', `/sandboxes/${id}/clock/step`, { by }),

  decision: (id: string, namespace: string, pod: string) =>
    read<Decision>('GET', `/sandboxes/${id}/pods/${encodeURIComponent(namespace)}/${encodeURIComponent(pod)}/decision`),

  access: (id: string) => read<Access>('POST', `/sandboxes/${id}/access`),
  kubeconfig: async (id: string) =>
    (await send('GET', `/sandboxes/${id}/kubeconfig`, undefined, { headers: { accept: 'application/yaml' } })).text(),
  revokeKubeconfigs: (id: string) => act('DELETE', `/sandboxes/${id}/kubeconfig`),

  links: (id: string) => items<ShareLink>(`/sandboxes/${id}/links`),
  makeLink: (id: string, mode: Mode, ttl?: string) => read<ShareLink>('POST', `/sandboxes/${id}/links`, { mode, ...(ttl && { ttl }) }),
  revokeLink: (id: string, link: string) => act('DELETE', `/sandboxes/${id}/links/${link}`),
  shared: (token: string) => read<SharedSandbox>('GET', `/shared/${token}`),
  openShared: (token: string) => read<Access & { sandbox: Sandbox }>('POST', `/shared/${token}`),
  forkShared: (token: string) => read<Sandbox>('POST', `/shared/${token}`),
  sharedKubeconfig: async (token: string) =>
    (await send('POST', `/shared/${token}`, undefined, { headers: { accept: 'application/yaml' } })).text(),

  tokens: () => items<ApiToken>('/tokens'),
  makeToken: (name: string, ttl?: string) => read<ApiToken>('POST', '/tokens', { name, ...(ttl && { ttl }) }),
  revokeToken: (id: string) => act('DELETE', `/tokens/${id}`),
};
