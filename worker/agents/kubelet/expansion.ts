// `$(VAR)` in commands, arguments and variables. Mirrors third_party/forked/golang/expansion.

/** Names that have no value stay as they are; `$$` is a dollar that does not count. */
export function expand(input: string, valueOf: (name: string) => string | undefined): string {
  if (!input.includes('$')) return input;
  let out = '';
  for (let i = 0; i < input.length; i++) {
    const char = input[i]!;
    if (char !== '$' || i === input.length - 1) {
      out += char;
      continue;
    }
    const next = input[i + 1]!;
    const end = next === '(' ? input.indexOf(')', i + 2) : -1;
    if (next === '$') out += '$';
    else if (end >= 0) {
      const name = input.slice(i + 2, end);
      out += valueOf(name) ?? `$(${name})`;
      i = end;
      continue;
    } else out += `$${next}`;
    i++;
  }
  return out;
}
