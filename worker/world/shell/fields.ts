// Splitting what an expansion gave into fields, at the characters of IFS. Mirrors section 2.6.5 of POSIX's shell language.

import { escapePattern } from './pattern.ts';

export interface Field {
  text: string;
  /** The same with what was quoted escaped. */
  pattern: string;
  /** Something of it was quoted: it stays, also if it is empty. */
  isQuoted: boolean;
  hasGlob: boolean;
}

/** Fields as they grow. */
export class Fields {
  readonly done: Field[] = [];
  current: Field | undefined;
  /** The last field ended at white space: a delimiter right after belongs to the same gap. */
  #afterSpace = false;
  readonly ifs: string;

  constructor(ifs: string) {
    this.ifs = ifs;
  }

  get open(): Field {
    return (this.current ??= { text: '', pattern: '', isQuoted: false, hasGlob: false });
  }

  quoted(text: string): void {
    const field = this.open;
    field.text += text;
    field.pattern += escapePattern(text);
    field.isQuoted = true;
    this.#afterSpace = false;
  }

  literal(text: string): void {
    if (text === '') return;
    const field = this.open;
    field.text += text;
    field.pattern += escapePattern(text);
    this.#afterSpace = false;
  }

  glob(pattern: string): void {
    const field = this.open;
    field.text += pattern;
    field.pattern += pattern;
    field.hasGlob = true;
    this.#afterSpace = false;
  }

  /** The result of an expansion outside of quotes. */
  split(text: string): void {
    for (let i = 0; i < text.length; i++) {
      const char = text[i]!;
      if (!this.ifs.includes(char)) {
        const end = this.#endOfRun(text, i);
        const run = text.slice(i, end);
        const field = this.open;
        field.text += run;
        field.pattern += run;
        if (/[*?[]/.test(run)) field.hasGlob = true;
        this.#afterSpace = false;
        i = end - 1;
      } else if (char === ' ' || char === '\t' || char === '\n') {
        if (this.current) {
          this.end();
          this.#afterSpace = true;
        }
      } else {
        if (!this.#afterSpace) {
          void this.open;
          this.open.isQuoted = true;
          this.end();
        }
        this.#afterSpace = false;
      }
    }
  }

  /** Where the characters end that do not separate. */
  #endOfRun(text: string, from: number): number {
    if (this.ifs === '') return text.length;
    let end = from;
    while (end < text.length && !this.ifs.includes(text[end]!)) end++;
    return end;
  }

  end(): void {
    if (this.current && (this.current.text !== '' || this.current.isQuoted)) this.done.push(this.current);
    this.current = undefined;
  }
}
