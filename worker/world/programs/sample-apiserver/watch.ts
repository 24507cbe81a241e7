// Watches of the sample API server: what is there, and then what changes, a JSON document a line. Mirrors apiserver pkg/endpoints/handlers/watch.go and
// pkg/storage/cacher.

import type { System } from '../../process/system.ts';
import type { Part, Work } from '../event-server.ts';
import type { Form } from './form.ts';
import { expired } from '../../../api/status.ts';
import { JSON_TYPE, lineOf } from './replies.ts';
import { atRevision, changesAfter } from './store.ts';
import type { Change, Store } from './store.ts';
import type { Query, Selects } from './target.ts';

/** What a watch keeps. */
interface Watch {
  /** The revision that it has come to. */
  seen: number;
  readonly endsAt: number;
  nextBookmark: number | null;
}

/** Without timeoutSeconds it lasts so long, or up to twice as long. */
const MIN_TIMEOUT_SECONDS = 1800;
const BOOKMARK_EVERY_MS = 60_000;

export interface Wanted {
  /** What a bookmark is said to be. */
  readonly type: object;
  readonly query: Query;
  readonly selects: Selects;
  readonly form: Form;
}

/** Called again whenever there may be more. */
export function watchObjects(system: System, store: Store, wanted: Wanted, work: Work): Part {
  const known = work.kept as Watch | undefined;
  const watch = known ?? beginWatch(system, store, wanted.query, work);
  const lines = known ? [] : initialEvents(store, wanted);
  const changes = changesAfter(store, watch.seen);
  if (!changes) {
    const message = `too old resource version: ${watch.seen} (${(store.changes[0]?.revision ?? 1) - 1})`;
    return part([...lines, event('ERROR', expired(message).status)], undefined);
  }
  lines.push(...changes.flatMap((change) => eventOf(change, wanted)));
  watch.seen = store.revision;
  const now = system.now();
  if (watch.nextBookmark !== null && now >= watch.nextBookmark) {
    lines.push(event('BOOKMARK', bookmark(wanted.type, watch.seen, false)));
    watch.nextBookmark = now + BOOKMARK_EVERY_MS;
  }
  if (now >= watch.endsAt) return part(lines, undefined);
  return part(lines, Math.min(watch.endsAt, watch.nextBookmark ?? Infinity));
}

function beginWatch(system: System, store: Store, query: Query, work: Work): Watch {
  const now = system.now();
  const given = Number(query.get('timeoutSeconds') ?? 0);
  const seconds = given > 0 ? given : MIN_TIMEOUT_SECONDS + system.random.below(MIN_TIMEOUT_SECONDS);
  const watch: Watch = {
    seen: wantsInitial(query) ? store.revision : Number(query.get('resourceVersion')),
    endsAt: now + seconds * 1000,
    nextBookmark: query.get('allowWatchBookmarks') === 'true' ? now + BOOKMARK_EVERY_MS : null,
  };
  work.kept = watch;
  return watch;
}

/** Whoever says no revision is told what there is. */
const wantsInitial = (query: Query): boolean =>
  query.get('sendInitialEvents') === 'true' || ['', '0'].includes(query.get('resourceVersion') ?? '');

function initialEvents({ objects, revision }: Store, { type, query, selects, form }: Wanted): string[] {
  if (!wantsInitial(query)) return [];
  const present = Object.entries(objects).filter(([key, object]) => selects(key, object));
  return [
    ...present.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => event('ADDED', form.one(object))),
    ...(query.get('sendInitialEvents') === 'true' ? [event('BOOKMARK', bookmark(type, revision, true))] : []),
  ];
}

/** What a change is to this watch: an object may come under its selectors, or leave them, and still be there. */
function eventOf({ key, before, after, revision }: Change, { selects, form }: Wanted): string[] {
  const [was, is] = [before, after].map((object) => object !== undefined && selects(key, object));
  if (is) return [event(was ? 'MODIFIED' : 'ADDED', form.one(after!))];
  return was ? [event('DELETED', form.one(atRevision(before!, revision)))] : [];
}

/** An object that says nothing but what has been seen. */
const bookmark = (type: object, revision: number, isEndOfInitial: boolean): object => ({
  ...type,
  metadata: {
    resourceVersion: String(revision),
    creationTimestamp: null,
    ...(isEndOfInitial && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
  },
});

const event = (type: string, object: object): string => lineOf({ type, object });

const part = (lines: readonly string[], until: number | undefined): Part => ({
  headers: JSON_TYPE,
  part: lines.join(''),
  more: until === undefined ? undefined : { until },
});
