// Why a pod is where it is, or nowhere: the last decision on each pod, with what every plugin said of every node. Kept in memory, as references to what the
// decision worked with anyway; what is old or was lost with an eviction is worked out again, from how things are now.

import type { Pod } from '../api/gen/core-v1.ts';
import type { Cycle } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import { podInfoOf } from './pod-info.ts';
import type { ActiveFilter, Profile } from './profile.ts';
import { fitMessage } from './schedule.ts';
import type { Search } from './schedule.ts';
import { messageOf } from './status.ts';

/** What became of one node. */
export interface NodeVerdict {
  readonly node: string;
  /** Who refused it, and why; undefined if it was feasible. */
  readonly refused?: { readonly plugin: string; readonly reasons: readonly string[]; readonly isHopeless: boolean };
  /** Weighted, by plugin. Absent where a single feasible node was taken without scoring. */
  readonly scores?: Readonly<Record<string, number>>;
  readonly total?: number;
}

export interface Explanation {
  /** `namespace/name` */
  readonly pod: string;
  readonly profile: string;
  /** ms */
  readonly time: number;
  /** False if it was worked out just now, because the decision itself is not remembered any more. */
  readonly isRemembered: boolean;
  /** `waiting`: its turn has not come, and there are nodes that would take it. */
  readonly outcome: 'scheduled' | 'unschedulable' | 'waiting' | 'error';
  readonly chosen: string | undefined;
  /** As in the event. */
  readonly message: string;
  /** The plugins that each node was asked about, in their order: whoever refused it was the last, and those before had nothing against it. */
  readonly filters: readonly string[];
  /** Chosen first, then feasible ones by score, then refused ones. */
  readonly nodes: readonly NodeVerdict[];
  /** Nodes that were not looked at, because enough were found, or because the pod is limited to others. */
  readonly skipped: number;
}

interface Decision {
  readonly uid: string;
  readonly profile: string;
  readonly time: number;
  readonly message: string;
  readonly outcome: Explanation['outcome'];
  readonly chosen: string | undefined;
  readonly filters: readonly string[];
  readonly feasible: readonly NodeInfo[];
  readonly scores: readonly { readonly plugin: string; readonly scores: ArrayLike<number> }[];
  readonly diagnosis: Search['diagnosis'];
  readonly size: number;
}

/** A decision that is remembered: its scores are parts of one buffer. */
interface Remembered extends Decision {
  readonly buffer: Float32Array;
}

/** How many verdicts on nodes are kept, over all pods. */
const MAX_VERDICTS = 50_000;

const NO_SCORES = new Float32Array();

export class Decisions {
  /** Oldest first. */
  readonly #byPod = new Map<string, Remembered>();
  #size = 0;
  /** Of a decision that was forgotten; the next takes it over. */
  #spare: Float32Array = NO_SCORES;
  /** Most pods are a matter for the same plugins: their decisions share the list. */
  #filters: readonly string[] = [];

  remember(pod: string, uid: string, profile: string, time: number, search: Search, message: string, chosen: string | undefined): void {
    this.forget(pod);
    const { feasible, diagnosis } = search;
    const size = 1 + feasible.length + diagnosis.statuses.size;
    this.#makeRoomFor(size);
    const buffer = this.#bufferOf(search.scores.length * feasible.length);
    this.#byPod.set(pod, {
      uid,
      profile,
      time,
      message,
      outcome: chosen ? 'scheduled' : search.error === undefined ? 'unschedulable' : 'error',
      chosen,
      filters: this.#namesOf(search.filters),
      feasible,
      scores: search.scores.map(({ plugin, scores }, i) => {
        const kept = buffer.subarray(i * scores.length, (i + 1) * scores.length);
        kept.set(scores);
        return { plugin, scores: kept };
      }),
      diagnosis,
      size,
      buffer,
    });
    this.#size += size;
  }

  #makeRoomFor(size: number): void {
    for (const oldest of this.#byPod.keys()) {
      if (this.#size + size <= MAX_VERDICTS) break;
      this.forget(oldest);
    }
  }

  #bufferOf(size: number): Float32Array {
    if (size === 0) return NO_SCORES;
    if (this.#spare.length < size || this.#spare.length > 2 * size) return new Float32Array(size);
    const buffer = this.#spare;
    this.#spare = NO_SCORES;
    return buffer;
  }

  #namesOf(filters: readonly ActiveFilter[]): readonly string[] {
    const last = this.#filters;
    const isSame = filters.length === last.length && filters.every(({ plugin }, i) => plugin.name === last[i]);
    if (!isSame) this.#filters = filters.map(({ plugin }) => plugin.name);
    return this.#filters;
  }

  forget(pod: string): void {
    const old = this.#byPod.get(pod);
    if (!old) return;
    this.#byPod.delete(pod);
    this.#size -= old.size;
    if (old.buffer.length > this.#spare.length) this.#spare = old.buffer;
  }

  recall(pod: string, uid: string): Explanation | undefined {
    const decision = this.#byPod.get(pod);
    return decision?.uid === uid ? present(pod, decision, true) : undefined;
  }
}

function present(pod: string, decision: Decision, isRemembered: boolean): Explanation {
  const { profile, time, outcome, chosen, message, filters, feasible, scores, diagnosis } = decision;
  const fitting = feasible.map(({ name }, i): NodeVerdict & { total: number } => ({
    node: name,
    ...(scores.length && { scores: Object.fromEntries(scores.map(({ plugin, scores: all }) => [plugin, all[i]!])) }),
    total: scores.reduce((sum, { scores: all }) => sum + all[i]!, 0),
  }));
  fitting.sort((a, b) => Number(b.node === chosen) - Number(a.node === chosen) || b.total - a.total || (a.node < b.node ? -1 : 1));
  const refused = [...diagnosis.statuses].map(([node, { plugin, reasons, code }]): NodeVerdict => ({
    node,
    refused: { plugin, reasons, isHopeless: code === 'Unresolvable' },
  }));
  const verdicts = fitting.map(({ total, ...verdict }) => (scores.length ? { ...verdict, total } : verdict));
  return {
    pod,
    profile,
    time,
    isRemembered,
    outcome,
    chosen,
    message,
    filters,
    nodes: [...verdicts, ...refused],
    skipped: diagnosis.allNodes - feasible.length - diagnosis.statuses.size,
  };
}

/** What would be decided of a pod now, if it had no node yet. Looks at every node, and changes nothing. */
export function explainNow(profile: Profile, pod: Pod, time: number): Explanation {
  const { cache } = profile.handle;
  const { nodeName: _, ...spec } = pod.spec;
  const unplaced: Pod = { ...pod, spec };
  const cycle: Cycle = { pod: unplaced, info: podInfoOf(unplaced), filterStates: new Map() };
  const place = cache.takeOut(pod.metadata.uid);
  try {
    const gate = pod.spec.nodeName ? undefined : profile.gateOf(pod, '');
    const pre = profile.preFilter(cycle);
    const statuses = new Map(
      cache.nodes.flatMap((node) => {
        if (pre.status) return [[node.name, pre.status] as const];
        if (pre.nodes && !pre.nodes.has(node.name)) return [];
        const status = profile.filterWithNominated(pre.filters, node, cycle);
        return status ? [[node.name, status] as const] : [];
      }),
    );
    const feasible = pre.status ? [] : cache.nodes.filter(({ name }) => !statuses.has(name) && (!pre.nodes || pre.nodes.has(name)));
    const scores = feasible.length ? profile.score(cycle, feasible) : [];
    const diagnosis = {
      allNodes: cache.nodes.length,
      statuses,
      absent: pre.status ?? { code: 'Unresolvable' as const, reasons: [], plugin: '' },
      rejectors: [],
      pending: [],
      preFilterMessage: pre.status ? messageOf(pre.status) : '',
    };
    return present(
      `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`,
      {
        uid: pod.metadata.uid,
        profile: profile.name,
        time,
        outcome: pod.spec.nodeName ? 'scheduled' : feasible.length && !gate ? 'waiting' : 'unschedulable',
        chosen: pod.spec.nodeName,
        message: gate ? messageOf(gate) : feasible.length ? '' : fitMessage(diagnosis, ''),
        filters: pre.filters.map(({ plugin }) => plugin.name),
        feasible,
        scores: 'code' in scores ? [] : scores,
        diagnosis,
        size: 0,
      },
      false,
    );
  } finally {
    place?.();
  }
}
