// What flow control is given of a sandbox: its objects, what is stored and watched, and how much it may be asked.

import type { FlowSchema, PriorityLevelConfiguration } from '../api/gen/flowcontrol-v1.ts';
import type { Catalog } from '../api/catalog.ts';
import { flowSchemas } from '../resources/flowcontrol/flowschema.ts';
import { MANDATORY_FLOW_SCHEMAS, MANDATORY_PRIORITY_LEVELS } from '../resources/flowcontrol/mandatory.ts';
import { priorityLevelConfigurations } from '../resources/flowcontrol/prioritylevelconfiguration.ts';
import type { FlowControlParts, FlowObjects } from '../server/flow-control/flow-control.ts';
import type { Surroundings } from '../server/flow-control/work-estimate.ts';
import type { Store } from '../store/store.ts';
import type { Flags } from '../world/programs/control-plane/flags.ts';
import type { Watchers } from './watchers.ts';

export interface FlowSource {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly watchers: Watchers;
  /** The API server's, where they can be seen. */
  flags(): Flags | undefined;
}

type Given = Pick<FlowControlParts, 'mark' | 'read' | 'seats' | 'around'> & { restarted(): void };

/** `restarted` is to be called when the API server has begun anew, perhaps with other flags. */
export function flowSource({ store, catalog, watchers, flags }: FlowSource): Given {
  let starts = 0;
  return {
    mark: () => starts + store.changesOf(flowSchemas.bucket) + store.changesOf(priorityLevelConfigurations.bucket),
    read: () => flowObjects(store),
    seats: () => seatsOf(flags() ?? {}),
    around: surroundings(store, catalog, watchers),
    restarted: () => {
      starts++;
    },
  };
}

const seatsOf = ({ 'max-requests-inflight': reading = '400', 'max-mutating-requests-inflight': writing = '200' }: Flags): number =>
  Number(reading) + Number(writing);

function flowObjects(store: Store): FlowObjects {
  const all = <T>(bucket: string): T[] => store.list<T>(bucket).map(({ value }) => value);
  return {
    schemas: withMandatory(all<FlowSchema>(flowSchemas.bucket), MANDATORY_FLOW_SCHEMAS),
    levels: withMandatory(all<PriorityLevelConfiguration>(priorityLevelConfigurations.bucket), MANDATORY_PRIORITY_LEVELS),
  };
}

function withMandatory<T extends FlowSchema | PriorityLevelConfiguration>(there: T[], mandatory: ReadonlyMap<string, object>): T[] {
  const missing = [...mandatory].filter(([name]) => !there.some(({ metadata }) => metadata.name === name));
  return [...there, ...missing.map(([name, spec]) => ({ metadata: { name, uid: '' }, spec, status: {} }) as unknown as T)];
}

function surroundings(store: Store, catalog: Catalog, watchers: Watchers): Surroundings {
  return {
    stored: ({ group, version, resource }) => {
      const found = catalog.find(group, version, resource);
      return found && { count: store.count(found.bucket), bytes: store.bytesOf(found.bucket) };
    },
    watchers: ({ group, version, resource, namespace }) => {
      const found = catalog.find(group, version, resource);
      return found ? watchers.interested(found.bucket, namespace) : 0;
    },
  };
}
