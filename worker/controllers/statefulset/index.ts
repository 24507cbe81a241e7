// StatefulSets: pods with numbers, made, updated and deleted in their order, each with claims of its own. Mirrors pkg/controller/statefulset.

import { watch } from '../../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { StatefulSet } from '../../api/gen/apps-v1.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import { splitKey } from '../../api/object.ts';
import { indexTerm } from '../../api/resource.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { readyTime } from '../../resources/core/pod-state.ts';
import { pods } from '../../resources/core/pod.ts';
import { statefulSets } from '../../resources/apps/statefulset.ts';
import { claim } from '../claim.ts';
import { adoptOrphanRevisions, listRevisions } from '../history.ts';
import { orphansFor } from '../orphans.ts';
import { Pace } from '../pace.ts';
import { podKeysFor } from '../pod-keys.ts';
import { isMember } from './identity.ts';
import { findRevisions, truncateHistory } from './revisions.ts';
import { writeStatus } from './status.ts';
import { update } from './update.ts';

const selectorOf = ({ spec }: StatefulSet) => labelSelectorOf(spec.selector);

export function makeStatefulSetController(): Controller {
  const pace = new Pace();
  return {
    name: 'statefulset',
    component: 'kube-controller-manager',
    watches: [watch(statefulSets), watch(pods, podKeysFor(statefulSets, selectorOf))],
    reconcile(key, context) {
      const { namespace, name } = splitKey(key);
      const set = context.api.get(statefulSets, namespace, name);
      if (!set) return pace.forget(key);
      const wait = pace.wait(key, context.api.countTerm(pods, indexTerm.controller(set.metadata.uid)), context.now());
      return wait > 0 ? { after: wait } : sync(set, context);
    },
  };
}

function sync(set: StatefulSet, context: ControllerContext): Requeue | undefined {
  const { api } = context;
  const known = adoptOrphanRevisions(api, set, listRevisions(api, set, selectorOf(set)));
  const candidates = [
    ...api.lookup(pods, indexTerm.controller(set.metadata.uid)),
    ...orphansFor(api, set.metadata.namespace ?? '', selectorOf(set)),
  ];
  const mine = claim(api, pods, set, selectorOf(set), candidates, { filter: (pod) => isMember(set, pod) });
  const { all, ...revisions } = findRevisions(set, known, context);
  const { status, failure } = update(set, revisions, mine, context);
  writeStatus(set, status, context);
  truncateHistory(set, mine, all, revisions, context);
  if (failure) throw failure;
  const { minReadySeconds = 0 } = set.spec;
  if (!minReadySeconds || status.readyReplicas === status.availableReplicas) return undefined;
  return { after: nextAvailability(mine, minReadySeconds, context.now()) };
}

function nextAvailability(mine: readonly Pod[], minReadySeconds: number, now: number): number {
  const waits = mine.map((pod) => readyTime(pod) && readyTime(pod) + minReadySeconds * 1000 - now).filter((wait) => wait > 0);
  return waits.length ? Math.min(...waits) : minReadySeconds * 1000;
}
