// What events are looked up by: those that are the same, alike, or of one reporter about one object, and those that are to go at the same time. Mirrors the
// keys of client-go tools/record/events_cache.go.

import type { Event } from '../../api/gen/core-v1.ts';
import { fnv1a32 } from '../../lib/hash.ts';
import { timeOf } from '../../lib/time.ts';

type Told = Pick<Event, 'involvedObject' | 'reason' | 'message' | 'type' | 'source' | 'reportingComponent'>;

export const eventTerms = (event: Event): string[] => [duplicateTerm(event), alikeTerm(event), reporterTerm(event), minuteTerm(event)];

/** Two events of equal terms are one event that happened twice. */
export const duplicateTerm = (event: Told): string =>
  termOf('same', event, [event.involvedObject.fieldPath, event.type, event.reason, event.message]);

/** These differ in their message at most. */
export const alikeTerm = (event: Told): string => termOf('alike', event, [event.type, event.reason]);

/** These are of one reporter about one object. */
export const reporterTerm = (event: Told): string => termOf('from', event, []);

function termOf(
  name: string,
  { involvedObject: { kind, namespace, name: of, uid, apiVersion }, source, reportingComponent }: Told,
  more: readonly (string | undefined)[],
): string {
  const parts = [source?.component ?? reportingComponent, source?.host, kind, namespace, of, uid, apiVersion, ...more];
  return `${name}/${uid ?? ''}/${fnv1a32(parts.join('\u0000')).toString(36)}`;
}

/** In which minute it happened last. */
export const minuteOf = ({ metadata, lastTimestamp, eventTime, series }: Event): number =>
  Math.floor(timeOf(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp) / 60_000);

const minuteTerm = (event: Event): string => minuteTermOf(minuteOf(event));
export const minuteTermOf = (minute: number): string => `minute/${minute}`;
