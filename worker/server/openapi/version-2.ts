// The same in the older form, Swagger 2.0: one document of everything. Mirrors kube-openapi pkg/builder; made from the documents of OpenAPI 3.0, which say
// more.

import type { Describe, Schema } from './definitions.ts';
import type { OpenapiDocument } from './document.ts';
import { SharedParameters } from './shared-parameters.ts';

export interface SwaggerDocument {
  readonly swagger: '2.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Schema>>;
  readonly definitions: Readonly<Record<string, Schema>>;
  readonly parameters: Readonly<Record<string, Schema>>;
  readonly securityDefinitions: Schema;
  readonly security: readonly Schema[];
}

/** `describe('parameter', name)` is upstream's description of a parameter, which is said at length here since it is said once. */
export function swaggerOf(documents: readonly OpenapiDocument[], describe: Describe): SwaggerDocument {
  const shared = new SharedParameters();
  const parameter = (given: Schema): Schema => {
    if (given['in'] === 'body') return shared.share(given);
    const { schema, ...rest } = given;
    const description = describe('parameter', rest['name'] as string);
    return shared.share({ ...rest, ...(description !== undefined && { description }), ...(schema as Schema) });
  };
  const paths: [string, Schema][] = [];
  const definitions = new Map<string, Schema>();
  for (const document of documents) {
    for (const [path, item] of Object.entries(document.paths)) paths.push([path, pathItem(item, parameter)]);
    for (const [name, schema] of Object.entries(document.components.schemas))
      if (!definitions.has(name) || schema['x-kubernetes-group-version-kind']) definitions.set(name, definition(schema));
  }
  return {
    swagger: '2.0',
    info: documents[0]?.info ?? { title: 'Kubernetes', version: 'unversioned' },
    paths: Object.fromEntries(paths.sort(byName)),
    definitions: Object.fromEntries([...definitions].sort(byName)),
    parameters: Object.fromEntries(shared.all().sort(byName)),
    securityDefinitions: documents[0]?.components.securitySchemes ?? {},
    security: [{ BearerToken: [] }],
  };
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

type Rewrite = (schema: Schema) => Schema;

function pathItem(item: Schema, parameter: Rewrite): Schema {
  return Object.fromEntries(
    Object.entries(item).map(([key, value]) => [
      key,
      key === 'parameters' ? (value as Schema[]).map(parameter) : operation(value as Schema, parameter),
    ]),
  );
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

function operation(given: Schema, parameter: Rewrite): Schema {
  const {
    requestBody,
    responses,
    parameters = [],
    ...rest
  } = given as { responses: Record<string, Schema & Content> } & Schema & {
      requestBody?: Content & { required?: boolean };
      parameters?: Schema[];
    };
  const taken = Object.entries(requestBody?.content ?? {});
  const body = taken[0] && {
    name: 'body',
    in: 'body',
    ...(requestBody?.required && { required: true }),
    schema: definition(taken[0][1].schema),
  };
  const all = [...(body ? [body] : []), ...parameters];
  const produces = [...new Set(Object.values(responses).flatMap(({ content = {} }) => Object.keys(content)))];
  return {
    ...rest,
    consumes: taken.length ? taken.map(([media]) => media) : ['*/*'],
    ...(produces.length && { produces }),
    schemes: ['https'],
    ...(all.length && { parameters: all.map(parameter) }),
    responses: Object.fromEntries(
      Object.entries(responses).map(([code, { content = {}, ...response }]) => {
        const answer = Object.values(content)[0];
        return [code, { ...response, ...(answer && { schema: definition(answer.schema) }) }];
      }),
    ),
  };
}

/** A `$ref` may have neighbours here, zero values are not published, and what may be of two types has none. */
export function definition(schema: Schema): Schema {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    switch (key) {
      case '$ref':
        out['$ref'] = (value as string).replace('#/components/schemas/', '#/definitions/');
        break;
      case 'allOf': {
        const only = (value as Schema[])[0]!;
        if ((value as Schema[]).length === 1 && '$ref' in only) Object.assign(out, definition(only));
        break;
      }
      case 'oneOf':
      case 'anyOf':
      case 'not':
      case 'nullable':
        break;
      case 'default':
        if (!isZero(value)) out[key] = value;
        break;
      case 'items':
        out[key] = definition(value as Schema);
        break;
      case 'additionalProperties':
        out[key] = typeof value === 'object' ? definition(value as Schema) : value;
        break;
      case 'properties':
        out[key] = Object.fromEntries(Object.entries(value as Schema).map(([name, one]) => [name, definition(one as Schema)]));
        break;
      default:
        out[key] = value;
    }
  }
  const isEither = 'oneOf' in schema && !('type' in schema) && !('$ref' in out);
  return isEither ? { ...out, type: 'string' } : out;
}

const isZero = (value: unknown): boolean =>
  value === '' || value === 0 || value === false || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
