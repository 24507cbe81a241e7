// openssl x509: shows a certificate, or (-req) makes one of a request.

import { sha1, md5 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { toPem } from '../../../lib/der.ts';
import { parseCertificateRequest, requestSignatureProblem } from '../../../lib/x509/certificate-request.ts';
import { DerError } from '../../../lib/x509/der.ts';
import { readCertificate } from '../../../lib/x509/read-certificate.ts';
import { publicInfoOf } from '../../../lib/x509/secret-key.ts';
import { isFor } from '../../../lib/x509/verify-server.ts';
import { hexOf } from '../../../lib/text.ts';
import { Refusal } from '../tool.ts';
import { blockOf, encoded, loadCertificates, loadKey, mismatch, noStartLine, randomBytes, readPlain, writeFile, writeOut } from './call.ts';
import type { Call, Given, Loaded } from './call.ts';
import { certificateText, dateText, EXTENSIONS, extensionText, nameText, pairs, partsOf } from './describe.ts';
import { modulusOf } from './keys.ts';
import { extensionsOf, identifiersOf, makeSigned, readSections } from './make.ts';
import { askedExtensions } from './req.ts';

const DIGESTS: Readonly<Record<string, (data: Uint8Array) => Uint8Array>> = { sha1, md5, sha256, sha384, sha512 };
const DAY = 86_400_000;

export function x509(call: Call): number {
  const { system, given, has } = call;
  const loaded = has('req') ? signed(call) : loadCertificates(call, call.get('in'))[0]!;
  const { certificate, bytes } = loaded;
  const digest = given.findLast(([name]) => DIGESTS[name])?.[0];
  let text = inOrder(given)
    .map(([name, value]) => shown(call, name, value, loaded, digest))
    .join('');
  const seconds = call.get('checkend');
  if (seconds !== undefined) {
    const expires = certificate.notAfter < system.now() + Number(seconds) * 1000;
    writeOut(call, `${text}Certificate will ${expires ? '' : 'not '}expire\n`);
    return expires ? 1 : 0;
  }
  const matches = (does: boolean): string => `does ${does ? '' : 'NOT '}match certificate\n`;
  const [host, ip] = [call.get('checkhost'), call.get('checkip')];
  if (host !== undefined) text += `Hostname ${host} ${matches(isFor(certificate, host))}`;
  if (ip !== undefined) text += `IP ${ip} ${matches(certificate.addresses.includes(ip))}`;
  if (!has('noout')) text += encoded(call, 'CERTIFICATE', bytes);
  writeOut(call, text);
  return 0;
}

/** What is asked for is shown once, where it was asked for last. */
function inOrder(given: readonly Given[]): Given[] {
  const all = given.flatMap((one): Given[] =>
    one[0] === 'dates'
      ? [
          ['startdate', ''],
          ['enddate', ''],
        ]
      : [one],
  );
  return all.filter(([name], i) => all.findLastIndex(([other]) => other === name) === i);
}

/** What one of the options asks to see. */
function shown({ system, release, get }: Call, option: string, value: string, { certificate, bytes }: Loaded, digest = 'SHA1'): string {
  const reversed = /^rfc2253$/i.test(get('nameopt') ?? '');
  const parts = partsOf(bytes);
  switch (option) {
    case 'text':
      return certificateText(certificate, parts, release);
    case 'subject':
      return `subject=${nameText(certificate.subject, release, reversed)}\n`;
    case 'issuer':
      return `issuer=${nameText(certificate.issuer, release, reversed)}\n`;
    case 'startdate':
      return `notBefore=${dateText(certificate.notBefore)}\n`;
    case 'enddate':
      return `notAfter=${dateText(certificate.notAfter)}\n`;
    case 'serial':
      return `serial=${hexOf(parts.serial)
        .replace(/^00(?=.)/, '')
        .toUpperCase()}\n`;
    case 'fingerprint':
      return `${digest} Fingerprint=${pairs(DIGESTS[digest.toLowerCase()]!(bytes)).toUpperCase()}\n`;
    case 'pubkey':
      return toPem('PUBLIC KEY', certificate.publicKeyInfo);
    case 'modulus':
      return `Modulus=${modulusOf(certificate.publicKeyInfo)?.toString(16).toUpperCase() ?? 'No modulus for this public key type'}\n`;
    case 'ext': {
      const wanted = value.split(',');
      const found = parts.extensions.filter(({ oid }) => wanted.includes(EXTENSIONS.find(([one]) => one === oid)?.[1] ?? oid));
      if (!found.length) system.err('No extensions in certificate\n');
      return found.map((one) => extensionText(one, '')).join('');
    }
    default:
      return '';
  }
}

function signed(call: Call): Loaded {
  const { system, release, get, has } = call;
  const path = get('in');
  const text = readPlain(call, path, 'Unable to load certificate request input');
  const block = blockOf(text, 'CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST');
  if (!block) throw noStartLine('Unable to load certificate request input', 'CERTIFICATE REQUEST');
  const request = requestOf(toPem('CERTIFICATE REQUEST', block));
  const problem = requestSignatureProblem(request);
  if (problem) throw new Refusal('Certificate request self-signature did not match the contents');
  system.err(`Certificate request self-signature ok\nsubject=${nameText(request.subject, release)}\n`);
  const authority = get('CA');
  const issuer = authority === undefined ? undefined : loadCertificates(call, authority, 'CA certificate')[0]!;
  const keyPath = get('CAkey') ?? authority ?? get('key') ?? get('signkey');
  const key = keyPath === undefined ? undefined : loadKey(call, keyPath, issuer ? 'CA private key' : 'private key');
  if (!key) throw new Refusal('We need a private key to sign with, use -key or -CAkey or -CA with private key');
  const publicKeyInfo = publicInfoOf(key);
  if (issuer && hexOf(publicKeyInfo) !== hexOf(issuer.certificate.publicKeyInfo))
    throw mismatch(publicKeyInfo, issuer.certificate.publicKeyInfo);
  const keys = { own: request.publicKeyInfo, issuer: publicKeyInfo };
  const sections = get('extfile') === undefined ? undefined : readSections(readPlain(call, get('extfile')));
  const lines =
    sections?.get(get('extensions') ?? sections.get('default')?.find(([name]) => name === 'extensions')?.[1] ?? 'default') ?? [];
  const asked = sections ? extensionsOf(lines, sections, keys) : [];
  const copied = /^copy(all)?$/.test(get('copy_extensions') ?? '') ? (askedExtensions(block)?.map(({ raw }) => raw) ?? []) : [];
  const own = [...copied, ...asked];
  const bytes = makeSigned(
    {
      serial: serialOf(call),
      issuer: issuer?.certificate.subject ?? request.subject,
      subject: request.subject,
      publicKeyInfo: request.publicKeyInfo,
      notBefore: system.now(),
      notAfter: system.now() + Number(get('days') ?? 30) * DAY,
      extensions: release.extends && !has('clrext') && !sections ? [...own, ...identifiersOf(keys)] : own,
    },
    key,
  );
  return { certificate: readCertificate(bytes), bytes };
}

export function requestOf(pem: string): ReturnType<typeof parseCertificateRequest> {
  try {
    return parseCertificateRequest(pem);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new Refusal('Unable to load X509 request');
  }
}

/** As `-set_serial` says, the next of a file, or by chance. */
function serialOf({ system, get, has }: Call): Uint8Array {
  const fresh = (): Uint8Array => {
    const bytes = randomBytes(system, 20);
    bytes[0] = (bytes[0]! & 0x7f) | 0x40;
    return bytes;
  };
  const bytesOfHex = (hex: string): Uint8Array =>
    Uint8Array.from(hex.padStart(hex.length + (hex.length % 2), '0').match(/../g) ?? ['00'], (pair) => Number.parseInt(pair, 16));
  const set = get('set_serial');
  if (set !== undefined) return bytesOfHex(BigInt(set).toString(16));
  const authority = get('CA');
  if (authority === undefined) return fresh();
  const path = get('CAserial') ?? `${authority.replace(/\.[^./]*$/, '')}.srl`;
  const known = system.find(path)?.content?.trim();
  if (known === undefined && !has('CAcreateserial')) return fresh();
  const serial = known === undefined ? fresh() : bytesOfHex((BigInt(`0x${known}`) + 1n).toString(16));
  writeFile(system, path, `${hexOf(serial).toUpperCase()}\n`);
  return serial;
}
