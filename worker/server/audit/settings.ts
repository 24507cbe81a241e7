// What an API server that begins makes of its `--audit-` flags. Mirrors apiserver pkg/server/options/audit.go.

import { ConfigFault } from '../../lib/config-file.ts';
import { readPolicy } from './policy.ts';
import type { Policy } from './policy.ts';

type Flags = Readonly<Partial<Record<string, string>>>;

/** What an API server does with its machine when it begins. */
export interface Startup {
  /** The text of a file, or why there is none: `open /a: no such file or directory`. */
  read(path: string): { readonly text: string } | { readonly problem: string };
  /** Makes an empty file, and the directories it is in, if it is not there. Gives what is in the way. */
  ensure(path: string): string | undefined;
  warn(place: string, message: string): void;
}

/** Plain data. */
export interface AuditSettings {
  readonly policy: Policy;
  /** `-` for its own output. */
  readonly path: string;
  readonly format: 'json' | 'legacy';
  /** Megabytes, files, and days; 0 for no limit. */
  readonly maxSize: number;
  readonly maxBackups: number;
  readonly maxAge: number;
}

/** Undefined if nothing is to be written down. Throws ConfigFault. */
export function auditSettings(flags: Flags, { read, ensure, warn }: Startup): AuditSettings | undefined {
  const policy = flags['audit-policy-file'] ? load(flags['audit-policy-file'], read, warn) : undefined;
  const path = flags['audit-log-path'];
  if (!path) return undefined;
  const problem = path === '-' ? undefined : ensure(path);
  if (problem !== undefined) throw new ConfigFault(`ensureLogFile: ${problem}`);
  if (!policy) return undefined;
  return {
    policy,
    path,
    format: flags['audit-log-format'] === 'legacy' ? 'legacy' : 'json',
    maxSize: Number(flags['audit-log-maxsize'] ?? 100),
    maxBackups: Number(flags['audit-log-maxbackup'] ?? 100),
    maxAge: Number(flags['audit-log-maxage'] ?? 366),
  };
}

function load(file: string, read: Startup['read'], warn: Startup['warn']): Policy {
  const found = read(file);
  const fault = (problem: string): ConfigFault => new ConfigFault(`loading audit policy file: ${problem}`);
  if ('problem' in found) throw fault(`failed to read file path ${JSON.stringify(file)}: ${found.problem}`);
  try {
    return readPolicy(found.text, (message) => warn('reader.go:81', message));
  } catch (error) {
    throw error instanceof ConfigFault ? fault(`${error.message}: from file ${file}`) : error;
  }
}
