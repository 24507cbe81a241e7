// Small non-cryptographic hashes, for names and buckets.

/** FNV-1a, 32 bits, of a text's UTF-16 units' low and high bytes; of a text that goes on after another, whose hash is `before`. */
export function fnv1a32(text: string, before = 0x811c9dc5): number {
  let hash = before;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    if (unit > 0xff) hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  return hash >>> 0;
}

/** FNV-1 (the older one, that multiplies first), 32 bits, of a text's UTF-8 bytes. */
export function fnv1of32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash, 0x01000193) ^ byte;
  return hash >>> 0;
}

/** FNV-1, 64 bits, of a text's UTF-8 bytes. */
export function fnv1of64(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = ((hash * 0x100000001b3n) & 0xffffffffffffffffn) ^ BigInt(byte);
  return hash;
}

const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Maps each character into the alphabet of generated names, as Kubernetes' rand.SafeEncodeString does. */
export function safeEncode(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) out += SAFE_ALPHABET[text.charCodeAt(i) % SAFE_ALPHABET.length];
  return out;
}
