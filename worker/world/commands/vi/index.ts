// vi: a text on the screen of a terminal. Without a terminal it takes keys from its input, and shows nothing. Mirrors busybox's, whose messages it has.

import { byteString, fromByteString } from '../../../lib/text.ts';
import { FileError } from '../../files/error.ts';
import type { Next, Tool } from '../../process/program.ts';
import type { System } from '../../process/system.ts';
import { newEditor, press, textOf } from './editor.ts';
import type { Editor } from './editor.ts';

const ESCAPE = '\u001B';
/** A key that is no character sends a sequence. */
const KEYS = new RegExp(`${ESCAPE}[[O]\\d*[~A-Za-z]|[^]`, 'gu');

const viAs = (name: string): Tool => ({
  name,
  step: (system): Next => {
    const kept = system.process.data as { editor: Editor } | null;
    const editor = kept?.editor ?? begin(system);
    if (!kept) system.process.data = { editor };
    for (;;) {
      const data = system.read(0);
      if (data === undefined) break;
      if (data === null) return leave(system, 1);
      for (const [key] of fromByteString(data).matchAll(KEYS)) {
        press(editor, key);
        if (editor.write !== undefined) write(system, editor);
        if (editor.exit !== undefined) return leave(system, editor.exit);
      }
    }
    draw(system, editor);
    return { wait: { read: 0 } };
  },
});

export const vi = viAs('vi');
export const vim = viAs('vim');

function begin(system: System): Editor {
  const path = system.argv.slice(1).find((arg) => !/^[-+]/.test(arg)) ?? '';
  const tty = system.tty(0);
  const inode = path ? system.find(path) : undefined;
  const editor = newEditor(path, fromByteString(inode?.content ?? ''), tty?.rows ?? 24);
  const line = /^\+(\d+)$/.exec(system.argv.find((arg) => /^\+\d+$/.test(arg)) ?? '')?.[1];
  if (line) editor.row = Math.min(Number(line), editor.lines.length) - 1;
  editor.message = inode ? countOf(editor) : `'${path}' [New file]`;
  if (tty) {
    tty.raw = true;
    // Another screen, which goes when the editor does.
    system.out('\u001B[?1049h');
  }
  return editor;
}

const countOf = (editor: Editor): string => `'${editor.path}' ${editor.lines.length}L, ${byteString(textOf(editor)).length}C`;

function write(system: System, editor: Editor): void {
  const path = editor.write!;
  delete editor.write;
  if (!path) {
    delete editor.exit;
    editor.message = 'No current filename';
    return;
  }
  try {
    system.files.write(system.path(path), byteString(textOf(editor)), 0o666 & ~system.process.umask);
    editor.isChanged = false;
    editor.message = countOf(editor);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    delete editor.exit;
    editor.message = `'${path}' ${error.message}`;
  }
}

function leave(system: System, status: number): Next {
  const tty = system.tty(0);
  if (tty) {
    tty.raw = false;
    system.out('\u001B[?1049l');
  }
  return { exit: status };
}

/** All of the screen anew: it is small. */
function draw(system: System, editor: Editor): void {
  const tty = system.tty(0);
  if (!tty) return;
  // A terminal that does not know its size is as large as terminals were.
  const [rows, columns] = [tty.rows > 1 ? tty.rows : 24, tty.columns > 1 ? tty.columns : 80];
  editor.rows = rows;
  const height = rows - 1;
  const top = Math.max(0, Math.min(editor.row - Math.floor(height / 2), editor.lines.length - height));
  const shown = Array.from({ length: height }, (_, i) => (editor.lines[top + i] ?? '~').replaceAll('\t', '        ').slice(0, columns));
  const mode = { normal: '-', insert: 'I', replace: 'R', line: '' }[editor.mode];
  const place = `${mode} ${editor.path}${editor.isChanged ? ' [modified]' : ''} ${editor.row + 1}/${editor.lines.length} ${Math.floor(((editor.row + 1) * 100) / editor.lines.length)}%`;
  const status = editor.mode === 'line' ? editor.typed : editor.message || place;
  const before = (editor.lines[editor.row] ?? '').slice(0, editor.column).replaceAll('\t', '        ').length;
  const cursor =
    editor.mode === 'line' ? `${rows};${editor.typed.length + 1}` : `${editor.row - top + 1};${Math.min(before, columns - 1) + 1}`;
  const lines = [...shown, status.slice(0, columns)].map((line, i) => `\u001B[${i + 1};1H${line}\u001B[K`);
  system.out(byteString(`${lines.join('')}\u001B[${cursor}H`));
}
