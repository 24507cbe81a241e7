// vi: what keys do to a text.

import { describe, expect, test } from 'vitest';
import { Lab } from '../lab.ts';

const TEXT = 'one two three\nfour (five) six\n\nseven\n';

describe('vi', () => {
  test.each([
    ['inserts', 'iX\u001B', 'Xone two three\nfour (five) six\n\nseven\n'],
    ['appends at the end of a line, with a new one', 'A!\rnew\u001B', 'one two three!\nnew\nfour (five) six\n\nseven\n'],
    ['opens a line', 'jOabove\u001B', 'one two three\nabove\nfour (five) six\n\nseven\n'],
    ['takes back what was typed', 'iabc\u007F\u007F\u001B', 'aone two three\nfour (five) six\n\nseven\n'],
    ['deletes a line', 'dd', 'four (five) six\n\nseven\n'],
    ['deletes some', '2dd', '\nseven\n'],
    ['deletes to the end', 'jdG', 'one two three\n'],
    ['deletes words', 'd2w', 'three\nfour (five) six\n\nseven\n'],
    ['deletes characters', '3x', ' two three\nfour (five) six\n\nseven\n'],
    ['deletes up to a letter', 'dt ', ' two three\nfour (five) six\n\nseven\n'],
    ['deletes a bracket', 'jfff(%d%', 'one two three\nfour  six\n\nseven\n'],
    ['changes a word', 'wcwzwei\u001B', 'one zwei three\nfour (five) six\n\nseven\n'],
    ['changes the rest', 'wC2\u001B', 'one 2\nfour (five) six\n\nseven\n'],
    ['replaces a letter', 'rO', 'One two three\nfour (five) six\n\nseven\n'],
    ['puts lines', 'yyjp', 'one two three\nfour (five) six\none two three\n\nseven\n'],
    ['puts text', 'ywP', 'one one two three\nfour (five) six\n\nseven\n'],
    ['joins lines', 'J', 'one two three four (five) six\n\nseven\n'],
    ['shifts a line', '>>', '  one two three\nfour (five) six\n\nseven\n'],
    ['undoes', 'ddddu', 'four (five) six\n\nseven\n'],
    ['repeats', 'x.', 'e two three\nfour (five) six\n\nseven\n'],
    ['repeats what was typed', 'iA\u001Bj.', 'Aone two three\nAfour (five) six\n\nseven\n'],
    ['finds', '/six\rD', 'one two three\nfour (five) \n\nseven\n'],
    ['finds backwards', 'G?two\rD', 'one \nfour (five) six\n\nseven\n'],
    ['goes to a line', ':2\rdd', 'one two three\n\nseven\n'],
    ['substitutes', ':%s/e\\(n\\)*/E/g\r', 'onE two thrEE\nfour (fivE) six\n\nsEvE\n'],
    ['substitutes with another delimiter', ':1s#o#/#\r', '/ne two three\nfour (five) six\n\nseven\n'],
    ['deletes by ex', ':2,3d\r', 'one two three\nseven\n'],
    ['understands the keys of a keyboard', '\u001B[B\u001B[CX', 'one two three\nour (five) six\n\nseven\n'],
  ])('%s', (_name, keys, want) => {
    const lab = new Lab();
    const { container } = lab.run({ image: 'busybox', command: ['sleep', '1000'] });
    lab.evicts = true;
    const make = lab.exec(container, ['sh', '-c', 'cat > /f'], { stdin: TEXT });
    expect(lab.sessions.get(make)!.code).toBe(0);
    const edit = lab.exec(container, ['vi', '/f'], { stdin: `${keys}:wq\n` });
    expect(lab.sessions.get(edit)).toEqual({ stdout: '', stderr: '', code: 0 });
    expect(lab.sessions.get(lab.exec(container, ['cat', '/f']))!.stdout).toBe(want);
  });

  test('shows the text on a terminal, and does not leave what was changed', () => {
    const lab = new Lab();
    const { container } = lab.run({ image: 'busybox', command: ['sleep', '1000'] });
    lab.evicts = true;
    lab.exec(container, ['sh', '-c', 'cat > /f'], { stdin: TEXT });
    const session = lab.exec(container, ['vi', '/f'], { tty: true, open: true });
    const shown = (): string => lab.sessions.get(session)!.stdout;
    expect(shown()).toContain('\u001B[2;1Hfour (five) six\u001B[K');
    expect(shown()).toContain("'/f' 4L, 37C");
    lab.type(container, session, 'x:q\r');
    expect(shown()).toContain('No write since last change');
    lab.type(container, session, ':q!\r');
    expect(lab.sessions.get(session)).toMatchObject({ code: 0 });
    expect(shown().endsWith('\u001B[?1049l')).toBe(true);
    expect(lab.sessions.get(lab.exec(container, ['cat', '/f']))!.stdout).toBe(TEXT);
  });

  test('says what cannot be written', () => {
    const lab = new Lab();
    const { container } = lab.run({ image: 'busybox', command: ['sleep', '1000'] });
    const session = lab.exec(container, ['vi', '/nowhere/f'], { tty: true, open: true });
    lab.type(container, session, 'iabc\u001B:wq\r');
    expect(lab.sessions.get(session)!.stdout).toContain("'/nowhere/f' No such file or directory");
    expect(lab.sessions.get(session)!.code).toBeUndefined();
  });
});
