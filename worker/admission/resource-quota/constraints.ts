// Where cpu or memory is limited, every container must say how much it wants, unless the pod says something as a whole. Mirrors the Constraints of kubernetes pkg/quota/v1/evaluator/core/pods.go.

import type { Container, Pod } from '../../api/gen/core-v1.ts';
import { isPodLevelResource } from '../../resources/core/pod/resource-list.ts';
import { amountUsage } from '../../resources/core/quota/usage.ts';

const DEMANDED: ReadonlySet<string> = new Set(['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']);

/** `requests.cpu for: web`; undefined if nothing is missing. */
export function missingAmounts({ spec }: Pod, limited: readonly string[]): string | undefined {
  const demanded = limited.filter((name) => DEMANDED.has(name));
  const { requests, limits } = spec.resources ?? {};
  if (!demanded.length || Object.keys({ ...requests, ...limits }).some(isPodLevelResource)) return undefined;
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  const missing = demanded.sort().flatMap((name) => {
    const silent = containers.filter((container) => !namesOf(container).has(name)).map((container) => container.name);
    return silent.length ? [`${name} for: ${[...new Set(silent)].sort().join(',')}`] : [];
  });
  return missing.length ? missing.join('; ') : undefined;
}

const namesOf = ({ resources }: Pick<Container, 'resources'>): ReadonlySet<string> =>
  new Set(Object.keys(amountUsage(resources?.requests ?? {}, resources?.limits ?? {})));
