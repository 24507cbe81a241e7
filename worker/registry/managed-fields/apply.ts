// Server-side apply: what somebody wants of an object, laid over what is there. Mirrors apimachinery pkg/util/managedfields/internal: fieldmanager.go and
// its chain, as far as applies go (versioncheck, lastapplied*, skipnonapplied, structuredmerge).

import type { KubeObject, ManagedFieldsEntry } from '../../api/object.ts';
import { apiVersionOf } from '../../api/resource.ts';
import type { StructType } from '../../api/schema.ts';
import { applyConflict, badRequest, unknownError } from '../../api/status.ts';
import { goQuote } from '../../lib/go-format.ts';
import { isRecord } from '../../lib/json.ts';
import { formatTime } from '../../lib/time.ts';
import { DecodeError } from '../decode.ts';
import { unstructuredProblem } from '../unstructured.ts';
import { has } from './field-set.ts';
import { fieldsLastApplied, KUBECTL, refreshLastApplied } from './last-applied.ts';
import { capUpdaters, decodeManagers, encodeManagers, identityOf, NOBODY } from './managers.ts';
import type { Manager, Managers } from './managers.ts';
import { FieldsError, printPath } from './path-element.ts';
import type { Fields } from './shape.ts';
import { applyManagers, updateManagers } from './update-managers.ts';
import type { Applied, Conflict, Versions } from './update-managers.ts';
import { typeProblems } from './validate.ts';

export interface Apply {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly type: StructType;
  readonly subresource: string;
  readonly versions: Versions;
  /** As it is, in the version of the request; an empty object if there is none. */
  readonly live: KubeObject;
  /** What an object is before it has any field. */
  readonly empty: KubeObject;
  /** The body of the patch. */
  readonly config: unknown;
  readonly name: string;
  readonly force: boolean;
  readonly now: number;
  /** Reads and completes what came out. Throws DecodeError. */
  finish(object: Fields): KubeObject;
}

/** The object as it is to be stored, with its managedFields. */
export function applyConfig(apply: Apply): KubeObject {
  const { live, name, now } = apply;
  const config = readConfig(apply);
  const liveEntries = live.metadata?.managedFields;
  const before = withoutEntries(live);
  const managers = withBefore(apply, before, readManagers(liveEntries));
  refuseMisfit(apply, config);

  const apiVersion = apiVersionOf(apply);
  const who = { name, operation: 'Apply', apiVersion, subresource: apply.subresource, time: undefined } as const;
  const applied = applyUnlessConflicts(apply, before, config, managers, who);
  const { object } = applied;
  const next = object ? finish(apply, object, config) : withoutEntries(live);
  if (name === KUBECTL) refreshLastApplied(next, config);
  const entries = encodeManagers(object ? withTime(applied.managers, identityOf(who), formatTime(now)) : applied.managers);
  if (entries.length) next.metadata.managedFields = entries;
  return next;
}

function applyUnlessConflicts(apply: Apply, live: KubeObject, config: Fields, managers: Managers, who: Omit<Manager, 'fields'>): Applied {
  const attempt = (force: boolean): Applied | { readonly conflicts: readonly Conflict[] } =>
    applyManagers(live as unknown as Fields, config, managers, who, force, apply.versions);
  const first = attempt(apply.force);
  if (!('conflicts' in first)) return first;
  const left = unresolved(apply, live, first.conflicts);
  if (left.length) throw conflictError(left);
  return attempt(true) as Applied;
}

function readConfig({ group, version, kind, config }: Apply): Fields {
  const given = config ?? {};
  if (!isRecord(given)) {
    const what = Array.isArray(given) ? 'array' : typeof given === 'boolean' ? 'bool' : typeof given;
    throw badRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${what} into Go value of type map[string]interface {}`,
    );
  }
  const names = kindOf(given);
  if (names.group !== group || names.version !== version || names.kind !== kind)
    throw badRequest(`invalid object type: ${printKind(names)}`);
  if (isRecord(given['metadata']) && Array.isArray(given['metadata']['managedFields']))
    throw badRequest('metadata.managedFields must be nil');
  return given;
}

interface KindName {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

function kindOf(config: Fields): KindName {
  const text = (name: string): string => (typeof config[name] === 'string' ? (config[name] as string) : '');
  const parts = text('apiVersion').split('/');
  if (parts.length > 2) return { group: '', version: '', kind: '' };
  const [first = '', second] = parts;
  return second === undefined ? { group: '', version: first, kind: text('kind') } : { group: first, version: second, kind: text('kind') };
}

const printKind = ({ group, version, kind }: KindName): string => `${group}/${version}, Kind=${kind}`;

/** `default/web; apps/v1, Kind=Deployment`. */
function printConfig(config: Fields): string {
  const metadata = isRecord(config['metadata']) ? config['metadata'] : {};
  const text = (name: string): string => (typeof metadata[name] === 'string' ? metadata[name] : '');
  return `${text('namespace')}/${text('name')}; ${printKind(kindOf(config))}`;
}

function readManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  try {
    return decodeManagers(entries);
  } catch (error) {
    throw error instanceof FieldsError ? unknownError(`failed to decode managed fields: ${error.message}`) : error;
  }
}

function withoutEntries(live: KubeObject): KubeObject {
  if (!live.metadata) return live;
  const { managedFields: _, ...metadata } = live.metadata;
  return { ...live, metadata };
}

/** What was there before anybody was known to own it is somebody's from the first apply on. */
function withBefore({ empty, versions, subresource, now, ...names }: Apply, live: KubeObject, managers: Managers): Managers {
  if (managers.size) return managers;
  const who = {
    name: 'before-first-apply',
    operation: 'Update',
    apiVersion: apiVersionOf(names),
    subresource,
    time: formatTime(now),
  } as const;
  return capUpdaters(updateManagers(empty as unknown as Fields, live as unknown as Fields, NOBODY, who, versions));
}

function refuseMisfit({ type }: Apply, config: Fields): void {
  const problems = typeProblems(config, type);
  if (problems) throw unknownError(`failed to create typed patch object (${printConfig(config)}): ${problems}`);
}

function finish(apply: Apply, object: Fields, config: Fields): KubeObject {
  const refuse = (problem: string): Error =>
    unknownError(
      `failed to convert new object (${printConfig(config)}) to proper version: unable to convert unstructured object to ${printKind(apply)}: ${problem}`,
    );
  const problem = unstructuredProblem(object, apply.type);
  if (problem) throw refuse(problem);
  try {
    return apply.finish(object);
  } catch (error) {
    throw error instanceof DecodeError ? refuse(error.message) : error;
  }
}

function withTime(managers: Managers, id: string, time: string): Managers {
  const self = managers.get(id);
  return self ? new Map(managers).set(id, { ...self, time }) : managers;
}

/** kubectl need not fight for what it applied itself, from the client's side. */
function unresolved({ name, type }: Apply, live: KubeObject, conflicts: readonly Conflict[]): readonly Conflict[] {
  const own = name === KUBECTL ? fieldsLastApplied(live, type) : undefined;
  return own ? conflicts.filter(({ path }) => !has(own, path)) : conflicts;
}

function conflictError(conflicts: readonly Conflict[]): Error {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${printManager(manager)}`,
    field: printPath(path),
  }));
  return applyConflict(causes, conflictMessage(conflicts));
}

function conflictMessage(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (conflicts.length === 1)
    return `Apply failed with 1 conflict: conflict with ${printManager(first!.manager)}: ${printPath(first!.path)}`;
  const lines: string[] = [];
  let last = '';
  for (const { id, manager, path } of conflicts) {
    if (id !== last) lines.push(`conflicts with ${printManager(manager)}:`);
    last = id;
    lines.push(`- ${printPath(path)}`);
  }
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

function printManager({ name, subresource, operation, apiVersion }: Manager): string {
  const who = subresource ? `${goQuote(name)} with subresource ${goQuote(subresource)}` : goQuote(name);
  return operation === 'Update' ? `${who} using ${apiVersion}` : who;
}
