// Empties namespaces that are being deleted: pods first, then everything else, custom resources too; then lets them go.
// Mirrors pkg/controller/namespace.

import { SyncError, delayed, watch } from '../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../api/controller.ts';
import type { Namespace, NamespaceCondition, Pod } from '../api/gen/core-v1.ts';
import { isTerminating } from '../api/object.ts';
import type { KubeObject } from '../api/object.ts';
import type { ClusterReader, Resource } from '../api/resource.ts';
import { StatusError, isNotFound } from '../api/status.ts';
import { formatTime, timeOf } from '../lib/time.ts';
import { apiServices } from '../resources/apiregistration/apiservice.ts';
import { namespaces } from '../resources/core/namespace.ts';
import { isTerminal } from '../resources/core/pod-state.ts';
import { collectedResources } from './garbage-collector/dependents.ts';
import { deleteRemoteContent, forgetRemoteContent } from './namespace-remote.ts';

const FINALIZER = 'kubernetes';
/** Upstream waits so long for other API servers to hear of the deletion. */
const GRACE_MS = 5000;
/** So long, whoever waits for a namespace may be waiting for what it waits for. */
const ATTENTION_MS = 60_000;
/** How long a finalizer may take, in seconds. */
const FINALIZER_ESTIMATE = 15;

export const namespaceController: Controller = {
  name: 'namespace',
  component: 'kube-controller-manager',
  backOff: { first: 5, most: 60_000 },
  watches: [
    delayed(
      GRACE_MS,
      watch(namespaces, (object) => (isTerminating(object) ? [object.metadata.name] : [])),
    ),
  ],
  reconcile(name, context) {
    const found = context.api.get(namespaces, '', name);
    if (!found || !isTerminating(found)) return undefined;
    const namespace =
      found.status.phase === 'Terminating'
        ? found
        : context.api.updateStatus(namespaces, { ...found, status: { ...found.status, phase: 'Terminating' } });
    if (!namespace.spec.finalizers?.length) return undefined;
    return empty(namespace, context);
  },
};

interface Remains {
  readonly counts: Map<string, number>;
  readonly finalizers: Map<string, number>;
  readonly errors: string[];
  /** Group versions of which nobody can say what they hold. */
  readonly unknown: readonly string[];
  /** Seconds until it may be gone. */
  estimate: number;
}

function empty(namespace: Namespace, context: ControllerContext): Requeue | undefined {
  const remains: Remains = { counts: new Map(), finalizers: new Map(), errors: [], unknown: unknownGroups(context.api), estimate: 0 };
  const resources = collectedResources(context.api).filter(({ namespaced }) => namespaced);
  const pods = resources.filter(({ group, resource }) => group === '' && resource === 'pods');
  for (const resource of pods) deleteAll(resource, namespace, remains, context);
  const ofPods = remains.errors.length;
  const podsRemain = remains.counts.size > 0;
  if (!podsRemain) {
    for (const resource of resources) if (!pods.includes(resource)) deleteAll(resource, namespace, remains, context);
    deleteAllRemote(namespace, remains, context);
  }
  const current = writeConditions(namespace, podsRemain ? { ...remains, counts: new Map(), finalizers: new Map() } : remains, context);
  // Its conditions say of pods what they say of anything else.
  const told = remains.errors.map((one, i) =>
    i < ofPods ? `failed to delete pods for namespace: ${namespace.metadata.name}, err: ${one}` : one,
  );
  const failures = [...(remains.unknown.length ? [discoveryError(remains.unknown)] : []), ...told];
  if (failures.length) throw new SyncError(aggregate(failures));
  if (remains.estimate > 0) {
    // Whoever has not taken their finalizer away by then may never do it.
    const isStuck = context.now() - timeOf(namespace.metadata.deletionTimestamp) > ATTENTION_MS;
    return { after: (Math.floor(remains.estimate / 2) + 1) * 1000, background: isStuck };
  }
  if (!podsRemain) {
    finalize(current, context);
    forgetRemoteContent(namespace, context);
  }
  return undefined;
}

/** As upstream says several errors at once. */
function aggregate(failures: readonly string[]): string {
  const different = [...new Set(failures)];
  return different.length > 1 ? `[${different.join(', ')}]` : different[0]!;
}

/** Those whose server behind an APIService does not answer: their objects may be in the namespace. */
const unknownGroups = (reader: ClusterReader): string[] =>
  reader
    .list(apiServices)
    .filter(({ spec, status }) => spec.service && status?.conditions?.some((one) => one.type === 'Available' && one.status === 'False'))
    .map(({ spec }) => `${spec.group}/${spec.version}`)
    .sort();

const discoveryError = (unknown: readonly string[]): string =>
  `unable to retrieve the complete list of server APIs: ${unknown.map((one) => `${one}: stale GroupVersion discovery: ${one}`).join(', ')}`;

function deleteAll(resource: Resource, namespace: Namespace, remains: Remains, { api, now }: ControllerContext): void {
  const { name } = namespace.metadata;
  const present = api.list(resource, { namespace: name });
  if (!present.length) return;
  const grace = graceOf(resource, present);
  const estimate = now() - timeOf(namespace.metadata.deletionTimestamp) >= grace * 1000 ? 0 : grace;
  for (const object of present) {
    try {
      api.delete(resource, name, object.metadata.name, { propagationPolicy: 'Background' });
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (error.reason === 'NotFound') continue;
      // As a collection, they are not looked at any further.
      remains.errors.push(error.message);
      remains.estimate = Math.max(remains.estimate, estimate);
      return;
    }
  }
  const left = api.list(resource, { namespace: name });
  const finalizers = left.flatMap(({ metadata }) => metadata.finalizers ?? []);
  if (left.length) noteLeft(resource, { name, count: left.length, finalizers, estimate }, remains);
}

interface Left {
  /** Of the namespace. */
  readonly name: string;
  readonly count: number;
  readonly finalizers: readonly string[];
  readonly estimate: number;
}

function noteLeft(
  { group, version, resource }: Pick<Resource, 'group' | 'version' | 'resource'>,
  { name, count, finalizers, estimate }: Left,
  remains: Remains,
): void {
  remains.counts.set(`${resource}.${group}`, count);
  for (const one of finalizers) remains.finalizers.set(one, (remains.finalizers.get(one) ?? 0) + 1);
  if (estimate === 0 && !finalizers.length)
    remains.errors.push(`unexpected items still remain in namespace: ${name} for gvr: ${group}/${version}, Resource=${resource}`);
  remains.estimate = Math.max(remains.estimate, estimate || (finalizers.length ? FINALIZER_ESTIMATE : 0));
}

function deleteAllRemote(namespace: Namespace, remains: Remains, context: ControllerContext): void {
  try {
    for (const { kind, count, finalizers } of deleteRemoteContent(namespace, context))
      noteLeft(kind, { name: namespace.metadata.name, count, finalizers, estimate: 0 }, remains);
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    remains.errors.push(error.message);
  }
}

/** The longest that a running pod may take. */
function graceOf({ group, resource }: Resource, present: readonly KubeObject[]): number {
  if (group !== '' || resource !== 'pods') return 0;
  const running = (present as Pod[]).filter((pod) => !isTerminal(pod));
  return Math.max(0, ...running.map(({ spec }) => spec.terminationGracePeriodSeconds ?? 0));
}

/** Type, reason and message of each condition when all is well. */
const FINE: readonly (readonly [type: string, reason: string, message: string])[] = [
  ['NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'],
  ['NamespaceDeletionGroupVersionParsingFailure', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'],
  ['NamespaceDeletionContentFailure', 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
  ['NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed'],
  ['NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
];

function problemOf(type: string, { errors, counts, finalizers, unknown }: Remains): [reason: string, message: string] | undefined {
  const list = (map: ReadonlyMap<string, number>, between: string): string =>
    [...map]
      .map(([what, count]) => `${what} ${between} ${count} resource instances`)
      .sort()
      .join(', ');
  if (type === 'NamespaceDeletionDiscoveryFailure' && unknown.length)
    return ['DiscoveryFailed', `Discovery failed for some groups, ${unknown.length} failing: ${discoveryError(unknown)}`];
  if (type === 'NamespaceDeletionContentFailure' && errors.length)
    return ['ContentDeletionFailed', `Failed to delete all resource types, ${errors.length} remaining: ${errors.toSorted().join(', ')}`];
  if (type === 'NamespaceContentRemaining' && counts.size)
    return ['SomeResourcesRemain', `Some resources are remaining: ${list(counts, 'has')}`];
  if (type === 'NamespaceFinalizersRemaining' && finalizers.size)
    return ['SomeFinalizersRemain', `Some content in the namespace has finalizers remaining: ${list(finalizers, 'in')}`];
  return undefined;
}

function writeConditions(namespace: Namespace, remains: Remains, { api, now }: ControllerContext): Namespace {
  const known = namespace.status.conditions ?? [];
  const next = FINE.map(([type, fineReason, fineMessage]): NamespaceCondition => {
    const problem = problemOf(type, remains);
    const [reason, message] = problem ?? [fineReason, fineMessage];
    const status = problem ? 'True' : 'False';
    const before = known.find((one) => one.type === type);
    const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? null) : formatTime(now());
    return { type, status, lastTransitionTime, reason, message };
  });
  const others = known.filter(({ type }) => !FINE.some(([one]) => one === type));
  return api.updateStatus(namespaces, { ...namespace, status: { ...namespace.status, conditions: [...others, ...next] } });
}

function finalize(namespace: Namespace, { api }: ControllerContext): void {
  const { finalizers = [], ...spec } = namespace.spec;
  const left = finalizers.filter((one) => one !== FINALIZER).sort();
  try {
    api.updateSubresource(namespaces, 'finalize', { ...namespace, spec: { ...spec, ...(left.length && { finalizers: left }) } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
