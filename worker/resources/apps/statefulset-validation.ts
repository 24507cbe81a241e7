// The rules of StatefulSets. Mirrors pkg/apis/apps/validation.

import { forbiddenField, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { StatefulSet, StatefulSetUpdateStrategy } from '../../api/gen/apps-v1.ts';
import type { PodTemplateSpec } from '../../api/gen/core-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { validateClaimSpec } from '../core/claim-validation.ts';
import { goForm } from '../go-form.ts';
import { invalidDecrement, nonNegativeCounters, notMoreThan } from '../validation/counters.ts';
import { atMost100Percent, intOrPercentValue, nonNegativeIntOrPercent } from '../validation/int-or-percent.ts';
import { dnsLabel, nonNegative } from '../validation/values.ts';
import { templateErrors, validateLabelsMatch, validateRunsForever, validateSelector } from '../workload.ts';

type Spec = StatefulSet['spec'];

export function validateSet(spec: Spec): FieldError[] {
  return validateSpec(spec, undefined);
}

const CHANGEABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;

export function validateSetUpdate(spec: Spec, old: Spec): FieldError[] {
  const errors = validateSpec(spec, old);
  if (!isEqual(withoutChangeable(spec), withoutChangeable(old)))
    errors.push(
      forbiddenField(
        'spec',
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    );
  return errors;
}

function withoutChangeable(spec: Spec): object {
  const rest: Partial<Spec> = { ...spec };
  for (const name of CHANGEABLE) delete rest[name];
  return rest;
}

/** On update, claims and the service's name cannot have changed and are not looked at. */
function validateSpec(spec: Spec, old: Spec | undefined): FieldError[] {
  const { podManagementPolicy, updateStrategy, persistentVolumeClaimRetentionPolicy: retention, volumeClaimTemplates, serviceName } = spec;
  const errors: FieldError[] = [];
  if (!podManagementPolicy) errors.push(requiredField('spec.podManagementPolicy'));
  else if (podManagementPolicy !== 'OrderedReady' && podManagementPolicy !== 'Parallel')
    errors.push(invalidField('spec.podManagementPolicy', podManagementPolicy, "must be 'OrderedReady' or 'Parallel'"));
  errors.push(...validateStrategy(updateStrategy));
  for (const name of ['whenDeleted', 'whenScaled'] as const) {
    const policy = retention?.[name];
    if (retention && policy !== 'Retain' && policy !== 'Delete')
      errors.push(notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, policy ?? '', ['Retain', 'Delete']));
  }
  if (!old)
    for (const [i, claim] of (volumeClaimTemplates ?? []).entries())
      errors.push(...validateClaimSpec(claim.spec, `spec.volumeClaimTemplates[${i}].spec`));
  errors.push(
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegative(spec.ordinals?.start, 'spec.ordinals.start'),
    ...(!old && serviceName ? dnsLabel(serviceName, 'spec.serviceName') : []),
  );
  return [...errors, ...validatePods(spec, old)];
}

function validatePods(spec: Spec, old: Spec | undefined): FieldError[] {
  const { errors, usable } = validateSelector(spec.selector, 'statefulset');
  if (usable) {
    const same = old && isEqual(spec.volumeClaimTemplates, old.volumeClaimTemplates) ? old.template : undefined;
    errors.push(
      ...validateLabelsMatch(spec.selector, spec.template),
      ...(same && isEqual(same, spec.template) ? [] : templateErrors(withClaims(spec), undefined, 'spec.template')),
    );
  } else {
    errors.push(invalidField('spec.selector', spec.selector, ''));
  }
  return [...errors, ...validateRunsForever(spec.template, 'StatefulSet')];
}

/** The template as its pods will have it: a volume for each claim, and names that the set gives. */
function withClaims({ template, volumeClaimTemplates }: Spec): PodTemplateSpec {
  const names = (volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name);
  if (!names.length && !template.spec.subdomain && !template.spec.hostname) return template;
  const { subdomain: _s, hostname: _h, ...spec } = template.spec;
  const claims = [...new Set(names)].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  const volumes = [...claims, ...(spec.volumes ?? []).filter(({ name }) => !names.includes(name))];
  return { ...template, spec: { ...spec, ...(names.length && { volumes }) } };
}

function validateStrategy(strategy: StatefulSetUpdateStrategy): FieldError[] {
  const { type, rollingUpdate } = strategy;
  const path = 'spec.updateStrategy';
  switch (type) {
    case undefined:
    case '':
      return [requiredField(path)];
    case 'OnDelete':
      if (!rollingUpdate) return [];
      return [
        invalidField(
          `${path}.rollingUpdate`,
          goForm('apps.v1.RollingUpdateStatefulSetStrategy', rollingUpdate),
          "only allowed for updateStrategy 'RollingUpdate'",
        ),
      ];
    case 'RollingUpdate':
      return rollingUpdate ? validateRollingUpdate(rollingUpdate, `${path}.rollingUpdate`) : [];
    default:
      return [invalidField(path, goForm('apps.v1.StatefulSetUpdateStrategy', strategy), "must be 'RollingUpdate' or 'OnDelete'")];
  }
}

function validateRollingUpdate(
  { partition, maxUnavailable }: NonNullable<StatefulSetUpdateStrategy['rollingUpdate']>,
  path: string,
): FieldError[] {
  const errors = nonNegative(partition, `${path}.partition`);
  if (maxUnavailable === undefined) return errors;
  const at = `${path}.maxUnavailable`;
  errors.push(...nonNegativeIntOrPercent(maxUnavailable, at));
  if (intOrPercentValue(maxUnavailable) === 0) errors.push(invalidField(at, maxUnavailable, 'cannot be 0'));
  return [...errors, ...atMost100Percent(maxUnavailable, at)];
}

type Status = StatefulSet['status'];

export function validateSetStatus(status: Status, old: Status): FieldError[] {
  return [
    ...nonNegativeCounters(status, [
      'replicas',
      'readyReplicas',
      'currentReplicas',
      'updatedReplicas',
      'availableReplicas',
      'observedGeneration',
      'collisionCount',
    ]),
    ...(['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const).flatMap((name) =>
      notMoreThan(status[name], status.replicas, name, 'status.replicas'),
    ),
    ...notMoreThan(status.availableReplicas, status.readyReplicas, 'availableReplicas', 'status.readyReplicas'),
    ...invalidDecrement(status.collisionCount, old.collisionCount),
  ];
}
