// The order of test files: those that mostly wait for a server come first, beside the others, instead of alone at the end.

import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** Ends of paths, longest first. */
const LONG = [
  'test/kubectl/golden.test.ts',
  'test/kubectl/streams.test.ts',
  'test/clients/start.test.ts',
  'test/core/cluster/robustness.test.ts',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const first = LONG.flatMap((end) => sorted.filter(({ moduleId }) => moduleId.endsWith(end)));
    return [...first, ...sorted.filter((file) => !first.includes(file))];
  }
}
