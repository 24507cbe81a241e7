// A pod on each node that should have one, and none elsewhere. Mirrors manage and podsShouldBeOnNode of daemon_controller.go.

import type { Node, Pod } from '../../api/gen/core-v1.ts';
import { isTerminating, keyOf } from '../../api/object.ts';
import { isAvailable, isReady } from '../../resources/core/pod-state.ts';
import { fitOf } from './nodes.ts';
import { byAge, surgeOf, syncPods } from './pods.ts';
import type { Look } from './pods.ts';

interface Plan {
  readonly toCreate: string[];
  readonly toDelete: Pod[];
  /** When failed pods may be tried again (ms). */
  readonly waits: number[];
}

/** Whether anything was made or deleted, and when to come again (ms from now; undefined for no such need). */
export function manage(look: Look): { acted: boolean; after: number | undefined } {
  const plan: Plan = { toCreate: [], toDelete: [], waits: [] };
  for (const node of look.nodes) planNode(look, node, look.byNode.get(node.metadata.name), plan);
  const present = new Set(look.nodes.map(({ metadata }) => metadata.name));
  for (const [name, pods] of look.byNode) if (!present.has(name)) plan.toDelete.push(...pods.filter(({ spec }) => !spec.nodeName));
  const acted = plan.toCreate.length + plan.toDelete.length > 0;
  if (acted) syncPods(look, plan.toDelete, plan.toCreate);
  return { acted, after: plan.waits.length ? Math.min(...plan.waits) : undefined };
}

function planNode(look: Look, node: Node, pods: readonly Pod[] | undefined, plan: Plan): void {
  const { shouldRun, mayStay } = fitOf(look.set, node);
  if (shouldRun && !pods) {
    plan.toCreate.push(node.metadata.name);
  } else if (mayStay) {
    const running = (pods ?? []).filter((pod) => !isTerminating(pod) && !replaceEnded(look, node, pod, plan)).sort(byAge);
    if (!surgeOf(look.set, 1)) plan.toDelete.push(...running.slice(1));
    else if (running.length > 1) settleSurge(look, running, plan);
    else if (!running.length && shouldRun) plan.toCreate.push(node.metadata.name);
  } else {
    plan.toDelete.push(...(pods ?? []).filter((pod) => !isTerminating(pod)));
  }
}

/** A pod that has ended is deleted, so that another is made; one that failed again and again after longer and longer waits. True if it has ended. */
function replaceEnded(look: Look, node: Node, pod: Pod, { toDelete, waits }: Plan): boolean {
  const { context, set } = look;
  const what = `daemon pod ${keyOf(pod)} on node ${node.metadata.name}`;
  if (pod.status.phase === 'Failed') {
    const wait = backOff(look, node.metadata.name);
    if (wait > 0) waits.push(wait);
    else {
      context.event(set, 'Warning', 'FailedDaemonPod', `Found failed ${what}, will try to kill it`);
      toDelete.push(pod);
    }
    return true;
  }
  if (pod.status.phase !== 'Succeeded') return false;
  context.event(set, 'Normal', 'SucceededDaemonPod', `Found succeeded ${what}, will try to delete it`);
  toDelete.push(pod);
  return true;
}

/** In the state of the controller, by the key of the set. */
interface BackOff {
  /** Of the set, and its generation: another one begins anew. */
  readonly of: string;
  readonly nodes: Readonly<Record<string, { readonly delay: number; readonly since: number }>>;
}

const [FIRST_DELAY, MAX_DELAY] = [1000, 15 * 60_000];

/** How long the failed pod of a node has to wait (ms); 0 for not at all, and the next one waits twice as long. */
function backOff(look: Look, nodeName: string): number {
  const { state, now } = look.context;
  const { metadata, status } = look.set;
  const of = `${metadata.uid}/${status.observedGeneration ?? 0}`;
  const saved = state.get<BackOff>(keyOf(look.set));
  const nodes = saved?.of === of ? saved.nodes : {};
  const known = nodes[nodeName];
  const age = known ? now() - known.since : Infinity;
  if (known && age < known.delay) return known.delay - age;
  const delay = known && age <= 2 * MAX_DELAY ? Math.min(2 * known.delay, MAX_DELAY) : FIRST_DELAY;
  state.set(keyOf(look.set), { of, nodes: { ...nodes, [nodeName]: { delay, since: now() } } });
  return 0;
}

/** One pod of each template may be there while the new one gets ready; the old one goes when it is, or when it is not ready itself. */
function settleSurge(look: Look, running: readonly Pod[], { toDelete }: Plan): void {
  const fresh = running.filter(({ metadata }) => metadata.labels?.['controller-revision-hash'] === look.hash);
  const old = running.filter((pod) => !fresh.includes(pod));
  toDelete.push(...fresh.slice(1), ...old.slice(1));
  const [newest, oldest] = [fresh[0], old[0]];
  if (!newest || !oldest) return;
  if (!isReady(oldest) || isAvailable(newest, look.set.spec.minReadySeconds ?? 0, look.context.now())) toDelete.push(oldest);
}
