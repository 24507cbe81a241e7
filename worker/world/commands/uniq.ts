// uniq: lines that repeat, once.

import type { System } from '../process/system.ts';
import { bare } from './text-lines.ts';
import { lineTool, options } from './tool.ts';

export const uniq = lineTool<{ shows: string; skip: number; chars: number; fold: boolean; last: string | null; count: number }>('uniq', {
  begin: (system) => {
    const given = options(system, 'cduif:s:w:z', ['count', 'repeated', 'unique', 'ignore-case', 'skip-fields='], {
      aliases: { count: 'c', repeated: 'd', unique: 'u', 'ignore-case': 'i', 'skip-fields': 'f' },
    });
    return {
      files: given.rest.slice(0, 1),
      state: {
        shows: given.has('c') ? 'c' : given.has('d') ? 'd' : given.has('u') ? 'u' : '',
        skip: Number(given.get('f') ?? 0),
        chars: Number(given.get('w') ?? 0),
        fold: given.has('i'),
        last: null,
        count: 0,
      },
    };
  },
  line: (system, line, state) => {
    const text = bare(line);
    const key = (one: string): string => {
      const cut = state.skip ? one.replace(new RegExp(`^(?:\\s*\\S+){0,${state.skip}}`), '') : one;
      const limited = state.chars ? cut.slice(0, state.chars) : cut;
      return state.fold ? limited.toLowerCase() : limited;
    };
    if (state.last !== null && key(state.last) === key(text)) state.count++;
    else {
      flush(system, state);
      state.last = text;
      state.count = 1;
    }
  },
  end: (system, state, reading) => {
    flush(system, state);
    return reading.status;
  },
});

function flush(system: System, { last, count, shows }: { last: string | null; count: number; shows: string }): void {
  if (last === null || (shows === 'd' && count < 2) || (shows === 'u' && count > 1)) return;
  system.out(`${shows === 'c' ? `${String(count).padStart(7)} ` : ''}${last}\n`);
}
