// ReplicaSets. Mirrors pkg/registry/apps/replicaset and pkg/apis/apps.

import type { FieldError } from '../../api/field-error.ts';
import type { ReplicaSet } from '../../api/gen/apps-v1.ts';
import { validateImmutable } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, wide } from '../../api/resource.ts';
import { selectorTerms } from '../../api/selector-index.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { defaultPodTemplate } from '../core/pod-template.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { specAndStatus } from '../strategy.ts';
import { nonNegativeCounters, notMoreThan } from '../validation/counters.ts';
import { nonNegative } from '../validation/values.ts';
import { containerColumns, dropDisabled, nameWarnings, REPLICAS, selectorCell, templateWarnings, validateReplicated } from '../workload.ts';

const schema = builtinType('apps.v1.ReplicaSet');
const strategy = specAndStatus<ReplicaSet>(schema);

export const replicaSets = defineResource<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  resource: 'replicasets',
  kind: 'ReplicaSet',
  namespaced: true,
  shortNames: ['rs'],
  categories: ['all'],
  schema,
  default: ({ spec }) => {
    defaultPodTemplate(spec.template);
    spec.replicas ??= 1;
  },
  prepareForCreate: (set) => {
    strategy.prepareForCreate(set);
    dropDisabled(set.spec.template, undefined);
  },
  prepareForUpdate: (set, old) => {
    dropDisabled(set.spec.template, old.spec.template);
    strategy.prepareForUpdate(set, old);
  },
  validate: ({ spec }) => validateSpec(spec, undefined),
  validateUpdate: ({ spec }, old) => [
    ...validateSpec(spec, old.spec),
    ...validateImmutable(spec.selector, old.spec.selector, 'spec.selector'),
  ],
  warnings: (set, old) => [...(old ? [] : nameWarnings(set)), ...templateWarnings(set, set.spec.template, old)],
  indexTerms: ({ metadata, spec }) => selectorTerms(metadata.namespace ?? '', labelSelectorOf(spec.selector)),
  subresources: {
    scale: REPLICAS,
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      validateUpdate: (set) => validateStatus((set as ReplicaSet).status),
    },
  },
  columns: [
    NAME_COLUMN,
    column('Desired', ({ spec }) => spec.replicas ?? 0, { type: 'integer', description: docOf('apps.v1.ReplicaSetSpec.replicas') }),
    column('Current', ({ status }) => status.replicas, { type: 'integer', description: docOf('apps.v1.ReplicaSetStatus.replicas') }),
    column('Ready', ({ status }) => status.readyReplicas ?? 0, {
      type: 'integer',
      description: docOf('apps.v1.ReplicaSetStatus.readyReplicas'),
    }),
    AGE_COLUMN,
    ...containerColumns<ReplicaSet>(({ spec }) => spec.template),
    column('Selector', ({ spec }) => selectorCell(spec.selector), { ...wide, description: docOf('apps.v1.ReplicaSetSpec.selector') }),
  ],
});

type Spec = ReplicaSet['spec'];

/** Upstream's message about an empty selector names a deployment. */
const validateSpec = (spec: Spec, old: Spec | undefined): FieldError[] => [
  ...nonNegative(spec.replicas, 'spec.replicas'),
  ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
  ...validateReplicated(spec, old, 'deployment'),
];

function validateStatus(status: ReplicaSet['status']): FieldError[] {
  const { replicas, readyReplicas, availableReplicas } = status;
  return [
    ...nonNegativeCounters(status, [
      'replicas',
      'fullyLabeledReplicas',
      'readyReplicas',
      'availableReplicas',
      'observedGeneration',
      'terminatingReplicas',
    ]),
    ...(['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const).flatMap((name) =>
      notMoreThan(status[name], replicas, name, 'status.replicas'),
    ),
    ...notMoreThan(availableReplicas, readyReplicas, 'availableReplicas', 'readyReplicas'),
  ];
}
