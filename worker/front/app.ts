// The front's HTTP: the management API below /api/v1, its document and its page, share links, and the console for whatever else is asked.

import { Hono } from 'hono';
import type { Context } from 'hono';
import type { FrontEnv, SandboxObject } from './bindings.ts';
import { Callers } from './callers.ts';
import { openDatabase } from './database.ts';
import { docsPage } from './docs-page.ts';
import { problemsOf } from './json-schema.ts';
import { limitsOf } from './limits.ts';
import { openapiDocument } from './openapi.ts';
import type { Call, Operation } from './operation.ts';
import { accessOperations } from './operations/access.ts';
import { addonOperations } from './operations/addons.ts';
import { auditOperations } from './operations/audit.ts';
import { decisionOperations } from './operations/decisions.ts';
import { machineOperations } from './operations/machines.ts';
import { clockOperations } from './operations/clock.ts';
import { linkOperations } from './operations/links.ts';
import { meOperations } from './operations/me.ts';
import { sandboxOperations } from './operations/sandboxes.ts';
import { tokenOperations } from './operations/tokens.ts';
import { badRequest, invalid, notFound, Problem, tooManyRequests } from './problem.ts';

export const operations: readonly Operation[] = [
  ...sandboxOperations,
  ...accessOperations,
  ...clockOperations,
  ...addonOperations,
  ...auditOperations,
  ...machineOperations,
  ...decisionOperations,
  ...linkOperations,
  ...tokenOperations,
  ...meOperations,
];

/** `sandboxes` gives the object of a sandbox by its id. */
export interface Front<Env> {
  sandboxes(env: Env): (id: string) => SandboxObject;
}

const BASE = '/api/v1';
const MAX_BODY_BYTES = 64 * 1024;
/** What a form or a plain `curl -d` says its body is, is no reason to refuse JSON. */
const BODY_TYPES = /^(application\/json|application\/[-.\w]+\+json|text\/plain|application\/x-www-form-urlencoded|\*\/\*|)$/;

export function makeFront<Env extends FrontEnv>(front: Front<Env>): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>();
  for (const operation of operations) {
    const path = BASE + operation.path.replace(/\{(\w+)\}/g, ':$1');
    app.on(operation.method, path, (c) => answer(front, operation, c));
  }
  const shared = operations.find(({ id }) => id === 'openShared')!;
  app.post('/s/:token', (c) => answer(front, shared, c));
  app.get('/s/:token', (c) => consolePage(c.env, c.req.raw));
  app.get(`${BASE}/openapi.json`, (c) => c.json(openapiDocument(operations, new URL(c.req.url).origin)));
  app.get('/docs', (c) => c.html(docsPage(openapiDocument(operations, new URL(c.req.url).origin)), 200, PAGE_HEADERS));
  app.all(`${BASE}/*`, (c) => missing(c).toResponse());
  app.get('*', (c) => consolePage(c.env, c.req.raw));
  app.onError((error) => {
    if (error instanceof Problem) return error.toResponse();
    console.error(error);
    return new Problem(500, 'Internal error', 'Something went wrong here. Nothing was lost by it; please try again.').toResponse();
  });
  return app;
}

const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

async function answer<Env extends FrontEnv>(front: Front<Env>, operation: Operation, c: Context<{ Bindings: Env }>): Promise<Response> {
  const { env } = c;
  const request = c.req.raw;
  const now = Date.now();
  const db = openDatabase(env.DB);
  const callers = new Callers(request, env, db, now);
  const countCalls = async <T extends { id: string }>(caller: T): Promise<T> => {
    if (env.CALLS && !(await env.CALLS.limit({ key: caller.id })).success) throw tooManyRequests('You call too often; wait a minute.', 60);
    return caller;
  };
  const call: Call = {
    request,
    env,
    limits: limitsOf(env),
    db,
    callers,
    params: c.req.param() as Record<string, string>,
    body: operation.body ? await readBody(operation, request) : {},
    now: () => now,
    sandbox: front.sandboxes(env),
    caller: async () => countCalls(await callers.need()),
    callerOrGuest: async () => countCalls(await callers.needOrMake()),
  };
  const response = await operation.run(call);
  if (callers.cookie) response.headers.append('set-cookie', callers.cookie);
  if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store');
  return response;
}

async function readBody({ body: schema, needsBody }: Operation, request: Request): Promise<unknown> {
  const type = (request.headers.get('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const text = await readText(request);
  if (!text.trim()) {
    if (needsBody) throw badRequest('A JSON body is missing.');
    return {};
  }
  if (!BODY_TYPES.test(type)) throw new Problem(415, 'Unsupported media type', `Send JSON (content-type: application/json), not ${type}.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badRequest(`The body is not JSON: ${(error as Error).message}`);
  }
  const problems = problemsOf(schema!, value);
  if (problems.length) throw invalid(problems);
  return value;
}

/** What is too large is read to its end all the same: a client that is still sending would not see the answer. */
async function readText(request: Request): Promise<string> {
  if (!request.body) return '';
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of request.body as ReadableStream<Uint8Array>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) text += decoder.decode(chunk, { stream: true });
  }
  if (size > MAX_BODY_BYTES) throw new Problem(413, 'Too large', `The body may have ${MAX_BODY_BYTES} bytes.`);
  return text + decoder.decode();
}

/** A path that is known answers other methods with 405. */
function missing(c: Context): Problem {
  const matches = operations.filter(({ path }) => new RegExp(`^${BASE}${path.replace(/\{\w+\}/g, '[^/]+')}/?$`).test(c.req.path));
  if (!matches.length) return notFound(`There is nothing at ${c.req.path}. ${BASE}/openapi.json lists what there is.`);
  const allow = matches.map(({ method }) => method).join(', ');
  return new Problem(405, 'Method not allowed', `${c.req.path} takes ${allow}, not ${c.req.method}.`, [], { allow });
}

/** The console is one page; it knows by the address what to show. */
async function consolePage(env: FrontEnv, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const asset = await env.ASSETS?.fetch(new Request(new URL(url.pathname, 'http://assets'), request));
  if (asset && asset.status !== 404) return asset;
  const isPage = /\btext\/html\b/.test(request.headers.get('accept') ?? '') && !/\.\w+$/.test(url.pathname);
  const page = isPage ? await env.ASSETS?.fetch('http://assets/') : undefined;
  if (page?.ok) {
    const response = new Response(page.body, page);
    response.headers.set('referrer-policy', 'no-referrer');
    return response;
  }
  return notFound(`There is nothing at ${url.pathname}. The API is described at /docs.`).toResponse();
}
