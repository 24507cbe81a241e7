// Events, newest first. They come in two spellings: with a count and two times, or with a series.

import type { Event } from '../cluster/kinds.ts';

export const lastSeen = (event: Event): number =>
  Date.parse(event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp);

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
