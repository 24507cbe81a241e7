// Which sandbox credentials come from, where the path of a request does not say it: `kubectl get --raw /version` leaves out the path of the server it is told. So
// whatever a sandbox hands out names it. That leads there and no further: whether it is good is the sandbox's to say, by keys that no other has.

import { isRecord } from '../lib/json.ts';
import { fromBase64, fromBase64Url, fromUtf8, utf8 } from '../lib/text.ts';
import { DerError, integerBytesOf, readDer, sequenceOf } from '../lib/x509/der.ts';

/** Ids as front/secrets.ts makes them. Anything else is not worth an object's while. */
const ID = /^[a-z][a-z0-9]{0,31}$/;

const idIn = (text: string | undefined): string | undefined => (text !== undefined && ID.test(text) ? text : undefined);

/** A token for the sandbox itself, or one of a service account. */
export function sandboxOfToken(token: string): string | undefined {
  const own = /^kbc_([a-z0-9]{1,32})_/.exec(token);
  if (own) return own[1];
  const parts = token.split('.');
  const header = parts.length === 3 ? fromBase64Url(parts[0]!) : undefined;
  if (!header) return undefined;
  try {
    const claims = JSON.parse(fromUtf8(header)) as unknown;
    const id = isRecord(claims) ? claims['kid'] : undefined;
    return typeof id === 'string' && id.includes('.') ? idIn(id.slice(0, id.indexOf('.'))) : undefined;
  } catch {
    return undefined;
  }
}

/** A key's name in the tokens that it signs. */
export const keyName = (sandbox: string, hash: string): string => (idIn(sandbox) === undefined ? hash : `${sandbox}.${hash}`);

/** Bytes of a certificate's serial number after the sandbox's id. */
const SERIAL_END = 8;
/** RFC 5280. */
const MOST_SERIAL = 20;

/** The serial number of a certificate that a sandbox signs for somebody; `unique` are 8 bytes. */
export const namingSerial = (sandbox: string, unique: Uint8Array): Uint8Array =>
  idIn(sandbox) === undefined || sandbox.length + SERIAL_END > MOST_SERIAL ? unique : Uint8Array.from([...utf8(sandbox), ...unique]);

/** A client's certificate, DER in base64. */
export function sandboxOfCertificate(base64: string): string | undefined {
  const bytes = fromBase64(base64);
  if (!bytes) return undefined;
  try {
    const [version, serial] = sequenceOf(sequenceOf(readDer(bytes))[0]);
    const number = version?.tag === 0xa0 ? integerBytesOf(serial) : undefined;
    return number && number.length > SERIAL_END ? idIn(fromUtf8(number.subarray(0, -SERIAL_END))) : undefined;
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}
