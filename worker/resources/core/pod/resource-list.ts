// Amounts of resources by name: which names there are and what holds for each. Mirrors kubernetes pkg/apis/core/helper and SetDefaults_ResourceList.

import { formatQuantity, parseQuantity } from '../../../lib/quantity.ts';
import { qualifiedNameProblems } from '../../../lib/names.ts';

export type ResourceList = Record<string, string>;

const HUGE_PAGES = 'hugepages-';
const REQUESTS = 'requests.';
const MILLI = 1_000_000n;

/** Amounts are kept in thousandths; what is finer is rounded up. */
export function defaultResourceList(list: ResourceList): void {
  for (const name in list) {
    const text = list[name]!;
    if (!/[nu.]|e-/i.test(text)) continue;
    const { nanos, format } = parseQuantity(text)!;
    const rest = nanos % MILLI;
    if (rest === 0n) continue;
    list[name] = formatQuantity({ nanos: nanos - rest + (rest > 0n ? MILLI : -MILLI), format });
  }
}

export const isHugePages = (name: string): boolean => name.startsWith(HUGE_PAGES);

/** Kubernetes' own, not a vendor's. */
export const isNativeResource = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');

export const isExtendedResource = (name: string): boolean =>
  !isNativeResource(name) && !name.startsWith(REQUESTS) && qualifiedNameProblems(REQUESTS + name).length === 0;

/** Whether a limit may be higher than the request. */
export const isOvercommitAllowed = (name: string): boolean => isNativeResource(name) && !isHugePages(name);

/** Whether an amount fills whole pages. */
export function isWholePages(name: string, amount: string): boolean {
  const [page, given] = [parseQuantity(name.slice(HUGE_PAGES.length)), parseQuantity(amount)];
  if (!page || !given || page.nanos <= 0n || page.nanos % 1_000_000_000n !== 0n) return false;
  return given.nanos % page.nanos === 0n;
}

const CONTAINER_RESOURCES = new Set(['cpu', 'memory', 'ephemeral-storage']);
const COUNTED = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
];
const AMOUNTS = [
  ...CONTAINER_RESOURCES,
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
];
const COUNTED_SET = new Set(COUNTED);
const QUOTA_RESOURCES = new Set([...AMOUNTS, ...COUNTED]);

const isQuotaHugePages = (name: string): boolean => isHugePages(name) || name.startsWith(REQUESTS + HUGE_PAGES);

export const isContainerResource = (name: string): boolean => CONTAINER_RESOURCES.has(name) || isHugePages(name);
export const isQuotaResource = (name: string): boolean => QUOTA_RESOURCES.has(name) || isQuotaHugePages(name);
export const isStandardResource = (name: string): boolean => isQuotaResource(name) || name === 'storage';
export const isIntegerResource = (name: string): boolean => COUNTED_SET.has(name) || isExtendedResource(name);
/** What a pod as a whole may ask for. */
export const isPodLevelResource = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePages(name);
