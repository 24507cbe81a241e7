// A DaemonSet's pods by node, and which of them are of the present template.

import type { ControllerContext } from '../../api/controller.ts';
import type { DaemonSet } from '../../api/gen/apps-v1.ts';
import type { Node, Pod } from '../../api/gen/core-v1.ts';
import { timeOf } from '../../lib/time.ts';
import { scaledValue } from '../../lib/int-or-percent.ts';
import { createPod, deletePod, isExpected, isNamespaceTerminating, podFromTemplate, slowStart } from '../pod-control.ts';
import { affinityFor, tolerationsOf } from './nodes.ts';

export const REVISION_LABEL = 'controller-revision-hash';
const GENERATION_LABEL = 'pod-template-generation';
const GENERATION_ANNOTATION = 'deprecated.daemonset.template.generation';
/** The most pods that one look makes or deletes. */
const BURST = 250;

/** One look at one DaemonSet. */
export interface Look {
  readonly context: ControllerContext;
  readonly set: DaemonSet;
  readonly nodes: readonly Node[];
  /** Of all claimed pods, without those that have ended and are being deleted. */
  readonly byNode: ReadonlyMap<string, readonly Pod[]>;
  /** Of the present template. */
  readonly hash: string;
}

function generationOf({ metadata }: DaemonSet): string | undefined {
  const text = metadata.annotations?.[GENERATION_ANNOTATION];
  return text !== undefined && /^-?\d+$/.test(text) ? text : undefined;
}

export function isUpdated({ set, hash }: Look, { metadata: { labels = {} } }: Pod): boolean {
  const generation = generationOf(set);
  return labels[REVISION_LABEL] === hash || (generation !== undefined && labels[GENERATION_LABEL] === generation);
}

/** Those on a node first, then the older ones. */
export const byAge = (a: Pod, b: Pod): number =>
  Number(!a.spec.nodeName) - Number(!b.spec.nodeName) ||
  timeOf(a.metadata.creationTimestamp) - timeOf(b.metadata.creationTimestamp) ||
  (a.metadata.name < b.metadata.name ? -1 : 1);

export const isRolling = ({ spec }: DaemonSet): boolean => spec.updateStrategy.type === 'RollingUpdate';

export const surgeOf = (set: DaemonSet, nodes: number): number =>
  isRolling(set) ? scaledValue(set.spec.updateStrategy.rollingUpdate?.maxSurge, nodes, 'up') : 0;

export const unavailableOf = (set: DaemonSet, nodes: number): number =>
  isRolling(set) ? scaledValue(set.spec.updateStrategy.rollingUpdate?.maxUnavailable, nodes, 'up') : 0;

/** Makes pods for nodes and deletes others. Throws the first error, when all has been tried. */
export function syncPods(look: Look, toDelete: readonly Pod[], toCreate: readonly string[]): void {
  const { context, set } = look;
  const waiting = toCreate.slice(0, BURST);
  let failure = slowStart(waiting.length, () => {
    try {
      createPod(context, set, draftFor(look, waiting.shift()!));
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
  });
  for (const pod of toDelete.slice(0, BURST)) {
    try {
      deletePod(context, set, pod);
    } catch (error) {
      if (!isExpected(error)) throw error;
      failure ??= error;
    }
  }
  if (failure) throw failure as Error;
}

function draftFor({ set, hash }: Look, nodeName: string): ReturnType<typeof podFromTemplate> {
  const { metadata, spec } = podFromTemplate(set, set.spec.template);
  const template = set.spec.template.spec;
  const generation = generationOf(set);
  return {
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...(generation && { [GENERATION_LABEL]: generation }), [REVISION_LABEL]: hash },
    },
    spec: { ...spec, tolerations: tolerationsOf(template), affinity: affinityFor(template.affinity, nodeName) },
  };
}
