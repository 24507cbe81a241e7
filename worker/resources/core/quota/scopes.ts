// Which objects a ResourceQuota is about: its scopes. Mirrors podMatchesScopeFunc and pvcMatchesScopeFunc of pkg/quota/v1/evaluator/core.

import type {
  PersistentVolumeClaim,
  Pod,
  PodAffinityTerm,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from '../../../api/gen/core-v1.ts';
import type { KubeObject } from '../../../api/object.ts';
import { matchesLabels } from '../../../api/selectors.ts';
import type { LabelOperator } from '../../../api/selectors.ts';
import type { Resource } from '../../../api/resource.ts';
import { qosClass } from '../pod/qos.ts';

type Named = Pick<Resource, 'group' | 'resource'>;

/** A plain scope asks that it exists. */
export const scopesOf = ({ spec }: ResourceQuota): ScopedResourceSelectorRequirement[] => [
  ...(spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })),
  ...(spec.scopeSelector?.matchExpressions ?? []),
];

/** Only pods and claims are in any scope. */
export const matchesScopes = (quota: ResourceQuota, of: Named, object: KubeObject): boolean =>
  scopesOf(quota).every((scope) => matchesScope(scope, of, object));

export function matchesScope(scope: ScopedResourceSelectorRequirement, { group, resource }: Named, object: KubeObject): boolean {
  if (group !== '') return false;
  if (resource === 'pods') return podMatches(scope, object as Pod);
  return resource === 'persistentvolumeclaims' && claimMatches(scope, object as PersistentVolumeClaim);
}

/** It is meant to end. */
export const isLimitedInTime = ({ spec }: Pod): boolean => (spec.activeDeadlineSeconds ?? -1) >= 0;

function podMatches(scope: ScopedResourceSelectorRequirement, pod: Pod): boolean {
  switch (scope.scopeName) {
    case 'Terminating':
      return isLimitedInTime(pod);
    case 'NotTerminating':
      return !isLimitedInTime(pod);
    case 'BestEffort':
      return qosClass(pod.spec) === 'BestEffort';
    case 'NotBestEffort':
      return qosClass(pod.spec) !== 'BestEffort';
    case 'PriorityClass':
      return selects(scope, pod.spec.priorityClassName);
    case 'CrossNamespacePodAffinity':
      return usesOtherNamespaces(pod);
    default:
      return false;
  }
}

function selects({ scopeName, operator, values }: ScopedResourceSelectorRequirement, value: string | undefined): boolean {
  const requirement = { key: scopeName, operator: operator as LabelOperator, values: values ?? [] };
  return matchesLabels({ requirements: [requirement] }, value ? { [scopeName]: value } : {});
}

function usesOtherNamespaces({ spec: { affinity } }: Pod): boolean {
  const terms = [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((one): PodAffinityTerm[] => [
    ...(one?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(one?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
  return terms.some(({ namespaces, namespaceSelector }) => namespaces?.length || namespaceSelector !== undefined);
}

function claimMatches(scope: ScopedResourceSelectorRequirement, { spec, status }: PersistentVolumeClaim): boolean {
  if (scope.scopeName !== 'VolumeAttributesClass') return false;
  const names = [
    spec.volumeAttributesClassName,
    status.currentVolumeAttributesClassName,
    status.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  const classes = names.filter(Boolean);
  return classes.length ? classes.some((name) => selects(scope, name)) : selects(scope, undefined);
}
