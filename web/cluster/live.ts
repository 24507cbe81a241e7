// A sandbox as it is now: what the picture, the workloads and the events are drawn from. Sleeps when nobody has looked for a while, so that the sandbox can.

import { computed } from '@preact/signals';
import { Collection } from './collection.ts';
import type { CollectionState } from './collection.ts';
import { Discovery } from './discovery.ts';
import type { Kube } from './kube.ts';
import { PATHS } from './kinds.ts';
import type { CronJob, DaemonSet, Deployment, Event, HorizontalPodAutoscaler, Job, Namespace, Node, Pod, StatefulSet } from './kinds.ts';
import { ClusterTime } from './time.ts';

const SLEEP_AFTER_MS = 5 * 60_000;

export class Live {
  readonly kube: Kube;
  readonly discovery: Discovery;
  readonly time: ClusterTime;
  readonly nodes: Collection<Node>;
  readonly pods: Collection<Pod>;
  readonly events: Collection<Event>;
  readonly namespaces: Collection<Namespace>;
  readonly deployments: Collection<Deployment>;
  readonly statefulSets: Collection<StatefulSet>;
  readonly daemonSets: Collection<DaemonSet>;
  readonly jobs: Collection<Job>;
  readonly cronJobs: Collection<CronJob>;
  readonly autoscalers: Collection<HorizontalPodAutoscaler>;

  readonly #all: readonly Pick<Collection<Pod>, 'start' | 'stop' | 'state' | 'problem'>[];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(kube: Kube) {
    this.kube = kube;
    this.discovery = new Discovery(kube);
    this.time = new ClusterTime(kube);
    this.nodes = new Collection(kube, PATHS.nodes);
    this.pods = new Collection(kube, PATHS.pods);
    this.events = new Collection(kube, PATHS.events);
    this.namespaces = new Collection(kube, PATHS.namespaces);
    this.deployments = new Collection(kube, PATHS.deployments);
    this.statefulSets = new Collection(kube, PATHS.statefulSets);
    this.daemonSets = new Collection(kube, PATHS.daemonSets);
    this.jobs = new Collection(kube, PATHS.jobs);
    this.cronJobs = new Collection(kube, PATHS.cronJobs);
    this.autoscalers = new Collection(kube, PATHS.autoscalers);
    this.#all = [
      this.nodes,
      this.pods,
      this.events,
      this.namespaces,
      this.deployments,
      this.statefulSets,
      this.daemonSets,
      this.jobs,
      this.cronJobs,
      this.autoscalers,
    ];
  }

  /** Of what the picture needs. */
  readonly state = computed<CollectionState>(() => {
    const states = [this.nodes.state.value, this.pods.state.value];
    return (['refused', 'retrying', 'loading'] as const).find((one) => states.includes(one)) ?? 'live';
  });

  start(): void {
    for (const one of this.#all) one.start();
    this.time.start();
    document.addEventListener('visibilitychange', this.#look);
  }

  stop(): void {
    document.removeEventListener('visibilitychange', this.#look);
    clearTimeout(this.#timer);
    this.time.stop();
    for (const one of this.#all) one.stop();
  }

  readonly #look = (): void => {
    clearTimeout(this.#timer);
    if (document.hidden) {
      this.#timer = setTimeout(() => {
        this.time.stop();
        for (const one of this.#all) one.stop();
      }, SLEEP_AFTER_MS);
      return;
    }
    this.time.start();
    for (const one of this.#all) one.start();
  };
}
