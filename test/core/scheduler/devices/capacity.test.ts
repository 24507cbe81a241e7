// What a request takes of a device's capacity.

import { describe, expect, test } from 'vitest';
import type { CapacityRequestPolicy } from '../../../../worker/api/gen/resource-v1.ts';
import { addConsumed, consumptionOf, hasCapacity } from '../../../../worker/scheduler/devices/capacity.ts';

const range = { default: '1Gi', validRange: { min: '1Gi', max: '8Gi', step: '2Gi' } };
const values = { default: '4Gi', validValues: ['2Gi', '4Gi', '8Gi'] };

describe('of 10Gi', () => {
  test.each<{ name: string; asked?: string; policy?: CapacityRequestPolicy; used?: string; takes: string; isThere: boolean }>([
    { name: 'nothing asked for, no policy: all of it', takes: '10Gi', isThere: true },
    { name: 'all of it, where some is used: not there', used: '1', takes: '10Gi', isThere: false },
    { name: 'as much as is asked for', asked: '3Gi', takes: '3Gi', isThere: true },
    { name: 'what is left', asked: '3Gi', used: '7Gi', takes: '3Gi', isThere: true },
    { name: 'more than what is left', asked: '3Gi', used: '7.5Gi', takes: '3Gi', isThere: false },
    { name: 'nothing asked for: the default', policy: range, takes: '1Gi', isThere: true },
    { name: 'less than the least: the least', asked: '100Mi', policy: range, takes: '1Gi', isThere: true },
    { name: 'between two steps: the next', asked: '4Gi', policy: range, takes: '5Gi', isThere: true },
    { name: 'on a step', asked: '5Gi', policy: range, takes: '5Gi', isThere: true },
    { name: 'in decimal units: in bytes of the step', asked: '4G', policy: range, takes: '5Gi', isThere: true },
    { name: 'beyond the most', asked: '7.5Gi', policy: range, takes: '9Gi', isThere: false },
    {
      name: 'without steps: as it is',
      asked: '1.5Gi',
      policy: { default: '1Gi', validRange: { min: '1Gi' } },
      takes: '1.5Gi',
      isThere: true,
    },
    { name: 'a value that is allowed', asked: '2Gi', policy: values, takes: '2Gi', isThere: true },
    { name: 'between two values: the next', asked: '3Gi', policy: values, takes: '4Gi', isThere: true },
    { name: 'more than any value', asked: '9Gi', policy: values, takes: '9Gi', isThere: false },
    { name: 'a policy without bounds', asked: '3Gi', policy: { default: '1Gi' }, takes: '3Gi', isThere: true },
  ])('$name', ({ asked, policy, used, takes, isThere }) => {
    const capacity = { memory: { value: '10Gi', ...(policy && { requestPolicy: policy }) } };
    const request = asked === undefined ? undefined : { requests: { memory: asked } };
    expect(consumptionOf(request, capacity)).toEqual({ memory: takes });
    const consumed = new Map<string, bigint>();
    addConsumed(consumed, { memory: used ?? '0' }, 1n);
    expect(hasCapacity(request, capacity, undefined, consumed)).toBe(isThere);
  });
});

test('a name that the device does not know is never there', () => {
  expect(hasCapacity({ requests: { cores: '1' } }, { memory: { value: '10Gi' } })).toBe(false);
  expect(hasCapacity({ requests: { toString: '1' } }, { memory: { value: '10Gi' } })).toBe(false);
});

test('every capacity is taken of, also those that nobody asked for', () => {
  const capacity = { memory: { value: '10Gi' }, cores: { value: '8', requestPolicy: { default: '1' } } };
  expect(consumptionOf({ requests: { memory: '1Gi' } }, capacity)).toEqual({ cores: '1', memory: '1Gi' });
});
