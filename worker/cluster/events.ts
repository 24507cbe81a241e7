// Recording events: what happened to an object, told once, and counted when it happens again. Mirrors client-go tools/record (legacy events) with its
// correlator, and tools/events for reporters that speak events.k8s.io.

import type { ClusterApi, EventDetails } from '../api/controller.ts';
import type { Event, ObjectReference } from '../api/gen/core-v1.ts';
import type { KubeObject } from '../api/object.ts';
import { hex32 } from '../lib/host.ts';
import type { Host } from '../lib/host.ts';
import { formatMicroTime, formatTime, timeOf } from '../lib/time.ts';
import { flat } from '../lib/text.ts';
import { isAlike, isOfSameReporter, isSame, reporterTerm } from '../resources/core/event-terms.ts';
import { events } from '../resources/core/event.ts';

export interface Reporter {
  readonly name: string;
  readonly host: string;
  /** Speaks events.k8s.io: `eventTime` and `action` instead of counts. */
  readonly modern: boolean;
}

export interface EventFacts {
  readonly object: KubeObject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly details: EventDetails;
}

const MAX_MESSAGE = 1024;
const [MOST_IN_ORDER, BETWEEN_NS] = [50, 20_000];

export function recordEvent(api: ClusterApi, host: Host, reporter: Reporter, { object, type, reason, message, details }: EventFacts): void {
  const { namespace, name } = object.metadata;
  const involvedObject = referenceTo(object, details.fieldPath);
  let text = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - ' ...'.length)} ...` : message;
  const source = reporter.host && !reporter.modern ? { component: reporter.name, host: reporter.host } : { component: reporter.name };
  const place = namespace || 'default';
  const now = formatTime(host.now());

  const telling = { involvedObject, type, reason, message: text, source, reportingComponent: reporter.name };
  const told = api.lookup(events, reporterTerm(telling)).filter((event) => isOfSameReporter(event, telling));
  let known = told.find((event) => isSame(event, telling));
  if (reporter.modern) {
    if (known) {
      const count = (known.series?.count ?? 1) + 1;
      api.update(events, { ...known, series: { count, lastObservedTime: formatMicroTime(host.now()) } });
      return;
    }
  } else {
    if (isSpam(told, host.now())) return;
    if (!known && told.length >= MANY - 1) {
      const alike = told.filter((event) => isAlike(event, telling));
      if (isOneOfMany(alike, host.now())) {
        known = alike.find(isCombined);
        text = `${COMBINED}${text}`;
      }
    }
    if (known) {
      api.update(events, { ...known, message: text, count: (known.count ?? 1) + 1, lastTimestamp: now });
      return;
    }
  }
  // What one reporter tells of an object in the same millisecond is listed in the order in which it was told.
  const order = Math.min(told.length, MOST_IN_ORDER - 1);
  const nanoseconds = order * BETWEEN_NS + host.random.below(BETWEEN_NS);
  // In Go's order, so that nobody has to bring it there.
  const event = {
    kind: 'Event',
    apiVersion: 'v1',
    metadata: { name: flat(`${name}.${hexOfTime(host.now(), nanoseconds)}`), namespace: place },
    involvedObject,
    reason,
  } as Event;
  if (text) event.message = flat(text);
  event.source = reporter.modern ? {} : source;
  event.firstTimestamp = reporter.modern ? null : now;
  event.lastTimestamp = event.firstTimestamp;
  if (!reporter.modern) event.count = 1;
  event.type = type;
  event.eventTime = reporter.modern ? formatMicroTime(host.now()) : null;
  if (reporter.modern) {
    event.action = details.action ?? reason;
    if (details.related) event.related = referenceTo(details.related);
  }
  event.reportingComponent = reporter.name;
  event.reportingInstance = reporter.host;
  api.createComplete(events, event, shapeOf(event));
}

/** Which of the fields that may be left out an event has. A reference to an object counts as one. */
const shapeOf = ({ message, source, action, related }: Event): string =>
  `${message ? 'm' : ''}${source.host ? 'h' : ''}${action ? 'a' : ''}${related ? 'r' : ''}`;

const MILLION = 1_000_000;
const WORD = 2 ** 24;

/** Nanoseconds since the epoch as 16 hexadecimal digits: they are more than a number holds exactly. */
function hexOfTime(ms: number, nanoseconds: number): string {
  const whole = Math.floor(ms);
  const low = (whole % WORD) * MILLION + nanoseconds;
  const high = Math.floor(whole / WORD) * MILLION + Math.floor(low / WORD);
  return hex32(Math.floor(high / 256)) + hex32((high % 256) * WORD + (low % WORD));
}

/** The tenth of those that differ in their message only: from then on they are told as one, as long as no ten minutes pass without one. */
const MANY = 10;
const ALIKE_MS = 600_000;
const COMBINED = '(combined from similar events): ';

const isCombined = ({ message }: Event): boolean => message?.startsWith(COMBINED) ?? false;

function isOneOfMany(alike: readonly Event[], now: number): boolean {
  if (alike.length < MANY - 1) return false;
  let [count, since] = [0, now];
  for (const event of alike.toSorted((a, b) => timeOf(b.lastTimestamp) - timeOf(a.lastTimestamp))) {
    const last = timeOf(event.lastTimestamp);
    if (since - last > ALIKE_MS) break;
    since = last;
    if (!isCombined(event)) count++;
  }
  return count >= MANY - 1;
}

/** A reporter may tell 25 things of an object, and then one more every five minutes. */
const BURST = 25;
const REFILL_MS = 300_000;

function isSpam(told: readonly Event[], now: number): boolean {
  let count = 0;
  for (const event of told) count += event.count ?? 1;
  if (count < BURST) return false;
  const first = Math.min(now, ...told.map(({ firstTimestamp }) => timeOf(firstTimestamp)));
  return count >= BURST + Math.floor((now - first) / REFILL_MS);
}

function referenceTo(
  { kind, apiVersion, metadata: { namespace, name, uid, resourceVersion } }: KubeObject,
  fieldPath?: string,
): ObjectReference {
  const reference: ObjectReference = { kind };
  if (namespace) reference.namespace = namespace;
  reference.name = name;
  if (uid) reference.uid = uid;
  reference.apiVersion = apiVersion;
  if (resourceVersion) reference.resourceVersion = resourceVersion;
  if (fieldPath) reference.fieldPath = fieldPath;
  return reference;
}
