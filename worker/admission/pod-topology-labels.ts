// A pod that is bound takes over where its node is: zone and region. Mirrors kubernetes plugin/pkg/admission/podtopologylabels.

import type { AdmissionPlugin } from '../api/admission.ts';
import type { Binding } from '../api/gen/core-v1.ts';
import { nodes } from '../resources/core/node.ts';
import { only } from './refusal.ts';

const LABELS = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  operations: ['CREATE'],
  handles: only('pods'),
  admit({ operation, subresource, object }, { reader }) {
    if (operation !== 'CREATE' || subresource !== 'binding') return;
    const { metadata, target } = object as Binding;
    const labels = reader.get(nodes, '', target.name ?? '')?.metadata.labels ?? {};
    const own = LABELS.filter((key) => labels[key] !== undefined);
    if (own.length) metadata.labels = { ...metadata.labels, ...Object.fromEntries(own.map((key) => [key, labels[key]!])) };
  },
};
