// The types of CEL, and whether a value of one may stand where another is wanted. Mirrors cel-go common/types and checker/types.go.

export interface Type {
  readonly kind:
    | 'int'
    | 'uint'
    | 'double'
    | 'bool'
    | 'string'
    | 'bytes'
    | 'null'
    | 'timestamp'
    | 'duration'
    | 'dyn'
    | 'error'
    | 'list'
    | 'map'
    | 'type'
    | 'object'
    | 'opaque'
    | 'param';
  /** Of objects, opaque types and parameters. */
  readonly name: string;
  readonly params: readonly Type[];
  /** Of an object. Undefined if it has no such field. */
  fieldOf?(name: string): Type | undefined;
  readonly bounds?: Bounds;
}

/** How large a value may be, where a schema says so: for estimates of cost. */
export interface Bounds {
  readonly max: number;
}

const plain = (kind: Type['kind'], name: string = kind): Type => ({ kind, name, params: [] });

export const INT = plain('int');
export const UINT = plain('uint');
export const DOUBLE = plain('double');
export const BOOL = plain('bool');
export const STRING = plain('string');
export const BYTES = plain('bytes');
export const NULL = plain('null');
export const DYN = plain('dyn');
export const ERROR = plain('error', '!error!');
export const TIMESTAMP = plain('timestamp', 'google.protobuf.Timestamp');
export const DURATION = plain('duration', 'google.protobuf.Duration');
export const listOf = (of: Type): Type => ({ kind: 'list', name: 'list', params: [of] });
export const mapOf = (key: Type, value: Type): Type => ({ kind: 'map', name: 'map', params: [key, value] });
export const typeOf = (of: Type): Type => ({ kind: 'type', name: 'type', params: [of] });
export const param = (name: string): Type => ({ kind: 'param', name, params: [] });
export const opaque = (name: string, ...params: Type[]): Type => ({ kind: 'opaque', name, params });
export const optionalOf = (of: Type): Type => opaque('optional_type', of);
export const objectType = (name: string, fieldOf: (field: string) => Type | undefined): Type => ({
  kind: 'object',
  name,
  params: [],
  fieldOf,
});

export function typeText({ name, params }: Type): string {
  return params.length ? `${name}(${params.map(typeText).join(', ')})` : name;
}

/** What the parameters of overloads stand for, found out on the way. */
export class Mapping {
  #bound: Map<string, Type>;
  #fresh: number;

  constructor(bound: ReadonlyMap<string, Type> = new Map(), fresh = 0) {
    this.#bound = new Map(bound);
    this.#fresh = fresh;
  }

  copy = (): Mapping => new Mapping(this.#bound, this.#fresh);
  take(other: Mapping): void {
    this.#bound = other.#bound;
    this.#fresh = other.#fresh;
  }
  freshParam = (): Type => param(`_var${this.#fresh++}`);

  /** With all that is known filled in; what is not known stays, or is dyn. */
  resolve(type: Type, asDyn = false): Type {
    if (type.kind === 'param') {
      const known = this.#bound.get(type.name);
      if (known) return this.resolve(known, asDyn);
      return asDyn ? DYN : type;
    }
    if (!type.params.length) return type;
    return { ...type, params: type.params.map((one) => this.resolve(one, asDyn)) };
  }

  /** Whether a value of `given` may stand for `wanted`; remembers what that takes. */
  assign(wanted: Type, given: Type): boolean {
    const trial = this.copy();
    if (!trial.#fits(wanted, given)) return false;
    this.take(trial);
    return true;
  }

  #fits(wanted: Type, given: Type): boolean {
    const [a, b] = [this.#known(wanted), this.#known(given)];
    if (a.kind === 'param') return this.#bind(a, b);
    if (b.kind === 'param') return this.#bind(b, a);
    if (isAny(a) || isAny(b)) return true;
    if (a.kind === 'null' && b.kind === 'null') return true;
    if (b.kind === 'null') return NULLABLE.has(a.kind);
    if (a.kind === 'null') return NULLABLE.has(b.kind);
    if (a.kind !== b.kind || a.params.length !== b.params.length) return false;
    if ((a.kind === 'object' || a.kind === 'opaque') && a.name !== b.name) return false;
    if (a.kind === 'type') return true;
    return a.params.every((one, i) => this.#fits(one, b.params[i]!));
  }

  #known(type: Type): Type {
    const bound = type.kind === 'param' ? this.#bound.get(type.name) : undefined;
    return bound ? this.#known(bound) : type;
  }

  #bind(parameter: Type, type: Type): boolean {
    if (type.kind === 'param' && type.name === parameter.name) return true;
    if (mentions(type, parameter.name)) return false;
    this.#bound.set(parameter.name, type);
    return true;
  }
}

const NULLABLE: ReadonlySet<Type['kind']> = new Set(['object', 'opaque', 'timestamp', 'duration']);
export const isAny = ({ kind }: Type): boolean => kind === 'dyn' || kind === 'error';
const mentions = (type: Type, name: string): boolean =>
  (type.kind === 'param' && type.name === name) || type.params.some((one) => mentions(one, name));
export const isSame = (a: Type, b: Type): boolean =>
  a.kind === b.kind && a.name === b.name && a.params.length === b.params.length && a.params.every((one, i) => isSame(one, b.params[i]!));
