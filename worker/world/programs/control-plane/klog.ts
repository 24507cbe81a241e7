// Lines of a component's log as klog writes them: `I0102 15:04:05.000000       1 server.go:142] "Starting" version="v1.36.1"`.

export type Level = 'I' | 'W' | 'E' | 'F';

/** `place` is the file and line in the component's source; `pid` that of its process, the first of its container if left out. */
export function klogLine(at: number, level: Level, place: string, message: string, pid = 1): string {
  const time = new Date(at).toISOString();
  const [date, clock] = [time.slice(5, 10).replace('-', ''), time.slice(11, 23)];
  return `${level}${date} ${clock}${microseconds(at)} ${String(pid).padStart(7)} ${place}] ${message}\n`;
}

/** The clock of the cluster knows milliseconds only. What follows them is the same for all lines of one, so that none seems to come before those above it. */
const microseconds = (at: number): string => String((Math.imul(at | 0, 0x9e3779b1) >>> 0) % 1000).padStart(3, '0');
