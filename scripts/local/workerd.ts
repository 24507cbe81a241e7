// Starts workerd with the Worker and its bindings, by miniflare's API.

import { join } from 'node:path';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import type { V4MiniflareOptions } from 'miniflare';

export interface ServerOptions {
  readonly root: string;
  readonly state: string;
  /** The bundled Worker. */
  readonly script: string;
  readonly port: number;
  readonly kubeUrl: string;
  readonly ca: string;
  /** By which the TLS port shows that it is that. */
  readonly frontSecret: string;
}

/** Without these, miniflare looks for the outside world, and keeps traces that cost more than half of a request. */
const QUIET = { CLOUDFLARE_CF_FETCH_ENABLED: 'false', X_LOCAL_OBSERVABILITY: 'false', X_LOCAL_EXPLORER: 'false' };

const COMPATIBILITY_DATE = '2026-10-01';
/** On one's own machine one may have much. Memory and disk are the limits that are left. */
const LIMITS = {
  guestSandboxes: 1000,
  userSandboxes: 1000,
  objects: 50_000,
  bytes: 500_000_000,
  requestsPerSecond: 0,
  guestLifetime: null,
};

export async function startWorkerd({ root, state, script, port, kubeUrl, ca, frontSecret }: ServerOptions): Promise<Miniflare> {
  Object.assign(process.env, QUIET);
  const options: V4MiniflareOptions = {
    host: '127.0.0.1',
    port: 0, // of miniflare's own entry, which is not used
    workers: [
      {
        name: 'kubarium',
        modules: [{ type: 'ESModule', path: 'index.js', contents: script }],
        compatibilityDate: COMPATIBILITY_DATE,
        compatibilityFlags: ['nodejs_compat', 'enable_request_signal', 'request_signal_passthrough'],
        durableObjects: { SANDBOX: { className: 'Sandbox', useSQLite: true } },
        d1Databases: { DB: 'kubarium' },
        serviceBindings: { ASSETS: 'assets' },
        bindings: { KUBE_URL: kubeUrl, KUBE_CA: ca, LIMITS, TLS_FRONT: frontSecret },
        unsafeDirectSockets: [{ host: '127.0.0.1', port }],
      },
      {
        // Static files are a Worker of their own here: with them, the first one would have miniflare's router before it.
        name: 'assets',
        modules: [{ type: 'ESModule', path: 'index.js', contents: 'export default { fetch: () => new Response(null, { status: 404 }) };' }],
        compatibilityDate: COMPATIBILITY_DATE,
        assets: { directory: join(root, 'dist/client'), binding: 'ASSETS' },
      },
    ],
  };
  const server = withoutSignals(() => new Miniflare({ ...convertV4MiniflareOptions(options), resourcePersistencePath: state }));
  await server.ready;
  return server;
}

/** Miniflare ends the process at a signal, before whoever started it has put its things in order. Here that is whose process it is. */
function withoutSignals<T>(make: () => T): T {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const before = signals.map((signal) => process.listeners(signal));
  const made = make();
  signals.forEach((signal, i) => {
    for (const listener of process.listeners(signal)) if (!before[i]!.includes(listener)) process.removeListener(signal, listener);
  });
  return made;
}
