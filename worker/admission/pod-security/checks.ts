// What a check of the Pod Security Standards is, and how the checks speak. Mirrors k8s.io/pod-security-admission/policy/helpers.go and visitor.go.

import type { Container, PodSpec, SecurityContext } from '../../api/gen/core-v1.ts';
import type { ObjectMeta } from '../../api/object.ts';
import { visitContainers } from '../../resources/core/pod/containers-of.ts';

export interface Breach {
  readonly reason: string;
  readonly detail: string;
}

export type Form = (spec: PodSpec, metadata: Partial<ObjectMeta>) => Breach | undefined;

export interface Check {
  /** A stricter check asks the same. */
  readonly overlaps?: boolean;
  /** Since which minor version it is asked how; in ascending order. */
  readonly versions: readonly (readonly [since: number, form: Form])[];
}

export const check = (form: Form, { since = 0, overlaps = false }: { since?: number; overlaps?: boolean } = {}): Check => ({
  versions: [[since, form]],
  ...(overlaps && { overlaps }),
});

/** All of them: init, ordinary and ephemeral. */
export function containersOf(spec: PodSpec): Container[] {
  const out: Container[] = [];
  visitContainers(spec, '', (container) => out.push(container as Container));
  return out;
}

export const namesWhere = (spec: PodSpec, isBad: (context: SecurityContext | undefined, container: Container) => boolean): string[] =>
  containersOf(spec)
    .filter((container) => isBad(container.securityContext, container))
    .map(({ name }) => name);

export const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');
export const plural = (one: string, many: string, count: number): string => (count === 1 ? one : many);
export const sorted = (values: Iterable<string>): string[] => [...new Set(values)].sort();

/** `container "a"`, `containers "a", "b"`. */
export const containersText = (names: readonly string[]): string => `${plural('container', 'containers', names.length)} ${quoted(names)}`;

/** `pod and container "a"`: who sets something that they may not. */
export const settersText = (isPod: boolean, containers: readonly string[]): string =>
  [...(isPod ? ['pod'] : []), ...(containers.length ? [containersText(containers)] : [])].join(' and ');

/** In a user namespace, root is nobody. */
export const hasOwnUsers = ({ hostUsers }: PodSpec): boolean => hostUsers === false;
