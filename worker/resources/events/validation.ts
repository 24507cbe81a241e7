// What is asked of events that come by way of events.k8s.io, and of nobody who uses the older group: the new form, whole, and only a series that goes on.
// Mirrors ValidateEventCreate and ValidateEventUpdate of pkg/apis/core/validation. Upstream validates its internal form: the paths are of the older kind.

import { invalidField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { Event } from '../../api/gen/core-v1.ts';
import { validateImmutable } from '../../api/metadata-validation.ts';
import { isEqual } from '../../lib/json.ts';
import { validateEvent } from '../core/event.ts';
import { goForm } from '../go-form.ts';

const REPORTER = 'reportingController';
const TYPES = ['Normal', 'Warning'];

export function validateNewEvent(event: Event): FieldError[] {
  const { type = '', source } = event;
  const unset = (name: string): FieldError => invalidField(name, '', 'needs to be unset');
  return [
    ...validateEvent(event, REPORTER),
    ...validateSeries(event),
    ...(event.eventTime ? [] : [requiredField('eventTime')]),
    ...(TYPES.includes(type) ? [] : [invalidField('type', '', `has invalid value: ${type}`)]),
    ...(['firstTimestamp', 'lastTimestamp', 'count'] as const).filter((name) => event[name]).map(unset),
    ...(source.component || source.host ? [unset('source')] : []),
  ];
}

const OBJECTS = { involvedObject: 'core.v1.ObjectReference', source: 'core.v1.EventSource', related: 'core.v1.ObjectReference' } as const;

export function validateEventChange(event: Event, old: Event): FieldError[] {
  const text = (name: 'reason' | 'message' | 'type' | 'action' | 'reportingInstance'): FieldError[] =>
    validateImmutable(event[name] ?? '', old[name] ?? '', name);
  const time = (name: 'firstTimestamp' | 'lastTimestamp' | 'eventTime'): FieldError[] =>
    validateImmutable(event[name] ?? null, old[name] ?? null, name);
  const object = (name: keyof typeof OBJECTS): FieldError[] => {
    const form = (one: Event): unknown => (one[name] ? goForm(OBJECTS[name], one[name]) : null);
    return validateImmutable(form(event), form(old), name);
  };
  return [
    ...validateEvent(event, REPORTER),
    ...(isEqual(event.series, old.series) ? [] : validateSeries(event)),
    ...object('involvedObject'),
    ...text('reason'),
    ...text('message'),
    ...object('source'),
    ...time('firstTimestamp'),
    ...time('lastTimestamp'),
    ...validateImmutable(event.count ?? 0, old.count ?? 0, 'count'),
    ...text('type'),
    ...time('eventTime'),
    ...text('action'),
    ...object('related'),
    ...validateImmutable(event.reportingComponent, old.reportingComponent, REPORTER),
    ...text('reportingInstance'),
  ];
}

function validateSeries({ series }: Event): FieldError[] {
  if (!series) return [];
  return [
    ...((series.count ?? 0) < 2 ? [invalidField('series.count', '', 'should be at least 2')] : []),
    ...(series.lastObservedTime ? [] : [requiredField('series.lastObservedTime')]),
  ];
}
