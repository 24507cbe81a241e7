// The Worker: the front for people and scripts, and the way to each sandbox's Kubernetes API.

import { Hono } from 'hono';
import { Sandbox } from './cluster/durable-object.ts';

export { Sandbox };

interface Env {
  readonly SANDBOX: DurableObjectNamespace<Sandbox>;
  readonly KUBE_URL: string;
}

const app = new Hono<{ Bindings: Env }>();

app.post('/api/v1/sandboxes', async (c) => {
  const body = (await c.req.json().catch(() => ({}))) as Record<string, unknown>;
  const id = crypto.randomUUID().slice(0, 8);
  const token = `${crypto.randomUUID()}${crypto.randomUUID()}`.replaceAll('-', '');
  await c.env.SANDBOX.get(c.env.SANDBOX.idFromName(id)).create(
    {
      id,
      template: (body['template'] as 'bare') ?? 'default',
      nodes: Number(body['nodes'] ?? 3),
      minor: 36,
      seed: String(body['seed'] ?? id),
      speed: (body['speed'] as 'instant') ?? 1,
    },
    token,
  );
  const server = `${c.env.KUBE_URL}/c/${id}`;
  return c.text(`apiVersion: v1
kind: Config
clusters: [{name: k, cluster: {server: "${server}", insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: "${token}"}}]
contexts: [{name: c, context: {cluster: k, user: u}}]
current-context: c
`);
});

export default {
  fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response> {
    const url = new URL(request.url);
    const match = /^\/c\/([a-z0-9-]+)(\/.*)?$/.exec(url.pathname);
    if (!match) return app.fetch(request, env, context);
    url.pathname = match[2] ?? '/';
    return env.SANDBOX.get(env.SANDBOX.idFromName(match[1]!)).fetch(new Request(url, request));
  },
};
