// Which resources there are: the built-in ones of a version, and those that CRDs add and take away.

import type { ApiGroup, Catalog } from '../api/catalog.ts';
import type { Resource } from '../api/resource.ts';

/** Where custom resources come from. */
export interface CustomSource {
  /** Grows whenever `read` may give something else. */
  mark(): number;
  read(): readonly Resource[];
}

export interface DynamicCatalog extends Catalog {
  /** Adds resources that neither are built in nor come from the source. */
  setCustom(resources: readonly Resource[]): void;
  /** Replaces those that others serve, and this server only passes on. */
  setAggregated(resources: readonly Resource[]): void;
}

const id = (group: string, version: string, name: string): string => `${group}/${version}/${name}`;

const NO_SOURCE: CustomSource = { mark: () => 0, read: () => [] };

export function makeCatalog(builtin: readonly Resource[], minor: number, source: CustomSource = NO_SOURCE): DynamicCatalog {
  const served = builtin.filter(({ since = 0 }) => since <= minor);
  let added: readonly Resource[] = [];
  let aggregated: readonly Resource[] = [];
  let custom: readonly Resource[] = [];
  let mark = -1;
  let all: readonly Resource[] = served;
  let generation = 0;
  let byResource = new Map<string, Resource>();
  let byKind = new Map<string, Resource>();
  let groups: readonly ApiGroup[] = [];

  const rebuild = (): void => {
    all = [...served, ...aggregated, ...added, ...custom];
    byResource = new Map(all.map((one) => [id(one.group, one.version, one.resource), one]));
    byKind = new Map();
    for (const one of all) {
      byKind.set(id(one.group, one.version, one.kind), one);
      if (!byKind.has(id(one.group, '', one.kind))) byKind.set(id(one.group, '', one.kind), one);
    }
    groups = groupsOf(all);
    generation++;
  };
  rebuild();

  /** Custom resources are looked at again whenever something asks and their source has changed: in the middle of a step too, and after one is taken back. */
  const current = (): void => {
    const now = source.mark();
    if (now === mark) return;
    mark = now;
    const next = source.read();
    if (next.length === custom.length && next.every((one, i) => one === custom[i])) return;
    custom = next;
    rebuild();
  };
  const fresh = <T>(read: () => T): T => {
    current();
    return read();
  };

  return {
    get generation() {
      return fresh(() => generation);
    },
    find: (group, version, resource) => fresh(() => byResource.get(id(group, version, resource))),
    findKind: (group, kind, version = '') => fresh(() => byKind.get(id(group, version, kind))),
    groups: () => fresh(() => groups),
    all: () => fresh(() => all),
    setCustom: (resources) => {
      added = resources;
      rebuild();
    },
    setAggregated: (resources) => {
      aggregated = resources;
      rebuild();
    },
  };
}

/** In the order in which groups and versions first appear. */
function groupsOf(resources: readonly Resource[]): ApiGroup[] {
  const groups = new Map<string, Map<string, Resource[]>>();
  for (const resource of resources) {
    let versions = groups.get(resource.group);
    if (!versions) groups.set(resource.group, (versions = new Map()));
    const known = versions.get(resource.version);
    if (known) known.push(resource);
    else versions.set(resource.version, [resource]);
  }
  return [...groups].map(([name, versions]) => ({
    name,
    versions: [...versions].map(([version, list]) => ({ version, resources: list })),
  }));
}
