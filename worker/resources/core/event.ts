import { defineResource } from '../../api/resource.ts';
import type { Event } from '../../api/gen/core-v1.ts';
import { fnv1a32 } from '../../lib/hash.ts';
import { builtinType } from '../schema/index.ts';

export const events = defineResource<Event>({
  group: '',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  namespaced: true,
  shortNames: ['ev'],
  schema: builtinType('core.v1.Event'),
  indexTerms: (event) => [duplicateTerm(event)],
});

type Repeated = Pick<Event, 'involvedObject' | 'reason' | 'message' | 'type' | 'source' | 'reportingComponent'>;

/** Two events of equal terms are one event that happened twice. */
export function duplicateTerm({ involvedObject, reason, message, type, source, reportingComponent }: Repeated): string {
  const { kind, namespace, name, uid, apiVersion, fieldPath } = involvedObject;
  const parts = [
    source.component ?? reportingComponent,
    source.host,
    kind,
    namespace,
    name,
    uid,
    apiVersion,
    fieldPath,
    type,
    reason,
    message,
  ];
  return `same/${uid ?? ''}/${fnv1a32(parts.join('\u0000')).toString(36)}`;
}
