// The published schema of a type, as OpenAPI 3.0 wants it: what kube-openapi's generator makes of Go's types. Descriptions come from the caller: the types
// have no prose.

import type { Field, ScalarKind, StructType, Type, TypeLookup } from '../../api/schema.ts';

export type Schema = Readonly<Record<string, unknown>>;

/** Upstream's description of a type (`core.v1.Pod`) or of one of its fields. */
export type Describe = (type: string, field?: string) => string | undefined;

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const PREFIXES: Readonly<Record<string, string>> = {
  'meta.v1': META,
  'apiextensions.v1': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
  'apiregistration.v1': 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1',
  'metrics.v1beta1': 'io.k8s.metrics.pkg.apis.metrics.v1beta1',
};

/** `core.v1.Pod` → `io.k8s.api.core.v1.Pod`. */
export function definitionName(type: string): string {
  const dot = type.lastIndexOf('.');
  const pkg = type.slice(0, dot);
  return `${PREFIXES[pkg] ?? `io.k8s.api.${pkg}`}${type.slice(dot)}`;
}

export const refTo = (definition: string): string => `#/components/schemas/${definition}`;

/** Scalars that are types of their own in Go, and so have definitions. */
const NAMED: Partial<Record<ScalarKind, { readonly type: string; readonly name: string; readonly schema: Schema }>> = {
  Quantity: {
    type: 'resource.Quantity',
    name: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
    schema: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  },
  IntOrString: {
    type: 'intstr.IntOrString',
    name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    schema: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  },
  Time: { type: 'meta.v1.Time', name: `${META}.Time`, schema: { format: 'date-time', type: 'string' } },
  MicroTime: { type: 'meta.v1.MicroTime', name: `${META}.MicroTime`, schema: { format: 'date-time', type: 'string' } },
  Duration: { type: 'meta.v1.Duration', name: `${META}.Duration`, schema: { type: 'string' } },
  RawExtension: {
    type: 'runtime.RawExtension',
    name: 'io.k8s.apimachinery.pkg.runtime.RawExtension',
    schema: { type: 'object' },
  },
  FieldsV1: { type: 'meta.v1.FieldsV1', name: `${META}.FieldsV1`, schema: { type: 'object' } },
};

/** Scalars as JSON has them, with what Go has where nothing was given. */
const PLAIN: Partial<Record<ScalarKind, { readonly schema: Schema; readonly zero?: unknown }>> = {
  string: { schema: { type: 'string' }, zero: '' },
  bool: { schema: { type: 'boolean' }, zero: false },
  int32: { schema: { type: 'integer', format: 'int32' }, zero: 0 },
  uint32: { schema: { type: 'integer', format: 'int64' }, zero: 0 },
  int64: { schema: { type: 'integer', format: 'int64' }, zero: 0 },
  float64: { schema: { type: 'number', format: 'double' }, zero: 0 },
  bytes: { schema: { type: 'string', format: 'byte' } },
  any: { schema: {} },
};

/** A kind that is published under a name of its own. */
export interface GroupVersionKind {
  readonly group: string;
  readonly kind: string;
  readonly version: string;
}

/** Collects definitions: of the types that are asked for, and of all that these refer to. */
export class Definitions {
  readonly #done = new Map<string, Schema>();
  readonly #describe: Describe;
  readonly #types: TypeLookup;

  constructor(types: TypeLookup, describe: Describe) {
    this.#types = types;
    this.#describe = describe;
  }

  /** By name, in order. */
  all(): Record<string, Schema> {
    return Object.fromEntries([...this.#done].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** A definition that is not of one of Go's types. */
  set(name: string, schema: Schema): void {
    this.#done.set(name, schema);
  }

  /** The name of a type's definition, which from now on is there. */
  add(type: StructType, kinds: readonly GroupVersionKind[] = []): string {
    const name = definitionName(type.name);
    if (!this.#done.has(name) || kinds.length) {
      this.#done.set(name, {}); // before its fields: types refer to themselves
      this.#done.set(name, this.#structSchema(type, kinds));
    }
    return name;
  }

  addNamed(type: string, kinds: readonly GroupVersionKind[] = []): string {
    return this.add(this.#types(type), kinds);
  }

  /** What upstream calls `PodList`. */
  addList(of: StructType, { group, version, kind }: GroupVersionKind): string {
    const type = `${of.name}List`;
    const name = definitionName(type);
    const describe = (field?: string): Schema => described(this.#describe(type, field));
    const { apiVersion, kind: kindField } = this.typeMeta();
    this.#done.set(name, {
      ...describe(),
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion,
        items: { ...describe('items'), type: 'array', items: { default: {}, allOf: [{ $ref: refTo(this.add(of)) }] } },
        kind: kindField,
        metadata: { ...describe('metadata'), default: {}, allOf: [{ $ref: refTo(this.addNamed('meta.v1.ListMeta')) }] },
      },
      'x-kubernetes-group-version-kind': [{ group, kind: `${kind}List`, version }],
    });
    return name;
  }

  /** The two fields that every object has. */
  typeMeta(): { readonly apiVersion: Schema; readonly kind: Schema } {
    return { apiVersion: { ...this.#typeMeta('apiVersion'), type: 'string' }, kind: { ...this.#typeMeta('kind'), type: 'string' } };
  }

  #typeMeta(field: 'apiVersion' | 'kind'): Schema {
    return described(this.#describe('meta.v1.DeleteOptions', field));
  }

  #structSchema(type: StructType, kinds: readonly GroupVersionKind[]): Schema {
    const fields = [...type.fields.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const required = fields.filter(({ optional }) => !optional).map(({ name }) => name);
    return {
      ...described(this.#describe(type.name)),
      type: 'object',
      ...(required.length && { required }),
      ...(fields.length && { properties: Object.fromEntries(fields.map((field) => [field.name, this.#fieldSchema(type, field)])) }),
      ...(kinds.length && { 'x-kubernetes-group-version-kind': kinds }),
      ...(type.atomic && { 'x-kubernetes-map-type': 'atomic' }),
    };
  }

  #fieldSchema(owner: StructType, field: Field): Schema {
    const { name, type, pointer, omit, patch } = field;
    const prose = this.#describe(owner.name, name);
    const isTypeMeta = prose === undefined && (name === 'apiVersion' || name === 'kind') && field.number === undefined;
    const isAlways = omit === 'never' && !pointer;
    return {
      ...(isTypeMeta ? this.#typeMeta(name) : described(prose)),
      ...this.#typeSchema(type, pointer ? 'none' : isAlways ? 'zero' : 'struct', prose !== undefined),
      ...(field.default !== undefined && { default: field.default }),
      ...(field.enum && { enum: [...field.enum].sort() }),
      ...listExtensions(type),
      ...(patch?.key && { 'x-kubernetes-patch-merge-key': patch.key }),
      ...(patch && { 'x-kubernetes-patch-strategy': [patch.merge && 'merge', patch.retainKeys && 'retainKeys'].filter(Boolean).join(',') }),
    };
  }

  /** `defaults`: which zero values are published, those of structs only, or those of scalars too. */
  #typeSchema(type: Type, defaults: 'none' | 'struct' | 'zero', isWrapped = false): Schema {
    switch (type.kind) {
      case 'list':
        return { type: 'array', items: this.#typeSchema(type.of, 'zero') };
      case 'map':
        return { type: 'object', additionalProperties: this.#typeSchema(type.of, 'zero') };
      case 'struct':
        return reference(this.add(type), defaults === 'none' ? isWrapped : true, defaults !== 'none' && { default: {} });
      default: {
        const scalar = type.name ? undefined : PLAIN[type.kind];
        if (scalar) return { ...(defaults === 'zero' && scalar.zero !== undefined && { default: scalar.zero }), ...scalar.schema };
        return reference(this.#scalarDefinition(type.kind, type.name), isWrapped, false);
      }
    }
  }

  /** Of Quantity and its like, and of apiextensions' types that are any JSON. */
  #scalarDefinition(kind: ScalarKind, goName: string | undefined): string {
    const known = goName ? undefined : NAMED[kind];
    const type = known?.type ?? `apiextensions.v1.${goName}`;
    const name = known?.name ?? definitionName(type);
    if (!this.#done.has(name)) this.#done.set(name, { ...described(this.#describe(type)), ...known?.schema });
    return name;
  }
}

const described = (text: string | undefined): Schema => (text === undefined ? {} : { description: text });

/** In OpenAPI 3.0 nothing may stand beside a `$ref`. */
const reference = (name: string, isWrapped: boolean, more: Schema | false): Schema =>
  isWrapped || more ? { ...more, allOf: [{ $ref: refTo(name) }] } : { $ref: refTo(name) };

/** Who owns what of a list, a map or an object, where it says so itself. */
function listExtensions(type: Type): Schema {
  switch (type.kind) {
    case 'list':
      return {
        ...(type.keys.length && { 'x-kubernetes-list-map-keys': type.keys }),
        'x-kubernetes-list-type': type.list,
      };
    case 'map':
      return type.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {};
    default:
      return {};
  }
}
