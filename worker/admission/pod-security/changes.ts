// Whether an update of a pod changes anything that a standard speaks of: its images, its containers, its seccomp annotations. Mirrors isSignificantPodUpdate
// of k8s.io/pod-security-admission/admission.

import type { Container, Pod } from '../../api/gen/core-v1.ts';
import { SECCOMP_CONTAINER, SECCOMP_POD } from '../../resources/core/pod/annotations.ts';

export function isSignificantUpdate(pod: Pod, old: Pod): boolean {
  const [now, before] = [pod.metadata.annotations ?? {}, old.metadata.annotations ?? {}];
  if (now[SECCOMP_POD] !== before[SECCOMP_POD]) return true;
  const differs = (container: Pick<Container, 'name' | 'image'>, other: Pick<Container, 'image'>): boolean =>
    container.image !== other.image || now[SECCOMP_CONTAINER + container.name] !== before[SECCOMP_CONTAINER + container.name];
  const lists: readonly (readonly [Container[], Container[]])[] = [
    [pod.spec.containers, old.spec.containers],
    [pod.spec.initContainers ?? [], old.spec.initContainers ?? []],
  ];
  for (const [list, oldList] of lists) {
    if (list.length !== oldList.length || list.some((container, i) => differs(container, oldList[i]!))) return true;
  }
  return (pod.spec.ephemeralContainers ?? []).some((container) => {
    const same = old.spec.ephemeralContainers?.find(({ name }) => name === container.name);
    return !same || differs(container, same);
  });
}
