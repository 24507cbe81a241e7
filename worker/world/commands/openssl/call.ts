// A call of one of openssl's commands: its options, the files it reads and writes, its chance. A command that has to wait is run again from its beginning, so it
// reads and looks for keys before it writes anything.

import { toPem } from '../../../lib/der.ts';
import { DerError } from '../../../lib/x509/der.ts';
import { decodePem } from '../../../lib/x509/pem.ts';
import { newKeySearch, searchKey } from '../../../lib/x509/rsa.ts';
import type { KeySearch, RsaKey } from '../../../lib/x509/rsa.ts';
import { readCertificate } from '../../../lib/x509/read-certificate.ts';
import type { Certificate } from '../../../lib/x509/read-certificate.ts';
import { readSecretKey } from '../../../lib/x509/secret-key.ts';
import type { SecretKey } from '../../../lib/x509/secret-key.ts';
import { bytesOfChars, charsOfBytes } from '../../../lib/text.ts';
import { FileError } from '../../files/error.ts';
import type { Wait } from '../../process/process.ts';
import type { System } from '../../process/system.ts';
import { Refusal } from '../tool.ts';
import type { Release } from './release.ts';

/** Thrown by what cannot go on yet; undefined: it has more to do at once. */
export class Paused extends Error {
  readonly wait: Wait | undefined;
  constructor(wait?: Wait) {
    super();
    this.wait = wait;
  }
}

interface Kept {
  stdin: string;
  isRead: boolean;
  search: KeySearch | null;
}

/** An option with its value, '' if it takes none. */
export type Given = readonly [name: string, value: string];

export interface Call {
  readonly system: System;
  readonly name: string;
  readonly release: Release;
  readonly given: readonly Given[];
  readonly rest: readonly string[];
  has(name: string): boolean;
  get(name: string): string | undefined;
}

/** What these do not know as an option they take for a cipher. */
const CIPHERED = new Set(['rsa', 'ec', 'pkey']);

/** Names of options, `=` after those that take a value. */
export function callOf(system: System, release: Release, name: string, args: readonly string[], known: string): Call {
  const words = known.split(' ');
  const given: Given[] = [];
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at]!;
    if (!/^-./.test(arg)) break;
    if (arg === '--') {
      at++;
      break;
    }
    const option = arg.replace(/^--?/, '');
    if (words.includes(option)) given.push([option, '']);
    else if (!words.includes(`${option}=`) && CIPHERED.has(name))
      throw unsupported(`${name}: Unknown cipher: ${option}\n${name}: Use -help for summary.`, option);
    else if (!words.includes(`${option}=`)) throw new Refusal(`${name}: Unknown option: ${arg}\n${name}: Use -help for summary.`);
    else if (at + 1 >= args.length) throw new Refusal(`${name}: Option ${arg} needs a value\n${name}: Use -help for summary.`);
    else given.push([option, args[++at]!]);
  }
  return {
    system,
    name,
    release,
    given,
    rest: args.slice(at),
    has: (option) => given.some(([one]) => one === option),
    get: (option) => given.findLast(([one]) => one === option)?.[1],
  };
}

const keptOf = ({ process }: System): Kept => (process.data ??= { stdin: '', isRead: false, search: null } satisfies Kept) as Kept;

export function stdinOf(system: System): string {
  const kept = keptOf(system);
  while (!kept.isRead) {
    const data = system.read(0);
    if (data === undefined) throw new Paused({ read: 0 });
    if (data === null) kept.isRead = true;
    else kept.stdin += data;
  }
  return kept.stdin;
}

export function randomBytes(system: System, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 4) {
    const word = system.random.uint32();
    for (let i = 0; i < 4 && at + i < length; i++) bytes[at + i] = word >>> (8 * i);
  }
  return bytes;
}

/** So many numbers does one step try: about 20 ms of work, where an ordinary step takes a tenth. */
const [TRIES, LOAD] = [8, 20];

/** A new key of so many bits; it takes a while. */
export function newRsaKey(system: System, bits: number, progress: boolean): RsaKey {
  const kept = keptOf(system);
  const search = (kept.search ??= newKeySearch(bits));
  // Twice the length is eight times the work.
  const tries = Math.max(1, Math.floor(TRIES * Math.min(1, (2048 / bits) ** 3)));
  let dots = '';
  const key = searchKey(
    search,
    tries,
    (length) => randomBytes(system, length),
    (isPrime) => (dots += isPrime ? `${'+'.repeat(65)}\n` : '.'),
  );
  if (progress) system.err(dots);
  if (key) return key;
  system.load += LOAD;
  throw new Paused();
}

const ERRNO: Readonly<Record<string, string>> = { ENOENT: '02', EACCES: '0D', ENOTDIR: '14', EISDIR: '15' };
const THREAD = '40F7C2A4B87F0000';

/** The bytes of a file, or of the standard input. Refuses what it cannot open as a store of keys and certificates does. */
export function readStored({ system }: Call, path: string | undefined, what: string, complaint = ''): string {
  if (path === undefined || path === '-') return stdinOf(system);
  try {
    return system.files.read(system.path(path));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Refusal(
      `Could not open file or uri for loading ${what} from ${path}\n${THREAD}:error:16000069:STORE routines:ossl_store_get0_loader_int:unregistered scheme:../crypto/store/store_register.c:237:scheme=file\n${THREAD}:error:800000${ERRNO[error.code] ?? '05'}:system library:file_open:${error.message}:../providers/implementations/storemgmt/file_store.c:266:calling stat(${path})${complaint && `\n${complaint}`}`,
    );
  }
}

type HowOpened = (path: string, message: string, errno: string) => string;

const fileErrors: HowOpened = (path, message, errno) =>
  `${THREAD}:error:800000${errno}:system library:BIO_new_file:${message}:../crypto/bio/bss_file.c:67:calling fopen(${path}, r)\n${THREAD}:error:10000080:BIO routines:BIO_new_file:no such file:../crypto/bio/bss_file.c:75:`;

const usualFailure: HowOpened = (path, message, errno) =>
  `Can't open "${path}" for reading, ${message}\n${fileErrors(path, message, errno)}`;

/** What dgst says of a file. */
export const digestFailure: HowOpened = (path, message, errno) =>
  `${path}: ${message}\n${THREAD}:error:800000${errno}:system library:file_ctrl:${message}:../crypto/bio/bss_file.c:297:calling fopen(${path}, r)\n${THREAD}:error:10080002:BIO routines:file_ctrl:system lib:../crypto/bio/bss_file.c:300:`;

/** What verify says of the file of those whom one trusts. */
export const authorityFailure: HowOpened = (path, message, errno) =>
  `Error loading file ${path}\n${fileErrors(path, message, errno)}\n${THREAD}:error:05880002:x509 certificate routines:X509_load_cert_crl_file_ex:system lib:../crypto/x509/by_file.c:229:`;

/** The same, of what is not read through a store. */
export function readPlain({ system }: Call, path: string | undefined, complaint = '', failure = usualFailure): string {
  if (path === undefined || path === '-') return stdinOf(system);
  try {
    return system.files.read(system.path(path));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Refusal(failure(path, error.message, ERRNO[error.code] ?? '05') + (complaint && `\n${complaint}`));
  }
}

/** Two keys that do not belong together. */
export const mismatch = (one: Uint8Array, other: Uint8Array): Refusal =>
  new Refusal(
    `CA certificate and CA private key do not match\n${
      one[5] === other[5] && one.length === other.length
        ? `${THREAD}:error:05800074:x509 certificate routines:X509_check_private_key:key values mismatch:../crypto/x509/x509_cmp.c:403:`
        : `${THREAD}:error:03000065:digital envelope routines:evp_keymgmt_util_match:different key types:../crypto/evp/keymgmt_lib.c:388:\n${THREAD}:error:05800073:x509 certificate routines:X509_check_private_key:key type mismatch:../crypto/x509/x509_cmp.c:406:`
    }`,
  );

/** What libcrypto was asked for and does not have. */
export const unsupported = (message: string, name: string): Refusal =>
  new Refusal(
    `${message}\n${THREAD}:error:0308010C:digital envelope routines:inner_evp_generic_fetch:unsupported:../crypto/evp/evp_fetch.c:386:Global default library context, Algorithm (${name} : 0), Properties (<null>)`,
  );

export const noCurve = (): Refusal =>
  new Refusal(
    `unable to generate key\n${THREAD}:error:0800008D:elliptic curve routines:group_new_from_name:invalid curve:../crypto/ec/ec_lib.c:1490:`,
  );

const unread = (text: string, path: string | undefined, what: string, complaint: string): Refusal => {
  const reason = `\n${THREAD}:error:1608010C:STORE routines:ossl_store_handle_load_result:unsupported:../crypto/store/store_result.c:149:`;
  return new Refusal(
    `Could not read ${what} from ${path ?? '<stdin>'}${text.includes('PRIVATE KEY') ? reason : ''}${complaint && `\n${complaint}`}`,
  );
};

export interface Loaded {
  readonly certificate: Certificate;
  /** In DER. */
  readonly bytes: Uint8Array;
}

/** The certificates of a file, at least one. */
export function loadCertificates(
  call: Call,
  path: string | undefined,
  what = 'certificate',
  complaint = `Unable to load ${what}`,
): Loaded[] {
  const text = readStored(call, path, what, complaint);
  const blocks = text.startsWith('0')
    ? [bytesOfChars(text)]
    : decodePem(text).flatMap(({ type, bytes }) =>
        type === 'CERTIFICATE' || type === 'TRUSTED CERTIFICATE' || type === 'X509 CERTIFICATE' ? [bytes] : [],
      );
  const found = blocks.flatMap((bytes) => {
    try {
      return [{ certificate: readCertificate(bytes), bytes }];
    } catch (error) {
      if (error instanceof DerError) return [];
      throw error;
    }
  });
  if (!found.length) throw unread(text, path, what, complaint);
  return found;
}

export function loadKey(call: Call, path: string | undefined, what = 'private key', complaint = ''): SecretKey {
  const text = readStored(call, path, what, complaint);
  const key = readSecretKey(text.startsWith('0') ? toPem('PRIVATE KEY', bytesOfChars(text)) : text);
  if (!key) throw unread(text, path, what, complaint);
  return key;
}

/** The bytes of the first block of one of these types. */
export function blockOf(text: string, ...types: readonly string[]): Uint8Array | undefined {
  if (text.startsWith('0')) return bytesOfChars(text);
  return decodePem(text).find(({ type }) => types.includes(type))?.bytes;
}

export const noStartLine = (complaint: string, expecting: string): Refusal =>
  new Refusal(
    `${complaint}\n${THREAD}:error:0480006C:PEM routines:get_name:no start line:../crypto/pem/pem_lib.c:760:Expecting: ${expecting}`,
  );

/** To the file that `-out` names, or out. What is secret is for its owner alone. */
export function writeOut({ system, get }: Call, text: string, isSecret = false): void {
  const path = get('out');
  if (path === undefined) system.out(text);
  else writeFile(system, path, text, isSecret);
}

export function writeFile(system: System, path: string, text: string, isSecret = false): void {
  try {
    system.files.write(system.path(path), text, isSecret ? 0o600 : 0o666 & ~system.process.umask);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Refusal(
      `Can't open "${path}" for writing, ${error.message}\n${THREAD}:error:800000${ERRNO[error.code] ?? '05'}:system library:BIO_new_file:${error.message}:../crypto/bio/bss_file.c:67:calling fopen(${path}, w)`,
    );
  }
}

/** In PEM, or as `-outform` says. */
export const encoded = ({ get }: Call, label: string, bytes: Uint8Array): string =>
  /^der$/i.test(get('outform') ?? '') ? charsOfBytes(bytes) : toPem(label, bytes);
