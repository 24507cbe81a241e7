// The containers of a pod, of every sort. Mirrors kubernetes pkg/apis/core/pods VisitContainersWithPath.

import type { Container, EphemeralContainer, PodSpec } from '../../../api/gen/core-v1.ts';

export const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** In upstream's order. The path is made only if it is asked for. */
export function visitContainers(
  spec: PodSpec,
  path: string,
  visit: (container: Container | EphemeralContainer, at: () => string) => void,
): void {
  for (const list of CONTAINER_LISTS) {
    const containers = spec[list];
    if (!containers) continue;
    for (let i = 0; i < containers.length; i++) visit(containers[i]!, () => `${path}.${list}[${i}]`);
  }
}

/** An init container that goes on running beside the others. */
export const isSidecar = ({ restartPolicy }: Container): boolean => restartPolicy === 'Always';
