// For tables of rules: an object that is well, with a few fields set otherwise, read and completed as the registry does it.

import { fieldErrorMessage } from '../../../../worker/api/field-error.ts';
import type { FieldError } from '../../../../worker/api/field-error.ts';
import type { ResourceContext } from '../../../../worker/api/resource.ts';
import { makeRandom } from '../../../../worker/lib/host.ts';
import { setOwn } from '../../../../worker/lib/json.ts';
import { decode } from '../../../../worker/registry/decode.ts';
import { applySchemaDefaults } from '../../../../worker/registry/defaults.ts';
import { builtinType } from '../../../../worker/resources/schema/index.ts';

/** `{'spec.containers.0.image': ''}`; a value of undefined takes the field away. */
export type Changes = Readonly<Record<string, unknown>>;

/** A changed deep copy. Parts of the path that are not there are made: lists where the next part is a number. */
export function withChanges<T>(base: T, changes: Changes): T {
  const copy = structuredClone(base) as Record<string, unknown>;
  for (const [path, value] of Object.entries(changes)) {
    const parts = path.match(/(?:\\\.|[^.])+/g)!.map((part) => part.replaceAll('\\.', '.'));
    let at = copy;
    for (const [i, part] of parts.slice(0, -1).entries()) {
      if (at[part] === undefined || at[part] === null) setOwn(at, part, /^\d+$/.test(parts[i + 1]!) ? [] : {});
      at = at[part] as Record<string, unknown>;
    }
    const last = parts.at(-1)!;
    if (value === undefined) delete at[last];
    else setOwn(at, last, structuredClone(value));
  }
  return copy as T;
}

/** As it is after decoding, with the defaults of the schema. */
export function read<T>(type: string, value: unknown): T {
  const { object } = decode(value, builtinType(type));
  applySchemaDefaults(object, builtinType(type));
  return object as T;
}

export const NOW = Date.parse('2026-01-01T00:00:00Z');

/** What rules see of a cluster; its warnings are kept. */
export function ruleContext(): ResourceContext & { readonly warnings: string[] } {
  const warnings: string[] = [];
  const nobody = new Proxy({}, { get: () => () => undefined }) as never;
  return {
    now: () => NOW,
    random: makeRandom('test'),
    config: {
      minor: 36,
      serviceCidr: '10.96.0.0/12',
      podCidr: '10.244.0.0/16',
      nodePortRange: [30000, 32767],
      isGateOn: () => false,
      clusterDomain: 'cluster.local',
    },
    reader: nobody,
    user: { name: 'admin', groups: [] },
    dryRun: false,
    tokens: nobody,
    access: nobody,
    warn: (sentence) => void warnings.push(sentence),
    warnings,
  };
}

export const messagesOf = (errors: readonly FieldError[]): string[] => errors.map(fieldErrorMessage);

const LABEL_FORM =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_FORM =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const VALUE_FORM =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const NAME_FORM =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/** The long sentences, so that a row can say `<label>` for what is no DNS label, and so on. */
export const shortened = (messages: readonly string[]): string[] =>
  messages.map((message) =>
    message
      .replace(LABEL_FORM, '<label>')
      .replace(SUBDOMAIN_FORM, '<subdomain>')
      .replace(VALUE_FORM, '<label value>')
      .replace(NAME_FORM, '<name>'),
  );
