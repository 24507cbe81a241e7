// LimitRanges. Mirrors pkg/registry/core/limitrange, its defaults and ValidateLimitRange.

import { duplicateField, forbiddenField, index, invalidField, mapKey, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { defineResource } from '../../api/resource.ts';
import type { LimitRange, LimitRangeItem } from '../../api/gen/core-v1.ts';
import { qualifiedNameProblems } from '../../lib/names.ts';
import { compareQuantities, quantityMilliValue } from '../../lib/quantity.ts';
import { builtinType } from '../schema/index.ts';
import { problems } from '../validation/values.ts';
import { isOvercommitAllowed } from './pod/resource-list.ts';
import { validateContainerResourceName, validateResourceName } from './pod/resources.ts';

export const limitRanges = defineResource<LimitRange>({
  group: '',
  version: 'v1',
  resource: 'limitranges',
  kind: 'LimitRange',
  namespaced: true,
  shortNames: ['limits'],
  createOnUpdate: true,
  schema: builtinType('core.v1.LimitRange'),
  default: ({ spec }) => {
    for (const item of spec.limits ?? []) if (item.type === 'Container') defaultItem(item);
  },
  validate: ({ spec }) => validateItems(spec.limits ?? []),
});

/** What is not limited by default is limited by the maximum; what is not requested is requested up to the limit, or at least the minimum. */
function defaultItem(item: LimitRangeItem): void {
  const most = { ...item.max, ...item.default };
  const requested = { ...item.min, ...most, ...item.defaultRequest };
  if (Object.keys(most).length) item.default = most;
  if (Object.keys(requested).length) item.defaultRequest = requested;
}

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];
const SIDES = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;
type Side = (typeof SIDES)[number];

function validateItems(items: readonly LimitRangeItem[]): FieldError[] {
  const seen = new Set<string>();
  return items.flatMap((item, i) => {
    const path = index('spec.limits', i);
    const errors = validateType(item.type, `${path}.type`);
    if (seen.has(item.type)) errors.push(duplicateField(`${path}.type`, item.type));
    seen.add(item.type);
    return [...errors, ...validateItem(item, path)];
  });
}

function validateType(type: string, path: string): FieldError[] {
  const wrong = problems(type, qualifiedNameProblems(type), path);
  if (wrong.length || type.includes('/') || TYPES.includes(type)) return wrong;
  return [invalidField(path, type, 'must be a standard limit type or fully qualified')];
}

function validateItem(item: LimitRangeItem, path: string): FieldError[] {
  const isPod = item.type === 'Pod';
  const nameRule = isPod || item.type === 'Container' ? validateContainerResourceName : validateResourceName;
  const names = new Set<string>();
  const errors: FieldError[] = [];
  for (const side of SIDES) {
    if (side === 'maxLimitRequestRatio' && item.type === 'PersistentVolumeClaim' && !item.min?.['storage'] && !item.max?.['storage'])
      errors.push(requiredField(`${path}.limits`, 'either minimum or maximum storage value is required, but neither was provided'));
    const amounts = Object.keys(item[side] ?? {});
    if (isPod && (side === 'default' || side === 'defaultRequest')) {
      if (amounts.length) errors.push(forbiddenField(`${path}.${side}`, "may not be specified when `type` is 'Pod'"));
      continue;
    }
    for (const name of amounts) {
      errors.push(...nameRule(name, mapKey(`${path}.${side}`, name)));
      names.add(name);
    }
  }
  return [...errors, ...[...names].flatMap((name) => validateAmounts(item, name, path))];
}

/** How the sides of one resource stand to each other. */
function validateAmounts(item: LimitRangeItem, name: string, path: string): FieldError[] {
  const isPod = item.type === 'Pod';
  const amount = (side: Side): string | undefined => (isPod && side.startsWith('default') ? undefined : item[side]?.[name]);
  const [max, min, limit, request, ratio] = SIDES.map(amount);
  const at = (side: Side): string => mapKey(`${path}.${side}`, name);
  const more = (a: string | undefined, b: string | undefined): boolean => a !== undefined && b !== undefined && compareQuantities(a, b) > 0;
  const errors: FieldError[] = [];
  if (more(min, max)) errors.push(invalidField(at('min'), min, `min value ${min} is greater than max value ${max}`));
  if (more(min, request))
    errors.push(invalidField(at('defaultRequest'), request, `min value ${min} is greater than default request value ${request}`));
  if (more(request, max))
    errors.push(invalidField(at('defaultRequest'), request, `default request value ${request} is greater than max value ${max}`));
  if (more(request, limit))
    errors.push(
      invalidField(at('defaultRequest'), request, `default request value ${request} is greater than default limit value ${limit}`),
    );
  if (more(min, limit)) errors.push(invalidField(at('default'), min, `min value ${min} is greater than default value ${limit}`));
  if (more(limit, max)) errors.push(invalidField(at('default'), max, `default value ${limit} is greater than max value ${max}`));
  if (more('1', ratio)) errors.push(invalidField(at('maxLimitRequestRatio'), ratio, `ratio ${ratio} is less than 1`));
  if (ratio !== undefined && min !== undefined && max !== undefined) {
    const widest = quantityMilliValue(max) / quantityMilliValue(min);
    if (quantityMilliValue(ratio) / 1000 > widest)
      errors.push(invalidField(at('maxLimitRequestRatio'), ratio, `ratio ${ratio} is greater than max/min = ${goFloat(widest)}`));
  }
  if (!isOvercommitAllowed(name) && limit !== undefined && request !== undefined && compareQuantities(limit, request) !== 0)
    errors.push(
      invalidField(at('defaultRequest'), request, `default value ${limit} must equal to defaultRequest value ${request} in ${name}`),
    );
  return errors;
}

/** As Go's %f. */
const goFloat = (value: number): string => (Number.isNaN(value) ? 'NaN' : value === Infinity ? '+Inf' : value.toFixed(6));
