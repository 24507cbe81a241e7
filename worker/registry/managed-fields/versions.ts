// The versions of a resource, as ownership needs them: their types, conversion between them, and what each path does not take from clients.

import type { KubeObject, ManagedFieldsEntry } from '../../api/object.ts';
import { apiVersionOf } from '../../api/resource.ts';
import type { Resource } from '../../api/resource.ts';
import type { StructType } from '../../api/schema.ts';
import type { Core } from '../core.ts';
import { decode } from '../decode.ts';
import { EMPTY, setOf, union } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import type { Fields } from './shape.ts';
import type { Filter, Versions } from './update-managers.ts';

export function versionsOf(core: Core, resource: Resource, subresource: string): Versions {
  const current = apiVersionOf(resource);
  const at = (apiVersion: string): Resource | undefined => (apiVersion === current ? resource : siblingOf(core, resource, apiVersion));
  return {
    typeOf: (apiVersion) => at(apiVersion)?.schema,
    convert: (object, from, to) => convert(object, at(from)!, at(to)!),
    filterOf: (apiVersion) => filterOf(at(apiVersion)!, subresource),
  };
}

/** The versions of a thing that has one only and takes everything: a Scale. */
export const singleVersion = (type: StructType, apiVersion: string): Versions => ({
  typeOf: (other) => (other === apiVersion ? type : undefined),
  convert: (object) => object,
  filterOf: () => EVERYTHING,
});

/** The same kind in another version, kept in the same place. */
function siblingOf(core: Core, resource: Resource, apiVersion: string): Resource | undefined {
  const slash = apiVersion.indexOf('/');
  const [group, version] = slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
  const other = core.catalog.find(group, version, resource.resource);
  return other?.kind === resource.kind && other.bucket === resource.bucket ? other : undefined;
}

/** The versions that entries speak of, and the resource's own. */
export function siblingsOf(core: Core, resource: Resource, entries: readonly ManagedFieldsEntry[] = []): Resource[] {
  const others = new Set(entries.map(({ apiVersion = '' }) => apiVersion));
  others.delete(apiVersionOf(resource));
  return [resource, ...[...others].map((one) => siblingOf(core, resource, one)).filter((one) => one !== undefined)];
}

function convert(object: Fields, from: Resource, to: Resource): Fields {
  const read = from.decode ? from.decode(object).object : decode(object, from.schema).object;
  const given = { ...read, kind: from.kind, apiVersion: apiVersionOf(from) } as unknown as KubeObject;
  const stored = from.conversion ? from.conversion.toStored(given) : given;
  const converted = to.conversion ? to.conversion.fromStored(stored) : stored;
  return { ...converted, kind: to.kind, apiVersion: apiVersionOf(to) };
}

const EVERYTHING: Filter = { ignored: new Set(), reset: EMPTY, only: undefined };

const filters = new WeakMap<Resource, Map<string, Filter>>();

function filterOf(resource: Resource, subresource: string): Filter {
  let known = filters.get(resource);
  if (!known) filters.set(resource, (known = new Map()));
  let filter = known.get(subresource);
  if (!filter) known.set(subresource, (filter = makeFilter(resource, subresource)));
  return filter;
}

function makeFilter(resource: Resource, subresource: string): Filter {
  const part = subresource ? resource.subresources[subresource] : undefined;
  const path = part?.type === 'object' ? part : undefined;
  const reset = subresource
    ? (path?.resetFields ?? (subresource === 'status' ? ['spec'] : []))
    : (resource.resetFields ?? (resource.subresources['status'] ? ['status'] : []));
  return {
    ignored: new Set(reset.filter((one) => !one.includes('.'))),
    reset: reset.reduce<FieldSet>((set, one) => union(set, setOf(elementsOf(one))), EMPTY),
    only: path?.ownedFields?.map(elementsOf),
  };
}

const elementsOf = (path: string): string[] => path.split('.').map((name) => (name === '*' ? name : `f:${name}`));
