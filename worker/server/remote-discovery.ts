// What discovery says of group versions that servers in the cluster answer for, between those that this server knows. Mirrors kube-aggregator
// pkg/apiserver/handler_discovery.go, and SortedByGroupAndVersion of its APIServices.

import type { ApiVersion } from '../api/catalog.ts';
import type { APIService } from '../api/gen/apiregistration-v1.ts';
import type { Resource } from '../api/resource.ts';
import { compareKubeVersions } from '../lib/kube-version.ts';
import type { RemoteVersion, Server } from './context.ts';

export type KnownVersion = ApiVersion | RemoteVersion;

export interface KnownGroup {
  readonly name: string;
  readonly versions: readonly KnownVersion[];
}

export const isRemote = (version: KnownVersion): version is RemoteVersion => 'service' in version;

/** All groups in their order. Where an APIService has a service, that says what there is. */
export function withRemotes(server: Server, remotes: readonly RemoteVersion[] = server.remotes.all()): readonly KnownGroup[] {
  const groups: KnownGroup[] = [...server.registry.catalog.groups()];
  if (!remotes.length) return groups;
  const priorities = new Map<KnownGroup, number>();
  const priorityOf = (group: KnownGroup): number => {
    let known = priorities.get(group);
    if (known === undefined) priorities.set(group, (known = groupPriorityOf(server, group)));
    return known;
  };
  for (const remote of remotes) {
    const at = groups.findIndex(({ name }) => name === remote.group);
    const { name = remote.group, versions = [] } = groups[at] ?? {};
    if (at >= 0) groups.splice(at, 1);
    const others = versions.filter(({ version }) => version !== remote.version);
    const group = { name, versions: [...others, remote].sort((a, b) => compareVersions(server, name, a, b)) };
    const priority = priorityOf(group);
    const next = groups.findIndex(
      (one) => isSorted(one) && (priorityOf(one) < priority || (priorityOf(one) === priority && one.name > name)),
    );
    groups.splice(next < 0 ? groups.length : next, 0, group);
  }
  return groups;
}

/** The core group, and that of APIServices themselves, always come first. */
const isSorted = ({ name }: KnownGroup): boolean => name !== '' && name !== 'apiregistration.k8s.io';

const groupPriorityOf = (server: Server, { name, versions }: KnownGroup): number =>
  Math.max(...versions.map((one) => prioritiesOf(server, name, one).group));

const compareVersions = (server: Server, group: string, a: KnownVersion, b: KnownVersion): number =>
  prioritiesOf(server, group, b).version - prioritiesOf(server, group, a).version || compareKubeVersions(b.version, a.version);

function prioritiesOf({ registry }: Server, group: string, version: KnownVersion): { group: number; version: number } {
  if (isRemote(version)) return { group: version.groupPriority, version: version.versionPriority };
  const resource = registry.catalog.find('apiregistration.k8s.io', 'v1', 'apiservices') as unknown as Resource<APIService>;
  const { groupPriorityMinimum = 0, versionPriority = 0 } = registry.get(resource, '', `${version.version}.${group}`)?.spec ?? {};
  return { group: groupPriorityMinimum, version: versionPriority };
}

type Entry = Readonly<Record<string, unknown>>;

/** Entries of an APIResourceList as the aggregated document has them: subresources below their resource. Mirrors ConvertGroupVersionIntoToDiscovery. */
export function foreignResources({ group, version, resources = [] }: RemoteVersion): object[] {
  const kindOf = (entry: Entry): object => ({ group: entry['group'] || group, version: entry['version'] || version, kind: entry['kind'] });
  return resources
    .filter(({ name }) => !String(name).includes('/'))
    .map((entry) => {
      const { name, singularName, namespaced, verbs, shortNames, categories } = entry;
      const below = resources
        .filter((one) => String(one['name']).startsWith(`${String(name)}/`))
        .map((one) => ({
          subresource: String(one['name']).slice(String(name).length + 1),
          responseKind: kindOf(one),
          verbs: one['verbs'],
        }));
      return {
        resource: name,
        responseKind: kindOf(entry),
        scope: namespaced ? 'Namespaced' : 'Cluster',
        singularResource: singularName ?? '',
        verbs,
        ...(shortNames !== undefined && { shortNames }),
        ...(categories !== undefined && { categories }),
        ...(below.length && { subresources: below }),
      };
    });
}
