// The keys of a controller of pods that a change of a pod is for: its owner's, its former owner's, and of an orphan, those of all who could adopt it.

import type { ChangeType } from '../api/controller.ts';
import type { Pod } from '../api/gen/core-v1.ts';
import { controllerOf, keyIn, keyOf } from '../api/object.ts';
import type { KubeObject, OwnerReference } from '../api/object.ts';
import { apiVersionOf } from '../api/resource.ts';
import type { ClusterReader, Resource } from '../api/resource.ts';
import { whoSelects } from '../api/selector-index.ts';
import type { LabelSelector } from '../api/selectors.ts';
import { isEqual } from '../lib/json.ts';

/** For a watch of pods. The resource's `indexTerms` must hold its selector. */
export function podKeysFor<T extends KubeObject>(
  resource: Resource<T>,
  selectorOf: (object: T) => LabelSelector,
): (pod: Pod, previous: Pod | undefined, reader: ClusterReader, type: ChangeType) => readonly string[] {
  const apiVersion = apiVersionOf(resource);
  const isOurs = (owner: OwnerReference | undefined): boolean => owner?.kind === resource.kind && owner.apiVersion === apiVersion;
  return (pod, previous, reader, type) => {
    const { namespace = '', labels } = pod.metadata;
    const owner = controllerOf(pod);
    const before = previous && controllerOf(previous);
    // Most pods have one controller all their life, and to all others they are nothing.
    if (owner && (!before || before.uid === owner.uid)) return isOurs(owner) ? [keyIn(namespace, owner.name)] : NOBODY;
    const keys: string[] = [];
    if (before && before.uid !== owner?.uid && isOurs(before)) keys.push(`${namespace}/${before.name}`);
    if (owner) {
      if (isOurs(owner)) keys.push(`${namespace}/${owner.name}`);
    } else if (type !== 'deleted' && (!previous || before || !isEqual(labels, previous.metadata.labels))) {
      for (const object of whoSelects(reader, resource, namespace, labels, selectorOf)) keys.push(keyOf(object));
    }
    return keys;
  };
}

const NOBODY: readonly string[] = [];
