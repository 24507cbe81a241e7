import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';
import { SummaryReporter } from './test/summary-reporter.ts';

export default defineConfig({
  test: {
    reporters: ['default', new SummaryReporter()],
    // All cores, where vitest would leave one idle: half of a machine of two.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    projects: [
      // Most tests: plain Node, a memory store, an injected clock. They share the modules, which keep nothing but what they would work out again: to load them for each
      // file took as long as the tests.
      { test: { name: 'core', include: ['test/core/**/*.test.ts'], environment: 'node', isolate: false, testTimeout: 30_000 } },
      // What the console makes of what it is told.
      { test: { name: 'web', include: ['test/web/**/*.test.ts'], environment: 'node', isolate: false } },
      // The console in a real browser, against a server as `npm start` runs it.
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          environment: 'node',
          globalSetup: 'test/browser/setup.ts',
          fileParallelism: false,
          testTimeout: 120_000,
          expect: { poll: { timeout: 30_000 } },
          hookTimeout: 30_000,
        },
      },
      // What needs the platform: SQL, alarms, eviction, sockets, the database. One of it for all files: each makes sandboxes and people of its own.
      {
        plugins: [
          cloudflareTest(async () => ({
            main: './worker/index.ts',
            miniflare: {
              compatibilityDate: '2026-10-01',
              compatibilityFlags: ['nodejs_compat', 'enable_request_signal', 'request_signal_passthrough'],
              durableObjects: { SANDBOX: { className: 'Sandbox', useSQLite: true } },
              d1Databases: { DB: 'kubarium' },
              bindings: { MIGRATIONS: await readD1Migrations(join(import.meta.dirname, 'migrations')) },
            },
          })),
        ],
        test: {
          name: 'workerd',
          include: ['test/workerd/**/*.test.ts'],
          setupFiles: ['test/workerd/setup.ts'],
          isolate: false,
          testTimeout: 60_000,
        },
      },
      // Client libraries against the local server.
      {
        test: {
          name: 'clients',
          include: ['test/clients/**/*.test.ts'],
          globalSetup: 'test/clients/setup.ts',
          environment: 'node',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      // The real kubectl against the local server.
      {
        test: {
          name: 'kubectl',
          include: ['test/kubectl/**/*.test.ts'],
          globalSetup: 'test/kubectl/setup.ts',
          environment: 'node',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxConcurrency: 4,
        },
      },
    ],
  },
});
