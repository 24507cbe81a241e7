// What somebody who looks at a sandbox has chosen: a namespace, an object to look into, a workload to point out.

import { batch, computed, signal } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals';
import type { Live } from '../cluster/live.ts';
import { refOf } from '../cluster/kinds.ts';
import type { Event, KubeObject, Node, ObjectRef, Pod } from '../cluster/kinds.ts';
import { newestEvents } from '../model/event.ts';
import { podState } from '../model/pod.ts';
import type { Tone } from '../model/pod.ts';
import { rolloutsOf } from '../model/rollout.ts';
import { inOrder, ofCronJob, ofDaemonSet, ofDeployment, ofJob, ofStatefulSet, troublesOf } from '../model/workload.ts';
import type { Workload } from '../model/workload.ts';

const SYSTEM = 'kube-system';
const MOST_EVENTS = 300;

export interface View {
  readonly live: Live;
  readonly mayEdit: boolean;
  /** Undefined of somebody else's. */
  readonly sandboxId: string | undefined;
  /** '' for all. */
  readonly namespace: Signal<string>;
  readonly inspected: Signal<ObjectRef | undefined>;
  /** Which side of it is seen. */
  readonly tab: Signal<InspectorTab>;
  /** The key of the workload whose pods are pointed out. */
  readonly pointed: Signal<string>;
  /** The names of nodes that are pointed out. */
  readonly pointedNodes: Signal<readonly string[]>;
  readonly namespaces: ReadonlySignal<readonly string[]>;
  readonly pods: ReadonlySignal<readonly Pod[]>;
  readonly waiting: ReadonlySignal<readonly Pod[]>;
  readonly podsByNode: ReadonlySignal<ReadonlyMap<string, readonly Pod[]>>;
  readonly tones: ReadonlySignal<ReadonlyMap<Tone, number>>;
  readonly workloads: ReadonlySignal<readonly Workload[]>;
  /** By workload, what is wrong with most of its pods. */
  readonly troubles: ReadonlySignal<ReadonlyMap<string, string>>;
  /** Of workloads that are being changed, the new revision. */
  readonly rollouts: ReadonlySignal<ReadonlyMap<string, string>>;
  readonly events: ReadonlySignal<readonly Event[]>;
  readonly warnings: ReadonlySignal<number>;
  inspect(object: KubeObject | ObjectRef, tab?: InspectorTab): void;
}

export type InspectorTab = 'summary' | 'decision' | 'yaml' | 'events' | 'logs' | 'terminal';

/** `sandboxId` is of one's own: what only its owner may ask of the management API is asked there. */
export function makeView(live: Live, sandboxId: string | undefined): View {
  const namespace = signal('');
  const inspected = signal<ObjectRef | undefined>(undefined);
  const tab = signal<InspectorTab>('summary');
  const isIn = ({ metadata }: KubeObject): boolean => !namespace.value || metadata.namespace === namespace.value;
  const pods = computed(() => live.pods.items.value.filter(isIn));
  let before: ReadonlyMap<string, readonly Pod[]> = new Map();
  return {
    live,
    mayEdit: live.kube.mayEdit,
    namespace,
    sandboxId,
    inspected,
    tab,
    pointed: signal(''),
    pointedNodes: signal([]),
    namespaces: computed(() => live.namespaces.items.value.map(({ metadata }) => metadata.name).sort()),
    pods,
    waiting: computed(() => pods.value.filter(({ spec }) => !spec.nodeName).sort(oldestFirst)),
    podsByNode: computed(() => {
      const byNode = Map.groupBy(
        pods.value.filter(({ spec }) => spec.nodeName),
        ({ spec }) => spec.nodeName!,
      ) as Map<string, Pod[]>;
      // A node whose pods are the same keeps its list, so that its picture need not be drawn again.
      for (const [node, members] of byNode) {
        members.sort(oldestFirst);
        const old = before.get(node) as Pod[] | undefined;
        if (old?.length === members.length && old.every((pod, i) => pod === members[i])) byNode.set(node, old);
      }
      return (before = byNode);
    }),
    tones: computed(() => {
      const counts = new Map<Tone, number>();
      for (const pod of pods.value) {
        const { tone } = podState(pod);
        counts.set(tone, (counts.get(tone) ?? 0) + 1);
      }
      return counts;
    }),
    workloads: computed(() =>
      [
        ...live.deployments.items.value.map(ofDeployment),
        ...live.statefulSets.items.value.map(ofStatefulSet),
        ...live.daemonSets.items.value.map(ofDaemonSet),
        ...live.jobs.items.value.map(ofJob),
        ...live.cronJobs.items.value.map(ofCronJob),
      ]
        .filter(({ object }) => isIn(object))
        .sort(inOrder),
    ),
    troubles: computed(() => troublesOf(pods.value)),
    rollouts: computed(() =>
      rolloutsOf([...live.deployments.items.value, ...live.statefulSets.items.value, ...live.daemonSets.items.value], pods.value),
    ),
    events: computed(() =>
      newestEvents(
        live.events.items.value.filter((event) => isIn(event)),
        MOST_EVENTS,
      ),
    ),
    warnings: computed(() => live.events.items.value.filter((event) => event.type === 'Warning' && isIn(event)).length),
    inspect: (object, side = 'summary') =>
      batch(() => {
        inspected.value = 'metadata' in object ? refOf(object) : object;
        tab.value = side;
      }),
  };
}

const oldestFirst = (a: Pod, b: Pod): number =>
  a.metadata.creationTimestamp < b.metadata.creationTimestamp
    ? -1
    : a.metadata.creationTimestamp > b.metadata.creationTimestamp
      ? 1
      : a.metadata.name < b.metadata.name
        ? -1
        : 1;

export const isSystem = (object: KubeObject | Node): boolean => object.metadata.namespace === SYSTEM;
