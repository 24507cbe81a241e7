// Tokens: 256 random bits each, shown once, kept as hashes. What is random enough need not be hashed slowly, and its hash may be looked up like any key.

/** By its beginning one sees (and a scanner of leaked secrets finds) what a token is for. */
export type SecretKind = 'session' | 'api' | 'link' | 'cluster';
const PREFIX: Record<SecretKind, string> = { session: 'kbs_', api: 'kba_', link: 'kbl_', cluster: 'kbc_' };

export interface Secret {
  readonly token: string;
  readonly hash: string;
}

/** A cluster's token names the sandbox that it is for: see worker/index.ts. */
export async function newSecret(kind: SecretKind, sandbox = ''): Promise<Secret> {
  const token = PREFIX[kind] + (sandbox && `${sandbox}_`) + base64Url(crypto.getRandomValues(new Uint8Array(32)));
  return { token, hash: await hashOf(token) };
}

export const isSecret = (kind: SecretKind, token: string): boolean =>
  token.length === PREFIX[kind].length + 43 && token.startsWith(PREFIX[kind]) && /^\w+[-\w]*$/.test(token);

/** SHA-256, base64url: the form that a sandbox keeps, too (cluster/tokens.ts hashOf). */
export async function hashOf(token: string): Promise<string> {
  return base64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))));
}

const ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** An id that cannot be guessed, though nothing relies on that: `length` × 5 random bits, lower-case letters and digits, a letter first. */
export function newId(length = 12): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte, i) => ID_ALPHABET[i ? byte & 31 : byte % 26]).join('');
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}
