// What may only be used where a quota speaks of it, by the API server's configuration. Mirrors limitedResources of apiserver pkg/admission/plugin/resourcequota.

import type { AdmissionRequest } from '../../api/admission.ts';
import { fieldErrorMessage, requiredField } from '../../api/field-error.ts';
import type { PersistentVolumeClaim, ResourceQuota, ScopedResourceSelectorRequirement } from '../../api/gen/core-v1.ts';
import type { KubeObject } from '../../api/object.ts';
import { unknownError } from '../../api/status.ts';
import { ConfigFault, decodeConfig } from '../../lib/config-file.ts';
import { struct } from '../../lib/config-shape.ts';
import { compareQuantities } from '../../lib/quantity.ts';
import type { ResourceList } from '../../resources/core/pod/resource-list.ts';
import { matchesScope, scopesOf } from '../../resources/core/quota/scopes.ts';
import { aggregate, refusal } from '../refusal.ts';

interface LimitedResource {
  readonly apiGroup?: string;
  readonly resource?: string;
  /** Parts of the names of what is used. */
  readonly matchContains?: readonly string[];
  readonly matchScopes?: readonly ScopedResourceSelectorRequirement[];
}

export interface QuotaConfiguration {
  readonly limitedResources: readonly LimitedResource[];
}

const SCHEME = {
  name: 'pkg/admission/plugin/resourcequota/config.go:31',
  kind: 'ResourceQuotaConfiguration',
  apiVersions: ['apiserver.config.k8s.io/v1'],
  shape: struct('Configuration', {
    limitedResources: [
      struct('LimitedResource', {
        apiGroup: 'string',
        resource: 'string',
        matchContains: 'strings',
        matchScopes: [struct('ScopedResourceSelectorRequirement', { scopeName: 'string', operator: 'string', values: 'strings' })],
      }),
    ],
  }),
};
const OLDER = {
  ...SCHEME,
  kind: 'Configuration',
  apiVersions: ['resourcequota.admission.k8s.io/v1beta1', 'resourcequota.admission.k8s.io/v1alpha1'],
};

/** Throws ConfigFault. */
export function configureQuota(text: string | undefined): QuotaConfiguration {
  if (text === undefined) return { limitedResources: [] };
  const scheme = text.includes('resourcequota.admission.k8s.io/') ? OLDER : SCHEME;
  const { limitedResources } = decodeConfig(text, scheme) as Partial<QuotaConfiguration>;
  const limited = limitedResources ?? [];
  const errors = limited.flatMap(({ resource }, i) => (resource ? [] : [requiredField(`limitedResources[${i}].resource`)]));
  if (errors.length) throw new ConfigFault(aggregate(errors.map(fieldErrorMessage)));
  return { limitedResources: limited };
}

/** Throws if the object uses what is limited, or is in a limited scope, and no quota of its namespace speaks of that. `usage` is the object's, `covered` what they speak of. */
export function requireCover(
  limited: readonly LimitedResource[],
  request: AdmissionRequest,
  usage: ResourceList,
  quotas: readonly ResourceQuota[],
  covered: readonly string[],
): void {
  const { resource } = request;
  const object = request.object!;
  const here = limited.filter((one) => (one.apiGroup ?? '') === resource.group && one.resource === resource.resource);
  const uncovered = Object.keys(usage).filter(
    (name) =>
      compareQuantities(usage[name], '0') > 0 &&
      here.some(({ matchContains }) => matchContains?.some((part) => name.includes(part))) &&
      !covered.includes(name),
  );
  if (uncovered.length) throw refusal(request, `insufficient quota to consume: ${uncovered.sort().join(',')}`);
  const isIn = (scope: ScopedResourceSelectorRequirement): boolean => matchesScope(scope, resource, object);
  const known = new Set(
    quotas
      .flatMap(scopesOf)
      .filter(isIn)
      .map(({ scopeName }) => scopeName),
  );
  const scopes = limited.flatMap(({ matchScopes }) => matchScopes ?? []).filter((scope) => isIn(scope) && !known.has(scope.scopeName));
  if (scopes.length)
    throw unknownError(
      `insufficient quota to match these scopes: [${scopes.map(({ scopeName, operator, values }) => `{${scopeName} ${operator} [${(values ?? []).join(' ')}]}`).join(' ')}]`,
    );
}

/** A claim that is just being made has no status yet. */
export const claimToCount = (object: KubeObject): KubeObject =>
  (object as PersistentVolumeClaim).status === undefined && object.kind === 'PersistentVolumeClaim'
    ? ({ ...object, status: {} } as PersistentVolumeClaim)
    : object;
