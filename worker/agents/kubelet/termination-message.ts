// What a container left to be said at its end: a file, or the end of its log. Mirrors getTerminationMessage of pkg/kubelet/kuberuntime/kuberuntime_container.go.

import { volumeTree } from '../../world/files/container-files.ts';
import { fromByteString } from '../../lib/text.ts';
import { readLog } from '../../world/runtime/log.ts';
import type { Container } from '../../world/runtime/sandbox.ts';
import { findContainer } from '../../world/world.ts';
import { specOf } from './runtime-view.ts';
import type { PodSync } from './worker.ts';

const [MAX_BYTES, MAX_LOG_BYTES, MAX_LOG_LINES] = [4096, 2048, 80];

export function terminationMessage({ world, pod }: PodSync, container: Container): string {
  const spec = specOf(pod, container.name);
  const found = findContainer(world, container.id);
  if (!spec || !found) return container.message;
  const path = spec.terminationMessagePath ?? '/dev/termination-log';
  const mount = container.mounts.find((one) => one.path === path);
  let text = mount?.source.type === 'volume' ? (volumeTree(world, mount.source.id).get('')?.content ?? '') : '';
  text = fromByteString(text.slice(0, MAX_BYTES));
  const fallsBack =
    spec.terminationMessagePolicy === 'FallbackToLogsOnError' && container.exitCode !== 0 && container.reason !== 'StartError';
  if (!text && fallsBack) text = lastLines(world, container.id);
  return container.message && text ? `${container.message}: ${text}` : container.message || text;
}

function lastLines(world: PodSync['world'], id: string): string {
  const lines = readLog(world, id).entries.slice(-MAX_LOG_LINES);
  return fromByteString(
    lines
      .map(({ text, partial }) => (partial ? text : `${text}\n`))
      .join('')
      .slice(-MAX_LOG_BYTES),
  );
}
