// Events, newest first. They come in two spellings: with a count and two times, or with a series.

import type { Event } from '../cluster/kinds.ts';

/** Objects are replaced, never changed: their times are read once. */
const times = new WeakMap<Event, number>();

export function lastSeen(event: Event): number {
  let at = times.get(event);
  if (at === undefined) {
    at = Date.parse(event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp);
    times.set(event, at);
  }
  return at;
}

export const timesSeen = ({ series, count }: Event): number => series?.count ?? count ?? 1;

export function newestEvents(events: readonly Event[], most: number): Event[] {
  return events
    .map((event) => ({ event, at: lastSeen(event), revision: Number(event.metadata.resourceVersion) }))
    .sort((a, b) => b.at - a.at || b.revision - a.revision)
    .slice(0, most)
    .map(({ event }) => event);
}

export interface About {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * Picks the events about an object, about those that scale it, and about what it has made, be it gone or not: made names end in letters of few kinds, or in numbers.
 */
export function aboutAll({ kind, namespace, name }: About, scalers: ReadonlySet<string> = NOBODY): (event: Event) => boolean {
  const below = Object.entries(MADE[kind] ?? {}).map(
    ([made, end]) => [made, new RegExp(`^${name.replaceAll('.', '\\.')}-${end}$`)] as const,
  );
  return ({ involvedObject: about }) =>
    (about.namespace ?? '') === namespace &&
    ((about.kind === kind && about.name === name) ||
      (about.kind === 'HorizontalPodAutoscaler' && scalers.has(about.name ?? '')) ||
      below.some(([made, pattern]) => made === about.kind && pattern.test(about.name ?? '')));
}

const NOBODY: ReadonlySet<string> = new Set();

const HASH = '[bcdf-hj-np-tv-xz2456789]{1,10}';
const SUFFIX = '[bcdf-hj-np-tv-xz2456789]{5}';

/** Kind → the kinds of what it makes, and how their names go on. */
const MADE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Deployment: { ReplicaSet: HASH, Pod: `${HASH}-${SUFFIX}` },
  ReplicaSet: { Pod: SUFFIX },
  ReplicationController: { Pod: SUFFIX },
  DaemonSet: { Pod: SUFFIX },
  StatefulSet: { Pod: '\\d+' },
  Job: { Pod: `(\\d+-)?${SUFFIX}` },
  CronJob: { Job: '(\\d{8,}|manual-\\w+)', Pod: `(\\d{8,}|manual-\\w+)-(\\d+-)?${SUFFIX}` },
};
