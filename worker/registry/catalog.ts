// Which resources there are: the built-in ones of a version, and those that CRDs add and take away.

import type { ApiGroup, Catalog } from '../api/catalog.ts';
import type { Resource } from '../api/resource.ts';

export interface DynamicCatalog extends Catalog {
  /** Replaces all resources that are not built in. */
  setCustom(resources: readonly Resource[]): void;
  /** Replaces those that others serve, and this server only passes on. */
  setAggregated(resources: readonly Resource[]): void;
}

const id = (group: string, version: string, name: string): string => `${group}/${version}/${name}`;

export function makeCatalog(builtin: readonly Resource[], minor: number): DynamicCatalog {
  const served = builtin.filter(({ since = 0 }) => since <= minor);
  let custom: readonly Resource[] = [];
  let aggregated: readonly Resource[] = [];
  let all: readonly Resource[] = served;
  let generation = 0;
  let byResource = new Map<string, Resource>();
  let byKind = new Map<string, Resource>();
  let groups: readonly ApiGroup[] = [];

  const rebuild = (): void => {
    all = [...served, ...aggregated, ...custom];
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

  return {
    get generation() {
      return generation;
    },
    find: (group, version, resource) => byResource.get(id(group, version, resource)),
    findKind: (group, kind, version = '') => byKind.get(id(group, version, kind)),
    groups: () => groups,
    all: () => all,
    setCustom: (resources) => {
      custom = resources;
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
