// Watching: who wants to hear of which changes, and in what form. Implemented in cluster/watchers.ts.

import type { KubeObject } from './object.ts';
import type { Resource } from './resource.ts';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface WatchRequest {
  readonly resource: Resource;
  /** '' for all. */
  readonly namespace: string;
  /** Undefined if everything passes. An object that comes to pass is ADDED, one that ceases to is DELETED. */
  readonly filter: ((object: KubeObject) => boolean) | undefined;
  /** Changes after this revision. Everything there is now comes first, as ADDED, if `initial`. */
  readonly after: number;
  readonly initial: boolean;
  /** Marks the end of the initial events with a bookmark (streaming lists). */
  readonly bookmarkAfterInitial: boolean;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
  readonly format: WatchFormat;
}

export interface WatchFormat {
  /** Events of equal keys are encoded once, for all who watch in this form. '' if they may not be shared. */
  readonly key: string;
  /** `text` is the object's JSON as it is stored. */
  event(type: WatchEventType, object: KubeObject, text: string): string | Uint8Array;
  bookmark(revision: number, endOfInitial: boolean): string | Uint8Array;
  /** The last event: the watch cannot go on. */
  error(status: object): string | Uint8Array;
}

export interface WatchSink {
  write(chunk: string | Uint8Array): void;
  close(): void;
  readonly isReady: boolean;
  onDrain(wake: () => void): void;
}

export interface WatchHub {
  /** Begins to write; the answer stops it. A revision that is too old is told by an event, and ends the watch. */
  open(request: WatchRequest, sink: WatchSink): () => void;
}
