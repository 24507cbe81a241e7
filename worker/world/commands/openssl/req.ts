// openssl req: makes requests for certificates, or (-x509) certificates that sign themselves, and shows requests.

import { toPem } from '../../../lib/der.ts';
import { requestSignatureProblem } from '../../../lib/x509/certificate-request.ts';
import { childrenOf, expectTag, oidOf, readDer, sequenceOf, TAG } from '../../../lib/x509/der.ts';
import { pkcs8Pem, publicInfoOf } from '../../../lib/x509/secret-key.ts';
import type { SecretKey } from '../../../lib/x509/secret-key.ts';
import { Refusal } from '../tool.ts';
import { blockOf, encoded, loadKey, noStartLine, randomBytes, readPlain, writeFile, writeOut } from './call.ts';
import type { Call } from './call.ts';
import { nameText, readExtensions, requestText } from './describe.ts';
import type { Extension } from './describe.ts';
import { keyOption, newKey } from './keys.ts';
import { extension, extensionsOf, identifiersOf, makeRequest, makeSigned, nameOfSection, nameOfText, readSections } from './make.ts';
import type { Sections } from './make.ts';
import { requestOf } from './x509.ts';
import { boolean, sequence } from '../../../lib/der.ts';

const DAY = 86_400_000;

export function req(call: Call): number {
  const isMade = call.has('new') || call.has('newkey') || (call.has('x509') && call.get('in') === undefined);
  return isMade ? make(call) : show(call);
}

function make(call: Call): number {
  const { system, given, get, has } = call;
  const config: Sections = get('config') === undefined ? new Map() : readSections(readPlain(call, get('config')));
  const settings = new Map(config.get('req') ?? []);
  const dn = config.get(settings.get('distinguished_name') ?? '');
  const text = get('subj');
  const isAsked = text === undefined && !(dn && /^no$/i.test(settings.get('prompt') ?? ''));
  // Differs: nobody is asked at a terminal.
  if (isAsked) throw new Refusal('req: nobody is asked for names here: give them, as in -subj "/CN=name/O=group"');
  const { key, isNew } = keyOf(call, settings);
  const subject = text === undefined ? nameOfSection(dn!) : nameOfText(text, 'req', (line) => system.err(line));
  const keys = { own: publicInfoOf(key), issuer: publicInfoOf(key) };
  const section = get('extensions') ?? get('reqexts') ?? settings.get(has('x509') ? 'x509_extensions' : 'req_extensions');
  const added = given.flatMap(([name, value]) =>
    name === 'addext' ? [[value.slice(0, value.indexOf('=')).trim(), value.slice(value.indexOf('=') + 1).trim()] as const] : [],
  );
  const lines = [...(section === undefined ? [] : (config.get(section) ?? [])), ...added];
  const asked = extensionsOf(lines, config, has('x509') ? keys : undefined);
  if (isNew) writeFile(system, get('keyout') ?? 'privkey.pem', pkcs8Pem(key), true);
  if (!has('x509')) {
    const bytes = makeRequest(subject, key, asked);
    return output(call, bytes);
  }
  const isPlain = section === undefined && get('config') === undefined;
  const usual = isPlain
    ? [
        ...identifiersOf(keys),
        ...(added.some(([name]) => name === 'basicConstraints') ? [] : [extension('basicConstraints', true, sequence(boolean(true)))]),
      ]
    : [];
  const serial = randomBytes(system, 20);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const validity = { notBefore: system.now(), notAfter: system.now() + Number(get('days') ?? 30) * DAY };
  const bytes = makeSigned(
    { serial, issuer: subject, subject, publicKeyInfo: keys.own, ...validity, extensions: [...usual, ...asked] },
    key,
  );
  if (!has('noout')) writeOut(call, encoded(call, 'CERTIFICATE', bytes));
  return 0;
}

function keyOf(call: Call, settings: ReadonlyMap<string, string>): { key: SecretKey; isNew: boolean } {
  const path = call.get('key');
  const wanted = call.get('newkey');
  if (path !== undefined && wanted === undefined) return { key: loadKey(call, path), isNew: false };
  const [algorithm = 'rsa', bits] = (wanted ?? `rsa:${settings.get('default_bits') ?? 2048}`).split(':');
  if (!call.has('nodes') && !call.has('noenc') && settings.get('encrypt_key') !== 'no')
    // Differs: keys are not encrypted.
    throw new Refusal('req: keys are not encrypted here: add -nodes');
  const key = newKey(call.system, algorithm, bits, keyOption(call, 'ec_paramgen_curve'));
  call.system.err('-----\n');
  return { key, isNew: true };
}

function show(call: Call): number {
  const text = readPlain(call, call.get('in'), 'Unable to load X509 request');
  const block = blockOf(text, 'CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST');
  if (!block) throw noStartLine('Unable to load X509 request', 'CERTIFICATE REQUEST');
  return output(call, block);
}

function output(call: Call, bytes: Uint8Array): number {
  const { system, release, has } = call;
  const request = requestOf(toPem('CERTIFICATE REQUEST', bytes));
  if (has('verify')) {
    const problem = requestSignatureProblem(request);
    system.err(`Certificate request self-signature verify ${problem ? 'failure' : 'OK'}\n`);
  }
  const parts = [
    has('pubkey') && toPem('PUBLIC KEY', request.publicKeyInfo),
    has('text') && requestText(request, askedExtensions(bytes), release),
    has('subject') && `subject=${nameText(request.subject, release)}\n`,
    !has('noout') && encoded(call, 'CERTIFICATE REQUEST', bytes),
  ];
  writeOut(call, parts.filter(Boolean).join(''));
  return 0;
}

/** Of a request in DER; undefined if it asks for none. */
export function askedExtensions(bytes: Uint8Array): (Extension & { readonly raw: Uint8Array })[] | undefined {
  const attributes = sequenceOf(sequenceOf(readDer(bytes))[0])[3];
  for (const attribute of attributes ? childrenOf(attributes) : []) {
    const [type, values] = sequenceOf(attribute);
    const [list] = childrenOf(expectTag(values, TAG.set));
    if (oidOf(type) === '1.2.840.113549.1.9.14' && list) {
      const raws = childrenOf(list);
      return readExtensions(list).map((one, i) => ({ ...one, raw: raws[i]!.raw }));
    }
  }
  return undefined;
}
