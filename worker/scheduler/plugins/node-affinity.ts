// NodeAffinity: nodeSelector and required node affinity filter, preferred node affinity scores. The configuration may add affinity to every pod.

import type { Node, NodeAffinity } from '../../api/gen/core-v1.ts';
import { Action, on } from '../cluster-event.ts';
import { definePlugin, normalizeByMax } from '../framework.ts';
import type { Cycle, Handle, Plugin, PreFilterOutcome } from '../framework.ts';
import {
  compilePreferred,
  compileSelector,
  matchesAnyTerm,
  matchesRequired,
  requiredNodesOf,
  scoreOf,
} from '../../resources/core/node-selector.ts';
import type { NodeLike, RequiredNodes, WeightedTerm } from '../../resources/core/node-selector.ts';
import { unresolvable } from '../status.ts';

export interface NodeAffinityArgs {
  readonly addedAffinity?: NodeAffinity;
}

const NAME = 'NodeAffinity';
const REFUSED = unresolvable(NAME, "node(s) didn't match Pod's node affinity/selector");
const REFUSED_BY_CONFIG = unresolvable(NAME, "node(s) didn't match scheduler-enforced node affinity");
const CONFLICT = unresolvable(NAME, 'pod affinity terms conflict');
const NO_TERMS: readonly WeightedTerm[] = [];

const likeOf = ({ metadata: { name, labels = {} } }: Node): NodeLike => ({ name, labels });

export function makeNodeAffinity(_handle: Handle, { addedAffinity }: NodeAffinityArgs): Plugin {
  const required = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const addedRequired = required && compileSelector(required);
  const addedPreferred = compilePreferred(addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []);
  return definePlugin<RequiredNodes | undefined, readonly WeightedTerm[]>({
    name: NAME,
    events: [
      on<Node>('Node', Action.Add | Action.UpdateNodeLabel, (pod, before, after) => {
        const now = likeOf(after!);
        if (addedRequired && !matchesAnyTerm(addedRequired, now)) return false;
        const wanted = requiredNodesOf(pod);
        if (wanted && !matchesRequired(wanted, now)) return false;
        return !before || (wanted !== undefined && !matchesRequired(wanted, likeOf(before)));
      }),
    ],
    signPod: ({ pod: { spec } }) =>
      spec.nodeSelector || spec.affinity?.nodeAffinity ? JSON.stringify([spec.nodeSelector, spec.affinity?.nodeAffinity]) : '',
    preFilter({ pod }): PreFilterOutcome<RequiredNodes | undefined> {
      const wanted = requiredNodesOf(pod);
      if (!wanted && !addedRequired) return 'skip';
      return namedNodes({ pod }, wanted);
    },
    filter(wanted, node) {
      if (addedRequired && !matchesAnyTerm(addedRequired, node)) return REFUSED_BY_CONFIG;
      return !wanted || matchesRequired(wanted, node) ? undefined : REFUSED;
    },
    preScore({ pod }) {
      const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
      if (!preferred && !addedPreferred.length) return 'skip';
      return { state: preferred ? compilePreferred(preferred) : NO_TERMS };
    },
    score: (preferred, node) => scoreOf(addedPreferred, node) + scoreOf(preferred, node),
    normalize: (_state, scores) => normalizeByMax(scores, false),
  });
}

/** Where every term names nodes (as those of a DaemonSet's pods do), only these have to be looked at. */
function namedNodes({ pod }: Pick<Cycle, 'pod'>, state: RequiredNodes | undefined): PreFilterOutcome<RequiredNodes | undefined> {
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (!terms?.length) return { state };
  const all = new Set<string>();
  for (const { matchFields } of terms) {
    let names: Set<string> | undefined;
    for (const { key, operator, values } of matchFields ?? []) {
      if (key !== 'metadata.name' || operator !== 'In') continue;
      const given = new Set(values ?? []);
      names = names ? new Set([...names].filter((name) => given.has(name))) : given;
    }
    if (!names) return { state };
    for (const name of names) all.add(name);
  }
  return all.size ? { state, nodes: all } : { status: CONFLICT };
}
