import { defineResource } from '../../api/resource.ts';
import type { Event } from '../../api/gen/events-v1.ts';
import { builtinType } from '../schema/index.ts';

export const eventsV1 = defineResource<Event>({
  group: 'events.k8s.io',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  namespaced: true,
  shortNames: ['ev'],
  schema: builtinType('events.v1.Event'),
});
