// Keys: genrsa, genpkey, ecparam, and rsa, ec, pkey, which show and turn them.

import { ed25519 } from '@noble/curves/ed25519.js';
import { oid, toPem } from '../../../lib/der.ts';
import { childrenOf, integerOf, oidOf, readDer, sequenceOf } from '../../../lib/x509/der.ts';
import { bytesOf, remainders } from '../../../lib/x509/rsa.ts';
import { CURVES, newEcKey, newEd25519Key, pkcs8Pem, publicInfoOf, traditionalPem } from '../../../lib/x509/secret-key.ts';
import type { Curve, SecretKey } from '../../../lib/x509/secret-key.ts';
import type { System } from '../../process/system.ts';
import { Refusal } from '../tool.ts';
import { blockOf, loadKey, newRsaKey, noCurve, randomBytes, readStored, unsupported, writeOut } from './call.ts';
import type { Call } from './call.ts';
import { hexLines, numberText, publicKeyText } from './describe.ts';

export function genrsa(call: Call): number {
  const [bits = '2048'] = call.rest;
  if (!/^\d+$/.test(bits)) throw new Refusal(`genrsa: Can't parse "${bits}" as a number`);
  const rsa = newRsaKey(call.system, bitsOf(bits), call.has('verbose'));
  writeOut(call, (call.has('traditional') ? traditionalPem : pkcs8Pem)({ type: 'rsa', rsa }), true);
  return 0;
}

/** Differs: keys of more than 4096 bits take too long to find. */
export function bitsOf(text: string): number {
  const bits = Number(text);
  if (bits < 512) throw new Refusal('Error setting RSA length');
  if (bits > 4096) throw new Refusal(`RSA keys of ${bits} bits are not made here: take 4096 or less, or an EC key`);
  return bits;
}

export const curveOf = (name: string): Curve => {
  const found = CURVES.find((one) => one.name === name || one.nist === name || (name === 'secp256r1' && one.bits === 256));
  if (!found) throw noCurve();
  return found;
};

/** A key as `-newkey rsa:2048` and `genpkey -algorithm` name it. */
export function newKey(system: System, algorithm: string, bits: string | undefined, curve: string | undefined): SecretKey {
  const random = (length: number): Uint8Array => randomBytes(system, length);
  switch (algorithm.toLowerCase()) {
    case 'rsa':
      return { type: 'rsa', rsa: newRsaKey(system, bitsOf(bits ?? '2048'), true) };
    case 'ec':
      if (curve === undefined) throw new Refusal(`genpkey: Error generating ${algorithm} key`);
      return newEcKey(curveOf(curve), random);
    case 'ed25519':
      return newEd25519Key(random);
    default:
      throw unsupported(`Error initializing ${algorithm} context`, algorithm);
  }
}

/** The value of one of `-pkeyopt name:value`. */
export const keyOption = ({ given }: Call, name: string): string | undefined =>
  given.findLast(([option, value]) => option === 'pkeyopt' && value.startsWith(`${name}:`))?.[1].slice(name.length + 1);

export function genpkey(call: Call): number {
  const algorithm = call.get('algorithm');
  if (algorithm === undefined) throw new Refusal('genpkey: Use -help for summary.');
  const key = newKey(call.system, algorithm, keyOption(call, 'rsa_keygen_bits'), keyOption(call, 'ec_paramgen_curve'));
  writeOut(call, pkcs8Pem(key) + (call.has('text') ? secretKeyText(key) : ''), true);
  return 0;
}

export function ecparam(call: Call): number {
  const name = call.get('name');
  if (name === undefined) throw new Refusal('Unable to load parameters from <NULL>');
  const curve = curveOf(name);
  const parameters = call.has('noout') ? '' : toPem('EC PARAMETERS', oid(curve.oid));
  const key = call.has('genkey') ? traditionalPem(newEcKey(curve, (length) => randomBytes(call.system, length))) : '';
  writeOut(call, parameters + key, key !== '');
  return 0;
}

const CHECKED = { rsa: 'RSA key ok\n', ec: 'EC Key valid.\n', pkey: 'Key is valid\n' };

/** rsa, ec and pkey, whose words differ. */
export function showKey(call: Call): number {
  const { system, name, has } = call;
  const kind = name as keyof typeof CHECKED;
  if (has('pubin')) return showPublic(call);
  if (kind === 'ec') system.err('read EC key\n');
  const key = loadKey(call, call.get('in'), kind === 'pkey' ? 'key' : 'private key');
  if (kind !== 'pkey' && key.type !== kind) throw new Refusal(`Not an ${kind.toUpperCase()} key`);
  const isPublic = has('pubout');
  const isPublicText = kind === 'pkey' && (isPublic || has('text_pub'));
  let text = has('text') && kind !== 'pkey' ? secretKeyText(key) : '';
  if (has('modulus') && key.type === 'rsa') text += `Modulus=${key.rsa.modulus.toString(16).toUpperCase()}\n`;
  if (has('check') && kind === 'ec') system.err(CHECKED[kind]);
  else if (has('check')) text += CHECKED[kind];
  if (!has('noout')) {
    if (kind !== 'pkey') system.err(`writing ${kind.toUpperCase()} key\n`);
    const isTraditional = has('traditional') || kind === 'ec';
    text += isPublic ? toPem('PUBLIC KEY', publicInfoOf(key)) : isTraditional ? traditionalPem(key) : pkcs8Pem(key);
  }
  if (kind === 'pkey' && (has('text') || has('text_pub'))) text += isPublicText ? plainPublicText(publicInfoOf(key)) : secretKeyText(key);
  writeOut(call, text, !isPublic);
  return 0;
}

function showPublic(call: Call): number {
  const { has, name } = call;
  const info = blockOf(readStored(call, call.get('in'), 'public key'), 'PUBLIC KEY');
  if (!info) throw new Refusal(`Could not read public key from ${call.get('in') ?? '<stdin>'}`);
  if (name === 'ec') call.system.err('read EC key\n');
  if (!has('noout') && name !== 'pkey') call.system.err(`writing ${name.toUpperCase()} key\n`);
  const [shown, pem] = [has('text') || has('text_pub') ? plainPublicText(info) : '', has('noout') ? '' : toPem('PUBLIC KEY', info)];
  writeOut(call, name === 'pkey' ? pem + shown : shown + pem);
  return 0;
}

const plainPublicText = (info: Uint8Array): string => publicKeyText(info, '');

function secretKeyText(key: SecretKey): string {
  const info = publicInfoOf(key);
  switch (key.type) {
    case 'rsa': {
      const { rsa } = key;
      const [dp, dq, coefficient] = remainders(rsa);
      const part = (name: string, value: bigint): string => `${name}:\n${hexLines(signedBytes(value), '    ', 15)}`;
      return [
        `Private-Key: (${rsa.modulus.toString(2).length} bit, 2 primes)\n`,
        part('modulus', rsa.modulus),
        `publicExponent: ${numberText(rsa.publicExponent)}\n`,
        part('privateExponent', rsa.privateExponent),
        part('prime1', rsa.p),
        part('prime2', rsa.q),
        part('exponent1', dp),
        part('exponent2', dq),
        part('coefficient', coefficient),
      ].join('');
    }
    case 'ec':
      return `Private-Key: (${key.curve.bits} bit)\npriv:\n${hexLines(key.secret, '    ', 15)}${publicKeyText(info, '').replace(/^.*\n/, '')}`;
    default:
      return `ED25519 Private-Key:\npriv:\n${hexLines(key.secret, '    ', 15)}pub:\n${hexLines(ed25519.getPublicKey(key.secret), '    ', 15)}`;
  }
}

/** A zero before what would look negative. */
function signedBytes(value: bigint): Uint8Array {
  const bytes = bytesOf(value);
  return bytes[0]! & 0x80 ? Uint8Array.from([0, ...bytes]) : bytes;
}

/** The modulus of a public key; undefined if it has none. */
export function modulusOf(info: Uint8Array): bigint | undefined {
  const [algorithm, bits] = sequenceOf(readDer(info));
  if (oidOf(sequenceOf(algorithm)[0]) !== '1.2.840.113549.1.1.1') return undefined;
  return integerOf(childrenOf(readDer(bits!.bytes.subarray(1)))[0]);
}
