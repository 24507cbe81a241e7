// Tells kubelets how long they may keep ConfigMaps and Secrets: the longer, the more nodes there are. Mirrors pkg/controller/ttl.

import { watch } from '../../api/controller.ts';
import type { Controller } from '../../api/controller.ts';
import { nodes } from '../../resources/core/node.ts';

const ANNOTATION = 'node.alpha.kubernetes.io/ttl';
/** Sizes from and up to which each value holds; they overlap, so that a node more or less does not change everything. */
const BOUNDARIES = [
  { min: 0, max: 100, seconds: 0 },
  { min: 90, max: 500, seconds: 15 },
  { min: 450, max: 1000, seconds: 30 },
  { min: 900, max: 2000, seconds: 60 },
  { min: 1800, max: Infinity, seconds: 300 },
];
const STEP = 'step';

export function makeTtlController(): Controller {
  /** Names of the nodes there are. */
  const known = new Set<string>();
  return {
    name: 'ttl',
    component: 'kube-controller-manager',
    start({ api, state }, resumed) {
      known.clear();
      if (!resumed) state.delete(STEP);
      else for (const { metadata } of api.list(nodes)) known.add(metadata.name);
    },
    watches: [
      watch(nodes, ({ metadata: { name } }, _previous, _reader, type) => {
        if (type === 'deleted') known.delete(name);
        else known.add(name);
        return type === 'deleted' ? [] : [name];
      }),
    ],
    reconcile(name, { api, state }) {
      const node = api.get(nodes, '', name);
      if (!node) return;
      const before = state.get<number>(STEP) ?? 0;
      let step = before;
      while (known.size > BOUNDARIES[step]!.max) step++;
      while (known.size < BOUNDARIES[step]!.min) step--;
      if (step !== before) state.set(STEP, step);
      const { annotations } = node.metadata;
      const ttl = String(BOUNDARIES[step]!.seconds);
      if (annotations?.[ANNOTATION] === ttl) return;
      api.update(nodes, { ...node, metadata: { ...node.metadata, annotations: { ...annotations, [ANNOTATION]: ttl } } });
    },
  };
}
