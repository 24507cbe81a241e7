// On which nodes a DaemonSet's pods run, and how they are bound to them. Mirrors NodeShouldRunDaemonPod and pkg/controller/daemon/util.

import type { DaemonSet } from '../../api/gen/apps-v1.ts';
import type { Affinity, Node, Pod, PodSpec, PodTemplateSpec, Toleration } from '../../api/gen/core-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { matchesRequired, requiredNodesOf } from '../../resources/core/node-selector.ts';
import { isTolerated } from '../../resources/core/taints.ts';

/** Whether a pod should be there, and whether one that is there may stay. */
export interface Fit {
  readonly shouldRun: boolean;
  readonly mayStay: boolean;
}

const fits = new WeakMap<PodTemplateSpec, WeakMap<Node, Fit>>();

/** Asked for every node at every look, so it is remembered as long as neither changes. */
export function fitOf(set: DaemonSet, node: Node): Fit {
  const { template } = set.spec;
  let known = fits.get(template);
  if (!known) fits.set(template, (known = new WeakMap()));
  let fit = known.get(node);
  if (!fit) known.set(node, (fit = findFit(template.spec, node)));
  return fit;
}

function findFit(spec: PodSpec, { metadata: { name, labels = {} }, spec: { taints = [] } }: Node): Fit {
  const required = requiredNodesOf({ spec } as Pod);
  if ((spec.nodeName && spec.nodeName !== name) || (required && !matchesRequired(required, { name, labels })))
    return { shouldRun: false, mayStay: false };
  const tolerations = tolerationsOf(spec);
  const refusing = taints.filter(
    (taint) => (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !isTolerated(taint, tolerations),
  );
  return { shouldRun: !refusing.length, mayStay: refusing.every(({ effect }) => effect !== 'NoExecute') };
}

const exists = (key: string, effect: string): Toleration => ({ key: `node.kubernetes.io/${key}`, operator: 'Exists', effect });
/** Pods of a DaemonSet are not evicted from an ailing node, and may be placed on one. */
const DAEMON_TOLERATIONS = [
  exists('not-ready', 'NoExecute'),
  exists('unreachable', 'NoExecute'),
  exists('disk-pressure', 'NoSchedule'),
  exists('memory-pressure', 'NoSchedule'),
  exists('pid-pressure', 'NoSchedule'),
  exists('unschedulable', 'NoSchedule'),
];
const HOST_NETWORK_TOLERATION = exists('network-unavailable', 'NoSchedule');

export function tolerationsOf({ tolerations = [], hostNetwork }: PodSpec): Toleration[] {
  const out = [...tolerations];
  for (const one of [...DAEMON_TOLERATIONS, ...(hostNetwork ? [HOST_NETWORK_TOLERATION] : [])]) {
    // One that is the same but for its seconds or value is replaced.
    const at = out.findIndex(
      ({ key, effect, operator, value }) => key === one.key && effect === one.effect && operator === one.operator && !value,
    );
    if (at < 0) out.push(one);
    else if (!isEqual(out[at], one)) out[at] = one;
  }
  return out;
}

/** The affinity that leaves a pod no node but one; the scheduler binds it. */
export function affinityFor(affinity: Affinity | undefined, nodeName: string): Affinity {
  const nodeSelectorTerms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }];
  return {
    ...affinity,
    nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  };
}

/** The node a pod is on, or is meant for. */
export function targetNode({ spec }: Pod): string | undefined {
  if (spec.nodeName) return spec.nodeName;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const field = terms
    .flatMap(({ matchFields = [] }) => matchFields)
    .find(({ key, operator }) => key === 'metadata.name' && operator === 'In');
  return field?.values?.length === 1 ? field.values[0] : undefined;
}
