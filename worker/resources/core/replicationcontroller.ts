// ReplicationControllers. Mirrors pkg/registry/core/replicationcontroller and ValidateReplicationController.

import { forbiddenField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, wide } from '../../api/resource.ts';
import type { ReplicationController } from '../../api/gen/core-v1.ts';
import { selectorTerms } from '../../api/selector-index.ts';
import { formatLabelSelector, labelSelectorOfMap, matchesLabels } from '../../api/selectors.ts';
import { builtinType } from '../schema/index.ts';
import { keepOnlyStatus, specAndStatus } from '../strategy.ts';
import { nonNegativeCounters, notMoreThan } from '../validation/counters.ts';
import { nonNegative } from '../validation/values.ts';
import { containerColumns, dropDisabled, labelsMismatch, labelsText, nameWarnings, templateErrors, templateWarnings } from '../workload.ts';
import { DESCRIPTIONS } from './column-descriptions.ts';
import { defaultPodTemplate } from './pod-template.ts';

const schema = builtinType('core.v1.ReplicationController');
const strategy = specAndStatus<ReplicationController>(schema);

export const replicationControllers = defineResource<ReplicationController>({
  group: '',
  version: 'v1',
  resource: 'replicationcontrollers',
  kind: 'ReplicationController',
  namespaced: true,
  shortNames: ['rc'],
  categories: ['all'],
  bucket: 'controllers',
  orphanByDefault: true,
  schema,
  default: ({ metadata, spec }) => {
    if (!spec.template) return;
    defaultPodTemplate(spec.template);
    const { labels = {} } = spec.template.metadata;
    if (!Object.keys(labels).length) return;
    if (!Object.keys(spec.selector ?? {}).length) spec.selector = { ...labels };
    if (!Object.keys(metadata.labels ?? {}).length) metadata.labels = { ...labels };
  },
  prepareForCreate: (controller) => {
    strategy.prepareForCreate(controller);
    if (controller.spec.template) dropDisabled(controller.spec.template, undefined);
  },
  prepareForUpdate: (controller, old) => {
    if (controller.spec.template) dropDisabled(controller.spec.template, old.spec.template);
    strategy.prepareForUpdate(controller, old);
  },
  validate: ({ spec }) => validateSpec(spec, undefined),
  validateUpdate: ({ spec }, old) => validateSpec(spec, old.spec),
  warnings: (controller, old) => [
    ...(old ? [] : nameWarnings(controller)),
    ...(controller.spec.template ? templateWarnings(controller, controller.spec.template, old) : []),
  ],
  indexTerms: ({ metadata, spec }) => (spec.selector ? selectorTerms(metadata.namespace ?? '', labelSelectorOfMap(spec.selector)) : []),
  fieldLabels: ['status.replicas'],
  selectableFields: ({ status }) => ({ 'status.replicas': String(status.replicas ?? 0) }),
  subresources: {
    scale: {
      type: 'scale',
      verbs: ['get', 'patch', 'update'],
      scale: {
        read: (object) => {
          const { spec, status } = object as ReplicationController;
          const selector = formatLabelSelector(labelSelectorOfMap(spec.selector ?? {}));
          return { replicas: spec.replicas ?? 0, currentReplicas: status.replicas, selector };
        },
        write: (object, replicas) =>
          ({ ...object, spec: { ...(object as ReplicationController).spec, replicas } }) as ReplicationController,
      },
    },
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      prepareForUpdate: keepOnlyStatus,
      validateUpdate: (controller) => validateStatus((controller as ReplicationController).status),
    },
  },
  columns: [
    NAME_COLUMN,
    column('Desired', ({ spec }) => spec.replicas ?? 0, {
      type: 'integer',
      description: DESCRIPTIONS['ReplicationControllerSpec.replicas'],
    }),
    column('Current', ({ status }) => status.replicas, {
      type: 'integer',
      description: DESCRIPTIONS['ReplicationControllerStatus.replicas'],
    }),
    column('Ready', ({ status }) => status.readyReplicas ?? 0, {
      type: 'integer',
      description: DESCRIPTIONS['ReplicationControllerStatus.readyReplicas'],
    }),
    AGE_COLUMN,
    ...containerColumns<ReplicationController>(({ spec }) => spec.template ?? { metadata: {}, spec: { containers: [] } }),
    column('Selector', ({ spec }) => labelsText(spec.selector), {
      ...wide,
      description: DESCRIPTIONS['ReplicationControllerSpec.selector'],
    }),
  ],
});

type Spec = ReplicationController['spec'];

function validateSpec({ minReadySeconds, selector = {}, replicas, template }: Spec, old: Spec | undefined): FieldError[] {
  const isEmpty = Object.keys(selector).length === 0;
  const errors = [
    ...nonNegative(minReadySeconds, 'spec.minReadySeconds'),
    ...(isEmpty ? [requiredField('spec.selector')] : []),
    ...nonNegative(replicas, 'spec.replicas'),
  ];
  if (!template) return [...errors, requiredField('spec.template')];
  const { labels } = template.metadata;
  if (!isEmpty && !matchesLabels(labelSelectorOfMap(selector), labels)) errors.push(labelsMismatch(labels, 'spec.template'));
  errors.push(...templateErrors(template, old?.template, 'spec.template'));
  const { restartPolicy = '', activeDeadlineSeconds } = template.spec;
  if (restartPolicy !== 'Always') errors.push(notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']));
  if (activeDeadlineSeconds !== undefined)
    errors.push(
      forbiddenField('spec.template.spec.activeDeadlineSeconds', 'activeDeadlineSeconds in ReplicationController is not Supported'),
    );
  return errors;
}

function validateStatus(status: ReplicationController['status']): FieldError[] {
  const { replicas, fullyLabeledReplicas, readyReplicas, availableReplicas } = status;
  return [
    ...nonNegativeCounters(status, ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration']),
    ...notMoreThan(fullyLabeledReplicas, replicas, 'fullyLabeledReplicas', 'status.replicas'),
    ...notMoreThan(readyReplicas, replicas, 'readyReplicas', 'status.replicas'),
    ...notMoreThan(availableReplicas, replicas, 'availableReplicas', 'status.replicas'),
    ...notMoreThan(availableReplicas, readyReplicas, 'availableReplicas', 'readyReplicas'),
  ];
}
