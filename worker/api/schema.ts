// The shape of built-in and custom types, without their prose: what fields there are, how each is encoded, merged and owned.
// Built-in types come from a compact table (resources/schema/*.ts); a custom resource's come from its CRD. See `parseTypes` for the notation.

export type Type = ScalarType | ListType | MapType | StructType;

/** What a scalar holds. `RawExtension` is any object kept as it is; `any` is any JSON. */
export type ScalarKind =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'uint32'
  | 'float64'
  | 'bytes'
  | 'Quantity'
  | 'IntOrString'
  | 'Time'
  | 'MicroTime'
  | 'Duration'
  | 'RawExtension'
  | 'FieldsV1'
  | 'any';

export interface ScalarType {
  readonly kind: ScalarKind;
  /** Go's name, of the few types that have a JSON form of their own. */
  readonly name?: string;
  /** What the types JSONSchemaPropsOr… hold in one of their forms. */
  readonly of?: StructType;
}

export interface ListType {
  readonly kind: 'list';
  readonly of: Type;
  /** How server-side apply sees it: one value, a set of scalars, or a map of objects by `keys`. */
  readonly list: 'atomic' | 'set' | 'map';
  readonly keys: readonly string[];
}

export interface MapType {
  readonly kind: 'map';
  readonly of: Type;
  readonly atomic: boolean;
}

export interface StructType {
  readonly kind: 'struct';
  /** `core.v1.Container`; the last part is Go's name. */
  readonly name: string;
  readonly atomic: boolean;
  /** By JSON name, in Go's order, with the fields of embedded structs in their place. */
  readonly fields: ReadonlyMap<string, Field>;
  /** The structure on the protobuf wire, where an embedded struct is a message of its own. */
  readonly members: readonly Member[];
  /** Fields that the schema does not name are kept (custom resources only). */
  readonly preserveUnknownFields?: boolean;
}

export type Member = { readonly field: Field } | { readonly number: number; readonly embedded: StructType; readonly name: string };

export interface Field {
  readonly name: string;
  readonly type: Type;
  /** When Go leaves it out of JSON: never, when empty (which a struct never is), or when zero. */
  readonly omit: 'never' | 'empty' | 'zero';
  readonly pointer: boolean;
  /** Not required by the published schema. */
  readonly optional: boolean;
  /** Field number in protobuf; undefined for types that are JSON only. */
  readonly number?: number;
  readonly patch?: { readonly merge: boolean; readonly retainKeys: boolean; readonly key?: string };
  readonly default?: unknown;
  readonly enum?: readonly string[];
  /** On the wire each value of this field is a message with a repeated field 1 (Go's `type Verbs []string`). */
  readonly wrapped: boolean;
}

const SCALARS: ReadonlyMap<string, ScalarType> = new Map(
  (
    [
      'string',
      'bool',
      'int32',
      'int64',
      'uint32',
      'float64',
      'bytes',
      'Quantity',
      'IntOrString',
      'Time',
      'MicroTime',
      'Duration',
      'RawExtension',
      'FieldsV1',
      'any',
    ] as const
  ).map((kind) => [kind, { kind }]),
);

export const scalar = (kind: ScalarKind): ScalarType => SCALARS.get(kind)!;

/** Finds a type by its full name, `core.v1.Pod`. Throws if there is none. */
export type TypeLookup = (name: string) => StructType;

/**
 * Reads the compact table of a package's types; each is parsed when first asked for.
 *
 *     ContainerPort                          a type; " atomic" after its name: server-side apply owns it whole
 *       name? string 1                       JSON name, Go type, protobuf number; "?" is omitempty, "??" omitzero
 *       containerPort int32 3                always written, and required
 *       sources! []VolumeProjection 1        always written, yet optional
 *       securityContext? *SecurityContext 15 a pointer: absent is not zero
 *       env? []EnvVar 7 map=name patch=merge:name
 *       protocol? string 4 default="TCP" enum=SCTP|TCP|UDP
 *       ~volumeSource VolumeSource 2         embedded: its fields are this type's own, except on the protobuf wire
 *
 * Types are Go's: `[]T`, `{}T` (a map with string keys), `*T`; a name without package is of the same package.
 */
export function parseTypes(sources: Readonly<Record<string, string>>): TypeLookup {
  const blocks = new Map<string, string>();
  for (const [pkg, text] of Object.entries(sources)) {
    for (const block of text.trim().split(/\n(?=\S)/)) {
      const [head = ''] = block.split(/\s/, 1);
      blocks.set(`${pkg}.${head}`, block);
    }
  }
  const types = new Map<string, StructType>();

  const lookup: TypeLookup = (name) => {
    const known = types.get(name);
    if (known) return known;
    const block = blocks.get(name);
    if (block === undefined) throw new Error(`no type ${name}`);
    const [head = '', ...rows] = block.split('\n');
    const fields = new Map<string, Field>();
    const members: Member[] = [];
    const type: StructType = { kind: 'struct', name, atomic: head.endsWith(' atomic'), fields, members };
    types.set(name, type); // before its fields: types refer to themselves
    const pkg = name.slice(0, name.lastIndexOf('.'));
    for (const row of rows) addMember(pkg, row.trim(), fields, members);
    return type;
  };

  const addMember = (pkg: string, row: string, fields: Map<string, Field>, members: Member[]): void => {
    const [head = '', goType = '', number = '-', ...extras] = splitRow(row);
    if (head.startsWith('~')) {
      const embedded = typeNamed(pkg, goType.replace('*', '')) as StructType;
      members.push({ number: Number(number), embedded, name: head.slice(1) });
      for (const [key, field] of embedded.fields) fields.set(key, field);
      return;
    }
    const field = parseField(head, goType, number, extras, (name) => typeNamed(pkg, name));
    fields.set(field.name, field);
    members.push({ field });
  };

  const typeNamed = (pkg: string, name: string): Type =>
    SCALARS.get(name) ?? specialType(pkg, name) ?? lookup(name.includes('.') ? name : `${pkg}.${name}`);

  const specialType = (pkg: string, name: string): ScalarType | undefined => {
    if (name === 'JSON') return { kind: 'any', name };
    return name.startsWith('JSONSchemaPropsOr') ? { kind: 'any', name, of: lookup(`${pkg}.JSONSchemaProps`) } : undefined;
  };
  return lookup;
}

/** A default may contain blanks only inside quotes. */
const splitRow = (row: string): string[] => row.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];

function parseField(head: string, goType: string, number: string, extras: readonly string[], typeNamed: (name: string) => Type): Field {
  const [, name = '', mark = ''] = /^(.*?)([?!]*)$/.exec(head)!;
  const option = (key: string): string | undefined => extras.find((extra) => extra.startsWith(`${key}=`))?.slice(key.length + 1);
  const pointer = goType.startsWith('*');
  const patch = option('patch');
  const [strategy = '', patchKey] = patch?.split(':') ?? [];
  const defaultText = option('default');
  const enumText = option('enum');
  return {
    name,
    type: parseType(pointer ? goType.slice(1) : goType, extras, option('map'), typeNamed),
    omit: mark === '??' ? 'zero' : mark === '?' ? 'empty' : 'never',
    pointer,
    optional: mark !== '',
    ...(number !== '-' && { number: Number(number) }),
    ...(patch && {
      patch: { merge: strategy.includes('merge'), retainKeys: strategy.includes('retainKeys'), ...(patchKey && { key: patchKey }) },
    }),
    ...(defaultText !== undefined && { default: JSON.parse(defaultText) as unknown }),
    ...(enumText !== undefined && { enum: enumText.split('|') }),
    wrapped: extras.includes('wrapped'),
  };
}

function parseType(text: string, extras: readonly string[], mapKeys: string | undefined, typeNamed: (name: string) => Type): Type {
  if (text.startsWith('[]')) {
    const of = parseType(text.slice(2).replace('*', ''), [], undefined, typeNamed);
    return { kind: 'list', of, list: mapKeys ? 'map' : extras.includes('set') ? 'set' : 'atomic', keys: mapKeys?.split(',') ?? [] };
  }
  if (text.startsWith('{}'))
    return { kind: 'map', of: parseType(text.slice(2).replace('*', ''), [], undefined, typeNamed), atomic: extras.includes('atomic') };
  const type = typeNamed(text);
  if (type.kind !== 'struct') return type;
  if (extras.includes('atomic')) return { ...type, atomic: true };
  return extras.includes('granular') ? { ...type, atomic: false } : type;
}
