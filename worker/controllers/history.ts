// The history of StatefulSets and DaemonSets: a ControllerRevision for each pod template they had. Mirrors pkg/controller/history.

import type { ClusterApi } from '../api/controller.ts';
import type { ControllerRevision } from '../api/gen/apps-v1.ts';
import type { PodTemplateSpec } from '../api/gen/core-v1.ts';
import { controllerOf } from '../api/object.ts';
import type { KubeObject } from '../api/object.ts';
import { indexTerm } from '../api/resource.ts';
import { matchesLabels } from '../api/selectors.ts';
import type { LabelSelector } from '../api/selectors.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import { fnv1of32, safeEncode } from '../lib/hash.ts';
import { canonicalJson } from '../lib/json.ts';
import { timeOf } from '../lib/time.ts';
import { controllerRevisions } from '../resources/apps/controllerrevision.ts';
import { controllerRef } from './claim.ts';

const HASH_LABEL = 'controller.kubernetes.io/hash';

/** The owner's revisions and those it may adopt, the oldest first. */
export function listRevisions(api: ClusterApi, owner: KubeObject, selector: LabelSelector): ControllerRevision[] {
  const { namespace = '', uid } = owner.metadata;
  const mine = api
    .lookup(controllerRevisions, indexTerm.controller(uid))
    .filter(({ metadata }) => matchesLabels(selector, metadata.labels));
  const orphans = api.list(controllerRevisions, { namespace, selector }).filter((one) => !controllerOf(one));
  return sortRevisions([...mine, ...orphans]);
}

export const sortRevisions = (revisions: readonly ControllerRevision[]): ControllerRevision[] =>
  revisions.toSorted(
    (a, b) =>
      a.revision - b.revision ||
      timeOf(a.metadata.creationTimestamp) - timeOf(b.metadata.creationTimestamp) ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  );

export function adoptOrphanRevisions(api: ClusterApi, owner: KubeObject, revisions: readonly ControllerRevision[]): ControllerRevision[] {
  return revisions.map((one) => {
    if (controllerOf(one)) return one;
    const ownerReferences = [...(one.metadata.ownerReferences ?? []), controllerRef(owner)];
    return api.update(controllerRevisions, { ...one, metadata: { ...one.metadata, ownerReferences } });
  });
}

/** What a revision holds: a patch that puts the template in place. Its keys are sorted: whoever compares it with a patch of its own does so byte by byte. */
const dataOf = (template: PodTemplateSpec): Record<string, unknown> =>
  JSON.parse(canonicalJson({ spec: { template: { $patch: 'replace', ...template } } })) as Record<string, unknown>;

/** The template that a revision holds. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec | undefined {
  const { spec } = (data ?? {}) as { spec?: { template?: PodTemplateSpec & { $patch?: string } } };
  if (!spec?.template) return undefined;
  const { $patch: _, ...template } = spec.template;
  return template;
}

const texts = new WeakMap<object, string>();

/** As Go writes it: sorted keys, and HTML's special characters escaped. */
export function dataText(data: object): string {
  let text = texts.get(data);
  if (text === undefined) {
    const escaped = canonicalJson(data).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
    texts.set(data, (text = escaped));
  }
  return text;
}

export const revisionHash = (text: string, collisionCount: number): string => safeEncode(String(fnv1of32(text + collisionCount)));

export interface RevisionDraft {
  readonly owner: KubeObject;
  readonly template: PodTemplateSpec;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  readonly revision: number;
  readonly collisionCount: number;
}

const templateData = new WeakMap<PodTemplateSpec, Record<string, unknown>>();

/** The data of a template's revision; the same object each time, so that its text is made once. */
export function revisionData(template: PodTemplateSpec): Record<string, unknown> {
  let data = templateData.get(template);
  if (!data) templateData.set(template, (data = dataOf(template)));
  return data;
}

/** Those that hold the same template. */
export function findEqual(revisions: readonly ControllerRevision[], template: PodTemplateSpec): ControllerRevision[] {
  const wanted = dataText(revisionData(template));
  return revisions.filter(({ data }) => data !== undefined && dataText(data) === wanted);
}

/** Makes a revision; while its name is taken by another template's, the collision count grows. */
export function createRevision(
  api: ClusterApi,
  { owner, template, annotations, revision, collisionCount }: RevisionDraft,
  labels: Readonly<Record<string, string>>,
): { revision: ControllerRevision; collisionCount: number } {
  const data = revisionData(template);
  const text = dataText(data);
  const { name: prefix, namespace = '' } = owner.metadata;
  for (let count = collisionCount; ; count++) {
    const name = `${prefix.slice(0, 223)}-${revisionHash(text, count)}`;
    try {
      const made = api.create<ControllerRevision>(controllerRevisions, {
        metadata: {
          name,
          namespace,
          labels: { ...labels, [HASH_LABEL]: revisionHash(text, collisionCount) },
          ...(annotations && { annotations }),
          ownerReferences: [controllerRef(owner)],
        },
        data,
        revision,
      });
      return { revision: made, collisionCount: count };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const other = api.get(controllerRevisions, namespace, name);
      if (other?.data && dataText(other.data) === text) return { revision: other, collisionCount: count };
    }
  }
}

export const renumber = (api: ClusterApi, one: ControllerRevision, revision: number): ControllerRevision =>
  one.revision === revision ? one : api.update(controllerRevisions, { ...one, revision });

export function deleteRevision(api: ClusterApi, { metadata: { namespace = '', name } }: ControllerRevision): void {
  try {
    api.delete(controllerRevisions, namespace, name);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
