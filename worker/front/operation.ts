// One call of the management API: how it is described and what it does. Routes (app.ts) and the OpenAPI document (openapi.ts) are both made of these.

import type { Caller, Callers } from './callers.ts';
import type { Database } from './database.ts';
import type { FrontEnv, SandboxObject } from './bindings.ts';
import type { Infer, ObjectSchema, Schema } from './json-schema.ts';
import type { Limits } from './limits.ts';

/** Everything that a call has at hand. */
export interface Call<Body = unknown> {
  readonly request: Request;
  readonly env: FrontEnv;
  readonly limits: Limits;
  readonly db: Database;
  readonly callers: Callers;
  /** Path parameters. */
  readonly params: Readonly<Record<string, string>>;
  readonly body: Body;
  now(): number;
  sandbox(id: string): SandboxObject;
  /** Who calls. Throws a Problem if nobody known. */
  caller(): Promise<Caller>;
  /** Who calls, and if that is nobody known, a guest made for it. */
  callerOrGuest(): Promise<Caller>;
}

export interface Answer {
  readonly description: string;
  readonly schema?: Schema;
  readonly types?: readonly string[];
}

export interface Operation {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below /api/v1. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: ObjectSchema;
  readonly needsBody?: boolean;
  /** `open`: anybody; `guest`: whoever is nobody yet becomes a guest; `user`: only who has been here before. */
  readonly access: 'open' | 'guest' | 'user';
  readonly answers: Readonly<Record<number, Answer>>;
  run(call: Call): Promise<Response>;
}

/** Ties the type of the body to its schema. */
export function operation<const B extends ObjectSchema>(
  given: Omit<Operation, 'run' | 'body'> & { body: B; run(call: Call<Infer<B>>): Promise<Response> },
): Operation;
export function operation(given: Operation): Operation;
export function operation(given: unknown): Operation {
  return given as Operation;
}

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(`${JSON.stringify(value, undefined, 2)}\n`, { status, headers: { 'content-type': 'application/json', ...headers } });
}

export const noContent = (headers: Record<string, string> = {}): Response => new Response(null, { status: 204, headers });
