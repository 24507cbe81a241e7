// Takes away events an hour after they happened last. Upstream it is the lease of the entry in etcd (apiserver's --event-ttl), renewed by each write.
// Differs: all events of a minute go together, at its end.

import { delayed, watch } from '../api/controller.ts';
import type { Controller } from '../api/controller.ts';
import { minuteKeyOf, minuteOf, minuteTermOf } from '../resources/core/event-terms.ts';
import { events } from '../resources/core/event.ts';

const MINUTE_MS = 60_000;
const TTL_MS = 60 * MINUTE_MS;

/** Keys: the minute in which events happened last. */
export const eventExpiry: Controller = {
  name: 'event-expiry',
  component: 'kube-apiserver',
  watches: [
    {
      ...delayed(
        TTL_MS + MINUTE_MS,
        watch(events, (event, _previous, _reader, type) => (type === 'deleted' ? [] : [minuteKeyOf(minuteOf(event))])),
      ),
      background: true,
    },
  ],
  reconcile(key, { api, now }) {
    const left = (Number(key) + 1) * MINUTE_MS + TTL_MS - now();
    if (left > 0) return { after: left, background: true };
    for (const { metadata } of api.lookup(events, minuteTermOf(Number(key)))) api.expire(events, metadata.namespace ?? '', metadata.name);
    return undefined;
  },
};
