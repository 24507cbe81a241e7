// The objects of one kind, kept as they are in the cluster: a list, then a watch from its revision. A watch that ends goes on where it was; one that is too
// old (410) begins with a list again. What is there is told at most once a frame.

import { signal } from '@preact/signals';
import type { KubeObject } from '../../worker/api/object.ts';
import { KubeError } from './kube.ts';
import type { Kube } from './kube.ts';

export type CollectionState = 'loading' | 'live' | 'retrying' | 'refused';

interface ListPage<T> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly T[];
  readonly kind: string;
  readonly apiVersion: string;
}

interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T & { readonly code?: number };
}

const PAGE = 500;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
const EXPIRED = 410;
/** Of more than this, changes are told less often: each costs a look at all. */
const MANY = 1000;
const SELDOM_MS = 200;

export class Collection<T extends KubeObject> {
  readonly state = signal<CollectionState>('loading');
  /** Why not, when refused. */
  readonly problem = signal<KubeError | undefined>(undefined);
  /** In no order. A new array whenever something changed. */
  readonly items = signal<readonly T[]>([]);

  readonly #kube: Kube;
  readonly #path: string;
  readonly #byUid = new Map<string, T>();
  #revision = '';
  #run = 0;
  #socket: WebSocket | undefined;
  #isTelling = false;
  #wake: (() => void) | undefined;

  constructor(kube: Kube, path: string) {
    this.#kube = kube;
    this.#path = path;
    addEventListener('online', () => this.#wake?.());
  }

  start(): void {
    if (this.#run % 2 === 1) return;
    this.#run += 1;
    void this.#follow(this.#run);
  }

  /** What is known stays; `start` goes on from there. */
  stop(): void {
    if (this.#run % 2 === 0) return;
    this.#run += 1;
    this.#leave();
    this.#wake?.();
  }

  async #follow(run: number): Promise<void> {
    let delay = FIRST_DELAY_MS;
    while (run === this.#run) {
      try {
        if (!this.#revision) await this.#list();
        if (run !== this.#run) return;
        const wasOpen = await this.#watch();
        if (wasOpen) {
          delay = FIRST_DELAY_MS;
          if (navigator.onLine) continue;
        } else {
          // A handshake that fails does not say why; a list does.
          this.#revision = '';
        }
        throw new KubeError(0, '', '');
      } catch (error) {
        if (run !== this.#run) return;
        const problem = error instanceof KubeError ? error : new KubeError(0, '', String(error));
        const isRefused = problem.status === 401 || problem.status === 403 || problem.status === 404;
        this.problem.value = isRefused ? problem : undefined;
        this.state.value = isRefused ? 'refused' : 'retrying';
        await this.#wait(isRefused ? LONGEST_DELAY_MS : delay);
        delay = Math.min(delay * 2, LONGEST_DELAY_MS);
      }
    }
  }

  async #list(): Promise<void> {
    const seen = new Map<string, T>();
    let next = '';
    do {
      const query = `limit=${PAGE}${next && `&continue=${encodeURIComponent(next)}`}`;
      const page = await this.#kube.json<ListPage<T>>('GET', `${this.#path}?${query}`);
      const type = { apiVersion: page.apiVersion, kind: page.kind.replace(/List$/, '') };
      for (const item of page.items) seen.set(item.metadata.uid, trim({ ...type, ...item }));
      next = page.metadata.continue ?? '';
      this.#revision = page.metadata.resourceVersion;
    } while (next);
    this.#byUid.clear();
    for (const [uid, item] of seen) this.#byUid.set(uid, item);
    this.problem.value = undefined;
    this.state.value = 'live';
    this.#tell();
  }

  /** Whether it came to be open, when it has ended. */
  #watch(): Promise<boolean> {
    const query = `watch=1&allowWatchBookmarks=1&resourceVersion=${this.#revision}`;
    const socket = this.#kube.socket(`${this.#path}?${query}`, 'base64.binary.k8s.io');
    this.#socket = socket;
    let wasOpen = false;
    return new Promise((resolve) => {
      socket.addEventListener('open', () => {
        wasOpen = true;
        this.state.value = 'live';
      });
      socket.addEventListener('message', ({ data }) => this.#take(JSON.parse(data as string) as WatchEvent<T>));
      socket.addEventListener('close', () => {
        removeEventListener('offline', leave);
        resolve(wasOpen);
      });
      // A browser that goes offline would not notice for minutes.
      const leave = (): void => {
        this.state.value = 'retrying';
        this.#leave();
      };
      addEventListener('offline', leave);
    });
  }

  #take({ type, object }: WatchEvent<T>): void {
    if (type === 'ERROR') {
      if (object.code === EXPIRED) this.#revision = '';
      return this.#leave();
    }
    this.#revision = object.metadata.resourceVersion;
    if (type === 'BOOKMARK') return;
    if (type === 'DELETED') this.#byUid.delete(object.metadata.uid);
    else this.#byUid.set(object.metadata.uid, trim(object));
    this.#tell();
  }

  /** Browsers complain of a socket that is closed while it opens. */
  #leave(): void {
    const socket = this.#socket;
    if (socket?.readyState === WebSocket.CONNECTING) socket.addEventListener('open', () => socket.close());
    else socket?.close();
  }

  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    const tell = (): void => {
      this.#isTelling = false;
      this.items.value = [...this.#byUid.values()];
    };
    if (document.hidden || this.#byUid.size > MANY) setTimeout(tell, SELDOM_MS);
    else requestAnimationFrame(tell);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Who owns which field is the largest part of many objects, and not shown. */
function trim<T extends KubeObject>(object: T): T {
  delete object.metadata.managedFields;
  return object;
}
