// journalctl: the journal of a machine. Mirrors journalctl(1) of systemd 255 in the formats `short`, `short-iso` and `cat`.

import { byteString } from '../../lib/text.ts';
import { readJournal } from '../journal.ts';
import type { JournalEntry } from '../journal.ts';
import type { Machine } from '../machine.ts';
import type { Next } from '../process/program.ts';
import type { System } from '../process/system.ts';
import { formatDate, parseDate } from './date.ts';
import { options, Refusal, steppedTool } from './tool.ts';
import type { Options } from './tool.ts';

/** How often a journal that is followed is looked at. */
const FOLLOW_MS = 1000;

/** `Jan 02 15:04:05 node-1 kubelet[437]: …` */
export const journalLine = ({ name }: Machine, { at, text }: JournalEntry): string =>
  `${formatDate('%b %d %H:%M:%S', at)} ${name} ${text}\n`;

const FORMATS: Readonly<Record<string, (machine: Machine, entry: JournalEntry) => string>> = {
  short: journalLine,
  'short-iso': ({ name }, { at, text }) => `${formatDate('%Y-%m-%dT%H:%M:%S+00:00', at)} ${name} ${text}\n`,
  cat: (_machine, { text }) => `${text.replace(/^\S+\[\d+\]: /, '')}\n`,
};

export const journalctl = steppedTool('journalctl', journalStep, (message) => `${message}\n`);

function journalStep(system: System): Next {
  const given = options(
    system,
    'u:n:frxeo:S:U:g:b:qkap:',
    [
      'unit=',
      'lines=',
      'follow',
      'reverse',
      'no-pager',
      'catalog',
      'pager-end',
      'output=',
      'since=',
      'until=',
      'grep=',
      'quiet',
      'no-hostname',
      'utc',
      'all',
    ],
    { aliases: { unit: 'u', lines: 'n', follow: 'f', reverse: 'r', output: 'o', since: 'S', until: 'U', grep: 'g', quiet: 'q' } },
  );
  const machine = system.world.machines.get(system.caller.machine);
  if (!machine) throw new Refusal('No journal files were found.');
  const write = FORMATS[given.get('o') ?? 'short'];
  if (!write) throw new Refusal(`Unknown output format '${given.get('o')}'.`);
  const all = readJournal(
    system.world,
    machine,
    given.all('u').map((unit) => unit.replace(/\.service$/, '')),
  );
  const shown = system.process.data as { seen: number } | null;
  const wanted = select(system, given, shown ? all.slice(shown.seen) : all, shown !== null);
  if (given.has('r')) wanted.reverse();
  for (const entry of wanted) system.out(byteString(write(machine, entry)));
  if (!given.has('f')) {
    if (!wanted.length && !given.has('q')) system.out('-- No entries --\n');
    return { exit: 0 };
  }
  system.process.data = { seen: all.length };
  return { wait: { until: system.now() + FOLLOW_MS } };
}

/** Of what comes later, all lines are shown. */
function select(system: System, given: Options, entries: readonly JournalEntry[], isLater: boolean): JournalEntry[] {
  const [since, until] = [timeOf(system, given.get('S'), -Infinity), timeOf(system, given.get('U'), Infinity)];
  const pattern = given.get('g');
  const fits = entries.filter(({ at, text }) => at >= since && at <= until && (pattern === undefined || grepPattern(pattern).test(text)));
  const lines = given.get('n') ?? (given.has('f') ? '10' : given.has('e') ? '1000' : 'all');
  if (isLater || lines === 'all') return fits;
  if (!/^\d+$/.test(lines)) throw new Refusal(`Failed to parse lines '${lines}'`);
  return Number(lines) === 0 ? [] : fits.slice(-Number(lines));
}

/** Case counts if the pattern has capitals. */
function grepPattern(pattern: string): RegExp {
  try {
    return new RegExp(pattern, /[A-Z]/.test(pattern) ? '' : 'i');
  } catch {
    throw new Refusal(`Bad pattern "${pattern}"`);
  }
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** systemd.time(7): `10 min ago`, `-5m`, `yesterday`, or a date. */
function timeOf(system: System, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const relative = /^(-)?\s*(\d+)\s*([smhdw])[a-z]*( ago)?$/.exec(text.trim());
  if (relative && (relative[1] || relative[4])) return system.now() - Number(relative[2]) * UNITS[relative[3]!]!;
  const today = system.now() - (system.now() % UNITS['d']!);
  const named = { now: system.now(), today, yesterday: today - UNITS['d']! }[text];
  const at = named ?? parseDate(text, system.now());
  if (at === undefined) throw new Refusal(`Failed to parse timestamp: ${text}`);
  return at;
}
