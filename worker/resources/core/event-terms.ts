// What events are looked up by: those of one reporter about one object, and those that are to go at the same time. Which of the former are the same, or
// alike, is told by looking at them: they are few. Mirrors the keys of client-go tools/record/events_cache.go.

import type { Event } from '../../api/gen/core-v1.ts';
import { timeOf } from '../../lib/time.ts';

export type Told = Pick<Event, 'involvedObject' | 'reason' | 'message' | 'type' | 'source' | 'reportingComponent'>;

export const eventTerms = (event: Event): string[] => [reporterTerm(event), minuteTermOf(minuteOf(event))];

const componentOf = ({ source, reportingComponent }: Told): string => source?.component ?? reportingComponent;

/** Of those that are of one reporter about one object, and of few others. */
export function reporterTerm(event: Told): string {
  const { uid = '', name = '' } = event.involvedObject;
  const component = componentOf(event);
  if (uid !== last.uid || name !== last.name || component !== last.component)
    last = { uid, name, component, term: `from/${uid}/${name}/${component}` };
  return last.term;
}

/** Whoever tells something is looked up, and then told by the same term. */
let last = { uid: '', name: '', component: '', term: 'from///' };

export function isOfSameReporter(a: Told, b: Told): boolean {
  const [one, other] = [a.involvedObject, b.involvedObject];
  return (
    componentOf(a) === componentOf(b) &&
    a.source?.host === b.source?.host &&
    one.kind === other.kind &&
    one.namespace === other.namespace &&
    one.name === other.name &&
    one.uid === other.uid &&
    one.apiVersion === other.apiVersion
  );
}

/** Of one reporter about one object, these differ in their message at most. */
export const isAlike = (a: Told, b: Told): boolean => a.type === b.type && a.reason === b.reason;

/** Of one reporter about one object, these are one event that happened twice. */
export const isSame = (a: Told, b: Told): boolean =>
  isAlike(a, b) && a.message === b.message && a.involvedObject.fieldPath === b.involvedObject.fieldPath;

/** In which minute it happened last. */
export const minuteOf = ({ metadata, lastTimestamp, eventTime, series }: Event): number =>
  Math.floor(timeOf(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp) / 60_000);

export const minuteTermOf = (minute: number): string => textsOf(minute).term;

/** The minute as a work queue's key. */
export const minuteKeyOf = (minute: number): string => textsOf(minute).key;

/** Most events happen in the minute of the one before. */
function textsOf(minute: number): typeof lastMinute {
  if (minute !== lastMinute.minute) lastMinute = { minute, key: String(minute), term: `minute/${minute}` };
  return lastMinute;
}
let lastMinute = { minute: Number.NaN, key: '', term: '' };
