// What servers behind APIServices hold in a namespace that is being deleted: they are asked to delete it, and then whether anything is left. Mirrors
// deleteAllContentForGroupVersionResource of pkg/controller/namespace/deletion. Each question is a reconcile of its own, so how far it has come is kept.
//
// Differs: a kind that cannot be deleted as a collection is left alone.

import { SyncError } from '../api/controller.ts';
import type { ControllerContext, RemoteKind } from '../api/controller.ts';
import type { APIService } from '../api/gen/apiregistration-v1.ts';
import type { Namespace } from '../api/gen/core-v1.ts';
import { isRecord } from '../lib/json.ts';
import { apiServices } from '../resources/apiregistration/apiservice.ts';
import { questionTo } from './apiservice/remote.ts';

const NEEDED = ['deletecollection', 'list'];

/** Of a kind, that its objects are told to go, or that none is left. */
type Progress = 'asked' | 'empty';

export interface Left {
  readonly kind: RemoteKind;
  readonly finalizers: readonly string[];
  readonly count: number;
}

/** What is left of it, when all were asked; throws `Pending` until then, and a SyncError with what a server has against it. */
export function deleteRemoteContent({ metadata: { uid, name } }: Namespace, context: ControllerContext): Left[] {
  const { api, state, remoteKinds } = context;
  const left: Left[] = [];
  for (const kind of remoteKinds()) {
    const apiService = api.get(apiServices, '', `${kind.version}.${kind.group}`);
    if (!apiService?.spec.service || !kind.isNamespaced || !NEEDED.every((verb) => kind.verbs.includes(verb))) continue;
    const path = `/apis/${kind.group}/${kind.version}/namespaces/${name}/${kind.resource}`;
    const key = `${uid} ${path}`;
    const progress = state.get<Progress>(key);
    if (progress === 'empty') continue;
    if (!progress) {
      ask(context, apiService, 'DELETE', path);
      state.set(key, 'asked' satisfies Progress);
    }
    const items = itemsOf(ask(context, apiService, 'GET', path));
    if (!items.length) state.set(key, 'empty' satisfies Progress);
    else {
      state.delete(key);
      left.push({ kind, count: items.length, finalizers: items.flatMap(finalizersOf) });
    }
  }
  return left;
}

/** The namespace goes: how far it came does not matter any more. */
export function forgetRemoteContent({ metadata: { uid } }: Namespace, { state }: ControllerContext): void {
  for (const [key] of state.entries()) if (key.startsWith(`${uid} `)) state.delete(key);
}

const ASKER = {
  'X-Remote-User': 'system:serviceaccount:kube-system:namespace-controller',
  'X-Remote-Group': 'system:serviceaccounts:kube-system',
};

function ask({ api, external }: ControllerContext, apiService: APIService, method: 'DELETE' | 'GET', path: string): unknown {
  const question = questionTo(api, apiService, path, ASKER);
  const { error, status, body } = external.call({ ...question, key: `namespace ${method} ${path}`, method });
  if (error !== undefined) throw new SyncError(`${method} ${JSON.stringify(question.url)}: ${error}`);
  const answer = parse(body);
  if (status < 300) return answer;
  const said = isRecord(answer) && typeof answer['message'] === 'string' ? answer['message'] : undefined;
  throw new SyncError(said ?? `an error on the server (${JSON.stringify(body)}) has prevented the request from succeeding`);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const itemsOf = (list: unknown): unknown[] => (isRecord(list) && Array.isArray(list['items']) ? list['items'] : []);

function finalizersOf(object: unknown): string[] {
  const metadata = isRecord(object) ? object['metadata'] : undefined;
  const finalizers = isRecord(metadata) ? metadata['finalizers'] : undefined;
  return Array.isArray(finalizers) ? finalizers.map(String) : [];
}
