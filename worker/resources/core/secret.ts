// Secrets. Mirrors pkg/registry/core/secret and ValidateSecret.

import { invalidField, mapKey, requiredField, tooLong } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { validateImmutable } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { Secret } from '../../api/gen/core-v1.ts';
import { configKeyProblems } from '../../lib/formats.ts';
import { jsonProblem } from '../../lib/go-json.ts';
import { isRecord } from '../../lib/json.ts';
import { base64Size, fromBase64, fromUtf8, toBase64, utf8 } from '../../lib/text.ts';
import { decodePem } from '../../lib/x509/pem.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { problems } from '../validation/values.ts';
import { MAX_DATA_BYTES, validateImmutableData } from './configmap.ts';
import { tokenTerms } from './token-secret.ts';

export const secretType = {
  opaque: 'Opaque',
  serviceAccountToken: 'kubernetes.io/service-account-token',
  dockercfg: 'kubernetes.io/dockercfg',
  dockerConfigJson: 'kubernetes.io/dockerconfigjson',
  basicAuth: 'kubernetes.io/basic-auth',
  sshAuth: 'kubernetes.io/ssh-auth',
  tls: 'kubernetes.io/tls',
} as const;

export const secrets = defineResource<Secret>({
  group: '',
  version: 'v1',
  resource: 'secrets',
  kind: 'Secret',
  namespaced: true,
  schema: builtinType('core.v1.Secret'),
  default: (secret) => {
    for (const [key, value] of Object.entries(secret.stringData ?? {})) (secret.data ??= {})[key] = toBase64(utf8(value));
    delete secret.stringData;
    secret.type ||= secretType.opaque;
  },
  prepareForUpdate: (secret, old) => {
    if (!secret.type && old.type) secret.type = old.type;
  },
  validate: validateSecret,
  validateUpdate: (next, old) => [
    ...validateImmutable(next.type, old.type, 'type'),
    ...validateImmutableData(next, old, ['data']),
    ...validateSecret(next),
  ],
  warnings: (secret) => (secret.type === secretType.tls ? keyPairProblems(secret) : []),
  fieldLabels: ['type'],
  selectableFields: ({ type = '' }) => ({ type }),
  columns: [
    NAME_COLUMN,
    column('Type', ({ type }) => type ?? '', { description: docOf('core.v1.Secret.type') }),
    column('Data', ({ data }) => Object.keys(data ?? {}).length, { description: docOf('core.v1.Secret.data') }),
    AGE_COLUMN,
  ],
  indexTerms: tokenTerms,
});

function validateSecret(secret: Secret): FieldError[] {
  const { data = {} } = secret;
  const errors = Object.keys(data).flatMap((key) => problems(key, configKeyProblems(key), mapKey('data', key)));
  const size = Object.values(data).reduce((sum, value) => sum + base64Size(value ?? ''), 0);
  if (size > MAX_DATA_BYTES) errors.push(tooLong('data', MAX_DATA_BYTES));
  return [...errors, ...validateType(secret)];
}

/** What each of the well-known types needs. */
function validateType({ type, data = {}, metadata }: Secret): FieldError[] {
  const need = (...keys: string[]): FieldError[] =>
    keys.filter((key) => data[key] === undefined).map((key) => requiredField(mapKey('data', key)));
  switch (type) {
    case secretType.serviceAccountToken: {
      const annotation = 'kubernetes.io/service-account.name';
      return metadata.annotations?.[annotation] ? [] : [requiredField(mapKey('metadata.annotations', annotation))];
    }
    case secretType.dockercfg:
      return validateJson(data, '.dockercfg');
    case secretType.dockerConfigJson:
      return validateJson(data, '.dockerconfigjson');
    case secretType.basicAuth: {
      const missing = need('username', 'password');
      return missing.length === 2 ? missing : [];
    }
    case secretType.sshAuth:
      return data['ssh-privatekey'] ? [] : [requiredField(mapKey('data', 'ssh-privatekey'))];
    case secretType.tls:
      return need('tls.crt', 'tls.key');
    default:
      return [];
  }
}

function validateJson(data: Readonly<Record<string, string>>, key: string): FieldError[] {
  const path = mapKey('data', key);
  const value = data[key];
  if (value === undefined) return [requiredField(path)];
  const problem = objectProblem(fromBase64(value) ?? new Uint8Array());
  return problem ? [invalidField(path, '<secret contents redacted>', problem)] : [];
}

/** What Go's encoding/json says of a text that is no object. */
function objectProblem(bytes: Uint8Array): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(bytes));
  } catch (error) {
    return jsonProblem(bytes) ?? (error as Error).message;
  }
  if (isRecord(value) || value === null) return undefined;
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`;
}

/** What Go's tls.X509KeyPair says of texts that hold no certificate or no key. Differs: whether the two fit each other is not looked at. */
function keyPairProblems({ data = {} }: Secret): string[] {
  const blocks = (key: string) => decodePem(fromUtf8(fromBase64(data[key] ?? '') ?? new Uint8Array())).map(({ type }) => type);
  const certificate = blocks('tls.crt');
  if (!certificate.includes('CERTIFICATE')) {
    if (!certificate.length) return ['tls: failed to find any PEM data in certificate input'];
    if (certificate.length === 1 && certificate[0]!.endsWith('PRIVATE KEY'))
      return [
        'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched',
      ];
    return [
      `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${certificate.join(' ')}]`,
    ];
  }
  const key = blocks('tls.key');
  if (key.some((type) => type === 'PRIVATE KEY' || type.endsWith(' PRIVATE KEY'))) return [];
  if (!key.length) return ['tls: failed to find any PEM data in key input'];
  if (key.length === 1 && key[0] === 'CERTIFICATE') return ['tls: found a certificate rather than a key in the PEM for the private key'];
  return [
    `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${key.join(' ')}]`,
  ];
}
