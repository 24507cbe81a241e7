// What the verbs of crictl have in common: finding things by the beginnings of their ids, complaints, tables, times.

import type { Machine, StoredImage } from '../../machine.ts';
import type { Next } from '../../process/program.ts';
import type { System } from '../../process/system.ts';
import { klogLine } from '../../programs/control-plane/klog.ts';
import type { Container, Sandbox } from '../../runtime/sandbox.ts';
import type { Options } from '../tool.ts';

export interface Call {
  readonly system: System;
  readonly machine: Machine;
  readonly given: Options;
  readonly args: readonly string[];
  /** All of the machine. */
  readonly sandboxes: readonly Sandbox[];
}

export type Verb = (call: Call) => Next;

/** Ends crictl; `call` is what its client for the runtime logged before. */
export class CrictlError extends Error {
  readonly call: string | undefined;
  constructor(message: string, call?: string) {
    super(message);
    this.call = call;
  }
}

export function complain(system: System, { message, call }: CrictlError): void {
  if (call !== undefined) system.err(klogLine(system.now(), 'E', 'log.go:32', call, system.process.pid));
  const isTerminal = system.namespace.files[system.process.fds['2'] ?? '']?.type === 'tty';
  system.err(
    isTerminal
      ? `\u001B[31mERRO\u001B[0m[0000] ${message} \n`
      : `time="${new Date(system.now()).toISOString().slice(0, 19)}Z" level=error msg=${JSON.stringify(message)}\n`,
  );
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
