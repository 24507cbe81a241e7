// Lists of addresses or ranges that may have one of each family. Mirrors k8s.io/utils/net IsDualStackIPStrings and IsDualStackCIDRStrings.

import { parseCidr, parseIp } from '../../lib/ip.ts';

const hasBoth = (families: readonly (4 | 6 | undefined)[]): boolean => families.includes(4) && families.includes(6);

export const isDualStackTexts = (addresses: readonly string[]): boolean => hasBoth(addresses.map((one) => parseIp(one)?.family));
export const isDualStackRanges = (ranges: readonly string[]): boolean => hasBoth(ranges.map((one) => parseCidr(one)?.family));
