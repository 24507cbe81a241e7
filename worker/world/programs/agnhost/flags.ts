// Flags of agnhost's subcommands, as github.com/spf13/pflag reads them: `--port=80`, `--port 80`; a switch takes a value only after `=`.

interface Invoked {
  readonly argv: readonly string[];
}

/** What was given for a flag, the last time it was. */
export function flag({ argv }: Invoked, name: string): string | undefined {
  let value: string | undefined;
  for (const [i, arg] of argv.entries()) {
    if (arg === `--${name}`) value = argv[i + 1] ?? '';
    else if (arg.startsWith(`--${name}=`)) value = arg.slice(name.length + 3);
  }
  return value;
}

export const numberFlag = (invoked: Invoked, name: string, usual: number): number => {
  const value = flag(invoked, name);
  return value === undefined || !/^-?\d+$/.test(value) ? usual : Number(value);
};

export function switchFlag({ argv }: Invoked, name: string, usual = false): boolean {
  let value = usual;
  for (const arg of argv) {
    if (arg === `--${name}`) value = true;
    else if (arg.startsWith(`--${name}=`)) value = /^(1|t|true)$/i.test(arg.slice(name.length + 3));
  }
  return value;
}
