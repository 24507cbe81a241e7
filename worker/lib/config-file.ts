// Reads the file of a component's configuration: YAML or JSON of a kind that the component knows. What is wrong is said in the words of apimachinery's decoders
// (pkg/runtime/serializer/json).

import { checkShape, ShapeError } from './config-shape.ts';
import type { StructShape } from './config-shape.ts';
import { isRecord } from './json.ts';
import { readYaml, YamlError } from './yaml.ts';

/** A component does not start with this: its words. */
export class ConfigFault extends Error {}

/** It is not of a kind that is known here; it may be something else. */
export class UnknownKind extends ConfigFault {}

/** So bad that the process does not even clean up: the line of source that says so. */
export class ConfigFatal extends ConfigFault {
  readonly place: string;
  constructor(place: string, message: string) {
    super(message);
    this.place = place;
  }
}

/** What a decoder knows. */
export interface ConfigScheme {
  /** Where upstream makes it: `pkg/server/options/admission.go:45`. */
  readonly name: string;
  readonly kind: string;
  /** `pod-security.admission.config.k8s.io/v1`; alike, all of them. */
  readonly apiVersions: readonly string[];
  /** Without `apiVersion` and `kind`. */
  readonly shape: StructShape;
  /** Unknown fields, and keys that come twice, are refused. */
  readonly isStrict?: boolean;
}

/** Gives what is there, with every value of its type. Throws ConfigFault. */
export function decodeConfig(text: string, scheme: ConfigScheme): Record<string, unknown> {
  const { value, strict } = readConfig(text, scheme);
  if (scheme.isStrict) refuseStrictly(strict);
  return value;
}

/** Throws ConfigFault, if there is anything that only a strict decoder minds. */
export function refuseStrictly(strict: readonly string[]): void {
  if (strict.length) throw new ConfigFault(`strict decoding error: ${strict.join(', ')}`);
}

/** The same, with what a strict decoder would mind: for whoever has more of it to tell. */
export function readConfig(text: string, scheme: ConfigScheme): { value: Record<string, unknown>; strict: string[] } {
  const { value, duplicates } = parse(text);
  if (!isRecord(value)) {
    if (value === null) throw new UnknownKind(`Object 'Kind' is missing in '${text}'`);
    throw new ConfigFault(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${kindOf(value)} into Go value of type ${TYPE_META}`,
    );
  }
  const { kind, apiVersion } = value;
  for (const [name, one] of Object.entries({ apiVersion, kind }))
    if (one !== undefined && one !== null && typeof one !== 'string')
      throw new ConfigFault(
        `couldn't get version/kind; json parse error: json: cannot unmarshal ${kindOf(one)} into Go struct field .${name} of type string`,
      );
  if (!kind) throw new UnknownKind(`Object 'Kind' is missing in '${text}'`);
  if (!apiVersion) throw new UnknownKind(`Object 'apiVersion' is missing in '${text}'`);
  if (kind !== scheme.kind || !scheme.apiVersions.includes(apiVersion as string))
    throw new UnknownKind(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme ${JSON.stringify(scheme.name)}`,
    );
  const unknown = unknownFields(value, scheme, /[^/]*$/.exec(apiVersion as string)![0]);
  const strict = [
    ...duplicates.map((one) => `yaml: unmarshal errors:\n  ${one}`),
    ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
  ];
  return { value, strict };
}

/** How Go prints the type with which kind and version are read first. */
const TYPE_META = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

function parse(text: string): ReturnType<typeof readYaml> {
  try {
    return readYaml(text);
  } catch (error) {
    throw error instanceof YamlError ? new ConfigFault(error.message) : error;
  }
}

function unknownFields(value: Record<string, unknown>, { shape }: ConfigScheme, version: string): string[] {
  try {
    return checkShape(value, { ...shape, fields: { apiVersion: 'string', kind: 'string', ...shape.fields } }, version);
  } catch (error) {
    throw error instanceof ShapeError ? new ConfigFault(error.message) : error;
  }
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value);
