// A small Kubernetes client for measuring: keep-alive connections, nothing in between.

import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { parse } from 'yaml';

export interface Kube {
  request<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<{ status: number; readonly body: T; bytes: number }>;
  /** Calls back with every watch event; the answer ends the watch. */
  watch(path: string, onEvent: (event: { type: string; object: { metadata: { name: string } } }) => void): Promise<() => void>;
  close(): void;
}

interface Kubeconfig {
  'current-context': string;
  contexts: { name: string; context: { cluster: string; user: string } }[];
  clusters: { name: string; cluster: { server: string; 'certificate-authority-data'?: string; 'insecure-skip-tls-verify'?: boolean } }[];
  users: { name: string; user: { token?: string; 'client-certificate-data'?: string; 'client-key-data'?: string } }[];
}

const decoded = (base64: string | undefined): Buffer | undefined => (base64 ? Buffer.from(base64, 'base64') : undefined);

export function connect(file: string, sockets = 256): Kube {
  const config = parse(readFileSync(file, 'utf8')) as Kubeconfig;
  const { context } = config.contexts.find(({ name }) => name === config['current-context'])!;
  const { cluster } = config.clusters.find(({ name }) => name === context.cluster)!;
  const { user } = config.users.find(({ name }) => name === context.user)!;
  const server = new URL(cluster.server);
  const isTls = server.protocol === 'https:';
  const tls = {
    ca: decoded(cluster['certificate-authority-data']),
    cert: decoded(user['client-certificate-data']),
    key: decoded(user['client-key-data']),
    rejectUnauthorized: !cluster['insecure-skip-tls-verify'],
  };
  const agent = isTls
    ? new https.Agent({ keepAlive: true, maxSockets: sockets, ...tls })
    : new http.Agent({ keepAlive: true, maxSockets: sockets });
  const base = server.pathname.replace(/\/$/, '');
  const headers = { accept: 'application/json', ...(user.token && { authorization: `Bearer ${user.token}` }) };
  const send = isTls ? https.request : http.request;

  const open = (method: string, path: string, payload?: string, contentType = 'application/json'): Promise<http.IncomingMessage> =>
    new Promise((resolve, reject) => {
      const extra = payload === undefined ? {} : { 'content-type': contentType, 'content-length': String(Buffer.byteLength(payload)) };
      const request = send(
        { host: server.hostname, port: server.port, path: base + path, method, agent, headers: { ...headers, ...extra } },
        resolve,
      );
      request.on('error', reject).end(payload);
    });

  return {
    async request(method, path, body, contentType) {
      const response = await open(method, path, body === undefined ? undefined : JSON.stringify(body), contentType);
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const bytes = Buffer.concat(chunks);
      const isJson = response.headers['content-type']?.startsWith('application/json') && bytes.length > 0;
      return {
        status: response.statusCode ?? 0,
        // What a client makes of an answer is not the server's time.
        get body() {
          return (isJson ? JSON.parse(bytes.toString()) : bytes.toString()) as never;
        },
        bytes: bytes.length,
      };
    },
    async watch(path, onEvent) {
      const response = await open('GET', path);
      let rest = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        for (const line of lines) if (line) onEvent(JSON.parse(line) as never);
      });
      response.on('error', () => {});
      return () => response.destroy();
    },
    close: () => agent.destroy(),
  };
}
