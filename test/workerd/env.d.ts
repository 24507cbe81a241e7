import type { D1Migration } from 'cloudflare:test';
import type * as worker from '../../worker/index.ts';

declare global {
  namespace Cloudflare {
    interface Env {
      readonly SANDBOX: DurableObjectNamespace<worker.Sandbox>;
      readonly DB: D1Database;
      readonly MIGRATIONS: D1Migration[];
    }
    interface GlobalProps {
      mainModule: typeof worker;
    }
  }
}
