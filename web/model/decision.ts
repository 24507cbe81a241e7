// What the scheduler decided of a pod, as it is drawn: a row for each node, or for many that were refused alike.

import type { Event, Pod } from '../cluster/kinds.ts';
import type { Decision } from '../front/types.ts';

/** How a node fared with one filter. After a refusal no other is asked. */
export type Step = 'passed' | 'refused' | 'unasked';

export interface Row {
  /** More than one only where there are many: if all were refused by the same plugin in the same words, or scored alike. */
  readonly nodes: readonly string[];
  readonly isChosen: boolean;
  /** One for each of the decision's filters. */
  readonly steps: readonly Step[];
  readonly refused?: { readonly plugin: string; readonly text: string };
  readonly score?: Score;
}

export interface Score {
  readonly total: number;
  /** In the order of `Table.plugins`; those that gave nothing are left out. */
  readonly parts: readonly { readonly plugin: string; readonly score: number }[];
  /** Where it lost against the chosen one and where it won, the largest first; empty for the chosen one. */
  readonly differences: readonly { readonly plugin: string; readonly by: number }[];
}

export interface Table {
  readonly rows: readonly Row[];
  /** Those that gave anything to any node, in the order they are drawn. */
  readonly plugins: readonly string[];
  /** The largest total. */
  readonly most: number;
  readonly fitting: number;
  readonly refused: number;
}

/** Up to so many nodes that were refused, or that fit, have a row each. */
const FEW = 6;

export function tableOf({ nodes, filters, chosen }: Decision): Table {
  const fitting = nodes.filter(({ refused }) => !refused);
  const plugins = [...new Set(fitting.flatMap(({ scores = {} }) => Object.keys(scores)))].filter((plugin) =>
    fitting.some(({ scores }) => scores?.[plugin]),
  );
  const best = fitting.find(({ node }) => node === chosen)?.scores;
  const alike = Map.groupBy(fitting, ({ node, scores }) =>
    fitting.length <= FEW || node === chosen ? node : JSON.stringify(plugins.map((plugin) => scores?.[plugin])),
  );
  const scored = [...alike.values()].map((members): Row => {
    const { node, scores, total } = members[0]!;
    const isChosen = node === chosen;
    const score = scores && { total: total ?? 0, parts: partsOf(scores, plugins), differences: differences(scores, best, plugins) };
    return { nodes: members.map((one) => one.node), isChosen, steps: filters.map(() => 'passed'), ...(score && { score }) };
  });
  const refused = nodes.flatMap(({ node, refused: by }) => (by ? [{ node, plugin: by.plugin, text: by.reasons.join(', ') }] : []));
  return {
    rows: [...scored, ...refusals(refused, filters, chosen)],
    plugins,
    most: Math.max(0, ...fitting.map(({ total = 0 }) => total)),
    fitting: fitting.length,
    refused: refused.length,
  };
}

const partsOf = (scores: Readonly<Record<string, number>>, plugins: readonly string[]): Score['parts'] =>
  plugins.flatMap((plugin) => (scores[plugin] ? [{ plugin, score: scores[plugin] }] : []));

function differences(
  scores: Readonly<Record<string, number>>,
  best: Readonly<Record<string, number>> | undefined,
  plugins: readonly string[],
): Score['differences'] {
  if (!best || best === scores) return [];
  return plugins
    .map((plugin) => ({ plugin, by: (scores[plugin] ?? 0) - (best[plugin] ?? 0) }))
    .filter(({ by }) => by !== 0)
    .sort((a, b) => Math.abs(b.by) - Math.abs(a.by));
}

interface Refusal {
  readonly node: string;
  readonly plugin: string;
  readonly text: string;
}

/** The one that it is on nevertheless, because things have changed since, is always on its own. */
function refusals(all: readonly Refusal[], filters: readonly string[], chosen: string | undefined): Row[] {
  const groups = Map.groupBy(all, ({ node, plugin, text }) => (all.length <= FEW || node === chosen ? node : `${plugin}\0${text}`));
  return [...groups.values()].map((members) => {
    const { plugin, text } = members[0]!;
    const nodes = members.map(({ node }) => node);
    return { nodes, isChosen: nodes[0] === chosen, steps: stepsUpTo(plugin, filters), refused: { plugin, text } };
  });
}

/** A plugin that is none of the filters refused before any of them was asked. */
function stepsUpTo(plugin: string, filters: readonly string[]): Step[] {
  const at = filters.indexOf(plugin);
  return filters.map((_, i) => (i < at ? 'passed' : i === at ? 'refused' : 'unasked'));
}

export interface Victim {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
}

/** Who had to go so that there is room for a pod, as long as events tell of it. */
export function victimsOf({ metadata }: Pod, events: readonly Event[]): Victim[] {
  const start = `Preempted by pod ${metadata.uid} on node `;
  return events.flatMap(({ reason, message = '', involvedObject: { namespace = '', name = '' } }) =>
    reason === 'Preempted' && message.startsWith(start) ? [{ namespace, name, node: message.slice(start.length).split(' ')[0]! }] : [],
  );
}

/** Changes whenever another decision may have been made. */
export const decisionKey = ({ metadata, spec, status }: Pod): string => {
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled');
  return [metadata.uid, spec.nodeName, status.nominatedNodeName, scheduled?.status, scheduled?.message].join('\0');
};
