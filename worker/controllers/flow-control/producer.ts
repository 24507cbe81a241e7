// Keeps the flow control objects that a server needs or suggests as they should be: those that are gone come back, and those that nobody wants to keep otherwise
// (`apf.kubernetes.io/autoupdate-spec`) are set right; all are looked at when the server begins. Mirrors pkg/registry/flowcontrol/ensurer and rest/storage_flowcontrol.go.
// Differs: upstream looks once a minute; here it is looked at half a minute after a change, which that comes to.
//
// Keys: `schemas`, `levels`.

import { delayed, watch } from '../../api/controller.ts';
import type { ClusterApi, Controller } from '../../api/controller.ts';
import type { KubeObject } from '../../api/object.ts';
import type { Resource } from '../../api/resource.ts';
import { isEqual } from '../../lib/json.ts';
import { flowSchemas } from '../../resources/flowcontrol/flowschema.ts';
import { MANDATORY_FLOW_SCHEMAS, MANDATORY_PRIORITY_LEVELS } from '../../resources/flowcontrol/mandatory.ts';
import { priorityLevelConfigurations } from '../../resources/flowcontrol/prioritylevelconfiguration.ts';
import { SUGGESTED_FLOW_SCHEMAS, SUGGESTED_PRIORITY_LEVELS } from '../../resources/flowcontrol/suggested.ts';

interface WithSpec extends KubeObject {
  spec: object;
}

/** The objects of one kind that there should be. */
interface Wanted {
  readonly resource: Resource<WithSpec>;
  readonly suggested: ReadonlyMap<string, object>;
  readonly mandatory: ReadonlyMap<string, object>;
}

const AUTO_UPDATE = 'apf.kubernetes.io/autoupdate-spec';
const LOOK_MS = 30_000;

const SCHEMAS: Wanted = {
  resource: flowSchemas as unknown as Resource<WithSpec>,
  suggested: SUGGESTED_FLOW_SCHEMAS,
  mandatory: MANDATORY_FLOW_SCHEMAS,
};
const LEVELS: Wanted = {
  resource: priorityLevelConfigurations as unknown as Resource<WithSpec>,
  suggested: SUGGESTED_PRIORITY_LEVELS,
  mandatory: MANDATORY_PRIORITY_LEVELS,
};

export const flowControlProducer: Controller = {
  name: 'priority-and-fairness-config-producer',
  component: 'kube-apiserver',
  fieldManager: 'api-priority-and-fairness-config-producer-v1',
  watches: Object.entries({ schemas: SCHEMAS, levels: LEVELS }).map(([key, wanted]) =>
    delayed(
      LOOK_MS,
      watch(wanted.resource, (object, _previous, _reader, type) => (needsWork(wanted, object, type === 'deleted') ? [key] : [])),
    ),
  ),
  start: ({ enqueue }, resumed) => {
    if (!resumed) for (const key of ['levels', 'schemas']) enqueue(key);
  },
  reconcile: (key, { api }) => ensure(api, key === 'schemas' ? SCHEMAS : LEVELS),
};

/** What a release has of these objects. */
export const flowControlFacts = (): string =>
  JSON.stringify([SCHEMAS, LEVELS].map(({ suggested, mandatory }) => [...suggested, ...mandatory]));

/** Makes what there should be. Levels come first: schemas name them. */
export function ensureFlowControl(api: ClusterApi): void {
  ensure(api, LEVELS);
  ensure(api, SCHEMAS);
}

function needsWork({ suggested, mandatory }: Wanted, object: WithSpec, isGone: boolean): boolean {
  const { name } = object.metadata;
  const spec = mandatory.get(name) ?? suggested.get(name);
  if (!spec) return !isGone && autoUpdate(object) === true;
  return isGone || revised(object, spec, mandatory.has(name)) !== undefined;
}

function ensure(api: ClusterApi, { resource, suggested, mandatory }: Wanted): void {
  for (const [name, spec] of [...suggested, ...mandatory]) {
    const current = api.get(resource, '', name);
    if (!current) {
      api.create(resource, { metadata: { name, annotations: { [AUTO_UPDATE]: 'true' } }, spec });
      continue;
    }
    const next = revised(current, spec, mandatory.has(name));
    if (next) api.update(resource, next);
  }
  for (const object of api.list(resource)) {
    const { name } = object.metadata;
    if (!suggested.has(name) && !mandatory.has(name) && autoUpdate(object)) api.delete(resource, '', name);
  }
}

/** The object as it should be; undefined if it is. */
function revised(current: WithSpec, spec: object, isMandatory: boolean): WithSpec | undefined {
  const { metadata } = current;
  // Without a word about it, a spec that nobody has changed since it was made is taken to be ours.
  const isOurs = isMandatory || (autoUpdate(current) ?? metadata.generation === 1);
  const isRight = !isOurs || isEqual(withOwnShare(spec, current), current.spec);
  if (isRight && autoUpdate(current) === isOurs) return undefined;
  return {
    ...current,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [AUTO_UPDATE]: String(isOurs) } },
    ...(!isRight && { spec }),
  };
}

/** How much `exempt` lends is its owner's affair. */
function withOwnShare(spec: object, { metadata, spec: { exempt } }: WithSpec & { spec: { exempt?: object } }): object {
  return metadata.name === 'exempt' && 'exempt' in spec && exempt ? { ...spec, exempt } : spec;
}

/** What the annotation says, as Go reads a boolean. */
function autoUpdate({ metadata }: KubeObject): boolean | undefined {
  const text = metadata.annotations?.[AUTO_UPDATE] ?? '';
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  return /^(0|f|F|FALSE|false|False)$/.test(text) ? false : undefined;
}
