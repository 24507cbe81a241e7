// Amounts of bytes that are not whole: let pass, but told to the client.

import { parseQuantity } from '../../lib/quantity.ts';

export const isFraction = (amount: string): boolean => /[num]$|e-/i.test(amount) && parseQuantity(amount)!.nanos % 1_000_000_000n !== 0n;

export const fractionWarnings = (amount: string | undefined, path: string): string[] =>
  amount !== undefined && isFraction(amount)
    ? [`${path}: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`]
    : [];
