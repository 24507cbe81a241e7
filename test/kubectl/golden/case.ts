// A recorded case: a text of steps, and what a real cluster answered to each. The text's lines:
//
//     $ get pods -o wide | drop 'x'     a kubectl line, compared: exit code, stdout, stderr, after the filters
//     $ apply -f - <<EOF                with standard input, up to a line EOF
//     $ KUBE_EDITOR='sed …' edit cm c   environment first
//     do create cm c                    run, not compared
//     until 30 /2\/2/ get deploy web    run again, up to 30 s, until stdout matches
//     sleep 1                           seconds
//     file a.yaml <<EOF                 writes a file that the next steps can name
//     end delete pv <NS>                always run at the end, not compared

export type Step =
  | ({ readonly kind: 'compare' | 'do' | 'end' } & CommandStep)
  | ({ readonly kind: 'until'; readonly seconds: number; readonly pattern: RegExp } & CommandStep)
  | { readonly kind: 'sleep'; readonly seconds: number }
  | { readonly kind: 'file'; readonly name: string; readonly body: string };

export interface CommandStep {
  readonly line: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly filters: readonly (readonly string[])[];
  readonly stdin: string;
}

export function parseCase(text: string): Step[] {
  const lines = text.split('\n');
  const steps: Step[] = [];
  for (let i = 0; i < lines.length; i++) {
    let line = lines[i]!.trim();
    if (!line || line.startsWith('#')) continue;
    let body = '';
    const heredoc = /\s*<<(\w+)$/.exec(line);
    if (heredoc) {
      line = line.slice(0, heredoc.index);
      const end = lines.indexOf(heredoc[1]!, i);
      if (end < 0) throw new Error(`line ${i + 1}: there is no line ${heredoc[1]}`);
      body = lines
        .slice(i + 1, end)
        .map((one) => `${one}\n`)
        .join('');
      i = end;
    }
    steps.push(stepOf(line, body, i + 1));
  }
  return steps;
}

const KINDS: Readonly<Record<string, 'compare' | 'do' | 'end'>> = { $: 'compare', do: 'do', end: 'end' };

function stepOf(line: string, body: string, number: number): Step {
  const [, verb = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
  if (verb === 'file') return { kind: 'file', name: rest, body };
  if (verb === 'sleep') return { kind: 'sleep', seconds: Number(rest) };
  if (verb === 'until') {
    const [, seconds, pattern, command] = /^(\d+)\s+\/(.*?)\/\s+(.*)$/.exec(rest) ?? [];
    if (command !== undefined)
      return { kind: 'until', line, stdin: body, seconds: Number(seconds), pattern: new RegExp(pattern!, 'm'), ...parseCommand(command) };
  }
  const kind = KINDS[verb];
  if (!kind) throw new Error(`line ${number}: an unknown step: ${line}`);
  return { kind, line, stdin: body, ...parseCommand(rest) };
}

function parseCommand(text: string): Pick<CommandStep, 'args' | 'env' | 'filters'> {
  const env: Record<string, string> = {};
  const args: string[] = [];
  const filters: string[][] = [];
  for (const word of words(text)) {
    const filter = filters.at(-1);
    if (word === PIPE) filters.push([]);
    else if (filter) filter.push(word);
    else if (!args.length && /^[A-Z_]+=/.test(word)) env[word.slice(0, word.indexOf('='))] = word.slice(word.indexOf('=') + 1);
    else args.push(word);
  }
  return { env, args, filters };
}

/** A bar that was not quoted. */
const PIPE = '\0|';

/** As a shell would split them, without its expansions. */
function words(line: string): string[] {
  const WORD = /\s*((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+)/gy;
  const PART = /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g;
  return [...line.matchAll(WORD)].map(([, raw = '']) =>
    raw === '|'
      ? PIPE
      : raw.replace(
          PART,
          (_, single?: string, double?: string, escaped?: string) => single ?? double?.replace(/\\(["\\])/g, '$1') ?? escaped ?? '',
        ),
  );
}
