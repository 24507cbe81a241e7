// agnhost entrypoint-tester: prints what it was called with.

import type { Tool } from '../../process/program.ts';
import { once } from '../../commands/tool.ts';

export const entrypointTester: Tool = once('agnhost entrypoint-tester', (system) => {
  system.out(`[${system.argv.join(' ')}]\n`);
  return 0;
});
