// What is said of finalizers' names. Mirrors apiextensions-apiserver pkg/registry/customresource/validator.go.

import type { KubeObject } from '../../api/object.ts';
import { qualifiedNameProblems } from '../../lib/names.ts';

const STANDARD: ReadonlySet<string> = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

/** Of those that were not there before. */
export function finalizerWarnings(object: KubeObject, old: KubeObject | undefined): string[] {
  const before = new Set(old?.metadata.finalizers);
  const added = [...new Set(object.metadata.finalizers)].filter((name) => !before.has(name)).sort();
  return added.flatMap((name) => {
    const said = (what: string): string => `metadata.finalizers: ${JSON.stringify(name)}: ${what}`;
    const warnings = qualifiedNameProblems(name).map(said);
    if (name.includes('/') || STANDARD.has(name)) return warnings;
    const path = name.includes('.') ? ' including a path (/)' : '';
    return [
      ...warnings,
      said(`prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`),
    ];
  });
}
