// PodDisruptionBudgets. Mirrors pkg/registry/policy/poddisruptionbudget and pkg/apis/policy/validation.

import { invalidField, notSupported } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { PodDisruptionBudget } from '../../api/gen/policy-v1.ts';
import { selectorTerms } from '../../api/selector-index.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { goForm } from '../go-form.ts';
import { builtinType } from '../schema/index.ts';
import { specAndStatus } from '../strategy.ts';
import { validateConditions } from '../validation/conditions.ts';
import { atMost100Percent, nonNegativeIntOrPercent } from '../validation/int-or-percent.ts';
import { hasInvalidSelectorValue, validateLabelSelector } from '../validation/label-selector.ts';
import { nonNegative } from '../validation/values.ts';

const schema = builtinType('policy.v1.PodDisruptionBudget');

export const podDisruptionBudgets = defineResource<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  resource: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  namespaced: true,
  shortNames: ['pdb'],
  schema,
  updateMustNameRevision: true,
  ...specAndStatus<PodDisruptionBudget>(schema),
  validate: ({ spec }) => validateSpec(spec, false),
  validateUpdate: ({ spec }, old) => validateSpec(spec, hasInvalidSelectorValue(old.spec.selector)),
  indexTerms: ({ metadata, spec }) => selectorTerms(metadata.namespace ?? '', labelSelectorOf(spec.selector)),
  subresources: {
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      validateUpdate: (budget) => validateStatus((budget as PodDisruptionBudget).status),
    },
  },
  columns: [
    NAME_COLUMN,
    column('Min Available', ({ spec }) => String(spec.minAvailable ?? 'N/A'), {
      description: 'The minimum number of pods that must be available.',
    }),
    column('Max Unavailable', ({ spec }) => String(spec.maxUnavailable ?? 'N/A'), {
      description: 'The maximum number of pods that may be unavailable.',
    }),
    column('Allowed Disruptions', ({ status }) => status.disruptionsAllowed, {
      type: 'integer',
      description: 'Calculated number of pods that may be disrupted at this time.',
    }),
    AGE_COLUMN,
  ],
});

function validateSpec(spec: PodDisruptionBudget['spec'], allowInvalidValues: boolean): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec;
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined)
    errors.push(
      invalidField('spec', goForm('policy.v1.PodDisruptionBudgetSpec', spec), 'minAvailable and maxUnavailable cannot be both set'),
    );
  for (const name of ['minAvailable', 'maxUnavailable'] as const) {
    const value = spec[name];
    if (value !== undefined) errors.push(...nonNegativeIntOrPercent(value, `spec.${name}`), ...atMost100Percent(value, `spec.${name}`));
  }
  errors.push(...validateLabelSelector(selector, 'spec.selector', { allowInvalidValues }));
  const policies = ['AlwaysAllow', 'IfHealthyBudget'];
  if (unhealthyPodEvictionPolicy !== undefined && !policies.includes(unhealthyPodEvictionPolicy))
    errors.push(notSupported('spec.unhealthyPodEvictionPolicy', unhealthyPodEvictionPolicy, policies));
  return errors;
}

function validateStatus(status: PodDisruptionBudget['status']): FieldError[] {
  return [
    ...validateConditions(status.conditions, 'status.conditions'),
    ...(['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const).flatMap((name) =>
      nonNegative(status[name], `status.${name}`),
    ),
  ];
}
