// Time zones of the IANA database: what a clock there shows. Mirrors what Go's time does with a Location.

const formats = new Map<string, Intl.DateTimeFormat | undefined>();

/** Undefined for a name that is none. */
function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  if (formats.has(zone)) return formats.get(zone);
  const format = makeFormat(zone);
  if (formats.size < 1000) formats.set(zone, format);
  return format;
}

function makeFormat(zone: string): Intl.DateTimeFormat | undefined {
  if (!/^[A-Za-z]/.test(zone)) return undefined; // an offset (`+01:00`) is a zone for Intl, but has no name
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return undefined;
  }
}

export const isTimeZone = (zone: string): boolean => formatOf(zone) !== undefined;

/** How far the zone's clock is ahead of UTC at a time, in milliseconds. */
export function zoneOffset(zone: string, time: number): number {
  if (zone === 'UTC') return 0;
  const seconds = Math.floor(time / 1000) * 1000;
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(zone)!.formatToParts(seconds)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - seconds;
}

/** When the zone's clock shows `local` (a time as if it were UTC's); one of the two times if it does so twice, one near it if never. */
export function fromLocal(zone: string, local: number): number {
  const offset = zoneOffset(zone, local);
  const guess = local - offset;
  return local - (zoneOffset(zone, guess) === offset ? offset : zoneOffset(zone, guess));
}
