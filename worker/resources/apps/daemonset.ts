// DaemonSets. Mirrors pkg/registry/apps/daemonset and pkg/apis/apps.

import { invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { DaemonSet, DaemonSetUpdateStrategy, RollingUpdateDaemonSet } from '../../api/gen/apps-v1.ts';
import { validateImmutable } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, wide } from '../../api/resource.ts';
import { selectorTerms } from '../../api/selector-index.ts';
import { labelSelectorOf, labelSelectorOfMap, matchesLabels } from '../../api/selectors.ts';
import { isEqual } from '../../lib/json.ts';
import { defaultPodTemplate } from '../core/pod-template.ts';
import { docOf } from '../doc.ts';
import { goForm } from '../go-form.ts';
import { builtinType } from '../schema/index.ts';
import { keepOnlyStatus, keepStatus, nextGeneration, resetStatus } from '../strategy.ts';
import { invalidDecrement, nonNegativeCounters } from '../validation/counters.ts';
import { atMost100Percent, intOrPercentValue, nonNegativeIntOrPercent } from '../validation/int-or-percent.ts';
import { hasInvalidSelectorValue, isEmptySelector, validateLabelSelector } from '../validation/label-selector.ts';
import { nonNegative } from '../validation/values.ts';
import {
  containerColumns,
  dropDisabled,
  labelsMismatch,
  selectorCell,
  templateErrors,
  templateWarnings,
  validateRunsForever,
} from '../workload.ts';

const schema = builtinType('apps.v1.DaemonSet');

export const daemonSets = defineResource<DaemonSet>({
  group: 'apps',
  version: 'v1',
  resource: 'daemonsets',
  kind: 'DaemonSet',
  namespaced: true,
  shortNames: ['ds'],
  categories: ['all'],
  schema,
  default: ({ spec }) => {
    defaultPodTemplate(spec.template);
    const { updateStrategy } = spec;
    updateStrategy.type ||= 'RollingUpdate';
    if (updateStrategy.type === 'RollingUpdate') {
      updateStrategy.rollingUpdate ??= {};
      updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
  },
  prepareForCreate: (set) => {
    resetStatus(set, schema);
    set.metadata.generation = 1;
    setTemplateGeneration(set, Math.max(1, templateGeneration(set)));
    dropDisabled(set.spec.template, undefined);
  },
  prepareForUpdate: (set, old) => {
    dropDisabled(set.spec.template, old.spec.template);
    keepStatus(set, old);
    const isNewTemplate = !isEqual(set.spec.template, old.spec.template);
    setTemplateGeneration(set, templateGeneration(old) + (isNewTemplate ? 1 : 0));
    if (isNewTemplate || !isEqual(set.spec, old.spec)) nextGeneration(set, old);
  },
  validate: ({ spec }) => validateSpec(spec, undefined),
  validateUpdate: ({ spec }, old) => [
    ...validateImmutable(spec.selector, old.spec.selector, 'spec.selector'),
    ...validateSpec(spec, old.spec),
  ],
  warnings: (set, old) =>
    old && templateGeneration(set) === templateGeneration(old) ? [] : templateWarnings(set, set.spec.template, undefined),
  indexTerms: ({ metadata, spec }) => selectorTerms(metadata.namespace ?? '', labelSelectorOf(spec.selector)),
  subresources: {
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      prepareForUpdate: (set, old) => {
        keepOnlyStatus(set, old);
        setTemplateGeneration(set as DaemonSet, templateGeneration(old as DaemonSet));
      },
      validateUpdate: (set, old) => validateStatus((set as DaemonSet).status, (old as DaemonSet).status),
    },
  },
  columns: [
    NAME_COLUMN,
    ...(
      [
        ['Desired', 'desiredNumberScheduled', docOf('apps.v1.DaemonSetStatus.desiredNumberScheduled')],
        ['Current', 'currentNumberScheduled', docOf('apps.v1.DaemonSetStatus.currentNumberScheduled')],
        ['Ready', 'numberReady', docOf('apps.v1.DaemonSetStatus.numberReady')],
        ['Up-to-date', 'updatedNumberScheduled', docOf('apps.v1.DaemonSetStatus.updatedNumberScheduled')],
        ['Available', 'numberAvailable', docOf('apps.v1.DaemonSetStatus.numberAvailable')],
      ] as const
    ).map(([name, field, description]) => column<DaemonSet>(name, ({ status }) => status[field] ?? 0, { type: 'integer', description })),
    column('Node Selector', ({ spec }) => nodeSelectorCell(spec.template.spec.nodeSelector), {
      description: docOf('core.v1.PodSpec.nodeSelector'),
    }),
    AGE_COLUMN,
    ...containerColumns<DaemonSet>(({ spec }) => spec.template),
    column('Selector', ({ spec }) => selectorCell(spec.selector), { ...wide, description: docOf('apps.v1.DaemonSetSpec.selector') }),
  ],
});

/** How often the template changed. A field of older versions, it lives on as an annotation that only the server writes. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

const templateGeneration = ({ metadata }: DaemonSet): number => {
  const text = metadata.annotations?.[TEMPLATE_GENERATION] ?? '';
  return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : 0;
};

function setTemplateGeneration({ metadata }: DaemonSet, generation: number): void {
  const value = String(generation);
  if (metadata.annotations?.[TEMPLATE_GENERATION] !== value)
    metadata.annotations = { ...metadata.annotations, [TEMPLATE_GENERATION]: value };
}

const nodeSelectorCell = (selector: Record<string, string> | undefined): string => {
  const { requirements } = labelSelectorOfMap(selector);
  return requirements.map(({ key, values }) => `${key}=${values[0]}`).join(',') || '<none>';
};

type Spec = DaemonSet['spec'];

function validateSpec(
  { selector, template, minReadySeconds, updateStrategy, revisionHistoryLimit }: Spec,
  old: Spec | undefined,
): FieldError[] {
  const errors = validateLabelSelector(selector, 'spec.selector', { allowInvalidValues: hasInvalidSelectorValue(old?.selector) });
  if (!errors.length && !matchesLabels(labelSelectorOf(selector), template.metadata.labels))
    errors.push(labelsMismatch(template.metadata.labels, 'spec.template'));
  if (selector && isEmptySelector(selector))
    errors.push(invalidField('spec.selector', selector, 'empty selector is invalid for daemonset'));
  return [
    ...errors,
    ...templateErrors(template, old?.template, 'spec.template'),
    ...validateRunsForever(template, 'DaemonSet'),
    ...nonNegative(minReadySeconds, 'spec.minReadySeconds'),
    ...validateStrategy(updateStrategy),
    ...nonNegative(revisionHistoryLimit, 'spec.revisionHistoryLimit'),
  ];
}

function validateStrategy(strategy: DaemonSetUpdateStrategy): FieldError[] {
  const path = 'spec.updateStrategy';
  if (strategy.type === 'OnDelete') return [];
  if (strategy.type !== 'RollingUpdate')
    return [notSupported(path, goForm('apps.v1.DaemonSetUpdateStrategy', strategy), ['RollingUpdate', 'OnDelete'])];
  if (!strategy.rollingUpdate) return [requiredField(`${path}.rollingUpdate`)];
  return validateRollingUpdate(strategy.rollingUpdate, `${path}.rollingUpdate`);
}

function validateRollingUpdate({ maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDaemonSet, path: string): FieldError[] {
  const errors = [
    ...nonNegativeIntOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...nonNegativeIntOrPercent(maxSurge, `${path}.maxSurge`),
    ...atMost100Percent(maxUnavailable, `${path}.maxUnavailable`),
    ...atMost100Percent(maxSurge, `${path}.maxSurge`),
  ];
  const [unavailable, surge] = [intOrPercentValue(maxUnavailable) !== 0, intOrPercentValue(maxSurge) !== 0];
  if (unavailable && surge) errors.push(invalidField(`${path}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  else if (!unavailable && !surge) errors.push(requiredField(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  return errors;
}

function validateStatus(status: DaemonSet['status'], old: DaemonSet['status']): FieldError[] {
  return [
    ...nonNegativeCounters(status, [
      'currentNumberScheduled',
      'numberMisscheduled',
      'desiredNumberScheduled',
      'numberReady',
      'observedGeneration',
      'updatedNumberScheduled',
      'numberAvailable',
      'numberUnavailable',
      'collisionCount',
    ]),
    ...invalidDecrement(status.collisionCount, old.collisionCount),
  ];
}
