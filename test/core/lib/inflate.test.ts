import { constants, createDeflate } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Inflater } from '../../../worker/lib/inflate.ts';

const DICTIONARY = Buffer.from('the quick brown fox jumps over the lazy dog');

/** The pieces that one stream of zlib makes of texts, flushed after each. */
async function deflate(texts: readonly Buffer[], level: number, dictionary?: Buffer): Promise<Buffer[]> {
  const stream = createDeflate({ level, ...(dictionary && { dictionary }) });
  const out: Buffer[] = [];
  let piece: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => piece.push(chunk));
  for (const text of texts) {
    stream.write(text);
    await new Promise<void>((resolve) => stream.flush(constants.Z_SYNC_FLUSH, resolve));
    out.push(Buffer.concat(piece));
    piece = [];
  }
  return out;
}

const noise = (bytes: number): Buffer => {
  let state = 1;
  return Buffer.from(Array.from({ length: bytes }, () => (state = (state * 48_271) % 2_147_483_647) & 255));
};

describe('what zlib makes is read', () => {
  const rows = [
    { name: 'stored blocks', level: 0, texts: ['hello', 'hello again'] },
    { name: 'fixed codes, and the dictionary', level: 9, texts: ['the lazy fox', 'the lazy fox', 'jumps over'] },
    { name: 'codes of its own', level: 9, texts: [noise(5000).toString('hex'), noise(6000).toString('base64')] },
    { name: 'far back', level: 9, texts: [noise(30_000).toString('latin1'), noise(30_000).toString('latin1')] },
    {
      name: 'more than a window, piece by piece',
      level: 6,
      texts: Array.from({ length: 40 }, (_, i) => `${i} ${noise(3000).toString('hex')}`),
    },
    { name: 'long runs', level: 9, texts: ['a'.repeat(100_000)] },
  ];
  test.each(rows.flatMap((row) => [{ ...row }, { ...row, name: `${row.name}, with a dictionary`, dictionary: DICTIONARY }]))(
    '$name',
    async ({ level, texts, dictionary }: { level: number; texts: string[]; dictionary?: Buffer }) => {
      const given = texts.map((text) => Buffer.from(text, 'latin1'));
      const inflater = new Inflater(dictionary ?? new Uint8Array());
      const read = (await deflate(given, level, dictionary)).map((piece) => Buffer.from(inflater.inflate(piece)).toString('latin1'));
      expect(read).toEqual(texts);
    },
  );
});

test.each([
  { name: 'no header', bytes: [1, 2, 3] },
  { name: 'half a block', bytes: [0x78, 0x9c, 0x00, 0x05] },
  { name: 'a stored block whose length is damaged', bytes: [0x78, 0x9c, 0x00, 0x01, 0x00, 0x01, 0x00, 0x41] },
  { name: 'an unknown kind of block', bytes: [0x78, 0x9c, 0x07] },
  { name: 'a reference to before the beginning', bytes: [0x78, 0x9c, 0x03, 0x02, 0x00] },
])('what is damaged is refused: $name', ({ bytes }) => {
  expect(() => new Inflater(new Uint8Array()).inflate(Uint8Array.from(bytes))).toThrow(Error);
});
