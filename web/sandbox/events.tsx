// Events as they come, the newest on top.

import type { Event } from '../cluster/kinds.ts';
import { lastSeen, timesSeen } from '../model/event.ts';
import { span } from '../model/time.ts';
import type { View } from './state.ts';

export function EventList({ view, events, empty }: { view: View; events: readonly Event[]; empty: string }) {
  if (!events.length) return <p class="empty">{empty}</p>;
  const now = view.live.time.now.value;
  return (
    <ol class="events">
      {events.map((event) => {
        const { involvedObject: about, reason, message, type } = event;
        const times = timesSeen(event);
        return (
          <li key={event.metadata.uid} class={type === 'Warning' ? 'warning' : ''}>
            <span class="when">{span(now - lastSeen(event))}</span>
            <span class="said">
              <span class="head">
                <strong>{reason}</strong>
                <button
                  type="button"
                  class="link"
                  onClick={() =>
                    view.inspect({
                      apiVersion: about.apiVersion ?? 'v1',
                      kind: about.kind ?? '',
                      namespace: about.namespace && about.kind !== 'Node' ? about.namespace : '',
                      name: about.name ?? '',
                    })
                  }
                >
                  {about.kind?.toLowerCase()}/{about.name}
                </button>
                {times > 1 && <small class="chip">×{times}</small>}
              </span>
              <span>{message}</span>
            </span>
          </li>
        );
      })}
    </ol>
  );
}
