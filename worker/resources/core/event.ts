// Events: what happened to an object. One kind in two groups, of which this is the older. Mirrors pkg/registry/core/event and pkg/apis/core/validation/events.go.

import { invalidField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { column, defineResource, NAME_COLUMN, wide } from '../../api/resource.ts';
import type { Column } from '../../api/resource.ts';
import type { Event } from '../../api/gen/core-v1.ts';
import { dnsSubdomainProblems } from '../../lib/names.ts';
import { humanDuration, timeOf } from '../../lib/time.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { eventTerms } from './event-terms.ts';
import { problems, qualifiedName } from '../validation/values.ts';

export const eventColumns: readonly Column<Event>[] = [
  column('Last Seen', lastSeen, { description: docOf('core.v1.Event.lastTimestamp') }),
  column('Type', ({ type }) => type ?? '', { description: docOf('core.v1.Event.type') }),
  column('Reason', ({ reason }) => reason ?? '', { description: docOf('core.v1.Event.reason') }),
  column('Object', objectText, { description: docOf('core.v1.Event.involvedObject') }),
  column('Subobject', ({ involvedObject }) => involvedObject.fieldPath ?? '', {
    ...wide,
    description: docOf('core.v1.ObjectReference.fieldPath'),
  }),
  column('Source', sourceText, { ...wide, description: docOf('core.v1.Event.source') }),
  column('Message', ({ message }) => (message ?? '').trim(), { description: docOf('core.v1.Event.message') }),
  column('First Seen', firstSeen, { ...wide, description: docOf('core.v1.Event.firstTimestamp') }),
  column('Count', ({ series, count }) => (series ? (series.count ?? 0) : count || 1), {
    ...wide,
    description: docOf('core.v1.Event.count'),
  }),
  { ...NAME_COLUMN, ...wide },
];

export const events = defineResource<Event>({
  group: '',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  namespaced: true,
  shortNames: ['ev'],
  createOnUpdate: true,
  schema: builtinType('core.v1.Event'),
  validateName: () => [], // upstream looks at the namespace only
  validate: (event) => validateEvent(event, 'reportingComponent'),
  validateUpdate: (event) => validateEvent(event, 'reportingComponent'),
  indexTerms: eventTerms,
  fieldLabels: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  selectableFields: ({ involvedObject, reason = '', reportingComponent, source, type = '' }) => ({
    'involvedObject.kind': involvedObject.kind ?? '',
    'involvedObject.namespace': involvedObject.namespace ?? '',
    'involvedObject.name': involvedObject.name ?? '',
    'involvedObject.uid': involvedObject.uid ?? '',
    'involvedObject.apiVersion': involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': involvedObject.fieldPath ?? '',
    reason,
    reportingComponent,
    source: source.component || reportingComponent,
    type,
  }),
  columns: eventColumns,
});

function since(time: string | null | undefined, now: number): string {
  return time ? humanDuration(now - timeOf(time)) : '<unknown>';
}

function firstSeen({ firstTimestamp, eventTime }: Event, now: number): string {
  return since(firstTimestamp ?? eventTime, now);
}

function lastSeen(event: Event, now: number): string {
  if (event.series) return since(event.series.lastObservedTime, now);
  return event.lastTimestamp ? since(event.lastTimestamp, now) : firstSeen(event, now);
}

function objectText({ involvedObject: { kind = '', name } }: Event): string {
  return name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase();
}

function sourceText({ source, reportingComponent, reportingInstance }: Event): string {
  const [component, instance] = [source.component || reportingComponent, source.host || reportingInstance];
  return instance ? `${component}, ${instance}` : component;
}

const MAX_WORD = 128;
const MAX_NOTE = 1024;

/** What older reporters send has counts and timestamps; what newer ones send has a time, and then has to be complete. */
export function validateEvent(event: Event, reporterField: string): FieldError[] {
  const { namespace = '' } = event.metadata;
  const { namespace: involved = '' } = event.involvedObject;
  const isElsewhere = event.eventTime
    ? !involved && namespace !== 'default' && namespace !== 'kube-system'
    : involved
      ? involved !== namespace
      : namespace !== '' && namespace !== 'default';
  const errors: FieldError[] = isElsewhere ? [invalidField('involvedObject.namespace', involved, 'does not match event.namespace')] : [];
  if (event.eventTime) errors.push(...validateReport(event, reporterField));
  errors.push(...problems(namespace, dnsSubdomainProblems(namespace), 'namespace'));
  return errors;
}

function validateReport(event: Event, reporterField: string): FieldError[] {
  const { reportingComponent, message = '' } = event;
  const errors: FieldError[] = reportingComponent ? [] : [requiredField(reporterField)];
  errors.push(...qualifiedName(reportingComponent, reporterField));
  for (const name of ['reportingInstance', 'action', 'reason'] as const) {
    const word = event[name] ?? '';
    if (!word) errors.push(requiredField(name));
    if (word.length > MAX_WORD) errors.push(invalidField(name, '', `can have at most ${MAX_WORD} characters`));
  }
  if (message.length > MAX_NOTE) errors.push(invalidField('message', '', `can have at most ${MAX_NOTE} characters`));
  return errors;
}
