declare namespace Cloudflare {
  interface Env {
    readonly SANDBOX: DurableObjectNamespace<import('../../worker/index.ts').Sandbox>;
    readonly DB: D1Database;
    readonly MIGRATIONS: import('cloudflare:test').D1Migration[];
  }
  interface GlobalProps {
    mainModule: typeof import('../../worker/index.ts');
  }
}
