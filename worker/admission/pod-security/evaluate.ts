// A pod held to a standard: every check of its level and version, and what is said of those that fail. Mirrors
// k8s.io/pod-security-admission/policy/registry.go and checks.go.

import type { PodSpec } from '../../api/gen/core-v1.ts';
import type { ObjectMeta } from '../../api/object.ts';
import { BASELINE } from './baseline.ts';
import type { Breach, Check } from './checks.ts';
import { RESTRICTED } from './restricted.ts';
import type { LevelVersion } from './policy.ts';

export interface Verdict {
  readonly isAllowed: boolean;
  /** `host namespaces, privileged`. */
  readonly reason: string;
  /** `host namespaces (hostPID=true), …`. */
  detail(): string;
}

export function evaluate({ level, minor }: LevelVersion, metadata: Partial<ObjectMeta>, spec: PodSpec): Verdict {
  const breaches: Breach[] = [];
  if (level !== 'privileged') for (const check of checksOf(level, minor)) breaches.push(...(check(metadata, spec) ?? []));
  return {
    isAllowed: breaches.length === 0,
    reason: breaches.map(({ reason }) => reason).join(', '),
    detail: () => breaches.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(', '),
  };
}

type Checker = (metadata: Partial<ObjectMeta>, spec: PodSpec) => Breach[] | undefined;

const known = new Map<string, readonly Checker[]>();

/** Those of the baseline whose question a stricter check asks too come last, and only where that check is not. */
function checksOf(level: 'baseline' | 'restricted', minor: number): readonly Checker[] {
  const key = `${level} ${Math.min(minor, NEWEST)}`;
  let checks = known.get(key);
  if (!checks) {
    const wanted = [
      ...BASELINE.filter(({ overlaps }) => !overlaps),
      ...(level === 'baseline' ? BASELINE.filter(({ overlaps }) => overlaps) : RESTRICTED),
    ];
    checks = wanted.flatMap((check) => checkerOf(check, minor) ?? []);
    known.set(key, checks);
  }
  return checks;
}

/** No check changes after this version. */
const NEWEST = Math.max(...[...BASELINE, ...RESTRICTED].flatMap(({ versions }) => versions.map(([since]) => since)));

/** The newest form of a check that the version knows; none before its first. */
function checkerOf({ versions }: Check, minor: number): Checker | undefined {
  const form = versions.findLast(([since]) => since <= minor)?.[1];
  return (
    form &&
    ((metadata, spec) => {
      const breach = form(spec, metadata);
      return breach && [breach];
    })
  );
}
