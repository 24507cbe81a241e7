// nginx.conf: reading directives and blocks, with `include`. Complaints are nginx's own.

export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly file: string;
  readonly line: number;
  readonly block?: readonly Directive[];
}

export class ConfigProblem extends Error {}

export interface Sources {
  read(path: string): string | undefined;
  glob(pattern: string): string[];
}

interface Token {
  readonly text: string;
  readonly line: number;
  readonly isQuoted: boolean;
}

export function readConfig(path: string, sources: Sources): Directive[] {
  const text = sources.read(path);
  if (text === undefined) throw new ConfigProblem(`open() "${path}" failed (2: No such file or directory)`);
  const tokens = tokenize(text, path);
  const at = { i: 0 };
  return block(tokens, at, path, sources, false);
}

function tokenize(text: string, file: string): Token[] {
  const out: Token[] = [];
  let line = 1;
  for (let i = 0; i < text.length;) {
    const char = text[i]!;
    if (char === '\n') {
      line++;
      i++;
    } else if (/\s/.test(char)) i++;
    else if (char === '#') {
      while (i < text.length && text[i] !== '\n') i++;
    } else if (char === '{' || char === '}' || char === ';') {
      out.push({ text: char, line, isQuoted: false });
      i++;
    } else if (char === '"' || char === "'") {
      let value = '';
      const begin = line;
      for (i++; i < text.length && text[i] !== char; i++) {
        if (text[i] === '\\' && (text[i + 1] === char || text[i + 1] === '\\')) value += text[++i];
        else value += text[i];
        if (text[i] === '\n') line++;
      }
      if (i >= text.length) throw new ConfigProblem(`unexpected end of file, expecting ";" or "}" in ${file}:${line}`);
      i++;
      out.push({ text: value, line: begin, isQuoted: true });
    } else {
      let value = '';
      while (i < text.length && !/[\s;]/.test(text[i]!)) {
        if (text[i] === '{' && text[i - 1] !== '$') break;
        if (text[i] === '$' && text[i + 1] === '{') {
          const end = text.indexOf('}', i);
          value += `$${text.slice(i + 2, end)}`;
          i = end + 1;
          continue;
        }
        if (text[i] === '}' && value === '') break;
        value += text[i++];
      }
      out.push({ text: value, line, isQuoted: false });
    }
  }
  out.push({ text: '', line, isQuoted: false });
  return out;
}

function block(tokens: readonly Token[], at: { i: number }, file: string, sources: Sources, isInner: boolean): Directive[] {
  const out: Directive[] = [];
  for (;;) {
    const first = tokens[at.i]!;
    if (at.i >= tokens.length - 1) {
      if (isInner) throw new ConfigProblem(`unexpected end of file, expecting "}" in ${file}:${first.line}`);
      return out;
    }
    at.i++;
    if (!first.isQuoted && first.text === '}') {
      if (!isInner) throw new ConfigProblem(`unexpected "}" in ${file}:${first.line}`);
      return out;
    }
    if (!first.isQuoted && (first.text === ';' || first.text === '{'))
      throw new ConfigProblem(`unexpected "${first.text}" in ${file}:${first.line}`);
    const args: string[] = [];
    for (;;) {
      const token = tokens[at.i]!;
      if (at.i >= tokens.length - 1) throw new ConfigProblem(`unexpected end of file, expecting ";" or "}" in ${file}:${token.line}`);
      at.i++;
      if (!token.isQuoted && token.text === ';') {
        if (first.text === 'include') out.push(...included(args[0] ?? '', file, first.line, sources));
        else out.push({ name: first.text, args, file, line: first.line });
        break;
      }
      if (!token.isQuoted && token.text === '{') {
        out.push({ name: first.text, args, file, line: first.line, block: block(tokens, at, file, sources, true) });
        break;
      }
      if (!token.isQuoted && token.text === '}') throw new ConfigProblem(`unexpected "}" in ${file}:${token.line}`);
      args.push(token.text);
    }
  }
}

function included(pattern: string, file: string, line: number, sources: Sources): Directive[] {
  const path = pattern.startsWith('/') ? pattern : `/etc/nginx/${pattern}`;
  if (/[*?[]/.test(path)) return sources.glob(path).flatMap((one) => readConfig(one, sources));
  if (sources.read(path) === undefined)
    throw new ConfigProblem(`open() "${path}" failed (2: No such file or directory) in ${file}:${line}`);
  return readConfig(path, sources);
}
