import { defineResource } from '../../api/resource.ts';
import type { Event } from '../../api/gen/core-v1.ts';
import { builtinType } from '../schema/index.ts';

export const events = defineResource<Event>({
  group: '',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  namespaced: true,
  shortNames: ['ev'],
  schema: builtinType('core.v1.Event'),
});
