// A set of fields, in the very form in which metadata.managedFields holds it: a tree whose keys are path elements (path-element.ts). Nothing is parsed
// and nothing is encoded; sets share the branches they have in common, and an operation that changes nothing answers with what it was given.
// Mirrors structured-merge-diff fieldpath/set.go.
//
//     {"f:spec":{"f:replicas":{},"f:ports":{".":{},"k:{\"port\":80}":{".":{},"f:port":{}}}}}
//
// spec is not in this set, spec.replicas is (an empty branch is a field), spec.ports is, for itself (`.`) and for what is below it. The keys of a branch
// are in upstream's order. The root stands for the object itself, which nobody owns.

import { isRecord } from '../../lib/json.ts';
import { canonicalElement, compareElements, FieldsError, SELF } from './path-element.ts';

export interface FieldSet {
  readonly [element: string]: FieldSet;
}

export const EMPTY: FieldSet = Object.freeze({});
/** A field with nothing below it that is in the set. */
export const LEAF: FieldSet = Object.freeze({});

export function isEmpty(set: FieldSet): boolean {
  // eslint-disable-next-line no-unreachable-loop
  for (const _ in set) return false;
  return true;
}

/** Whether a branch is itself in the set. */
export const isMember = (branch: FieldSet): boolean => branch[SELF] !== undefined || isEmpty(branch);

const hasBranches = (branch: FieldSet): boolean => {
  for (const key in branch) if (key !== SELF) return true;
  return false;
};

/**
 * Where the parts of a branch lead, one after the other, in the order in which they come. A branch is made once: a thousand pods of a template have the very
 * same sets, in memory and to whoever compares them.
 */
class Place {
  readonly #before: Place | undefined;
  readonly #element: string;
  readonly #branch: FieldSet;
  /** Most places have one that follows. */
  #first: Place | undefined;
  #others: Map<string, Map<FieldSet, Place>> | undefined;
  #plain: FieldSet | undefined;
  #member: FieldSet | undefined;

  constructor(before: Place | undefined, element: string, branch: FieldSet) {
    this.#before = before;
    this.#element = element;
    this.#branch = branch;
  }

  next(element: string, branch: FieldSet): Place {
    const first = this.#first;
    if (!first) return (this.#first = newPlace(this, element, branch));
    if (first.#branch === branch && first.#element === element) return first;
    this.#others ??= new Map();
    let places = this.#others.get(element);
    if (!places) this.#others.set(element, (places = new Map()));
    let place = places.get(branch);
    if (!place) places.set(branch, (place = newPlace(this, element, branch)));
    return place;
  }

  /** The branch of all parts up to here; undefined if it holds nothing. */
  branch(member: boolean): FieldSet | undefined {
    if (!this.#before) return member ? LEAF : undefined;
    if (member) return (this.#member ??= this.#make(true));
    return (this.#plain ??= this.#make(false));
  }

  /** From the first to the last; and whether their elements are in order. */
  static #partsTo(last: Place): { parts: Place[]; isSorted: boolean } {
    const parts: Place[] = [];
    let isSorted = true;
    for (let at = last; at.#before; at = at.#before) {
      if (parts.length && compareElements(at.#element, parts.at(-1)!.#element) > 0) isSorted = false;
      parts.push(at);
    }
    return { parts: parts.reverse(), isSorted };
  }

  #make(member: boolean): FieldSet {
    const { parts, isSorted } = Place.#partsTo(this);
    if (!isSorted) {
      parts.sort((a, b) => compareElements(a.#element, b.#element));
      return parts.reduce((at, part) => at.next(part.#element, part.#branch), start).branch(member)!;
    }
    const out: Record<string, FieldSet> = {};
    if (member) out[SELF] = LEAF;
    for (const part of parts) out[part.#element] = part.#branch;
    return out;
  }
}

const MAX_PLACES = 20_000;
let start = new Place(undefined, '', EMPTY);
let places = 0;

/** When there are too many, all are forgotten: sets made before are as good as ever, only not the very same as those made after. */
function newPlace(before: Place, element: string, branch: FieldSet): Place {
  if (++places > MAX_PLACES) [start, places] = [new Place(undefined, '', EMPTY), 0];
  return new Place(before, element, branch);
}

/** A branch of parts; undefined if it holds nothing. */
function branchOf(member: boolean, elements: readonly string[], branches: readonly FieldSet[]): FieldSet | undefined {
  let place = start;
  for (let i = 0; i < elements.length; i++) place = place.next(elements[i]!, branches[i]!);
  return place.branch(member);
}

/** Puts a branch together, in whatever order its parts come. */
export class BranchBuilder {
  #place = start;

  add(element: string, branch: FieldSet | undefined): void {
    if (branch !== undefined) this.#place = this.#place.next(element, branch);
  }

  build(member: boolean): FieldSet | undefined {
    return this.#place.branch(member);
  }
}

/** The same branch, and itself in the set. */
export function withSelf(branch: FieldSet | undefined): FieldSet {
  if (branch === undefined || isMember(branch)) return branch ?? LEAF;
  const elements = Object.keys(branch);
  return branchOf(
    true,
    elements,
    elements.map((key) => branch[key]!),
  )!;
}

/** What is in either. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  return isEmpty(a) ? b : unite(a, b, false);
}

function unionBranches(a: FieldSet, b: FieldSet): FieldSet {
  return a === b ? a : unite(a, b, isMember(a) || isMember(b));
}

/** Both are in order, and so is what comes of them. */
function unite(a: FieldSet, b: FieldSet, member: boolean): FieldSet {
  const [mine, others] = [elementsOf(a), elementsOf(b)];
  let isSame = !member || isMember(a);
  let place = start;
  for (let i = 0, j = 0; i < mine.length || j < others.length;) {
    const [left, right] = [mine[i], others[j]];
    const order = left === undefined ? 1 : right === undefined ? -1 : compareElements(left, right);
    const element = order > 0 ? right! : left!;
    const branch = order > 0 ? b[element]! : order < 0 ? a[element]! : unionBranches(a[element]!, b[element]!);
    if (branch !== a[element]) isSame = false;
    place = place.next(element, branch);
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  return isSame ? a : place.branch(member)!;
}

function elementsOf(branch: FieldSet): string[] {
  const elements: string[] = [];
  for (const key in branch) if (key !== SELF) elements.push(key);
  return elements;
}

/** What is in `a` and not in `b`. Taking away a field leaves what is below it. */
export const difference = (a: FieldSet, b: FieldSet): FieldSet => (isEmpty(a) || isEmpty(b) ? a : (subtract(a, b, false) ?? EMPTY));

function subtract(a: FieldSet, b: FieldSet, member: boolean): FieldSet | undefined {
  let isSame = member === isMember(a);
  const elements: string[] = [];
  const branches: FieldSet[] = [];
  for (const key in a) {
    if (key === SELF) continue;
    const [mine, other] = [a[key]!, b[key]];
    const rest = other === undefined ? mine : subtractBranch(mine, other);
    if (rest !== mine) isSame = false;
    if (rest === undefined) continue;
    elements.push(key);
    branches.push(rest);
  }
  return isSame ? a : branchOf(member, elements, branches);
}

function subtractBranch(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (!hasBranches(a)) return isMember(b) ? undefined : a;
  return subtract(a, b, isMember(a) && !isMember(b));
}

/** What is in both. */
export const intersection = (a: FieldSet, b: FieldSet): FieldSet => intersect(a, b, false) ?? EMPTY;

function intersect(a: FieldSet, b: FieldSet, member: boolean): FieldSet | undefined {
  const elements: string[] = [];
  const branches: FieldSet[] = [];
  for (const key in a) {
    const other = key === SELF ? undefined : b[key];
    const both = other && intersect(a[key]!, other, isMember(a[key]!) && isMember(other));
    if (both === undefined) continue;
    elements.push(key);
    branches.push(both);
  }
  return branchOf(member, elements, branches);
}

/** What is in `a` and neither in `b` nor below a field of `b`. */
export const without = (a: FieldSet, b: FieldSet): FieldSet => cut(a, b, false) ?? EMPTY;

function cut(a: FieldSet, b: FieldSet, member: boolean): FieldSet | undefined {
  let isSame = true;
  const elements: string[] = [];
  const branches: FieldSet[] = [];
  for (const key in a) {
    if (key === SELF) continue;
    const [mine, other] = [a[key]!, b[key]];
    const rest = other === undefined ? mine : isMember(other) ? undefined : cut(mine, other, isMember(mine));
    if (rest !== mine) isSame = false;
    if (rest === undefined) continue;
    elements.push(key);
    branches.push(rest);
  }
  return isSame ? a : branchOf(member, elements, branches);
}

/** What is at or below one of the paths; `*` in a path is any element. */
export function onlyBelow(set: FieldSet, paths: readonly (readonly string[])[]): FieldSet {
  return keepBelow(set, paths) ?? EMPTY;
}

function keepBelow(branch: FieldSet, paths: readonly (readonly string[])[]): FieldSet | undefined {
  const builder = new BranchBuilder();
  for (const key in branch) {
    if (key === SELF) continue;
    const matching = paths.filter(([head]) => head === '*' || head === key).map((path) => path.slice(1));
    if (!matching.length) continue;
    const below = branch[key]!;
    builder.add(key, matching.some((path) => !path.length) ? below : withMembership(keepBelow(below, matching), isMember(below)));
  }
  return builder.build(false);
}

const withMembership = (branch: FieldSet | undefined, member: boolean): FieldSet | undefined => (member ? withSelf(branch) : branch);

export function has(set: FieldSet, path: readonly string[]): boolean {
  const branch = at(set, path);
  return branch !== undefined && isMember(branch);
}

/** The branch at a path. */
export function at(set: FieldSet, path: readonly string[]): FieldSet | undefined {
  let branch: FieldSet | undefined = set;
  for (const element of path) branch = branch?.[element];
  return branch;
}

/** The set of one path. */
export function setOf(path: readonly string[]): FieldSet {
  return path.reduceRight((branch, element) => ({ [element]: branch }), LEAF);
}

/** Every path in the set: at each level first its own fields, then those below them. */
export function pathsOf(set: FieldSet): string[][] {
  const found: string[][] = [];
  const visit = (branch: FieldSet, prefix: readonly string[]): void => {
    for (const key in branch) if (key !== SELF && isMember(branch[key]!)) found.push([...prefix, key]);
    for (const key in branch) if (key !== SELF && hasBranches(branch[key]!)) visit(branch[key]!, [...prefix, key]);
  };
  visit(set, []);
  return found;
}

/** Reads what a client, a webhook or the store gives as fieldsV1. Throws FieldsError. */
export function readFieldSet(value: unknown): FieldSet {
  return readBranch(value, true) ?? EMPTY;
}

function readBranch(value: unknown, isRoot: boolean): FieldSet | undefined {
  if (value === null && !isRoot) return LEAF;
  if (!isRecord(value)) throw new FieldsError('ReadMapCB: expect { or n');
  let member = false;
  const parts = new Map<string, FieldSet>();
  for (const key of Object.keys(value)) {
    if (key === SELF) {
      member = !isRoot;
      continue;
    }
    const element = canonicalElement(key);
    const branch = readBranch(value[key], false)!;
    if (element === undefined) continue;
    const known = parts.get(element);
    parts.set(element, known ? unionBranches(known, branch) : branch);
  }
  if (!parts.size) return isRoot ? undefined : LEAF;
  const builder = new BranchBuilder();
  for (const [element, branch] of parts) builder.add(element, branch);
  return builder.build(member);
}
