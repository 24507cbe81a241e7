// The part of Node's crypto that workerd has and passwords need.
declare module 'node:crypto' {
  export function scryptSync(
    password: string,
    salt: Uint8Array,
    length: number,
    options: { N: number; r: number; p: number; maxmem: number },
  ): Uint8Array;
  /** Both must be of one length. */
  export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean;
}
