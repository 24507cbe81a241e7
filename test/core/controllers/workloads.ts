// What the tests of controllers share: small objects, pods whose state the test sets itself (on clusters without nodes, so that nobody else does), and
// readable views of what came of it.

import type { ClusterApi } from '../../../worker/api/controller.ts';
import type { Pod, PodSpec } from '../../../worker/api/gen/core-v1.ts';
import { keyOf } from '../../../worker/api/object.ts';
import type { KubeObject, ObjectMeta } from '../../../worker/api/object.ts';
import type { Resource } from '../../../worker/api/resource.ts';
import { labelSelectorOf } from '../../../worker/api/selectors.ts';
import { decode } from '../../../worker/registry/decode.ts';
import { canonicalJson, clone } from '../../../worker/lib/json.ts';
import { formatTime } from '../../../worker/lib/time.ts';
import { events } from '../../../worker/resources/core/event.ts';
import { defaultPodSpec } from '../../../worker/resources/core/pod/defaults.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { makeTestCluster, START } from '../harness.ts';
import type { TestCluster, TestOptions } from '../harness.ts';

/** A cluster without nodes: pods stay as the test puts them. */
export const emptyCluster = (options: TestOptions = {}): TestCluster => makeTestCluster({ nodes: 0, ...options });

/** Complete, as it is stored: an update must keep it so. */
export function podSpec(more: Partial<PodSpec> = {}): PodSpec {
  const spec = clone({ containers: [{ name: 'c', image: 'nginx', resources: {} }], ...more });
  defaultPodSpec(spec);
  return spec;
}

export const template = (
  labels: Record<string, string>,
  more: Partial<PodSpec> = {},
): { metadata: Partial<ObjectMeta>; spec: PodSpec } => ({
  metadata: { labels },
  spec: podSpec(more),
});

/** Pods by the value of a label, in the order of their names. */
export const podsWith = (api: ClusterApi, labels: Record<string, string>): Pod[] =>
  api.list(pods, { namespace: 'default', selector: labelSelectorOf({ matchLabels: labels }) });

/** Makes pods run, and be ready since the cluster's present. */
export function makeReady(cluster: TestCluster, ...which: readonly Pod[]): void {
  for (const pod of which) setPod(cluster, pod, { phase: 'Running', ready: true });
}

export interface PodState {
  readonly phase: string;
  readonly ready?: boolean;
  /** Since when (ms after START); the present if left out. */
  readonly since?: number;
  readonly restarts?: number;
  readonly exitCode?: number;
}

export function setPod({ api, elapsed }: TestCluster, pod: Pod, { phase, ready = false, since, restarts = 0, exitCode }: PodState): void {
  const now = api.get(pods, pod.metadata.namespace ?? '', pod.metadata.name);
  if (!now) return;
  const time = formatTime(START + (since ?? elapsed()));
  const state = exitCode === undefined ? { running: { startedAt: time } } : { terminated: { exitCode, finishedAt: time, startedAt: time } };
  api.updateStatus(pods, {
    ...now,
    status: {
      ...now.status,
      phase,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastProbeTime: null, lastTransitionTime: time }],
      containerStatuses: now.spec.containers.map(({ name }) => ({
        name,
        state,
        lastState: {},
        ready,
        restartCount: restarts,
        image: 'nginx',
        imageID: '',
      })),
    },
  });
}

/** `reason: message`, in the order of their making. */
export const eventsOf = (api: ClusterApi, { metadata: { uid } }: KubeObject): string[] =>
  api
    .list(events)
    .filter(({ involvedObject }) => involvedObject.uid === uid)
    .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    .map(({ reason, message }) => `${reason}: ${message}`);

/** Stored objects whose fields are not those Go would have written (their order aside): of all resources, or of those given. */
export function notCanonical(api: ClusterApi, resources: readonly Resource[] = api.resources()): string[] {
  const wrong: string[] = [];
  const buckets = new Set<string>();
  for (const resource of resources) {
    if (!resource.verbs.includes('list') || resource.conversion || buckets.has(resource.bucket)) continue;
    buckets.add(resource.bucket);
    for (const object of api.list(resource)) {
      const text = canonicalJson(object);
      const wanted = canonicalJson(decode(JSON.parse(text), resource.schema).object);
      if (text !== wanted) wrong.push(`${resource.resource} ${keyOf(object)}: ${difference(text, wanted)}`);
    }
  }
  return wrong;
}

function difference(given: string, wanted: string): string {
  let at = 0;
  while (given[at] === wanted[at]) at++;
  return `…${given.slice(Math.max(0, at - 40), at + 60)}… for …${wanted.slice(Math.max(0, at - 40), at + 60)}…`;
}

/** Makes every pod ready that is not, until nothing new comes up. */
export function runPods(cluster: TestCluster, labels: Record<string, string>): void {
  for (let round = 0; round < 100; round++) {
    cluster.settle();
    const waiting = podsWith(cluster.api, labels).filter(
      ({ status }) => !status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    );
    if (!waiting.length) return;
    makeReady(cluster, ...waiting);
  }
  throw new Error('pods keep coming');
}
