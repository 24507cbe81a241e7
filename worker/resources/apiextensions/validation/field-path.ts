// A path through a schema, `.spec.ports` or `.metadata['labels']`, as rules and selectable fields give it. Mirrors ValidFieldPath of apiextensions-apiserver
// pkg/apiserver/schema/cel.

import type { JSONSchemaProps } from '../../../api/gen/apiextensions-v1.ts';
import { isMap, propertyOf, valuesOf } from '../../custom/schema.ts';

export class FieldPathError extends Error {}

/** Where it leads, as a field's path. Throws FieldPathError. */
export function followFieldPath(text: string, root: JSONSchemaProps, allowBrackets = true): { path: string; schema: JSONSchemaProps } {
  let schema = root;
  let path = '';
  const enter = (name: string): void => {
    if (schema.properties) {
      const property = propertyOf(schema, name);
      if (!property) throw new FieldPathError('does not refer to a valid field');
      path = path ? `${path}.${name}` : name;
      schema = property;
    } else if (isMap(schema)) {
      path += `[${name}]`;
      schema = valuesOf(schema) ?? {};
    } else throw new FieldPathError('does not refer to a valid field');
  };
  const tokens = text.match(/'(?:\\.|[^'\\])*'|[.[\]]|[^.[\]]+/g) ?? [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token === '.') {
      const name = tokens[++i];
      if (name === undefined) throw new FieldPathError('unexpected end of JSON path');
      enter(name);
    } else if (token === '[') {
      if (!allowBrackets) throw new FieldPathError('array notation is not allowed');
      const name = tokens[++i];
      if (name === undefined) throw new FieldPathError('unexpected end of JSON path');
      if (!/^'.*'$/s.test(name) || name.length < 2) throw new FieldPathError(`expected single quoted string but got ${name}`);
      enter(name.slice(1, -1).replaceAll(/\\(.)/gs, '$1'));
      const close = tokens[++i];
      if (close === undefined) throw new FieldPathError('unexpected end of JSON path');
      if (close !== ']') throw new FieldPathError(`expected ] but got ${close}`);
    } else throw new FieldPathError(`expected [ or . but got: ${token}`);
  }
  return { path, schema };
}
