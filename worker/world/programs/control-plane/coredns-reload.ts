// The plugin `reload` of CoreDNS: a Corefile that was changed takes effect without a restart. Mirrors plugin/reload.
// Differs: the file is looked at when somebody asks for a name, not every 30 s; until then nobody could tell, but by the log.

import { sha512 } from '@noble/hashes/sha2.js';
import { hexOf, utf8 } from '../../../lib/text.ts';
import { containerFiles } from '../../files/container-files.ts';
import { appendLog } from '../../runtime/log.ts';
import type { Container, Sandbox } from '../../runtime/sandbox.ts';
import type { World } from '../../world.ts';
import { corefileProblem } from './corefile.ts';

interface Loaded {
  readonly corefile: string;
  /** The last one that was of no use. */
  readonly refused?: string;
}

/** How often the file is looked at. */
const INTERVAL_MS = 30_000;

/** What a running CoreDNS goes by. */
export function currentCorefile(world: World, sandbox: Sandbox, container: Container): string {
  const loaded = container.service as Loaded | undefined;
  const { corefile = '', refused } = loaded ?? {};
  if (!/^\s*reload\b/m.test(corefile)) return corefile;
  const path = container.argv[container.argv.indexOf('-conf') + 1] ?? '';
  const file = containerFiles(world, sandbox, container).find(path);
  const next = file?.content ?? '';
  if (!file || next === corefile || next === refused || world.now() < file.mtime + INTERVAL_MS) return corefile;
  const problem = corefileProblem(next, path);
  const say = (text: string): void => appendLog(world, container.id, 'stdout', `${text}\n`);
  say('[INFO] Reloading');
  if (problem === undefined) {
    say(`[INFO] plugin/reload: Running configuration SHA512 = ${hexOf(sha512(utf8(next)))}`);
    say('[INFO] Reloading complete');
  } else {
    say(`[ERROR] Restart failed: ${problem}`);
    say(`[ERROR] plugin/reload: Corefile changed but reload failed: ${problem}`);
  }
  container.service = problem === undefined ? { corefile: next } : { corefile, refused: next };
  world.sandboxes.put(sandbox.id, sandbox);
  return problem === undefined ? next : corefile;
}
