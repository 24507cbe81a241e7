// What a shell says of a script that it cannot read.

import type { SyntaxProblem } from './parse.ts';
import type { Run } from './run.ts';

export function syntaxProblem({ shell }: Run, { token, quote, line }: SyntaxProblem): string {
  shell.line = line;
  switch (shell.flavour) {
    case 'bash':
      if (quote) return `unexpected EOF while looking for matching \`${quote}'`;
      return token === '' ? 'syntax error: unexpected end of file' : `syntax error near unexpected token \`${token}'`;
    case 'dash':
      if (quote) return quote === '}' ? "Syntax error: Missing '}'" : 'Syntax error: Unterminated quoted string';
      return `Syntax error: ${token === '' ? 'end of file unexpected' : token === 'newline' ? 'newline unexpected' : `"${token}" unexpected`}`;
    default:
      if (quote) return quote === '}' ? "syntax error: missing '}'" : 'syntax error: unterminated quoted string';
      return `syntax error: unexpected ${token === '' ? 'end of file' : token === 'newline' ? 'newline' : `"${token}"`}`;
  }
}
