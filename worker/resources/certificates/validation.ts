// The rules of CertificateSigningRequests. Mirrors pkg/apis/certificates/validation.

import { duplicateField, forbiddenField, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import { goJson } from '../../lib/go-format.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../api/gen/certificates-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { fromBase64, fromUtf8 } from '../../lib/text.ts';
import { parseCertificateRequest, requestSignatureProblem } from '../../lib/x509/certificate-request.ts';
import { unifiedDiff } from '../../lib/unified-diff.ts';
import { readDer, sequenceOf } from '../../lib/x509/der.ts';
import { decodePem } from '../../lib/x509/pem.ts';
import { goForm } from '../go-form.ts';
import { signerName } from './signer-name.ts';

const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';
const MIN_SECONDS = 600;
const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

/** `old`: what an object had already, it may keep. */
export function validateRequest({ spec, status }: CertificateSigningRequest, old: CertificateSigningRequest | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const problem = spec.request === old?.spec.request ? undefined : requestProblem(spec.request);
  if (problem !== undefined) errors.push(invalidField('spec.request', spec.request, problem));
  errors.push(...validateUsages(spec.usages ?? [], old?.spec.usages ?? []));
  if (spec.signerName === LEGACY_SIGNER && old?.spec.signerName !== LEGACY_SIGNER)
    errors.push(invalidField('spec.signerName', spec.signerName, 'the legacy signerName is not allowed via this API version'));
  else errors.push(...signerName(spec.signerName, 'spec.signerName'));
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < MIN_SECONDS)
    errors.push(
      invalidField('spec.expirationSeconds', spec.expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'),
    );
  errors.push(...validateConditions(status.conditions ?? [], old?.status.conditions ?? []));
  const isKept = old !== undefined && (status.certificate === old.status.certificate || certificateProblem(old.status.certificate));
  const certificate = isKept ? undefined : certificateProblem(status.certificate);
  if (certificate) errors.push(invalidField('status.certificate', '<certificate data>', certificate));
  return errors;
}

function requestProblem(request: string): string | undefined {
  try {
    return requestSignatureProblem(parseCertificateRequest(fromUtf8(fromBase64(request ?? '') ?? new Uint8Array())));
  } catch (error) {
    return (error as Error).message;
  }
}

function validateUsages(usages: readonly string[], old: readonly string[]): FieldError[] {
  const errors: FieldError[] = usages.length ? [] : [requiredField('spec.usages')];
  if (old.every((usage) => USAGES.includes(usage)))
    for (const [i, usage] of usages.entries()) if (!USAGES.includes(usage)) errors.push(notSupported(`spec.usages[${i}]`, usage, USAGES));
  if (new Set(old).size === old.length)
    for (const [i, usage] of usages.entries()) if (usages.indexOf(usage) < i) errors.push(duplicateField(`spec.usages[${i}]`, usage));
  return errors;
}

const ONLY_TRUE: ReadonlySet<string> = new Set(['Approved', 'Denied', 'Failed']);

type Conditions = readonly CertificateSigningRequestCondition[];

function validateConditions(conditions: Conditions, old: Conditions): FieldError[] {
  const path = 'status.conditions';
  const oldTypes = old.map(({ type }) => type);
  const allowEmpty = oldTypes.includes('');
  const allowTwice = new Set(oldTypes).size < oldTypes.length;
  const allowBoth = oldTypes.includes('Approved') && oldTypes.includes('Denied');
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { type, status }] of conditions.entries()) {
    if (!type && !allowEmpty) errors.push(requiredField(`${path}[${i}].type`));
    const allowed = ONLY_TRUE.has(type) ? ['True'] : ['False', 'True', 'Unknown'];
    if (!status) errors.push(requiredField(`${path}[${i}].status`));
    else if (!allowed.includes(status)) errors.push(notSupported(`${path}[${i}].status`, status, allowed));
    const opposite = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined;
    if (!allowBoth && opposite && seen.has(opposite))
      errors.push(invalidField(path, type, 'Approved and Denied conditions are mutually exclusive'));
    if (!allowTwice && seen.has(type)) errors.push(duplicateField(`${path}[${i}].type`, type));
    seen.add(type);
  }
  return errors;
}

function certificateProblem(certificate: string | undefined): string | undefined {
  if (!certificate) return undefined;
  const blocks = decodePem(fromUtf8(fromBase64(certificate) ?? new Uint8Array()));
  for (const { type, hasHeaders, bytes } of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    if (hasHeaders) return 'no PEM block headers are permitted';
    try {
      sequenceOf(sequenceOf(readDer(bytes))[0]);
    } catch {
      return 'x509: malformed certificate';
    }
  }
  return blocks.length ? undefined : 'must contain at least one CERTIFICATE PEM block';
}

/** Shown as Go's unversioned type prints. */
const conditionDiff = (before: Conditions, now: Conditions): string => unifiedDiff(prettyConditions(before), prettyConditions(now));
const prettyConditions = (conditions: Conditions): string =>
  goJson(
    conditions.map((condition) => goForm('certificates.v1.CertificateSigningRequestCondition', condition)),
    1,
  );

/** What the subresource may set that others may not. */
interface Rights {
  readonly approval?: boolean;
  readonly certificate?: boolean;
}

export function validateRequestUpdate(next: CertificateSigningRequest, old: CertificateSigningRequest, rights: Rights): FieldError[] {
  const errors = validateRequest(next, old);
  const path = 'status.conditions';
  const of = ({ status }: CertificateSigningRequest, type: string): Conditions =>
    (status.conditions ?? []).filter((condition) => condition.type === type);
  for (const type of ['Approved', 'Denied', 'Failed'])
    if (of(next, type).length < of(old, type).length)
      errors.push(forbiddenField(path, `updates may not remove a condition of type "${type}"`));
  for (const type of rights.approval ? [] : ['Approved', 'Denied']) {
    const [now, before] = [of(next, type), of(old, type)];
    if (now.length > before.length) errors.push(forbiddenField(path, `updates may not add a condition of type "${type}"`));
    else if (now.length === before.length && !isEqual(now, before))
      errors.push(forbiddenField(path, `updates may not modify a condition of type "${type}"\n${conditionDiff(before, now)}`));
  }
  if (next.status.certificate !== old.status.certificate) {
    if (!rights.certificate) errors.push(forbiddenField('status.certificate', 'updates may not set certificate content'));
    else if (old.status.certificate)
      errors.push(forbiddenField('status.certificate', 'updates may not modify existing certificate content'));
  }
  return errors;
}
