// A custom resource's schema, and how it is walked. It is the CRD's own JSON: what is structural (types, fields, items) is read from the outer levels only;
// anyOf, allOf and their like merely check values.

import type { JSONSchemaProps } from '../../api/gen/apiextensions-v1.ts';
import { isRecord } from '../../lib/json.ts';

export type Schema = JSONSchemaProps;

export const itemsOf = ({ items }: Schema): Schema | undefined => (isRecord(items) ? (items as Schema) : undefined);

/** Of the values of a map; undefined if it is no map, or one of anything. */
export const valuesOf = ({ additionalProperties }: Schema): Schema | undefined =>
  isRecord(additionalProperties) ? (additionalProperties as Schema) : undefined;

/** Whether fields without a name of their own are taken. */
export const isMap = ({ additionalProperties }: Schema): boolean => additionalProperties === true || isRecord(additionalProperties);

export function propertyOf({ properties }: Schema, name: string): Schema | undefined {
  return properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

export const preservesUnknown = (schema: Schema): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true;
export const isEmbedded = (schema: Schema): boolean => schema['x-kubernetes-embedded-resource'] === true;
export const isIntOrString = (schema: Schema): boolean => schema['x-kubernetes-int-or-string'] === true;

/** What every object has, whatever its schema says. */
export const META_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

/** The schema of a whole object: its metadata is nobody's but the server's. */
export const asResource = (schema: Schema): Schema => (isEmbedded(schema) ? schema : { ...schema, 'x-kubernetes-embedded-resource': true });

/** A null where there may be none stands for nothing given. */
export const isIdleNull = (value: unknown, schema: Schema | undefined): boolean =>
  value === null && schema !== undefined && !schema.nullable;
