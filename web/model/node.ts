// Nodes: how they are, which part they play, how full they are by what their pods ask for, and how to group a thousand of them.

import { parseQuantity } from '../../worker/lib/quantity.ts';
import type { Node, Pod } from '../cluster/kinds.ts';

export interface NodeState {
  /** As kubectl says it: `Ready`, `NotReady,SchedulingDisabled`. */
  readonly text: string;
  readonly isReady: boolean;
  readonly isCordoned: boolean;
  readonly isControlPlane: boolean;
}

const ROLE = 'node-role.kubernetes.io/';
const ZONE = 'topology.kubernetes.io/zone';

export function nodeState({ metadata, spec, status }: Node): NodeState {
  const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status;
  const isReady = ready === 'True';
  const isCordoned = spec.unschedulable ?? false;
  const text = (ready === undefined ? 'Unknown' : isReady ? 'Ready' : 'NotReady') + (isCordoned ? ',SchedulingDisabled' : '');
  return { text, isReady, isCordoned, isControlPlane: `${ROLE}control-plane` in (metadata.labels ?? {}) };
}

export const rolesOf = ({ metadata }: Node): string[] =>
  Object.keys(metadata.labels ?? {})
    .filter((label) => label.startsWith(ROLE))
    .map((label) => label.slice(ROLE.length))
    .filter(Boolean)
    .sort();

/** A number of cores or bytes. */
const amount = (text: string | undefined): number => Number(parseQuantity(text ?? '0')?.nanos ?? 0n) / 1e9;

export interface Fullness {
  /** Parts of what may be allocated, 0 to 1 and beyond. */
  readonly cpu: number;
  readonly memory: number;
  readonly pods: number;
}

export function fullnessOf({ status }: Node, pods: readonly Pod[]): Fullness {
  let [cpu, memory, count] = [0, 0, 0];
  for (const { spec, status: pod } of pods) {
    if (pod.phase === 'Succeeded' || pod.phase === 'Failed') continue;
    count += 1;
    for (const { resources } of spec.containers) {
      cpu += amount(resources?.requests?.['cpu']);
      memory += amount(resources?.requests?.['memory']);
    }
  }
  const part = (used: number, of: string | undefined): number => used / (amount(of) || Infinity);
  const { allocatable } = status;
  return { cpu: part(cpu, allocatable?.['cpu']), memory: part(memory, allocatable?.['memory']), pods: part(count, allocatable?.['pods']) };
}

export interface NodeGroup {
  readonly title: string;
  readonly nodes: readonly Node[];
}

/** `node-2` before `node-10`. */
export const byName = (a: { metadata: { name: string } }, b: { metadata: { name: string } }): number =>
  collator.compare(a.metadata.name, b.metadata.name);
const collator = new Intl.Collator('en', { numeric: true });

/** By zone where there are zones; else by the hundred. */
export function groupNodes(nodes: readonly Node[]): NodeGroup[] {
  const sorted = [...nodes].sort(byName);
  const zones = Map.groupBy(sorted, ({ metadata }) => metadata.labels?.[ZONE] ?? '');
  if (zones.size > 1)
    return [...zones].map(([title, members]) => ({ title, nodes: members })).sort((a, b) => collator.compare(a.title, b.title));
  const groups: NodeGroup[] = [];
  for (let i = 0; i < sorted.length; i += GROUP) {
    const members = sorted.slice(i, i + GROUP);
    groups.push({ title: `${members[0]!.metadata.name} – ${members.at(-1)!.metadata.name}`, nodes: members });
  }
  return groups;
}
const GROUP = 100;
