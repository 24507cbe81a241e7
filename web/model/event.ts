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

export const isAbout = ({ involvedObject: about }: Event, object: { kind: string; namespace: string; name: string }): boolean =>
  about.kind === object.kind && about.name === object.name && (about.namespace ?? '') === object.namespace;
