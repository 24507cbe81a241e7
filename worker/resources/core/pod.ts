import { defineResource, STATUS } from '../../api/resource.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import { podBinding } from './pod-binding.ts';
import { podTerms } from './pod-terms.ts';
import { builtinType } from '../schema/index.ts';

export const pods = defineResource<Pod>({
  group: '',
  version: 'v1',
  resource: 'pods',
  kind: 'Pod',
  namespaced: true,
  shortNames: ['po'],
  categories: ['all'],
  schema: builtinType('core.v1.Pod'),
  indexTerms: podTerms,
  subresources: {
    attach: { type: 'connect', verbs: ['create', 'get'], kind: 'PodAttachOptions' },
    binding: podBinding,
    ephemeralcontainers: STATUS,
    exec: { type: 'connect', verbs: ['create', 'get'], kind: 'PodExecOptions' },
    log: { type: 'connect', verbs: ['get'], kind: 'Pod' },
    portforward: { type: 'connect', verbs: ['create', 'get'], kind: 'PodPortForwardOptions' },
    proxy: { type: 'connect', verbs: ['create', 'delete', 'get', 'patch', 'update'], kind: 'PodProxyOptions' },
    status: STATUS,
  },
});
