// The OpenAPI 3.1 document of the management API, made of its operations.

import type { Schema } from './json-schema.ts';
import type { Answer, Operation } from './operation.ts';
import { components } from './schemas.ts';

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly { name: string; in: 'path'; required: true; description: string; schema: Schema }[];
  readonly requestBody?: { required: boolean; content: Record<string, { schema: Schema }> };
  readonly responses: Record<string, { description: string; content?: Record<string, { schema?: Schema }> }>;
  readonly security: readonly Record<string, readonly string[]>[];
}

export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { title: string; version: string; description: string; license: { name: string; identifier: string } };
  readonly servers: readonly { url: string }[];
  readonly tags: readonly { name: string }[];
  readonly paths: Record<string, Record<string, OpenApiOperation>>;
  readonly components: Record<string, Record<string, unknown>>;
}

const DESCRIPTION =
  'Makes and manages sandboxes: whole simulated Kubernetes clusters, each behind an API server of its own that kubectl speaks to. ' +
  'Whoever calls without credentials becomes a guest. Refusals are problem details (RFC 9457) that say what to do.';
const CREDENTIALS = [{ token: [] }, { session: [] }];

export function openapiDocument(operations: readonly Operation[], origin: string): OpenApiDocument {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const operation of operations) (paths[operation.path] ??= {})[operation.method.toLowerCase()] = describe(operation);
  return {
    openapi: '3.1.0',
    info: { title: 'Kubarium', version: 'v1', description: DESCRIPTION, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: `${origin}/api/v1` }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'An API token.' },
        session: { type: 'apiKey', in: 'cookie', name: 'kubarium_session', description: 'A browser’s session.' },
      },
    },
  };
}

function describe({ id, tag, summary, description, params = {}, body, needsBody = false, answers, access }: Operation): OpenApiOperation {
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description && { description }),
    ...(Object.keys(params).length && {
      parameters: Object.entries(params).map(([name, text]) => ({
        name,
        in: 'path' as const,
        required: true as const,
        description: text,
        schema: { type: 'string' as const },
      })),
    }),
    ...(body && {
      requestBody: { required: needsBody, content: { 'application/json': { schema: { ...body, additionalProperties: false } } } },
    }),
    responses: Object.fromEntries(Object.entries(answers).map(([code, one]) => [code, describeAnswer(one)])),
    security: access === 'user' ? CREDENTIALS : access === 'guest' ? [...CREDENTIALS, {}] : [],
  };
}

function describeAnswer({
  description,
  schema,
  types = schema ? ['application/json'] : [],
}: Answer): OpenApiOperation['responses'][string] {
  const contentOf = (type: string): { schema?: Schema } =>
    type.endsWith('json') ? { ...(schema && { schema }) } : { schema: { type: 'string' } };
  return { description, ...(types.length && { content: Object.fromEntries(types.map((type) => [type, contentOf(type)])) }) };
}
