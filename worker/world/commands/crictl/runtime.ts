// What the verbs of crictl have in common: finding things by the beginnings of their ids, complaints, tables, times.

import type { Machine, StoredImage } from '../../machine.ts';
import type { SignalName } from '../../process/process.ts';
import type { Next } from '../../process/program.ts';
import type { System } from '../../process/system.ts';
import { klogLine } from '../../programs/control-plane/klog.ts';
import type { Container, Sandbox } from '../../runtime/sandbox.ts';
import { parseReference, repositoryName } from '../../images/reference.ts';
import type { Options } from '../tool.ts';
import type { Flag } from './flags.ts';

export interface Call {
  readonly system: System;
  readonly machine: Machine;
  readonly given: Options;
  readonly args: readonly string[];
  /** All of the machine. */
  readonly sandboxes: readonly Sandbox[];
  /** Flags before the verb. */
  readonly global: Options;
}

export interface Verb {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly usage: string;
  readonly argsUsage?: string;
  readonly description?: string;
  readonly flags: readonly Flag[];
  /** It does not ask the runtime. */
  readonly isLocal?: boolean;
  act(call: Call): Next;
  signal?(system: System, signal: SignalName): boolean;
}

/** Ends crictl; `call` is what its client for the runtime logged before. */
export class CrictlError extends Error {
  readonly call: string | undefined;
  constructor(message: string, call?: string) {
    super(message);
    this.call = call;
  }
}

/** Ends crictl with a sentence and no more (`cli.Exit`), or with the help of the verb if there is none. */
export class Stop extends Error {
  readonly status: number;
  constructor(message = '', status = 0) {
    super(message);
    this.status = status;
  }
}

export function complain(system: System, { message, call }: CrictlError): void {
  if (call !== undefined) system.err(klogLine(system.now(), 'E', 'log.go:32', call, system.process.pid));
  log(system, 'error', message);
}

const COLOURS = { error: ['31', 'ERRO'], warning: ['33', 'WARN'], info: ['36', 'INFO'] } as const;

/** A line of logrus: coloured and in columns on a terminal. */
export function log(system: System, level: keyof typeof COLOURS, message: string): void {
  const [colour, word] = COLOURS[level];
  system.err(
    system.tty(2)
      ? `\u001B[${colour}m${word}\u001B[0m[0000] ${message.padEnd(44)} \n`
      : `time="${new Date(system.now()).toISOString().slice(0, 19)}Z" level=${level} msg=${JSON.stringify(message)}\n`,
  );
}

/** Does something to each, and complains of all that went wrong together. */
export function each<T>(all: readonly T[], act: (one: T) => void): void {
  const problems: CrictlError[] = [];
  for (const one of all) {
    try {
      act(one);
    } catch (error) {
      if (!(error instanceof CrictlError)) throw error;
      problems.push(error);
    }
  }
  const calls = problems.flatMap(({ call }) => call ?? []);
  if (problems.length) throw new CrictlError(problems.map(({ message }) => message).join('\n'), calls[0]);
}

export interface Found {
  readonly sandbox: Sandbox;
  readonly container: Container;
}

export const allContainers = ({ sandboxes }: Pick<Call, 'sandboxes'>): Found[] =>
  sandboxes.flatMap((sandbox) => sandbox.containers.map((container) => ({ sandbox, container })));

/** The runtime knows things by the beginnings of their ids, if those are nobody else's. */
function byPrefix<T>(all: readonly T[], id: string, idOf: (one: T) => string): T | undefined {
  const found = all.filter((one) => idOf(one).startsWith(id));
  return found.find((one) => idOf(one) === id) ?? (found.length === 1 ? found[0] : undefined);
}

/** `doing` is what the complaint begins with, `rpc` what the client asked. */
export function findOne(call: Call, id: string, rpc: string, doing: string): Found {
  const found = byPrefix(allContainers(call), id, ({ container }) => container.id);
  if (found) return found;
  const problem = `rpc error: code = NotFound desc = an error occurred when try to find container ${JSON.stringify(id)}: not found`;
  throw new CrictlError(
    `${doing}${problem}`,
    `"${rpc} from runtime service failed" err=${JSON.stringify(problem)} containerID=${JSON.stringify(id)}`,
  );
}

export function findPod({ sandboxes }: Call, id: string, rpc: string, doing: string): Sandbox {
  const found = byPrefix(sandboxes, id, (sandbox) => sandbox.id);
  if (found) return found;
  const problem = `rpc error: code = NotFound desc = an error occurred when try to find sandbox: not found`;
  throw new CrictlError(
    `${doing}${problem}`,
    `"${rpc} from runtime service failed" err=${JSON.stringify(problem)} podSandboxID=${JSON.stringify(id)}`,
  );
}

/** An image by its name, or by the beginning of its id. */
export function findImageOf({ machine }: Call, text: string): readonly [name: string, image: StoredImage] | undefined {
  const all = Object.entries(machine.images);
  const names = (name: string): boolean =>
    [name, name.replace(/:latest$/, ''), name.replace(/^docker\.io\/(library\/)?/, '')].includes(text);
  return all.find(([name]) => names(name)) ?? byPrefix(all, text.replace(/^sha256:/, ''), ([, { id }]) => id.replace(/^sha256:/, ''));
}

const SHORT_ID = 13;
export const shortId = (id: string): string => id.replace(/^sha256:/, '').slice(0, SHORT_ID);

/** Labels by which the kubelet finds what it made. */
export const podLabels = ({ name, namespace, uid }: Sandbox): Record<string, string> => ({
  'io.kubernetes.pod.name': name,
  'io.kubernetes.pod.namespace': namespace,
  'io.kubernetes.pod.uid': uid,
});
export const containerLabels = ({ sandbox, container }: Found): Record<string, string> => ({
  'io.kubernetes.container.name': container.name,
  ...podLabels(sandbox),
});

/** How long ago, as Docker's units.HumanDuration says it. */
export function ago(ms: number): string {
  const [minutes, hours] = [Math.floor(ms / 60_000), Math.floor(ms / 3_600_000 + 0.5)];
  const text = ((): string => {
    const seconds = Math.floor(ms / 1000);
    if (seconds < 1) return 'Less than a second';
    if (seconds < 60) return seconds === 1 ? '1 second' : `${seconds} seconds`;
    if (minutes < 60) return minutes === 1 ? 'About a minute' : `${minutes} minutes`;
    if (hours === 1) return 'About an hour';
    if (hours < 48) return `${hours} hours`;
    if (hours < 24 * 14) return `${Math.floor(hours / 24)} days`;
    if (hours < 24 * 60) return `${Math.floor(hours / 24 / 7)} weeks`;
    if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
    return `${Math.floor(ms / 3_600_000 / 24 / 365)} years`;
  })();
  return `${text} ago`;
}

/** Columns by tabwriter's rule: each but the last as wide as its widest cell and three more, and at least 20. */
export function table(system: System, rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, i) => Math.max(20, ...rows.map((row) => row[i]!.length + 3)));
  for (const row of rows) system.out(`${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join('')}\n`);
}

/** As Docker's units.HumanSize says it. */
export function humanSize(bytes: number, digits = 4): string {
  let [size, unit] = [bytes, 0];
  for (; size >= 1000 && unit < 4; unit++) size /= 1000;
  return `${Number(size.toPrecision(digits))}${['B', 'kB', 'MB', 'GB', 'TB'][unit]!}`;
}

/** Labels that `--label key=value` asks for. */
export function labelsOf({ given }: Call, doing = ''): Readonly<Record<string, string>> {
  const pairs = given.all('label').map((text) => [text, text.split('=')] as const);
  const wrong = pairs.find(([, parts]) => parts.length !== 2);
  if (wrong) throw new CrictlError(`${doing}incorrectly specified label: ${wrong[0]}`);
  return Object.fromEntries(pairs.map(([, parts]) => parts));
}

export const hasLabels = (labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value);

/** Ctrl-C ends a verb that goes on, and nothing failed. */
export function interrupted({ process }: System, signal: SignalName): boolean {
  if (signal !== 'INT') return false;
  process.data = { isOver: true };
  process.wait = null;
  return true;
}

export const logDirectory = ({ namespace, name, uid }: Sandbox): string => `/var/log/pods/${namespace}_${name}_${uid}`;
export const logPath = ({ sandbox, container }: Found): string => `${logDirectory(sandbox)}/${container.name}/${container.attempt}.log`;

export const repositoryOf = (name: string): string => {
  const reference = parseReference(name);
  return typeof reference === 'string' ? name : repositoryName(reference);
};

/** The runtime keeps the image of its sandboxes. */
export const isPinned = (name: string): boolean => name.startsWith('registry.k8s.io/pause:');

/** Labels, where something is shown in full. */
export const labelLines = (labels: Readonly<Record<string, string>>): string[] => [
  'Labels:',
  ...Object.keys(labels)
    .sort()
    .map((key) => `\t${key} -> ${labels[key]}`),
];
