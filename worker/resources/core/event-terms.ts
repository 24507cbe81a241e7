// What events are looked up by: those that are the same, alike, or of one reporter about one object, and those that are to go at the same time. Mirrors the
// keys of client-go tools/record/events_cache.go.

import type { Event } from '../../api/gen/core-v1.ts';
import { fnv1a32 } from '../../lib/hash.ts';
import { timeOf } from '../../lib/time.ts';

type Told = Pick<Event, 'involvedObject' | 'reason' | 'message' | 'type' | 'source' | 'reportingComponent'>;

export const eventTerms = (event: Event): string[] => {
  const { duplicate, alike, reporter } = toldTerms(event);
  return [duplicate, alike, reporter, minuteTerm(event)];
};

interface ToldTerms {
  /** Two events of equal terms are one event that happened twice. */
  readonly duplicate: string;
  /** These differ in their message at most. */
  readonly alike: string;
  /** These are of one reporter about one object. */
  readonly reporter: string;
}

/** All three at once: what they have in common, which is most of it, is hashed once. Who records an event asks, and then the store does. */
export function toldTerms({ involvedObject, source, reportingComponent, type, reason, message }: Told): ToldTerms {
  const { kind, namespace, name, uid, apiVersion, fieldPath } = involvedObject;
  const about = [source?.component ?? reportingComponent, source?.host, kind, namespace, name, uid, apiVersion].join('\u0000');
  const what = ['', fieldPath, type, reason, message].join('\u0000');
  if (last?.about === about && last.what === what) return last.terms;
  const common = fnv1a32(about);
  const termOf = (term: string, hash: number): string => `${term}/${uid ?? ''}/${hash.toString(36)}`;
  const terms = {
    duplicate: termOf('same', fnv1a32(what, common)),
    alike: termOf('alike', fnv1a32(['', type, reason].join('\u0000'), common)),
    reporter: termOf('from', common),
  };
  last = { about, what, terms };
  return terms;
}

let last: { readonly about: string; readonly what: string; readonly terms: ToldTerms } | undefined;

/** In which minute it happened last. */
export const minuteOf = ({ metadata, lastTimestamp, eventTime, series }: Event): number =>
  Math.floor(timeOf(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp) / 60_000);

const minuteTerm = (event: Event): string => minuteTermOf(minuteOf(event));
export const minuteTermOf = (minute: number): string => `minute/${minute}`;
