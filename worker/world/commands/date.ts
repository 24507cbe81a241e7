// date: the time, in a format.

import { once, options, Refusal } from './tool.ts';

export const date = once('date', (system) => {
  const given = options(
    system,
    'ud:r:Is:R',
    ['utc', 'date=', 'reference=', 'iso-8601=', 'iso-8601', 'rfc-3339=', 'rfc-email', 'rfc-2822', 'universal'],
    { aliases: { date: 'd', reference: 'r', utc: 'u', universal: 'u' } },
  );
  let at = system.now();
  const text = given.get('d');
  if (text !== undefined) {
    const parsed = parseDate(text, at);
    if (parsed === undefined) throw new Refusal(`invalid date '${text}'`);
    at = parsed;
  }
  const reference = given.get('r');
  if (reference !== undefined) at = system.files.stat(system.path(reference)).mtime;
  const format = given.rest.find((one) => one.startsWith('+'));
  if (given.has('I', 'iso-8601')) {
    const precision = given.get('iso-8601') ?? '';
    system.out(`${formatDate(precision.startsWith('s') ? '%Y-%m-%dT%H:%M:%S+00:00' : '%Y-%m-%d', at)}\n`);
  } else if (given.has('R', 'rfc-email', 'rfc-2822')) system.out(`${formatDate('%a, %d %b %Y %H:%M:%S +0000', at)}\n`);
  else if (given.has('rfc-3339')) system.out(`${formatDate('%Y-%m-%d %H:%M:%S+00:00', at)}\n`);
  else system.out(`${formatDate(format?.slice(1) ?? '%a %b %e %H:%M:%S UTC %Y', at)}\n`);
  return 0;
});

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** strftime(3), in UTC. */
export function formatDate(format: string, ms: number): string {
  const date = new Date(ms);
  const hours = date.getUTCHours();
  const dayOfYear = Math.floor(
    (Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000,
  );
  return format.replace(/%([-_0]?)(\d*)([a-zA-Z%])/g, (spec, flag: string, width: string, letter: string): string => {
    const number = (value: number, size = 2, fill = '0'): string => {
      const filler = flag === '_' ? ' ' : flag === '0' ? '0' : fill;
      return flag === '-' ? String(value) : String(value).padStart(Number(width) || size, filler);
    };
    switch (letter) {
      case '%':
        return '%';
      case 'Y':
        return String(date.getUTCFullYear());
      case 'y':
        return number(date.getUTCFullYear() % 100);
      case 'C':
        return number(Math.floor(date.getUTCFullYear() / 100));
      case 'm':
        return number(date.getUTCMonth() + 1);
      case 'd':
        return number(date.getUTCDate());
      case 'e':
        return number(date.getUTCDate(), 2, ' ');
      case 'H':
        return number(hours);
      case 'k':
        return number(hours, 2, ' ');
      case 'I':
        return number(hours % 12 || 12);
      case 'l':
        return number(hours % 12 || 12, 2, ' ');
      case 'M':
        return number(date.getUTCMinutes());
      case 'S':
        return number(date.getUTCSeconds());
      case 'N':
        return String(date.getUTCMilliseconds() * 1_000_000)
          .padStart(9, '0')
          .slice(0, Number(width) || 9);
      case 's':
        return String(Math.floor(ms / 1000));
      case 'p':
        return hours < 12 ? 'AM' : 'PM';
      case 'a':
        return DAYS[date.getUTCDay()]!.slice(0, 3);
      case 'A':
        return DAYS[date.getUTCDay()]!;
      case 'b':
      case 'h':
        return MONTHS[date.getUTCMonth()]!.slice(0, 3);
      case 'B':
        return MONTHS[date.getUTCMonth()]!;
      case 'j':
        return number(dayOfYear + 1, 3);
      case 'u':
        return String(date.getUTCDay() || 7);
      case 'w':
        return String(date.getUTCDay());
      case 'Z':
        return 'UTC';
      case 'z':
        return '+0000';
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'F':
        return formatDate('%Y-%m-%d', ms);
      case 'T':
        return formatDate('%H:%M:%S', ms);
      case 'R':
        return formatDate('%H:%M', ms);
      case 'D':
      case 'x':
        return formatDate('%m/%d/%y', ms);
      case 'X':
        return formatDate('%H:%M:%S', ms);
      case 'c':
        return formatDate('%a %b %e %H:%M:%S %Y', ms);
      case 'r':
        return formatDate('%I:%M:%S %p', ms);
      default:
        return spec;
    }
  });
}

const UNIT_MS: Readonly<Record<string, number>> = {
  sec: 1000,
  second: 1000,
  min: 60_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

export function parseDate(text: string, now: number): number | undefined {
  if (text === 'now' || text === '') return now;
  if (/^@-?\d+(\.\d+)?$/.test(text)) return Number(text.slice(1)) * 1000;
  if (text === 'today') return now;
  if (text === 'yesterday') return now - 86_400_000;
  if (text === 'tomorrow') return now + 86_400_000;
  const relative = /^([-+]?\d+)\s*(sec|second|min|minute|hour|day|week)s?( ago)?$/.exec(text.trim());
  if (relative) return now + Number(relative[1]) * UNIT_MS[relative[2]!]! * (relative[3] ? -1 : 1);
  const parsed = Date.parse(
    /\dZ$|[-+]\d\d:?\d\d$|UTC|GMT/.test(text)
      ? text
      : `${text.includes(':') || /^\d{4}-\d\d-\d\d$/.test(text) ? text.replace(/^(\d{4}-\d\d-\d\d) /, '$1T') : text}${text.includes(':') ? 'Z' : ''}`,
  );
  return Number.isNaN(parsed) ? undefined : parsed;
}
