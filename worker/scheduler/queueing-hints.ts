// Which change of the cluster may help which pod: the registrations of a profile's plugins, looked up by event. Mirrors QueueingHintMap.

import { Action, eventMatches } from './cluster-event.ts';
import type { ClusterEvent, EventRegistration, QueueingHint } from './cluster-event.ts';
import type { Plugin } from './framework.ts';

export interface Interest {
  readonly plugin: string;
  readonly hint: QueueingHint | undefined;
}

const ANYTHING: EventRegistration = { event: { resource: '*', action: Action.All } };
const NODE_TAINT: EventRegistration = { event: { resource: 'Node', action: Action.UpdateNodeTaint } };

export class QueueingHints {
  readonly #registrations: readonly { readonly plugin: string; readonly registration: EventRegistration }[];
  readonly #byEvent = new Map<string, readonly Interest[]>();

  constructor(plugins: Iterable<Plugin>) {
    this.#registrations = [...plugins].flatMap((plugin) =>
      registrationsOf(plugin).map((registration) => ({ plugin: plugin.name, registration })),
    );
  }

  /** Who wants to hear of an event. */
  interests({ resource, action }: ClusterEvent): readonly Interest[] {
    const key = `${resource}/${action}`;
    let found = this.#byEvent.get(key);
    if (!found) {
      found = this.#registrations
        .filter(({ registration }) => eventMatches(registration.event, { resource, action }))
        .map(({ plugin, registration: { hint } }) => ({ plugin, hint }));
      this.#byEvent.set(key, found);
    }
    return found;
  }
}

/** Whoever hears of new nodes hears of changed taints too: as upstream, where a new node may not be told before its taints are gone. */
function registrationsOf({ events = [ANYTHING] }: Plugin): readonly EventRegistration[] {
  const ofNodes = (action: number): boolean => events.some(({ event }) => event.resource === 'Node' && (event.action & action) !== 0);
  return ofNodes(Action.Add) && !ofNodes(Action.UpdateNodeTaint) ? [...events, NODE_TAINT] : events;
}
