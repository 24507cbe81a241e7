// cat: inputs to the output, as they come.

import type { Next, Tool } from '../process/program.ts';
import { newReading, nextPiece, options, Refusal } from './tool.ts';
import type { Reading } from './tool.ts';

interface Kept {
  reading: Reading;
  numbers: 'all' | 'filled' | '';
  shows: string;
  line: number;
  isAtStart: boolean;
}

export const cat: Tool = {
  name: 'cat',
  step: (system): Next => {
    let kept = system.process.data as Kept | null;
    if (!kept) {
      try {
        const { rest, has } = options(system, 'nbAeEtTvsu', ['number', 'number-nonblank', 'show-all', 'show-ends', 'show-tabs']);
        const shows = (has('A', 'e', 'E', 'show-all', 'show-ends') ? '$' : '') + (has('A', 't', 'T', 'show-all', 'show-tabs') ? 't' : '');
        kept = {
          reading: newReading(rest),
          numbers: has('b', 'number-nonblank') ? 'filled' : has('n', 'number') ? 'all' : '',
          shows,
          line: 1,
          isAtStart: true,
        };
        system.process.data = kept;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        system.err(`cat: ${error.message}\n`);
        return { exit: 1 };
      }
    }
    for (;;) {
      if (!system.isWritable(1)) return { wait: { write: 1 } };
      const piece = nextPiece(system, kept.reading);
      if (piece === undefined) return { wait: { read: kept.reading.fd } };
      if (piece === null) return { exit: kept.reading.status };
      system.out(kept.numbers || kept.shows ? dressed(piece, kept) : piece);
    }
  },
};

function dressed(piece: string, kept: Kept): string {
  let out = '';
  for (const line of piece.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    if (kept.isAtStart && (kept.numbers === 'all' || (kept.numbers === 'filled' && line !== '\n')))
      out += `${String(kept.line++).padStart(6)}\t`;
    let text = line;
    if (kept.shows.includes('t')) text = text.replaceAll('\t', '^I');
    if (kept.shows.includes('$')) text = text.replace(/\n$/, '$\n');
    out += text;
    kept.isAtStart = line.endsWith('\n');
  }
  return out;
}
