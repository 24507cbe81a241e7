// The resources that the CRDs of a cluster add to it.

import type { CustomResourceDefinition } from '../../api/gen/apiextensions-v1.ts';
import type { Resource } from '../../api/resource.ts';
import { compareKubeVersions } from '../../lib/kube-version.ts';
import { customResource, isTerminating } from './resource.ts';
import type { CustomParts } from './resource.ts';

/** Makes the list anew for other CRDs; a version whose CRD says the same as before stays the same resource. */
export function makeCustomResources(parts: CustomParts): (crds: readonly CustomResourceDefinition[]) => Resource[] {
  let kept = new Map<string, Resource[]>();
  return (crds) => {
    const next = new Map<string, Resource[]>();
    for (const crd of crds) {
      if (!isEstablished(crd)) continue;
      const key = identityOf(crd);
      next.set(
        key,
        kept.get(key) ?? crd.spec.versions.filter(({ served }) => served).map((version) => customResource(crd, version, parts)),
      );
    }
    kept = next;
    return [...next.values()].flat().sort(inDiscoveryOrder);
  };
}

const isEstablished = ({ status }: CustomResourceDefinition): boolean =>
  (status.conditions ?? []).some(({ type, status: is }) => type === 'Established' && is === 'True');

/** All that the resources depend on. */
const identityOf = (crd: CustomResourceDefinition): string =>
  JSON.stringify([crd.metadata.uid, crd.metadata.generation, isTerminating(crd), crd.status.acceptedNames]);

/** Groups by name, newer versions first. */
const inDiscoveryOrder = (a: Resource, b: Resource): number =>
  (a.group < b.group ? -1 : a.group > b.group ? 1 : 0) || compareKubeVersions(b.version, a.version) || (a.resource < b.resource ? -1 : 1);
