// Which kinds the API server has, and at which paths: from the aggregated discovery documents. Asked when first needed, and again when a kind is not known yet.

import type { Kube } from './kube.ts';
import type { ObjectRef } from './kinds.ts';

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** The plural, in paths. */
  readonly resource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
}

interface GroupList {
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources: readonly {
        readonly resource: string;
        readonly responseKind: { readonly kind: string };
        readonly scope: string;
        readonly verbs: readonly string[];
        readonly shortNames?: readonly string[];
      }[];
    }[];
  }[];
}

const ACCEPT = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

export class Discovery {
  readonly #kube: Kube;
  #kinds: Promise<readonly Kind[]> | undefined;

  constructor(kube: Kube) {
    this.#kube = kube;
  }

  /** In the server's order; each group's preferred version first. */
  kinds(options: { fresh?: boolean } = {}): Promise<readonly Kind[]> {
    if (!this.#kinds || options.fresh) {
      this.#kinds = Promise.all(['/api', '/apis'].map((path) => this.#read(path))).then((parts) => parts.flat());
      this.#kinds.catch(() => {
        this.#kinds = undefined;
      });
    }
    return this.#kinds;
  }

  async kindOf({ apiVersion, kind }: Pick<ObjectRef, 'apiVersion' | 'kind'>): Promise<Kind | undefined> {
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    const find = (kinds: readonly Kind[]) =>
      kinds.find((one) => one.kind === kind && one.group === group && (one.version === version || !version));
    return find(await this.kinds()) ?? find(await this.kinds({ fresh: true }));
  }

  async pathOf(ref: ObjectRef): Promise<string> {
    const kind = await this.kindOf(ref);
    if (!kind) throw new Error(`no matches for kind "${ref.kind}" in version "${ref.apiVersion}"`);
    return `${collectionPath(kind, ref.namespace)}/${encodeURIComponent(ref.name)}`;
  }

  async #read(path: string): Promise<Kind[]> {
    const response = await this.#kube.call('GET', path, { accept: ACCEPT });
    const { items } = (await response.json()) as GroupList;
    return items.flatMap(({ metadata, versions }) =>
      versions.flatMap(({ version, resources }) =>
        resources.map(({ resource, responseKind, scope, verbs, shortNames = [] }) => ({
          group: metadata.name ?? '',
          version,
          kind: responseKind.kind,
          resource,
          namespaced: scope === 'Namespaced',
          verbs,
          shortNames,
        })),
      ),
    );
  }
}

export const apiVersionOf = ({ group, version }: Kind): string => (group ? `${group}/${version}` : version);

/** Of all namespaces, if none is given. */
export function collectionPath(kind: Kind, namespace: string): string {
  const root = kind.group ? `/apis/${kind.group}/${kind.version}` : `/api/${kind.version}`;
  return `${root}${kind.namespaced && namespace ? `/namespaces/${namespace}` : ''}/${kind.resource}`;
}
