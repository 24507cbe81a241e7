// Pods may keep others off their node, and not off a whole zone. Mirrors kubernetes plugin/pkg/admission/antiaffinity.

import type { AdmissionPlugin } from '../api/admission.ts';
import type { Pod } from '../api/gen/core-v1.ts';
import { only, refusal } from './refusal.ts';

const HOSTNAME = 'kubernetes.io/hostname';

export const limitPodHardAntiAffinityTopology: AdmissionPlugin = {
  name: 'LimitPodHardAntiAffinityTopology',
  operations: ['CREATE', 'UPDATE'],
  handles: only('pods'),
  validate(request) {
    const { operation, subresource, object } = request;
    if (subresource || (operation !== 'CREATE' && operation !== 'UPDATE')) return;
    const terms = (object as Pod).spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const other = terms.find(({ topologyKey }) => topologyKey !== HOSTNAME);
    if (other)
      throw refusal(
        request,
        `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${other.topologyKey} but only key ${HOSTNAME} is allowed`,
      );
  },
};
