// Starts the local server once for the tests of client libraries.

import type { TestProject } from 'vitest/node';
import { startLocalServer } from '../local-server.ts';

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const server = await startLocalServer();
  provide('server', server.url);
  return async () => void (await server.stop());
}
