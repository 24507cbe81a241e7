// Calls of a sandbox's Kubernetes API from this page, with a token that the front gave. Knows paths and Status answers, no kinds.

import type { Access } from '../front/types.ts';

/** The API server's refusal; status 0 if nothing answered. */
export class KubeError extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

interface Call {
  readonly body?: string;
  readonly type?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

const SOCKET_BEARER = 'base64url.bearer.authorization.k8s.io.';

export class Kube {
  #access: Access;
  readonly #renew: () => Promise<Access>;
  #renewing: Promise<void> | undefined;

  /** `renew` is asked for another token when the one at hand has ended. */
  constructor(access: Access, renew: () => Promise<Access>) {
    this.#access = access;
    this.#renew = renew;
  }

  get mayEdit(): boolean {
    return this.#access.access === 'edit';
  }

  async call(
    method: string,
    path: string,
    { body, type = 'application/json', accept = 'application/json', signal }: Call = {},
  ): Promise<Response> {
    const send = (): Promise<Response> =>
      fetch(this.#access.path + path, {
        method,
        headers: { authorization: `Bearer ${this.#access.token}`, accept, ...(body !== undefined && { 'content-type': type }) },
        ...(body !== undefined && { body }),
        ...(signal && { signal }),
      });
    try {
      let response = await send();
      if (response.status === 401) {
        await this.#renewAccess();
        response = await send();
      }
      if (response.ok) return response;
      throw await refusal(response);
    } catch (error) {
      if (error instanceof KubeError || (error as Error).name === 'AbortError') throw error;
      throw new KubeError((error as { status?: number }).status ?? 0, '', (error as Error).message);
    }
  }

  async json<T>(method: string, path: string, value?: unknown, type?: string): Promise<T> {
    const call = { ...(value !== undefined && { body: JSON.stringify(value) }), ...(type && { type }) };
    return (await (await this.call(method, path, call)).json()) as T;
  }

  /** As the server prints it. */
  async yaml(path: string): Promise<string> {
    return (await this.call('GET', path, { accept: 'application/yaml' })).text();
  }

  /** A watch, or a conversation with a container. Browsers cannot send headers with these: the token goes as a protocol. */
  socket(path: string, protocol: string): WebSocket {
    const bearer = SOCKET_BEARER + btoa(this.#access.token).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
    return new WebSocket(`${location.origin.replace(/^http/, 'ws')}${this.#access.path}${path}`, [protocol, bearer]);
  }

  #renewAccess(): Promise<void> {
    this.#renewing ??= this.#renew()
      .then((access) => {
        this.#access = access;
      })
      .finally(() => {
        this.#renewing = undefined;
      });
    return this.#renewing;
  }
}

async function refusal(response: Response): Promise<KubeError> {
  const text = await response.text();
  try {
    const { reason = '', message = '' } = JSON.parse(text) as { reason?: string; message?: string };
    return new KubeError(response.status, reason, message || text);
  } catch {
    return new KubeError(response.status, '', text.trim() || `${response.status} ${response.statusText}`);
  }
}
