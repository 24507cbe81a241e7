// Which ControllerRevisions a StatefulSet's pods are of.

import type { ControllerContext } from '../../api/controller.ts';
import type { ControllerRevision, StatefulSet } from '../../api/gen/apps-v1.ts';
import type { Pod, PodTemplateSpec } from '../../api/gen/core-v1.ts';
import { createRevision, deleteRevision, findEqual, renumber, templateOf } from '../history.ts';
import { podRevision } from './identity.ts';

export interface Revisions {
  /** Of the pods that are not updated yet; the same as `update` when all are. */
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  readonly collisionCount: number;
}

/** The revision of the present template: the newest, an older one brought up, or a new one. */
export function findRevisions(
  set: StatefulSet,
  known: readonly ControllerRevision[],
  { api }: ControllerContext,
): Revisions & { all: readonly ControllerRevision[] } {
  const { template } = set.spec;
  const newest = known.at(-1);
  const next = (newest?.revision ?? 0) + 1;
  const equal = findEqual(known, template).at(-1);
  let collisionCount = set.status.collisionCount ?? 0;
  let revision = equal;
  if (equal && equal !== newest) revision = renumber(api, equal, next);
  if (!revision) {
    const { annotations } = set.metadata;
    const made = createRevision(api, { owner: set, template, annotations, revision: next, collisionCount }, template.metadata.labels ?? {});
    ({ revision, collisionCount } = made);
  }
  const current = known.find(({ metadata }) => metadata.name === set.status.currentRevision) ?? revision;
  return { current, update: revision, collisionCount, all: known };
}

/** The set's template at a revision. */
export const templateAt = (set: StatefulSet, revision: ControllerRevision): PodTemplateSpec => templateOf(revision) ?? set.spec.template;

export function truncateHistory(
  set: StatefulSet,
  mine: readonly Pod[],
  all: readonly ControllerRevision[],
  { current, update: next }: Revisions,
  { api }: ControllerContext,
): void {
  const live = new Set([current.metadata.name, next.metadata.name, ...mine.map(podRevision)]);
  const old = all.filter(({ metadata }) => !live.has(metadata.name));
  const { revisionHistoryLimit: limit = 10 } = set.spec;
  if (limit >= 0) for (const one of old.slice(0, Math.max(0, old.length - limit))) deleteRevision(api, one);
}
