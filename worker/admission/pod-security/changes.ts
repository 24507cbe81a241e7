// Whether an update of a pod changes anything that a standard speaks of: its images, its containers. Mirrors isSignificantPodUpdate of
// k8s.io/pod-security-admission/admission.

import type { Container, Pod } from '../../api/gen/core-v1.ts';

export function isSignificantUpdate({ spec: now }: Pod, { spec: before }: Pod): boolean {
  const hasChanged = (list: readonly Container[], old: readonly Container[]): boolean =>
    list.length !== old.length || list.some(({ image }, i) => image !== old[i]!.image);
  if (hasChanged(now.containers, before.containers) || hasChanged(now.initContainers ?? [], before.initContainers ?? [])) return true;
  return (now.ephemeralContainers ?? []).some(({ name, image }) => {
    const same = before.ephemeralContainers?.find((one) => one.name === name);
    return !same || image !== same.image;
  });
}
