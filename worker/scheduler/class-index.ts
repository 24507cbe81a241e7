// Where pods of which class are: how many on which node. Spreading and pod affinity count pods by their labels; with this they look at each class once
// instead of at each pod, and only at classes that a selector can mean.
//
//     class {app: web} of "shop"     node-1: 12 (1 terminating)   node-7: 3
//     class {app: db}  of "shop"     node-2: 1

import { matchesLabels } from '../api/selectors.ts';
import type { LabelSelector } from '../api/selectors.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodClass, PodInfo } from './pod-info.ts';

export interface Members {
  readonly class: PodClass;
  /** How many of its pods are on a node, and how many of them are terminating. */
  readonly nodes: Map<NodeInfo, Count>;
}

export interface Count {
  all: number;
  terminating: number;
}

interface Namespace {
  readonly classes: Map<string, Members>;
  /** Classes by a label's key, and then by its value. */
  readonly byLabel: Map<string, Map<string, Set<Members>>>;
}

export class ClassIndex {
  readonly #namespaces = new Map<string, Namespace>();
  /** Classes whose pods have terms of their own: any affinity, and required anti-affinity. */
  readonly withAffinity = new Set<Members>();
  readonly withRequiredAntiAffinity = new Set<Members>();

  add(pod: PodInfo, node: NodeInfo): void {
    const members = this.#membersOf(pod.class);
    let count = members.nodes.get(node);
    if (!count) members.nodes.set(node, (count = { all: 0, terminating: 0 }));
    count.all++;
    if (pod.isTerminating) count.terminating++;
  }

  remove(pod: PodInfo, node: NodeInfo): void {
    const namespace = this.#namespaces.get(pod.class.namespace);
    const members = namespace?.classes.get(pod.class.id);
    const count = members?.nodes.get(node);
    if (!namespace || !members || !count) return;
    if (pod.isTerminating) count.terminating--;
    if (--count.all > 0) return;
    members.nodes.delete(node);
    if (members.nodes.size === 0) this.#drop(namespace, members);
  }

  /** Namespaces that have pods on nodes. */
  namespaces(): Iterable<string> {
    return this.#namespaces.keys();
  }

  /** The classes of a namespace that a selector means. */
  matching(namespace: string, selector: LabelSelector): Members[] {
    const found = this.#namespaces.get(namespace);
    if (!found || selector.nothing) return NONE;
    let candidates: Iterable<Members> = found.classes.values();
    let fewest = found.classes.size;
    for (const { key, operator, values } of selector.requirements) {
      if (operator !== 'In' || values.length !== 1) continue;
      const posted = found.byLabel.get(key)?.get(values[0]!);
      if (!posted) return NONE;
      if (posted.size < fewest) [candidates, fewest] = [posted, posted.size];
    }
    const out: Members[] = [];
    for (const members of candidates) if (matchesLabels(selector, members.class.labels)) out.push(members);
    return out;
  }

  #membersOf(podClass: PodClass): Members {
    let namespace = this.#namespaces.get(podClass.namespace);
    if (!namespace) this.#namespaces.set(podClass.namespace, (namespace = { classes: new Map(), byLabel: new Map() }));
    let members = namespace.classes.get(podClass.id);
    if (members) return members;
    members = { class: podClass, nodes: new Map() };
    namespace.classes.set(podClass.id, members);
    for (const key in podClass.labels) {
      let byValue = namespace.byLabel.get(key);
      if (!byValue) namespace.byLabel.set(key, (byValue = new Map<string, Set<Members>>()));
      const posted = byValue.get(podClass.labels[key]!);
      if (posted) posted.add(members);
      else byValue.set(podClass.labels[key]!, new Set([members]));
    }
    if (podClass.affinity) this.withAffinity.add(members);
    if (podClass.affinity?.requiredAnti.length) this.withRequiredAntiAffinity.add(members);
    return members;
  }

  #drop(namespace: Namespace, members: Members): void {
    const { id, labels, namespace: name } = members.class;
    namespace.classes.delete(id);
    this.withAffinity.delete(members);
    this.withRequiredAntiAffinity.delete(members);
    for (const key in labels) {
      const byValue = namespace.byLabel.get(key);
      const posted = byValue?.get(labels[key]!);
      posted?.delete(members);
      if (posted?.size === 0) byValue!.delete(labels[key]!);
      if (byValue?.size === 0) namespace.byLabel.delete(key);
    }
    if (namespace.classes.size === 0) this.#namespaces.delete(name);
  }
}

const NONE: Members[] = [];
