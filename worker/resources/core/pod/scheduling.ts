// Where a pod may go: affinity, tolerations, spreading, gates. Mirrors validateAffinity, ValidateTolerations, validateTopologySpreadConstraints and their
// like in kubernetes pkg/apis/core/validation.

import { duplicateField, forbiddenField, invalidField, notSupported, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type {
  Affinity,
  NodeAffinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  PodSchedulingGate,
  Toleration,
  TopologySpreadConstraint,
} from '../../../api/gen/core-v1.ts';
import type { LabelSelectorFields } from '../../../api/selectors.ts';
import { labelValueProblems, nameIsDnsLabel, nameIsDnsSubdomain } from '../../../lib/names.ts';
import { validateLabelSelector } from '../../validation/label-selector.ts';
import { oneOfIfSet } from '../../validation/one-of.ts';
import { problems, qualifiedName } from '../../validation/values.ts';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';
const WEIGHT = 'must be in the range 1-100';
const isWeight = (weight: number): boolean => weight >= 1 && weight <= 100;

export function validateAffinity({ nodeAffinity, podAffinity, podAntiAffinity }: Affinity, path: string): FieldError[] {
  return [
    ...(nodeAffinity ? validateNodeAffinity(nodeAffinity, `${path}.nodeAffinity`) : []),
    ...(podAffinity ? validatePodAffinity(podAffinity, `${path}.podAffinity`) : []),
    ...(podAntiAffinity ? validatePodAffinity(podAntiAffinity, `${path}.podAntiAffinity`) : []),
  ];
}

function validateNodeAffinity(affinity: NodeAffinity, path: string): FieldError[] {
  const required = affinity[REQUIRED];
  const errors = required ? validateNodeSelector(required, `${path}.${REQUIRED}`) : [];
  for (const [i, { weight, preference }] of (affinity[PREFERRED] ?? []).entries()) {
    const at = `${path}.${PREFERRED}[${i}]`;
    if (!isWeight(weight)) errors.push(invalidField(`${at}.weight`, weight, WEIGHT));
    errors.push(...validateNodeSelectorTerm(preference, `${at}.preference`, true));
  }
  return errors;
}

export function validateNodeSelector({ nodeSelectorTerms }: NodeSelector, path: string): FieldError[] {
  const at = `${path}.nodeSelectorTerms`;
  if (!nodeSelectorTerms?.length) return [requiredField(at, 'must have at least one node selector term')];
  return nodeSelectorTerms.flatMap((term, i) => validateNodeSelectorTerm(term, `${at}[${i}]`, false));
}

/** Of preferences, wrong values are only warned of. */
export function validateNodeSelectorTerm(term: NodeSelectorTerm, path: string, allowInvalidValues: boolean): FieldError[] {
  return [
    ...(term.matchExpressions ?? []).flatMap((one, i) => validateExpression(one, `${path}.matchExpressions[${i}]`, allowInvalidValues)),
    ...(term.matchFields ?? []).flatMap((one, i) => validateField(one, `${path}.matchFields[${i}]`)),
  ];
}

function validateExpression(
  { key, operator, values = [] }: NodeSelectorRequirement,
  path: string,
  allowInvalidValues: boolean,
): FieldError[] {
  const errors: FieldError[] = [];
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (!values.length) errors.push(requiredField(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length)
        errors.push(forbiddenField(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1)
        errors.push(requiredField(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      break;
    default:
      errors.push(invalidField(`${path}.operator`, operator, 'not a valid selector operator'));
  }
  errors.push(...qualifiedName(key, `${path}.key`));
  if (!allowInvalidValues)
    for (const [i, value] of values.entries()) errors.push(...problems(value, labelValueProblems(value), `${path}.values[${i}]`));
  return errors;
}

/** The one field there is of a node: its name. */
function validateField({ key, operator, values = [] }: NodeSelectorRequirement, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn') errors.push(invalidField(`${path}.operator`, operator, 'not a valid selector operator'));
  else if (values.length !== 1)
    errors.push(requiredField(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
  if (key !== 'metadata.name') return [...errors, invalidField(`${path}.key`, key, 'not a valid field selector key')];
  return [...errors, ...values.flatMap((value, i) => problems(value, nameIsDnsSubdomain(value, false), `${path}.values[${i}]`))];
}

function validatePodAffinity(affinity: PodAffinity, path: string): FieldError[] {
  const errors = (affinity[REQUIRED] ?? []).flatMap((term, i) => validatePodAffinityTerm(term, `${path}.${REQUIRED}[${i}]`));
  for (const [i, { weight, podAffinityTerm }] of (affinity[PREFERRED] ?? []).entries()) {
    const at = `${path}.${PREFERRED}[${i}]`;
    if (!isWeight(weight)) errors.push(invalidField(`${at}.weight`, weight, WEIGHT));
    errors.push(...validatePodAffinityTerm(podAffinityTerm, `${at}.podAffinityTerm`));
  }
  return errors;
}

function validatePodAffinityTerm(term: PodAffinityTerm, path: string): FieldError[] {
  const { labelSelector, namespaceSelector, namespaces = [], matchLabelKeys, mismatchLabelKeys, topologyKey } = term;
  const errors = [
    ...validateLabelSelector(labelSelector, `${path}.labelSelector`),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`),
    ...namespaces.flatMap((name) => problems(name, nameIsDnsLabel(name, false), `${path}.namespace`)),
    ...validateLabelKeys(matchLabelKeys, mismatchLabelKeys, labelSelector, path),
  ];
  if (!topologyKey) errors.push(requiredField(`${path}.topologyKey`, 'can not be empty'));
  return [...errors, ...qualifiedName(topologyKey, `${path}.topologyKey`)];
}

/** Keys whose values are taken from the pod itself. */
function validateLabelKeys(
  match: readonly string[] = [],
  mismatch: readonly string[] = [],
  selector: LabelSelectorFields | undefined,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const [keys, name] of [
    [match, 'matchLabelKeys'],
    [mismatch, 'mismatchLabelKeys'],
  ] as const) {
    if (keys.length && !selector) errors.push(forbiddenField(`${path}.${name}`, 'must not be specified when labelSelector is not set'));
    else for (const [i, key] of keys.entries()) errors.push(...qualifiedName(key, `${path}.${name}[${i}]`));
  }
  // The server adds an expression for each key; only one that comes on top of another is the client's.
  const seen = new Set(Object.keys(selector?.matchLabels ?? {}));
  for (const { key } of selector?.matchExpressions ?? []) {
    const i = match.lastIndexOf(key);
    if (i >= 0 && seen.has(key)) errors.push(invalidField(`${path}[${i}]`, key, 'exists in both matchLabelKeys and labelSelector'));
    seen.add(key);
  }
  for (const [i, key] of match.entries())
    if (mismatch.includes(key))
      errors.push(invalidField(`${path}.matchLabelKeys[${i}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys'));
  return errors;
}

export function validateTopologySpread(constraints: readonly TopologySpreadConstraint[], path: string): FieldError[] {
  return constraints.flatMap((constraint, i) => {
    const at = `${path}[${i}]`;
    const { maxSkew, topologyKey, whenUnsatisfiable, minDomains, labelSelector } = constraint;
    const errors: FieldError[] = [];
    if (maxSkew <= 0) errors.push(invalidField(`${at}.maxSkew`, maxSkew, 'must be greater than zero'));
    if (!topologyKey) errors.push(requiredField(`${at}.topologyKey`, 'can not be empty'));
    errors.push(...oneOfIfSet(whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway'], `${at}.whenUnsatisfiable`));
    const isRepeated = constraints
      .slice(i + 1)
      .some((one) => one.topologyKey === topologyKey && one.whenUnsatisfiable === whenUnsatisfiable);
    if (isRepeated) errors.push(duplicateField(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`));
    if (minDomains !== undefined) {
      if (minDomains <= 0) errors.push(invalidField(`${at}.minDomains`, minDomains, 'must be greater than zero'));
      const message = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
      if (whenUnsatisfiable !== 'DoNotSchedule') errors.push(invalidField(`${at}.minDomains`, minDomains, message));
    }
    for (const name of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const)
      errors.push(...oneOfIfSet(constraint[name], ['Honor', 'Ignore'], `${at}.${name}`));
    errors.push(...validateLabelKeys(constraint.matchLabelKeys, [], labelSelector, at));
    return [...errors, ...validateLabelSelector(labelSelector, `${at}.labelSelector`)];
  });
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Of a taint or a toleration that names one. */
export const validateTaintEffect = (effect: string, path: string): FieldError[] =>
  EFFECTS.includes(effect) ? [] : [notSupported(path, effect, EFFECTS)];

export function validateTolerations(tolerations: readonly Toleration[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, { key, operator = '', value = '', effect = '', tolerationSeconds }] of tolerations.entries()) {
    const at = `${path}[${i}]`;
    if (key) errors.push(...qualifiedName(key, `${at}.key`));
    else if (operator !== 'Exists')
      errors.push(
        invalidField(
          `${at}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (tolerationSeconds !== undefined && effect !== 'NoExecute')
      errors.push(invalidField(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    errors.push(...validateOperator(operator, value, `${at}.operator`));
    if (effect) errors.push(...validateTaintEffect(effect, `${at}.effect`));
  }
  return errors;
}

/** Comparisons are behind a gate that is off. */
function validateOperator(operator: string, value: string, path: string): FieldError[] {
  switch (operator) {
    case '':
    case 'Equal': {
      const wrong = labelValueProblems(value);
      return wrong.length ? [invalidField(path, value, wrong.join(';'))] : [];
    }
    case 'Exists':
      return value ? [invalidField(path, value, "value must be empty when `operator` is 'Exists'")] : [];
    case 'Lt':
    case 'Gt':
      return [notSupported(path, operator, ['Equal', 'Exists', 'Lt', 'Gt'])];
    default:
      return [notSupported(path, operator, ['Equal', 'Exists'])];
  }
}

export function validateSchedulingGates(gates: readonly PodSchedulingGate[], path: string): FieldError[] {
  const seen = new Set<string>();
  return gates.flatMap(({ name }, i) => {
    const errors = qualifiedName(name, `${path}[${i}]`);
    if (seen.has(name)) errors.push(duplicateField(`${path}[${i}]`, name));
    seen.add(name);
    return errors;
  });
}
