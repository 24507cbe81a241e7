// head: the first lines, or bytes.

import { countOf, modern } from './text-lines.ts';
import { lineTool, options } from './tool.ts';

interface HeadState {
  readonly count: number;
  readonly isBytes: boolean;
  readonly isAllBut: boolean;
  readonly headers: boolean;
  file: number;
  left: number;
  held: string[];
}

export const head = lineTool<HeadState>('head', {
  begin: (system) => {
    const given = options(modern(system), 'n:c:qv', ['lines=', 'bytes=', 'quiet', 'verbose'], {
      aliases: { lines: 'n', bytes: 'c', quiet: 'q', verbose: 'v' },
    });
    const text = given.get('c') ?? given.get('n') ?? '10';
    const count = countOf(system, text, given.has('c'));
    return {
      files: given.rest,
      state: {
        count,
        isBytes: given.has('c'),
        isAllBut: text.startsWith('-'),
        headers: (given.rest.length > 1 && !given.has('q')) || given.has('v'),
        file: -1,
        left: count,
        held: [],
      },
    };
  },
  // Of bytes there may be no line at all.
  takesPieces: ({ isBytes, isAllBut }) => isBytes && !isAllBut,
  line: (system, line, state, reading) => {
    const at = reading.fd < 0 && !line.endsWith('\n') ? reading.at - 1 : reading.at;
    if (state.file !== at) {
      if (state.headers)
        system.out(`${state.file >= 0 ? '\n' : ''}==> ${reading.files[at] === '-' ? 'standard input' : reading.files[at]} <==\n`);
      state.file = at;
      state.left = state.count;
      state.held = [];
    }
    if (state.isAllBut) {
      state.held.push(line);
      if (state.held.length > state.count) system.out(state.held.shift()!);
      return undefined;
    }
    if (state.left > 0) {
      system.out(state.isBytes ? line.slice(0, state.left) : line);
      state.left -= state.isBytes ? line.length : 1;
    }
    // The rest is not read, so that whoever writes it learns that nobody wants it.
    return state.left <= 0 && at >= reading.files.length - 1 ? reading.status : undefined;
  },
  end: (_system, _state, reading) => reading.status,
});
