// StatefulSets. Mirrors pkg/registry/apps/statefulset.

import type { StatefulSet } from '../../api/gen/apps-v1.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { ClusterConfig } from '../../api/resource.ts';
import { selectorTerms } from '../../api/selector-index.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { nameIsDnsLabel } from '../../lib/names.ts';
import { claimSpecWarnings } from '../core/claim-warnings.ts';
import { defaultResourceList } from '../core/pod/resource-list.ts';
import { defaultPodTemplate } from '../core/pod-template.ts';
import { builtinType } from '../schema/index.ts';
import { specAndStatus } from '../strategy.ts';
import { containerColumns, dropDisabled, REPLICAS, templateWarnings } from '../workload.ts';
import { validateSet, validateSetStatus, validateSetUpdate } from './statefulset-validation.ts';

const schema = builtinType('apps.v1.StatefulSet');
const strategy = specAndStatus<StatefulSet>(schema);

export const statefulSets = defineResource<StatefulSet>({
  group: 'apps',
  version: 'v1',
  resource: 'statefulsets',
  kind: 'StatefulSet',
  namespaced: true,
  shortNames: ['sts'],
  categories: ['all'],
  schema,
  validateName: nameIsDnsLabel,
  default: ({ spec }) => {
    defaultPodTemplate(spec.template);
    defaultClaims(spec);
    spec.podManagementPolicy ||= 'OrderedReady';
    const { updateStrategy } = spec;
    if (!updateStrategy.type) {
      updateStrategy.type = 'RollingUpdate';
      updateStrategy.rollingUpdate ??= {};
    }
    if (updateStrategy.type === 'RollingUpdate' && updateStrategy.rollingUpdate) updateStrategy.rollingUpdate.partition ??= 0;
    const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
    retention.whenDeleted ||= 'Retain';
    retention.whenScaled ||= 'Retain';
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
  },
  prepareForCreate: (set, { config }) => {
    strategy.prepareForCreate(set);
    seeToMaxUnavailable(set, undefined, config);
    dropDisabled(set.spec.template, undefined);
  },
  prepareForUpdate: (set, old, { config }) => {
    seeToMaxUnavailable(set, old, config);
    dropDisabled(set.spec.template, old.spec.template);
    strategy.prepareForUpdate(set, old);
  },
  validate: ({ spec }) => validateSet(spec),
  validateUpdate: ({ spec }, old) => validateSetUpdate(spec, old.spec),
  warnings: (set, old) => [
    ...templateWarnings(set, set.spec.template, old),
    ...(set.spec.volumeClaimTemplates ?? []).flatMap(({ spec }, i) =>
      claimSpecWarnings(spec, `spec.volumeClaimTemplates[${i}]${old ? '.Spec' : ''}`),
    ),
    ...((set.spec.revisionHistoryLimit ?? 0) < 0
      ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']
      : []),
  ],
  indexTerms: ({ metadata, spec }) => selectorTerms(metadata.namespace ?? '', labelSelectorOf(spec.selector)),
  subresources: {
    scale: REPLICAS,
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      validateUpdate: (set, old) => validateSetStatus((set as StatefulSet).status, (old as StatefulSet).status),
    },
  },
  columns: [
    NAME_COLUMN,
    column('Ready', ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`, {
      description: 'Number of the pod with ready state',
    }),
    AGE_COLUMN,
    ...containerColumns<StatefulSet>(({ spec }) => spec.template),
  ],
});

/** Claims in a set name their kind, as they always did. */
function defaultClaims(spec: StatefulSet['spec']): void {
  spec.volumeClaimTemplates &&= spec.volumeClaimTemplates.map((claim) => {
    claim.spec.volumeMode ??= 'Filesystem';
    if (claim.spec.resources?.limits) defaultResourceList(claim.spec.resources.limits);
    if (claim.spec.resources?.requests) defaultResourceList(claim.spec.resources.requests);
    claim.status.phase ||= 'Pending';
    return { ...claim, kind: 'PersistentVolumeClaim', apiVersion: 'v1' };
  });
}

/** How many pods may be down at a time is no business of a StatefulSet unless a feature gate is on: its field is not taken. */
export const MAX_UNAVAILABLE_GATE = 'MaxUnavailableStatefulSet';

function seeToMaxUnavailable(set: StatefulSet, old: StatefulSet | undefined, { isGateOn }: ClusterConfig): void {
  const { updateStrategy } = set.spec;
  const { rollingUpdate } = updateStrategy;
  if (!rollingUpdate) return;
  const { maxUnavailable, ...others } = rollingUpdate;
  let next: typeof rollingUpdate | undefined;
  if (isGateOn(MAX_UNAVAILABLE_GATE)) next = { maxUnavailable: 1, ...rollingUpdate };
  else if (maxUnavailable !== undefined && old?.spec.updateStrategy.rollingUpdate?.maxUnavailable === undefined) next = others;
  if (next) set.spec = { ...set.spec, updateStrategy: { ...updateStrategy, rollingUpdate: next } };
}
