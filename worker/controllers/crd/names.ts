// Accepts the names that a CRD asks for, unless another of its group has them, and lets it be served. Mirrors apiextensions-apiserver pkg/controller/status
// (naming) and pkg/controller/establish. A schema that is not structural is refused by validation, so its condition never comes.

import { watch } from '../../api/controller.ts';
import type { Controller } from '../../api/controller.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionNames } from '../../api/gen/apiextensions-v1.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { isEqual } from '../../lib/json.ts';
import { customResourceDefinitions } from '../../resources/apiextensions/customresourcedefinition.ts';
import { conditionOf, isSame, isTrue, withCondition } from './conditions.ts';
import type { Wanted } from './conditions.ts';

export const crdNames: Controller = {
  name: 'crd-names',
  component: 'kube-apiserver',
  watches: [
    watch(customResourceDefinitions, (crd, previous, reader, type) =>
      type === 'deleted' || (previous && !isEqual(previous.status.acceptedNames, crd.status.acceptedNames))
        ? groupOf(reader, crd.spec.group)
        : [crd.metadata.name],
    ),
  ],
  reconcile(name, { api, now }) {
    const crd = api.get(customResourceDefinitions, '', name);
    if (!crd) return;
    const named = accepted(crd, api, now());
    if (named !== crd) api.updateStatus(customResourceDefinitions, named);
    if (!isTrue(named, 'NamesAccepted') || isTrue(named, 'Established')) return;
    const current = api.get(customResourceDefinitions, '', name);
    if (current) api.updateStatus(customResourceDefinitions, withCondition(current, ESTABLISHED, now()));
  },
};

const ESTABLISHED: Wanted = {
  type: 'Established',
  status: 'True',
  reason: 'InitialNamesAccepted',
  message: 'the initial names have been accepted',
};

const groupOf = (reader: ClusterReader, group: string): string[] =>
  reader
    .list(customResourceDefinitions)
    .filter(({ spec }) => spec.group === group)
    .map(({ metadata }) => metadata.name);

/** The CRD itself if there is nothing to do. */
function accepted(crd: CustomResourceDefinition, reader: ClusterReader, now: number): CustomResourceDefinition {
  if (isEqual(crd.spec.names, crd.status.acceptedNames)) return crd;
  const { names, condition } = decide(crd, reader);
  if (isEqual(names, crd.status.acceptedNames) && isSame(conditionOf(crd, 'NamesAccepted'), condition)) return crd;
  const named = withCondition({ ...crd, status: { ...crd.status, acceptedNames: names } }, condition, now);
  const known = conditionOf(crd, 'Established');
  const established: Wanted =
    known?.status !== 'True' && condition.status === 'True'
      ? { type: 'Established', status: 'False', reason: 'Installing', message: 'the initial names have been accepted' }
      : (known ?? { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' });
  return withCondition(named, established, now);
}

function decide(crd: CustomResourceDefinition, reader: ClusterReader): { names: CustomResourceDefinitionNames; condition: Wanted } {
  const { resources, kinds } = taken(crd, reader);
  const { names: wanted } = crd.spec;
  const have = crd.status.acceptedNames;
  const names: CustomResourceDefinitionNames = { ...have };
  let condition: Wanted = { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
  const refuse = (reason: string, message: string): void => {
    condition = { type: 'NamesAccepted', status: 'False', reason, message };
  };
  const inUse = (name: string): string => `${JSON.stringify(name)} is already in use`;
  const take = (field: 'plural' | 'singular' | 'kind' | 'listKind', used: ReadonlySet<string>, reason: string): void => {
    const name = wanted[field] ?? '';
    if (name !== (have[field] ?? '') && used.has(name)) refuse(reason, inUse(name));
    else if (name) names[field] = name;
  };
  take('plural', resources, 'PluralConflict');
  take('singular', resources, 'SingularConflict');
  const clashes = (wanted.shortNames ?? []).filter((name) => !have.shortNames?.includes(name) && resources.has(name));
  if (clashes.length)
    refuse('ShortNamesConflict', clashes.length === 1 ? inUse(clashes[0]!) : `[${[...new Set(clashes)].map(inUse).join(', ')}]`);
  else if (wanted.shortNames) names.shortNames = wanted.shortNames;
  else delete names.shortNames;
  take('kind', kinds, 'KindConflict');
  take('listKind', kinds, 'ListKindConflict');
  if (wanted.categories) names.categories = wanted.categories;
  else delete names.categories;
  return { names: inFieldOrder(names), condition };
}

const inFieldOrder = ({
  plural,
  singular,
  shortNames,
  kind,
  listKind,
  categories,
}: CustomResourceDefinitionNames): CustomResourceDefinitionNames => ({
  plural,
  ...(singular && { singular }),
  ...(shortNames?.length && { shortNames }),
  kind,
  ...(listKind && { listKind }),
  ...(categories?.length && { categories }),
});

/** The names that the CRDs of a group hold, this one's too. */
function taken(crd: CustomResourceDefinition, reader: ClusterReader): { resources: Set<string>; kinds: Set<string> } {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const { spec, status } of reader.list(customResourceDefinitions)) {
    if (spec.group !== crd.spec.group) continue;
    const { plural, singular = '', shortNames = [], kind, listKind = '' } = status.acceptedNames;
    for (const name of [plural, singular, ...shortNames]) if (name) resources.add(name);
    for (const name of [kind, listKind]) if (name) kinds.add(name);
  }
  return { resources, kinds };
}
