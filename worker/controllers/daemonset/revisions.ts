// The history of a DaemonSet. Mirrors constructHistory, snapshot and cleanupHistory of update.go.

import { SyncError } from '../../api/controller.ts';
import type { ControllerContext } from '../../api/controller.ts';
import type { ControllerRevision, DaemonSet } from '../../api/gen/apps-v1.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import { isTerminating } from '../../api/object.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { isAlreadyExists } from '../../api/status.ts';
import { controllerRevisions } from '../../resources/apps/controllerrevision.ts';
import { daemonSets } from '../../resources/apps/daemonset.ts';
import { pods } from '../../resources/core/pod.ts';
import { controllerRef } from '../claim.ts';
import { adoptOrphanRevisions, deleteRevision, findEqual, listRevisions, renumber, revisionData } from '../history.ts';
import { templateHash } from '../template-hash.ts';
import { REVISION_LABEL } from './pods.ts';

export interface History {
  /** The hash of the present template's revision. */
  readonly hash: string;
  readonly old: readonly ControllerRevision[];
}

export function constructHistory(set: DaemonSet, mine: readonly Pod[], context: ControllerContext): History {
  const { api } = context;
  const known = adoptOrphanRevisions(api, set, listRevisions(api, set, labelSelectorOf(set.spec.selector)));
  const all = known.map((one) => withHash(one, context));
  const current = findEqual(all, set.spec.template);
  const old = all.filter((one) => !current.includes(one));
  const next = (old.at(-1)?.revision ?? 0) + 1;
  const kept = current.at(-1);
  const revision = kept ? keepOne(kept, current, mine, next, context) : snapshot(set, next, context);
  return { hash: revision.metadata.labels?.[REVISION_LABEL] ?? '', old };
}

/** One without the label gets its own name for a hash, which is nobody else's. */
function withHash(revision: ControllerRevision, { api }: ControllerContext): ControllerRevision {
  const { labels, name } = revision.metadata;
  if (labels?.[REVISION_LABEL] !== undefined) return revision;
  return api.update(controllerRevisions, {
    ...revision,
    metadata: { ...revision.metadata, labels: { ...labels, [REVISION_LABEL]: name } },
  });
}

/** Of several revisions of one template (somebody made them by hand) the newest stays, and the pods become its. */
function keepOne(
  kept: ControllerRevision,
  current: readonly ControllerRevision[],
  mine: readonly Pod[],
  next: number,
  { api }: ControllerContext,
): ControllerRevision {
  const hash = kept.metadata.labels?.[REVISION_LABEL];
  if (current.length > 1) {
    for (const pod of mine.filter(({ metadata }) => metadata.labels?.[REVISION_LABEL] !== hash))
      api.update(pods, {
        ...pod,
        metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, ...(hash && { [REVISION_LABEL]: hash }) } },
      });
    for (const one of current.slice(0, -1)) deleteRevision(api, one);
  }
  if (kept.revision < next) renumber(api, kept, next);
  return kept;
}

function snapshot(set: DaemonSet, revision: number, { api, log }: ControllerContext): ControllerRevision {
  const { namespace = '', annotations } = set.metadata;
  const hash = templateHash(set.spec.template, set.status.collisionCount);
  const name = `${set.metadata.name}-${hash}`;
  try {
    return api.create<ControllerRevision>(controllerRevisions, {
      metadata: {
        name,
        namespace,
        labels: { ...set.spec.template.metadata.labels, [REVISION_LABEL]: hash },
        ...(annotations && { annotations }),
        ownerReferences: [controllerRef(set)],
      },
      data: revisionData(set.spec.template),
      revision,
    });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const other = api.get(controllerRevisions, namespace, name);
    if (other && findEqual([other], set.spec.template).length) return other;
    const collisionCount = (set.status.collisionCount ?? 0) + 1;
    api.updateStatus(daemonSets, { ...set, status: { ...set.status, collisionCount } });
    log(
      'I',
      `"Found a hash collision for DaemonSet - bumping collisionCount to resolve it" daemonset="${namespace}/${set.metadata.name}" collisionCount=${collisionCount}`,
    );
    throw new SyncError(`failed to construct revisions of DaemonSet: ${error.message}`);
  }
}

export function cleanUpHistory(set: DaemonSet, { old }: History, mine: readonly Pod[], { api }: ControllerContext): void {
  let surplus = old.length - (set.spec.revisionHistoryLimit ?? 10);
  const live = new Set(mine.map(({ metadata }) => metadata.labels?.[REVISION_LABEL]));
  for (const one of old) {
    if (surplus <= 0) return;
    if (live.has(one.metadata.labels?.[REVISION_LABEL]) || isTerminating(one)) continue;
    deleteRevision(api, one);
    surplus--;
  }
}
