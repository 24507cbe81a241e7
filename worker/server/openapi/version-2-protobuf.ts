// Swagger 2.0 as protobuf: the messages of gnostic's openapi.v2 package, which older kubectl reads. Only the fields that our documents have are written.

import { BYTES, FIXED64, ProtobufWriter, VARINT } from '../../lib/protobuf.ts';
import type { Schema } from './definitions.ts';
import type { SwaggerDocument } from './version-2.ts';

/**
 * The document as bytes. By the rules of protobuf, the bytes of two documents behind each other are one with the paths and definitions of both:
 * so `part` leaves out what may be there once only.
 */
export function encodeSwagger(
  document: Pick<SwaggerDocument, 'paths' | 'definitions'> & Partial<SwaggerDocument>,
): Uint8Array<ArrayBuffer> {
  const out = new ProtobufWriter();
  if (document.swagger) text(out, 1, document.swagger);
  if (document.info) {
    const { title, version } = document.info;
    message(out, 2, () => {
      text(out, 1, title);
      text(out, 2, version);
    });
  }
  message(out, 8, () => {
    for (const [path, item] of Object.entries(document.paths)) named(out, 2, path, () => writePathItem(out, item));
  });
  message(out, 9, () => {
    for (const [name, schema] of Object.entries(document.definitions)) named(out, 1, name, () => writeSchema(out, schema));
  });
  if (document.parameters)
    message(out, 10, () => {
      for (const [name, one] of Object.entries(document.parameters!)) named(out, 1, name, () => writeParameter(out, one));
    });
  if (document.security) for (const one of document.security) message(out, 12, () => writeRequirement(out, one));
  if (document.securityDefinitions) message(out, 13, () => writeSecurity(out, document.securityDefinitions!));
  return out.finish();
}

function message(out: ProtobufWriter, field: number, write: () => void): void {
  out.tag(field, BYTES);
  const start = out.begin();
  write();
  out.end(start);
}

function text(out: ProtobufWriter, field: number, value: unknown): void {
  if (typeof value !== 'string' || value === '') return;
  out.tag(field, BYTES);
  out.string(value);
}

function texts(out: ProtobufWriter, field: number, values: unknown): void {
  if (Array.isArray(values)) for (const value of values) text(out, field, value);
}

function flag(out: ProtobufWriter, field: number, value: unknown): void {
  if (value !== true) return;
  out.tag(field, VARINT);
  out.uint32(1);
}

function number(out: ProtobufWriter, field: number, value: unknown): void {
  if (typeof value !== 'number') return;
  out.tag(field, FIXED64);
  out.double(value);
}

function integer(out: ProtobufWriter, field: number, value: unknown): void {
  if (typeof value !== 'number') return;
  out.tag(field, VARINT);
  out.int64(value);
}

/** `NamedSchema` and its like: a name, and a value under it. */
function named(out: ProtobufWriter, field: number, name: string, write: () => void): void {
  message(out, field, () => {
    text(out, 1, name);
    message(out, 2, write);
  });
}

/** An `Any`: JSON in the place of YAML. */
function writeAny(out: ProtobufWriter, value: unknown): void {
  text(out, 2, `${JSON.stringify(value)}\n`);
}

function extensions(out: ProtobufWriter, field: number, of: Schema): void {
  for (const [name, value] of Object.entries(of)) if (name.startsWith('x-')) named(out, field, name, () => writeAny(out, value));
}

const METHODS = { get: 2, put: 3, post: 4, delete: 5, options: 6, head: 7, patch: 8 } as const;

function writePathItem(out: ProtobufWriter, item: Schema): void {
  for (const [method, field] of Object.entries(METHODS))
    if (item[method]) message(out, field, () => writeOperation(out, item[method] as Schema));
  for (const one of (item['parameters'] ?? []) as Schema[]) message(out, 9, () => writeParameterItem(out, one));
}

function writeOperation(out: ProtobufWriter, operation: Schema): void {
  texts(out, 1, operation['tags']);
  text(out, 3, operation['description']);
  text(out, 5, operation['operationId']);
  texts(out, 6, operation['produces']);
  texts(out, 7, operation['consumes']);
  for (const one of (operation['parameters'] ?? []) as Schema[]) message(out, 8, () => writeParameterItem(out, one));
  message(out, 9, () => {
    for (const [code, response] of Object.entries(operation['responses'] as Record<string, Schema>))
      named(out, 1, code, () => message(out, 1, () => writeResponse(out, response)));
  });
  texts(out, 10, operation['schemes']);
  extensions(out, 13, operation);
}

function writeResponse(out: ProtobufWriter, response: Schema): void {
  text(out, 1, response['description']);
  const schema = response['schema'] as Schema | undefined;
  if (schema) message(out, 2, () => message(out, 1, () => writeSchema(out, schema)));
}

/** A `ParametersItem`: a `JsonReference`, or a `Parameter` in it. */
function writeParameterItem(out: ProtobufWriter, item: Schema): void {
  if (item['$ref']) message(out, 2, () => text(out, 1, item['$ref']));
  else message(out, 1, () => writeParameter(out, item));
}

/** A `Parameter`: of the body, of the query, or of the path. */
function writeParameter(out: ProtobufWriter, parameter: Schema): void {
  if (parameter['in'] === 'body') {
    message(out, 1, () => {
      text(out, 1, parameter['description']);
      text(out, 2, parameter['name']);
      text(out, 3, parameter['in']);
      flag(out, 4, parameter['required']);
      message(out, 5, () => writeSchema(out, parameter['schema'] as Schema));
    });
    return;
  }
  const isPath = parameter['in'] === 'path';
  message(out, 2, () =>
    message(out, isPath ? 4 : 3, () => {
      flag(out, 1, parameter['required']);
      text(out, 2, parameter['in']);
      text(out, 3, parameter['description']);
      text(out, 4, parameter['name']);
      text(out, isPath ? 5 : 6, parameter['type']);
      flag(out, isPath ? 19 : 20, parameter['uniqueItems']);
    }),
  );
}

function writeSchema(out: ProtobufWriter, schema: Schema): void {
  text(out, 1, schema['$ref']);
  text(out, 2, schema['format']);
  text(out, 3, schema['title']);
  text(out, 4, schema['description']);
  if (schema['default'] !== undefined) message(out, 5, () => writeAny(out, schema['default']));
  number(out, 6, schema['multipleOf']);
  number(out, 7, schema['maximum']);
  flag(out, 8, schema['exclusiveMaximum']);
  number(out, 9, schema['minimum']);
  flag(out, 10, schema['exclusiveMinimum']);
  integer(out, 11, schema['maxLength']);
  integer(out, 12, schema['minLength']);
  text(out, 13, schema['pattern']);
  integer(out, 14, schema['maxItems']);
  integer(out, 15, schema['minItems']);
  flag(out, 16, schema['uniqueItems']);
  integer(out, 17, schema['maxProperties']);
  integer(out, 18, schema['minProperties']);
  texts(out, 19, schema['required']);
  for (const value of (schema['enum'] ?? []) as unknown[]) message(out, 20, () => writeAny(out, value));
  const additional = schema['additionalProperties'];
  if (typeof additional === 'object') message(out, 21, () => message(out, 1, () => writeSchema(out, additional as Schema)));
  else if (additional === true) message(out, 21, () => flag(out, 2, true));
  if (schema['type']) message(out, 22, () => text(out, 1, schema['type']));
  const items = schema['items'] as Schema | undefined;
  if (items) message(out, 23, () => message(out, 1, () => writeSchema(out, items)));
  for (const one of (schema['allOf'] ?? []) as Schema[]) message(out, 24, () => writeSchema(out, one));
  if (schema['properties'])
    message(out, 25, () => {
      for (const [name, one] of Object.entries(schema['properties'] as Record<string, Schema>))
        named(out, 1, name, () => writeSchema(out, one));
    });
  extensions(out, 31, schema);
}

function writeRequirement(out: ProtobufWriter, requirement: Schema): void {
  for (const name of Object.keys(requirement)) named(out, 1, name, () => {});
}

function writeSecurity(out: ProtobufWriter, definitions: Schema): void {
  for (const [name, one] of Object.entries(definitions) as [string, Schema][])
    named(out, 1, name, () =>
      message(out, 2, () => {
        text(out, 1, one['type']);
        text(out, 2, one['name']);
        text(out, 3, one['in']);
        text(out, 4, one['description']);
      }),
    );
}
