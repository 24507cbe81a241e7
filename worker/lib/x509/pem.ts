// PEM: DER between two dashed lines. Mirrors Go's encoding/pem.

import { fromBase64 } from '../text.ts';

export interface PemBlock {
  /** `CERTIFICATE REQUEST`. */
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly bytes: Uint8Array;
}

const BLOCK = /(?<=^|\n)-----BEGIN ([^\n]*?)-----[ \t]*\r?\n([^]*?)-----END \1-----[ \t]*(?:\r?\n|$)/g;

/** The blocks in a text; what lies between them, and what is none, is left out. */
export function decodePem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (const [, type = '', body = ''] of text.matchAll(BLOCK)) {
    const lines = body.split('\n').map((line) => line.trim());
    const headers = lines.filter((line) => line.includes(':'));
    const bytes = fromBase64(lines.filter((line) => !line.includes(':')).join(''));
    if (bytes) blocks.push({ type, hasHeaders: headers.length > 0, bytes });
  }
  return blocks;
}
