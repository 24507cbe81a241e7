// The file of `--audit-log-path`: in the files that the API server's process sees, or its output. Mirrors apiserver plugin/pkg/audit/log and natefinch/lumberjack.

import type { ControlPlane } from '../agents/control-plane.ts';
import type { AuditLog } from '../server/audit/audited.ts';
import type { AuditSettings } from '../server/audit/settings.ts';
import { containerFiles } from '../world/files/container-files.ts';
import { FileError } from '../world/files/error.ts';
import type { FileSystem } from '../world/files/file-system.ts';
import { klogLine } from '../world/programs/control-plane/klog.ts';
import { appendLog } from '../world/runtime/log.ts';
import type { World } from '../world/world.ts';
import type { ApiServerSettings } from './api-server-settings.ts';

const COMPONENT = 'kube-apiserver';
const MEGABYTE = 2 ** 20;
/** Differs: a machine's disk here is small, and a file that grows is saved whole. One is full with a megabyte, whatever the flags say, and few old ones are kept. */
const [MAX_MEGABYTES, MAX_BACKUPS] = [1, 5];
const DAY_MS = 86_400_000;

export class AuditFile implements AuditLog {
  readonly #world: World;
  readonly #controlPlane: ControlPlane;
  #settings: AuditSettings | undefined;
  #files: FileSystem | undefined;
  #filesOf = '';

  constructor(world: World, controlPlane: ControlPlane) {
    this.#world = world;
    this.#controlPlane = controlPlane;
  }

  /** Undefined as long as nothing is to be written down: every write of a component asks. */
  current(): AuditLog | undefined {
    this.#settings = (this.#controlPlane.loaded(COMPONENT) as ApiServerSettings | undefined)?.audit;
    return this.#settings && this;
  }

  get settings(): AuditSettings {
    return this.#settings!;
  }

  write(line: string, told: () => string): void {
    const found = this.#controlPlane.processOf(COMPONENT);
    if (!found || !this.#settings) return;
    const { sandbox, container } = found;
    const { path } = this.#settings;
    if (path === '-') return appendLog(this.#world, container.id, 'stdout', line);
    if (this.#filesOf !== container.id) {
      this.#files = containerFiles(this.#world, sandbox, container);
      this.#filesOf = container.id;
    }
    try {
      this.#append(this.#files!, line);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      const why = `write ${path}: ${error.message[0]!.toLowerCase()}${error.message.slice(1)}`;
      const message = `Error in audit plugin 'log' affecting 1 audit events: ${why}\nImpacted events:\n${told()}`;
      appendLog(this.#world, container.id, 'stderr', klogLine(this.#world.now(), 'E', 'metrics.go:110', message));
    }
  }

  /** It has the file open: what is taken away stays away, until it begins anew. */
  #append(files: FileSystem, line: string): void {
    const { path, maxSize } = this.#settings!;
    const file = files.find(path);
    if (!file) return;
    const size = file.content?.length ?? 0;
    const max = Math.min(maxSize || MAX_MEGABYTES, MAX_MEGABYTES) * MEGABYTE;
    if (size > 0 && size + line.length > max) this.#rotate(files);
    files.append(path, line);
  }

  #rotate(files: FileSystem): void {
    const { path, maxBackups, maxAge } = this.#settings!;
    const now = this.#world.now();
    const at = path.lastIndexOf('/');
    const [directory, name] = [path.slice(0, at) || '/', path.slice(at + 1)];
    const dot = name.lastIndexOf('.');
    const [stem, extension] = dot < 0 ? [`${name}-`, ''] : [`${name.slice(0, dot)}-`, name.slice(dot)];
    const inDirectory = (one: string): string => `${directory === '/' ? '' : directory}/${one}`;
    files.rename(path, inDirectory(`${stem}${stampOf(now)}${extension}`));
    files.write(path, '', 0o600);
    const old = files
      .list(directory)
      .filter((one) => one.startsWith(stem) && one.endsWith(extension) && timeIn(one, stem, extension) !== undefined)
      .reverse();
    const kept = Math.min(maxBackups || MAX_BACKUPS, MAX_BACKUPS);
    const tooOld = (one: string): boolean => maxAge > 0 && timeIn(one, stem, extension)! < now - maxAge * DAY_MS;
    for (const [i, one] of old.entries()) if (i >= kept || tooOld(one)) files.unlink(inDirectory(one));
  }
}

/** `2026-01-02T15-04-05.000`. */
const stampOf = (ms: number): string => new Date(ms).toISOString().slice(0, -1).replaceAll(':', '-');

function timeIn(name: string, stem: string, extension: string): number | undefined {
  const stamp = name.slice(stem.length, name.length - extension.length);
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(stamp);
  return parts ? Date.parse(`${parts[1]}T${parts[2]}:${parts[3]}:${parts[4]}Z`) : undefined;
}
