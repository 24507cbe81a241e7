// The rules of PriorityLevelConfigurations. Mirrors pkg/apis/flowcontrol/validation.

import { forbiddenField, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type {
  ExemptPriorityLevelConfiguration,
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration,
  QueuingConfiguration,
} from '../../api/gen/flowcontrol-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { rangeMessage } from '../../lib/names.ts';
import { goForm } from '../go-form.ts';
import { validateFlowConditions } from './conditions.ts';
import { MANDATORY_PRIORITY_LEVELS } from './mandatory.ts';

const PRESERVE_ZERO = 'flowcontrol.k8s.io/preserve-zero-concurrency-shares';
const MAX_QUEUES = 10_000_000;
const MAX_HASH_BITS = 60;

export function validatePriorityLevel(level: PriorityLevelConfiguration): FieldError[] {
  const errors: FieldError[] = [];
  if (level.metadata.annotations && PRESERVE_ZERO in level.metadata.annotations)
    errors.push(forbiddenField('metadata.annotations', `annotation '${PRESERVE_ZERO}' is forbidden`));
  return [...errors, ...validateSpec(level), ...validateMandatory(level), ...validateFlowConditions(level)];
}

function validateMandatory({ metadata: { name }, spec }: PriorityLevelConfiguration): FieldError[] {
  const fixed = MANDATORY_PRIORITY_LEVELS.get(name);
  if (!fixed) return [];
  const isExempt = name === 'exempt';
  if (isEqual(isExempt ? { ...spec, exempt: fixed.exempt } : spec, fixed)) return [];
  const value = goForm('flowcontrol.v1.PriorityLevelConfigurationSpec', spec);
  return [invalidField('spec', value, `spec of '${name}' ${isExempt ? "except the 'spec.exempt' field " : ''}must equal the fixed value`)];
}

function validateSpec({ metadata: { name }, spec }: PriorityLevelConfiguration): FieldError[] {
  const { type, limited, exempt } = spec;
  const errors: FieldError[] = [];
  if ((name === 'exempt') !== (type === 'Exempt'))
    errors.push(invalidField('spec.type', type, "must be 'Exempt' if and only if `name` is 'exempt'"));
  if (type === 'Exempt') {
    if (limited) errors.push(forbiddenField('spec.limited', 'must be nil if the type is not Limited'));
    if (exempt) errors.push(...validateExempt(exempt));
  } else if (type === 'Limited') {
    if (exempt) errors.push(forbiddenField('spec.exempt', 'must be nil if the type is Limited'));
    if (limited) errors.push(...validateLimited(limited));
    else errors.push(requiredField('spec.limited', 'must not be empty when type is Limited'));
  } else {
    errors.push(notSupported('spec.type', type, ['Exempt', 'Limited']));
  }
  return errors;
}

function validateShares(shares: number | undefined, lendable: number | undefined, path: string, between: FieldError[]): FieldError[] {
  return [
    ...(shares !== undefined && shares < 0
      ? [invalidField(`${path}.nominalConcurrencyShares`, shares, 'must be a non-negative integer')]
      : []),
    ...between,
    ...(lendable !== undefined && (lendable < 0 || lendable > 100)
      ? [invalidField(`${path}.lendablePercent`, lendable, rangeMessage(0, 100))]
      : []),
  ];
}

const validateExempt = ({ nominalConcurrencyShares, lendablePercent }: ExemptPriorityLevelConfiguration): FieldError[] =>
  validateShares(nominalConcurrencyShares, lendablePercent, 'spec.exempt', []);

function validateLimited(limited: LimitedPriorityLevelConfiguration): FieldError[] {
  const { nominalConcurrencyShares, lendablePercent, borrowingLimitPercent, limitResponse } = limited;
  const errors = validateShares(nominalConcurrencyShares, lendablePercent, 'spec.limited', validateResponse(limitResponse));
  if (borrowingLimitPercent !== undefined && borrowingLimitPercent < 0)
    errors.push(invalidField('spec.limited.borrowingLimitPercent', borrowingLimitPercent, 'if specified, must be a non-negative integer'));
  return errors;
}

function validateResponse({ type, queuing }: LimitResponse): FieldError[] {
  const path = 'spec.limited.limitResponse';
  if (type === 'Reject')
    return queuing ? [forbiddenField(`${path}.queuing`, 'must be nil if limited.limitResponse.type is not Limited')] : [];
  if (type !== 'Queue') return [notSupported(`${path}.type`, type, ['Queue', 'Reject'])];
  if (!queuing) return [requiredField(`${path}.queuing`, 'must not be empty if limited.limitResponse.type is Limited')];
  return validateQueuing(queuing, `${path}.queuing`);
}

function validateQueuing({ queues, handSize, queueLengthLimit }: QueuingConfiguration, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (queueLengthLimit <= 0) errors.push(invalidField(`${path}.queueLengthLimit`, queueLengthLimit, 'must be positive'));
  if (queues <= 0) errors.push(invalidField(`${path}.queues`, queues, 'must be positive'));
  else if (queues > MAX_QUEUES) errors.push(invalidField(`${path}.queues`, queues, `must not be greater than ${MAX_QUEUES}`));
  if (handSize <= 0) errors.push(invalidField(`${path}.handSize`, handSize, 'must be positive'));
  else if (handSize > queues) errors.push(invalidField(`${path}.handSize`, handSize, `should not be greater than queues (${queues})`));
  else if (Math.ceil(Math.log2(queues) * handSize) > MAX_HASH_BITS)
    errors.push(
      invalidField(
        `${path}.handSize`,
        handSize,
        `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${MAX_HASH_BITS}`,
      ),
    );
  return errors;
}
