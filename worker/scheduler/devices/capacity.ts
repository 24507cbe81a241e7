// How much of a device's capacity a request consumes, and whether the device has that left. Mirrors dynamic-resource-allocation/structured
// (consumable_capacity.go).

import type { CapacityRequirements, CapacityRequestPolicy, CapacityRequestPolicyRange, DeviceCapacity } from '../../api/gen/resource-v1.ts';
import { compareQuantities, formatQuantity, parseQuantity } from '../../lib/quantity.ts';

/** Of each capacity so much, in billionths. */
export type Amounts = Map<string, bigint>;
type Capacities = Readonly<Record<string, DeviceCapacity>>;

const UNIT = 1_000_000_000n;

export const amountOf = (quantity: string): bigint => parseQuantity(quantity)?.nanos ?? 0n;

/** Adds `sign` times what is consumed. */
export function addConsumed(amounts: Amounts, consumed: Readonly<Record<string, string>>, sign: 1n | -1n): void {
  for (const [name, quantity] of Object.entries(consumed)) amounts.set(name, (amounts.get(name) ?? 0n) + sign * amountOf(quantity));
}

/** Quantities by name, in their order: what is asked for, as the device's policies have it; without a request, the default, or all there is. */
export const consumptionOf = (asked: CapacityRequirements | undefined, capacities: Capacities): Record<string, string> =>
  Object.fromEntries(
    Object.keys(capacities)
      .sort()
      .map((name) => [name, consumed(asked?.requests?.[name], capacities[name]!)]),
  );

/** Whether a request may have what it asks for, and that much is left. A name that the device does not know never is. */
export function hasCapacity(
  asked: CapacityRequirements | undefined,
  capacities: Capacities,
  ...used: readonly (Amounts | undefined)[]
): boolean {
  if (Object.keys(asked?.requests ?? {}).some((name) => !Object.hasOwn(capacities, name))) return false;
  return Object.entries(capacities).every(([name, capacity]) => {
    const wanted = consumed(asked?.requests?.[name], capacity);
    if (!isAllowed(wanted, capacity.requestPolicy)) return false;
    const total = used.reduce((sum, amounts) => sum + (amounts?.get(name) ?? 0n), amountOf(wanted));
    return total <= amountOf(capacity.value);
  });
}

function consumed(asked: string | undefined, { value, requestPolicy }: DeviceCapacity): string {
  if (asked === undefined) return requestPolicy?.default ?? value;
  const { validRange, validValues } = requestPolicy ?? {};
  if (validRange?.min !== undefined) return roundUp(asked, validRange.min, validRange.step);
  return validValues?.find((one) => compareQuantities(asked, one) <= 0) ?? asked;
}

function roundUp(asked: string, min: string, step: string | undefined): string {
  if (compareQuantities(asked, min) < 0) return min;
  if (step === undefined) return asked;
  const [first, size] = [wholeOf(min), wholeOf(step)];
  const steps = (wholeOf(asked) - first + size - 1n) / size;
  return formatQuantity({ nanos: (first + steps * size) * UNIT, format: 'BinarySI' });
}

/** In whole units, rounded up. */
const wholeOf = (quantity: string): bigint => (amountOf(quantity) + UNIT - 1n) / UNIT;

function isAllowed(wanted: string, policy: CapacityRequestPolicy | undefined): boolean {
  if (!policy || wanted === policy.default) return true;
  if (policy.validRange) return isInRange(wanted, policy.validRange);
  return !policy.validValues?.length || policy.validValues.some((one) => compareQuantities(one, wanted) === 0);
}

function isInRange(wanted: string, { min = '0', max, step }: CapacityRequestPolicyRange): boolean {
  if (max !== undefined && compareQuantities(wanted, max) > 0) return false;
  return step === undefined || (wholeOf(wanted) - wholeOf(min)) % wholeOf(step) === 0n;
}
