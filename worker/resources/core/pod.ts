// Pods. Their rules are in pod/, one file a topic; what controllers ask of them in pod-state.ts and pod-terms.ts.

import { defineResource } from '../../api/resource.ts';
import type { ObjectSubresource } from '../../api/resource.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import { dnsLabelProblems } from '../../lib/names.ts';
import { builtinType } from '../schema/index.ts';
import { podBinding } from './pod-binding.ts';
import { podTerms } from './pod-terms.ts';
import { podColumns } from './pod/columns.ts';
import { podEviction } from './pod/eviction.ts';
import { defaultPod } from './pod/pod-defaults.ts';
import { validateEphemeralContainersUpdate, validatePodCreate, validatePodUpdate } from './pod/pod-validation.ts';
import { prepareEphemeralContainers, preparePodForCreate, preparePodForUpdate, prepareResize, prepareStatus } from './pod/prepare.ts';
import { validatePodResize } from './pod/resize.ts';
import { podStatusWarnings, validatePodStatusUpdate } from './pod/status-validation.ts';
import { podSpecWarnings } from './pod/warnings.ts';

const part = (
  prepare: (pod: Pod, old: Pod) => void,
  validate: (pod: Pod, old: Pod) => ReturnType<typeof validatePodUpdate>,
  more: Pick<ObjectSubresource, 'ownedFields' | 'resetFields' | 'warnings'>,
): ObjectSubresource => ({
  type: 'object',
  verbs: ['get', 'patch', 'update'],
  prepareForUpdate: (object, old) => prepare(object as Pod, old as Pod),
  validateUpdate: (object, old) => validate(object as Pod, old as Pod),
  ...more,
});

const RESIZED = ['containers', 'initContainers'].flatMap((list) => [`spec.${list}.*.resources`, `spec.${list}.*.resizePolicy`]);

export const pods = defineResource<Pod>({
  group: '',
  version: 'v1',
  resource: 'pods',
  kind: 'Pod',
  namespaced: true,
  shortNames: ['po'],
  categories: ['all'],
  schema: builtinType('core.v1.Pod'),
  returnDeleted: true,
  default: defaultPod,
  prepareForCreate: preparePodForCreate,
  prepareForUpdate: preparePodForUpdate,
  validate: validatePodCreate,
  validateUpdate: validatePodUpdate,
  warnings: (pod, old) => (old ? [] : createWarnings(pod)),
  gracePeriod,
  columns: podColumns,
  indexTerms: podTerms,
  fieldLabels: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'spec.host',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  selectableFields: ({ spec, status }) => ({
    'spec.nodeName': spec.nodeName ?? '',
    'spec.host': spec.nodeName ?? '', // its name in very old clients
    'spec.restartPolicy': spec.restartPolicy ?? '',
    'spec.schedulerName': spec.schedulerName ?? '',
    'spec.serviceAccountName': spec.serviceAccountName ?? '',
    'spec.hostNetwork': String(spec.hostNetwork ?? false),
    'status.phase': status.phase ?? '',
    'status.podIP': status.podIPs?.[0]?.ip ?? '',
    'status.nominatedNodeName': status.nominatedNodeName ?? '',
  }),
  subresources: {
    attach: { type: 'connect', verbs: ['create', 'get'], kind: 'PodAttachOptions' },
    binding: podBinding,
    ephemeralcontainers: part(prepareEphemeralContainers, validateEphemeralContainersUpdate, { ownedFields: ['spec.ephemeralContainers'] }),
    eviction: podEviction,
    exec: { type: 'connect', verbs: ['create', 'get'], kind: 'PodExecOptions' },
    log: { type: 'connect', verbs: ['get'], kind: 'Pod' },
    portforward: { type: 'connect', verbs: ['create', 'get'], kind: 'PodPortForwardOptions' },
    proxy: { type: 'connect', verbs: ['create', 'delete', 'get', 'patch', 'update'], kind: 'PodProxyOptions' },
    resize: part(prepareResize, validatePodResize, { ownedFields: RESIZED }),
    status: part(prepareStatus, validatePodStatusUpdate, {
      resetFields: ['spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'],
      warnings: (pod) => podStatusWarnings(pod as Pod),
    }),
  },
});

function createWarnings({ metadata, spec }: Pod): string[] {
  const wrong = dnsLabelProblems(metadata.name);
  const message = `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${wrong.join(' ')}]`;
  return [...(wrong.length ? [message] : []), ...podSpecWarnings(spec, metadata)];
}

/** Nothing runs of a pod that has no node, or that has ended. */
function gracePeriod({ spec, status }: Pod, requested: number | undefined): number {
  const period = requested ?? spec.terminationGracePeriodSeconds ?? 0;
  if (!spec.nodeName || status.phase === 'Failed' || status.phase === 'Succeeded') return 0;
  return period < 0 ? 1 : period;
}
