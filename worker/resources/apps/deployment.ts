// Deployments. Mirrors pkg/registry/apps/deployment and pkg/apis/apps.

import { forbiddenField, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { Deployment, DeploymentStrategy, RollingUpdateDeployment } from '../../api/gen/apps-v1.ts';
import { validateImmutable } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, wide } from '../../api/resource.ts';
import { selectorTerms } from '../../api/selector-index.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { isEqual } from '../../lib/json.ts';
import { defaultPodTemplate } from '../core/pod-template.ts';
import { docOf } from '../doc.ts';
import { goForm } from '../go-form.ts';
import { builtinType } from '../schema/index.ts';
import { keepOnlyStatus, keepStatus, nextGeneration, resetStatus } from '../strategy.ts';
import { invalidDecrement, nonNegativeCounters, notMoreThan } from '../validation/counters.ts';
import { atMost100Percent, intOrPercentValue, nonNegativeIntOrPercent } from '../validation/int-or-percent.ts';
import { nonNegative } from '../validation/values.ts';
import { containerColumns, dropDisabled, nameWarnings, REPLICAS, selectorCell, templateWarnings, validateReplicated } from '../workload.ts';

const schema = builtinType('apps.v1.Deployment');

export const deployments = defineResource<Deployment>({
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  kind: 'Deployment',
  namespaced: true,
  shortNames: ['deploy'],
  categories: ['all'],
  schema,
  default: ({ spec }) => {
    defaultPodTemplate(spec.template);
    spec.replicas ??= 1;
    const { strategy } = spec;
    strategy.type ||= 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') {
      strategy.rollingUpdate ??= {};
      strategy.rollingUpdate.maxUnavailable ??= '25%';
      strategy.rollingUpdate.maxSurge ??= '25%';
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
  },
  prepareForCreate: (deployment) => {
    resetStatus(deployment, schema);
    deployment.metadata.generation = 1;
    dropDisabled(deployment.spec.template, undefined);
  },
  prepareForUpdate: (deployment, old) => {
    keepStatus(deployment, old);
    dropDisabled(deployment.spec.template, old.spec.template);
    if (!isEqual(deployment.spec, old.spec) || !isEqual(deployment.metadata.annotations ?? {}, old.metadata.annotations ?? {}))
      nextGeneration(deployment, old);
  },
  validate: ({ spec }) => validateSpec(spec, undefined),
  validateUpdate: ({ spec }, old) => [
    ...validateSpec(spec, old.spec),
    ...validateImmutable(spec.selector, old.spec.selector, 'spec.selector'),
  ],
  warnings: (deployment, old) => [...(old ? [] : nameWarnings(deployment)), ...templateWarnings(deployment, deployment.spec.template, old)],
  indexTerms: ({ metadata, spec }) => selectorTerms(metadata.namespace ?? '', labelSelectorOf(spec.selector)),
  subresources: {
    scale: REPLICAS,
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      resetFields: ['spec', 'metadata.labels'],
      prepareForUpdate: (deployment, old) => {
        keepOnlyStatus(deployment, old);
        if (old.metadata.labels) deployment.metadata.labels = old.metadata.labels;
        else delete deployment.metadata.labels;
      },
      validateUpdate: (deployment, old) => validateStatus((deployment as Deployment).status, (old as Deployment).status),
    },
  },
  columns: [
    NAME_COLUMN,
    column('Ready', ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`, {
      description: 'Number of the pod with ready state',
    }),
    column('Up-to-date', ({ status }) => status.updatedReplicas ?? 0, { description: docOf('apps.v1.DeploymentStatus.updatedReplicas') }),
    column('Available', ({ status }) => status.availableReplicas ?? 0, {
      description: docOf('apps.v1.DeploymentStatus.availableReplicas'),
    }),
    AGE_COLUMN,
    ...containerColumns<Deployment>(({ spec }) => spec.template),
    column('Selector', ({ spec }) => selectorCell(spec.selector), { ...wide, description: docOf('apps.v1.DeploymentSpec.selector') }),
  ],
});

type Spec = Deployment['spec'];

function validateSpec(spec: Spec, old: Spec | undefined): FieldError[] {
  const { replicas, strategy, minReadySeconds = 0, revisionHistoryLimit, progressDeadlineSeconds } = spec;
  const errors = [
    ...nonNegative(replicas, 'spec.replicas'),
    ...validateReplicated(spec, old, 'deployment'),
    ...validateStrategy(strategy),
    ...nonNegative(minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegative(revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...nonNegative(progressDeadlineSeconds, 'spec.progressDeadlineSeconds'),
  ];
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= minReadySeconds)
    errors.push(invalidField('spec.progressDeadlineSeconds', progressDeadlineSeconds, 'must be greater than minReadySeconds'));
  return errors;
}

function validateStrategy(strategy: DeploymentStrategy): FieldError[] {
  const path = 'spec.strategy.rollingUpdate';
  switch (strategy.type) {
    case 'Recreate':
      return strategy.rollingUpdate ? [forbiddenField(path, "may not be specified when strategy `type` is 'Recreate'")] : [];
    case 'RollingUpdate':
      if (!strategy.rollingUpdate) return [requiredField(path, 'this should be defaulted and never be nil')];
      return validateRollingUpdate(strategy.rollingUpdate, path);
    default:
      return [notSupported('spec.strategy', goForm('apps.v1.DeploymentStrategy', strategy), ['Recreate', 'RollingUpdate'])];
  }
}

function validateRollingUpdate({ maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDeployment, path: string): FieldError[] {
  const errors = [
    ...nonNegativeIntOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...nonNegativeIntOrPercent(maxSurge, `${path}.maxSurge`),
  ];
  if (intOrPercentValue(maxUnavailable) === 0 && intOrPercentValue(maxSurge) === 0)
    errors.push(invalidField(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  return [...errors, ...atMost100Percent(maxUnavailable, `${path}.maxUnavailable`)];
}

type Status = Deployment['status'];

function validateStatus(status: Status, old: Status): FieldError[] {
  const { replicas, availableReplicas, readyReplicas } = status;
  return [
    ...nonNegativeCounters(status, [
      'observedGeneration',
      'replicas',
      'updatedReplicas',
      'readyReplicas',
      'availableReplicas',
      'unavailableReplicas',
      'terminatingReplicas',
      'collisionCount',
    ]),
    ...(['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const).flatMap((name) =>
      notMoreThan(status[name], replicas, name, 'status.replicas'),
    ),
    ...notMoreThan(availableReplicas, readyReplicas, 'availableReplicas', 'readyReplicas'),
    ...invalidDecrement(status.collisionCount, old.collisionCount),
  ];
}
