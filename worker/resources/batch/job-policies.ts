// What a Job makes of failed and of succeeded pods. Mirrors pkg/apis/batch/validation.

import { duplicateField, invalidField, notSupported, OMITTED, requiredField, tooLong, tooMany } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type {
  JobSpec,
  PodFailurePolicy,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../../api/gen/batch-v1.ts';
import { nonNegative, qualifiedName } from '../validation/values.ts';
import { countIndexes } from './indexes.ts';

const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_PATTERNS = 20;
const MAX_INDEXES_TEXT = 64 * 1024;

export function defaultFailurePolicy(policy: PodFailurePolicy | undefined): void {
  for (const { onPodConditions } of policy?.rules ?? []) for (const pattern of onPodConditions ?? []) pattern.status ||= 'True';
}

/** Required, of a few words. */
function word(value: string, words: readonly string[], path: string): FieldError[] {
  if (!value) return [requiredField(path, `valid values: [${words.map((one) => JSON.stringify(one)).join(' ')}]`)];
  return words.includes(value) ? [] : [notSupported(path, value, words)];
}

export function validateFailurePolicy(spec: JobSpec, path: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const errors: FieldError[] = rules.length > MAX_RULES ? [tooMany(`${path}.rules`, rules.length, MAX_RULES)] : [];
  const { containers, initContainers } = spec.template.spec;
  const names = new Set([...(containers ?? []), ...(initContainers ?? [])].map(({ name }) => name));
  for (const [i, rule] of rules.entries()) errors.push(...validateFailureRule(rule, spec, names, `${path}.rules[${i}]`));
  return errors;
}

function validateFailureRule(
  { action, onExitCodes, onPodConditions = [] }: PodFailurePolicyRule,
  { backoffLimitPerIndex }: JobSpec,
  names: ReadonlySet<string>,
  path: string,
): FieldError[] {
  const errors = word(action, ['Count', 'FailIndex', 'FailJob', 'Ignore'], `${path}.action`);
  if (action === 'FailIndex' && backoffLimitPerIndex === undefined)
    errors.push(invalidField(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set'));
  if (onExitCodes) errors.push(...validateExitCodes(onExitCodes, names, `${path}.onExitCodes`));
  errors.push(...validatePatterns(onPodConditions, `${path}.onPodConditions`));
  if (onExitCodes && onPodConditions.length)
    errors.push(invalidField(path, OMITTED, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  if (!onExitCodes && !onPodConditions.length)
    errors.push(invalidField(path, OMITTED, 'specifying one of OnExitCodes and OnPodConditions is required'));
  return errors;
}

function validatePatterns(patterns: readonly PodFailurePolicyOnPodConditionsPattern[], path: string): FieldError[] {
  const errors: FieldError[] = patterns.length > MAX_PATTERNS ? [tooMany(path, patterns.length, MAX_PATTERNS)] : [];
  for (const [i, { type, status }] of patterns.entries())
    errors.push(...qualifiedName(type, `${path}[${i}].type`), ...word(status, ['False', 'True', 'Unknown'], `${path}[${i}].status`));
  return errors;
}

function validateExitCodes(
  { operator, containerName, values }: PodFailurePolicyOnExitCodesRequirement,
  names: ReadonlySet<string>,
  path: string,
): FieldError[] {
  const errors = word(operator, ['In', 'NotIn'], `${path}.operator`);
  if (containerName !== undefined && !names.has(containerName))
    errors.push(
      invalidField(`${path}.containerName`, containerName, 'must be one of the container or initContainer names in the pod template'),
    );
  const codes = values ?? [];
  if (!codes.length) errors.push(invalidField(`${path}.values`, values ?? null, 'at least one value is required'));
  else if (codes.length > MAX_EXIT_CODES) errors.push(tooMany(`${path}.values`, codes.length, MAX_EXIT_CODES));
  const seen = new Set<number>();
  for (const [i, code] of codes.entries()) {
    if (operator === 'In' && code === 0) errors.push(invalidField(`${path}.values[${i}]`, code, 'must not be 0 for the In operator'));
    if (seen.has(code)) errors.push(duplicateField(`${path}.values[${i}]`, code));
    seen.add(code);
  }
  if (codes.some((code, i) => i > 0 && codes[i - 1]! > code)) errors.push(invalidField(`${path}.values`, codes, 'must be ordered'));
  return errors;
}

export function validateReplacementPolicy({ podReplacementPolicy: policy, podFailurePolicy }: JobSpec, path: string): FieldError[] {
  const words = podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  return policy === undefined || words.includes(policy) ? [] : [notSupported(path, policy, words)];
}

export function validateSuccessPolicy({ successPolicy, completions }: JobSpec, path: string): FieldError[] {
  const rules = successPolicy?.rules ?? [];
  const errors: FieldError[] = [];
  if (!rules.length)
    errors.push(requiredField(`${path}.rules`, 'at least one rules must be specified when the successPolicy is specified'));
  if (rules.length > MAX_RULES) errors.push(tooMany(`${path}.rules`, rules.length, MAX_RULES));
  for (const [i, rule] of rules.entries()) errors.push(...validateSuccessRule(rule, completions ?? 0, `${path}.rules[${i}]`));
  return errors;
}

function validateSuccessRule(
  { succeededCount: count, succeededIndexes: indexes }: SuccessPolicyRule,
  completions: number,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (count === undefined && indexes === undefined)
    errors.push(requiredField(path, 'at least one of succeededCount or succeededIndexes must be specified'));
  let total = 0;
  if (indexes !== undefined) {
    if (indexes.length > MAX_INDEXES_TEXT) errors.push(tooLong(`${path}.succeededIndexes`, MAX_INDEXES_TEXT));
    try {
      total = countIndexes(indexes, completions);
    } catch (error) {
      const detail = `error parsing succeededIndexes: ${(error as Error).message}`;
      errors.push(invalidField(`${path}.succeededIndexes`, indexes, detail));
    }
  }
  if (count === undefined) return errors;
  const at = `${path}.succeededCount`;
  errors.push(...nonNegative(count, at));
  if (count > completions)
    errors.push(invalidField(at, count, `must be less than or equal to ${completions} (the number of specified completions)`));
  if (indexes !== undefined && count > total) {
    const detail = `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`;
    errors.push(invalidField(at, count, detail));
  }
  return errors;
}
