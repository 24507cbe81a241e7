// Amounts of resources as plain numbers: CPU in thousandths, everything else in whole units. Quantities are parsed once. Mirrors kube-scheduler
// framework.Resource; what has no field of its own there (extended resources, huge pages) is "scalar" here too.

import { quantityMilliValue, quantityValue } from '../lib/quantity.ts';

/** A sum of resources by name, `cpu` in thousandths. */
export type Amounts = Map<string, number>;

export class Resources {
  milliCpu = 0;
  memory = 0;
  ephemeralStorage = 0;
  pods = 0;
  scalars: Map<string, number> | undefined;

  /** Adds `sign` times the amounts. Names the scheduler does not know are left out. */
  add(amounts: ReadonlyMap<string, number>, sign = 1): this {
    for (const [name, amount] of amounts) {
      if (name === 'cpu') this.milliCpu += sign * amount;
      else if (name === 'memory') this.memory += sign * amount;
      else if (name === 'ephemeral-storage') this.ephemeralStorage += sign * amount;
      else if (name === 'pods') this.pods += sign * amount;
      else if (isScalarResource(name)) (this.scalars ??= new Map()).set(name, (this.scalars.get(name) ?? 0) + sign * amount);
    }
    return this;
  }

  addAll(other: Resources, sign: number): void {
    this.milliCpu += sign * other.milliCpu;
    this.memory += sign * other.memory;
    this.ephemeralStorage += sign * other.ephemeralStorage;
    if (other.scalars) {
      for (const [name, amount] of other.scalars) (this.scalars ??= new Map()).set(name, (this.scalars.get(name) ?? 0) + sign * amount);
    }
  }

  /** The amount under a name, in the units of `Amounts`. */
  amountOf(name: string): number {
    if (name === 'cpu') return this.milliCpu;
    if (name === 'memory') return this.memory;
    if (name === 'ephemeral-storage') return this.ephemeralStorage;
    if (name === 'pods') return this.pods;
    return this.scalars?.get(name) ?? 0;
  }
}

/** The amounts of a ResourceList. */
export function amountsOf(list: Readonly<Record<string, string>> | undefined): Amounts {
  const out: Amounts = new Map();
  for (const name in list) out.set(name, amountOf(name, list[name]!));
  return out;
}

const MAX_PARSED = 10_000;
const parsedCpu = new Map<string, number>();
const parsedOther = new Map<string, number>();

/** A quantity in the unit that its resource is counted in. */
export function amountOf(name: string, quantity: string): number {
  const parsed = name === 'cpu' ? parsedCpu : parsedOther;
  let amount = parsed.get(quantity);
  if (amount === undefined) {
    if (parsed.size >= MAX_PARSED) parsed.clear();
    parsed.set(quantity, (amount = name === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity)));
  }
  return amount;
}

export function addAmounts(target: Amounts, added: ReadonlyMap<string, number>): void {
  for (const [name, amount] of added) target.set(name, (target.get(name) ?? 0) + amount);
}

export function maxAmounts(target: Amounts, other: ReadonlyMap<string, number>): void {
  for (const [name, amount] of other) {
    const old = target.get(name);
    if (old === undefined || amount > old) target.set(name, amount);
  }
}

const scalarNames = new Map<string, boolean>();

/** Extended resources, huge pages, attachable volumes, and whatever has `kubernetes.io/` in its name (upstream's IsScalarResourceName). */
export function isScalarResource(name: string): boolean {
  let known = scalarNames.get(name);
  if (known === undefined) {
    if (scalarNames.size >= MAX_PARSED) scalarNames.clear();
    known =
      isExtendedResource(name) ||
      name.startsWith('hugepages-') ||
      name.includes('kubernetes.io/') ||
      name.startsWith('attachable-volumes-');
    scalarNames.set(name, known);
  }
  return known;
}

/** A resource of a domain that is not Kubernetes' own. */
export function isExtendedResource(name: string): boolean {
  if (!name.includes('/') || name.includes('kubernetes.io/') || name.startsWith('requests.')) return false;
  return QUALIFIED_NAME.test(`requests.${name}`) && name.length < 254;
}

const QUALIFIED_NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
