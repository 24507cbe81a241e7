// The sample API server: an API of its own, flunders and fischers of wardle.example.com, behind an APIService. Mirrors k8s.io/sample-apiserver.
// Differs: objects are kept by the process itself, though its etcd must be there; whoever reaches it may do everything; it takes
// and gives JSON only.

import { internalError } from '../../../api/status.ts';
import type { HttpAnswer, HttpRequest } from '../../network/http-server.ts';
import type { System } from '../../process/system.ts';
import { flag, numberFlag } from '../agnhost/flags.ts';
import { klogLine } from '../control-plane/klog.ts';
import { eventServer } from '../event-server.ts';
import { DOCUMENTS } from './documents.ts';
import { answerResource } from './objects.ts';
import { OPENAPI } from './openapi.ts';
import { json, refusal } from './replies.ts';
import { newStore } from './store.ts';
import type { Store } from './store.ts';

interface State {
  readonly store: Store;
  readonly etcd: { readonly host: string; readonly port: number };
}

const HTTPS_PORT = 443;

export const sampleApiserver = eventServer<State>({
  name: 'sample-apiserver',
  begin: (system) => {
    const [, host = '', port = ''] = /^https?:\/\/\[?([^/]*?)\]?:(\d+)/.exec(flag(system, 'etcd-servers') ?? '') ?? [];
    if (!host) {
      system.err('Error: --etcd-servers must be specified\n');
      return { exit: 1 };
    }
    const securePort = numberFlag(system, 'secure-port', HTTPS_PORT);
    system.err(klogLine(system.now(), 'I', 'secure_serving.go:213', `Serving securely on [::]:${securePort}`));
    return {
      state: { store: newStore(), etcd: { host, port: Number(port) } },
      ports: [{ port: securePort, isTls: true }],
    };
  },
  answer: (system, request, { store, etcd }, work) => {
    const hasStorage = isReached(system, etcd.host, etcd.port);
    return healthOf(request, hasStorage) ?? documentOf(request) ?? (hasStorage ? answerResource(system, request, store, work) : NO_STORAGE);
  },
});

function isReached(system: System, host: string, port: number): boolean {
  const fd = system.connect(host === 'localhost' ? '127.0.0.1' : host, port);
  if (typeof fd === 'number') system.close(fd);
  return typeof fd === 'number';
}

const NO_STORAGE = refusal(internalError('context deadline exceeded'));

const plain = (body: string, status = 200): HttpAnswer => ({ status, headers: [['Content-Type', 'text/plain; charset=utf-8']], body });

function healthOf({ path }: HttpRequest, hasStorage: boolean): HttpAnswer | undefined {
  if (path !== '/healthz' && path !== '/readyz' && path !== '/livez') return undefined;
  if (hasStorage) return plain('ok');
  return plain(`[+]ping ok\n[+]log ok\n[-]etcd failed: reason withheld\n${path.slice(1)} check failed\n`, 500);
}

function documentOf({ path, method }: HttpRequest): HttpAnswer | undefined {
  const place = path.replace(/(.)\/$/, '$1');
  const document = method === 'GET' ? (DOCUMENTS[place] ?? OPENAPI[place]) : undefined;
  return document && json(document);
}
