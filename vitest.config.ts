import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      // Most tests: plain Node, a memory store, an injected clock.
      { test: { name: 'core', include: ['test/core/**/*.test.ts'], environment: 'node' } },
    ],
  },
});
