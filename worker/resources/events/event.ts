// Events as events.k8s.io sees them: the same objects under other names, and stricter rules. Mirrors pkg/apis/events/v1.

import { defineResource } from '../../api/resource.ts';
import type { Resource } from '../../api/resource.ts';
import type { Event as Stored } from '../../api/gen/core-v1.ts';
import type { Event } from '../../api/gen/events-v1.ts';
import { nameIsDnsSubdomain } from '../../lib/names.ts';
import { eventColumns, events } from '../core/event.ts';
import { builtinType } from '../schema/index.ts';
import { validateEventChange, validateNewEvent } from './validation.ts';

export const eventsV1 = defineResource<Event>({
  group: 'events.k8s.io',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  namespaced: true,
  shortNames: ['ev'],
  createOnUpdate: true,
  schema: builtinType('events.v1.Event'),
  conversion: {
    stored: { group: '', version: 'v1', resource: 'events' },
    hub: {
      ...events,
      validateName: nameIsDnsSubdomain,
      validate: validateNewEvent,
      validateUpdate: validateEventChange,
    } as unknown as Resource,
    toStored,
    fromStored: (stored) => fromStored(stored as Stored),
  },
  fieldLabels: [
    'reason',
    'regarding.kind',
    'regarding.namespace',
    'regarding.name',
    'regarding.uid',
    'regarding.apiVersion',
    'regarding.resourceVersion',
    'regarding.fieldPath',
    'reportingController',
    'type',
  ],
  selectableFields: ({ reason = '', regarding, reportingController = '', type = '' }) => ({
    reason,
    'regarding.kind': regarding.kind ?? '',
    'regarding.namespace': regarding.namespace ?? '',
    'regarding.name': regarding.name ?? '',
    'regarding.uid': regarding.uid ?? '',
    'regarding.apiVersion': regarding.apiVersion ?? '',
    'regarding.resourceVersion': regarding.resourceVersion ?? '',
    'regarding.fieldPath': regarding.fieldPath ?? '',
    reportingController,
    type,
  }),
  columns: eventColumns.map((column) => ({ ...column, value: (event, now) => column.value(toStored(event), now) })),
});

function toStored(event: Event): Stored {
  const { regarding, note, deprecatedSource, deprecatedFirstTimestamp, deprecatedLastTimestamp, deprecatedCount, ...rest } = event;
  const { reportingController = '', reportingInstance = '', eventTime, series, action, related, reason, type } = rest;
  return {
    kind: 'Event',
    apiVersion: 'v1',
    metadata: event.metadata,
    involvedObject: regarding,
    ...(reason && { reason }),
    ...(note && { message: note }),
    source: deprecatedSource,
    firstTimestamp: deprecatedFirstTimestamp ?? null,
    lastTimestamp: deprecatedLastTimestamp ?? null,
    ...(deprecatedCount && { count: deprecatedCount }),
    ...(type && { type }),
    eventTime: eventTime ?? null,
    ...(series && { series }),
    ...(action && { action }),
    ...(related && { related }),
    reportingComponent: reportingController,
    reportingInstance,
  };
}

function fromStored(stored: Stored): Event {
  const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, reportingComponent, ...rest } = stored;
  const { reportingInstance, eventTime, series, action, related, reason, type } = rest;
  return {
    kind: 'Event',
    apiVersion: 'events.k8s.io/v1',
    metadata: stored.metadata,
    eventTime: eventTime ?? null,
    ...(series && { series: { count: series.count ?? 0, lastObservedTime: series.lastObservedTime ?? null } }),
    ...(reportingComponent && { reportingController: reportingComponent }),
    ...(reportingInstance && { reportingInstance }),
    ...(action && { action }),
    ...(reason && { reason }),
    regarding: involvedObject,
    ...(related && { related }),
    ...(message && { note: message }),
    ...(type && { type }),
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp ?? null,
    deprecatedLastTimestamp: lastTimestamp ?? null,
    ...(count && { deprecatedCount: count }),
  };
}
