// A node begins tainted as not ready, so that no pod is placed there before its kubelet has said that it is ready; the node lifecycle controller takes the taint
// away. Mirrors kubernetes plugin/pkg/admission/nodetaint.

import type { AdmissionPlugin } from '../api/admission.ts';
import type { Node, Taint } from '../api/gen/core-v1.ts';
import { only } from './refusal.ts';

const NOT_READY: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  operations: ['CREATE'],
  handles: only('nodes'),
  admit({ operation, subresource, object }) {
    if (operation !== 'CREATE' || subresource) return;
    const { spec } = object as Node;
    const taints = spec.taints ?? [];
    if (taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect)) return;
    spec.taints = [...taints, { ...NOT_READY }];
  },
};
