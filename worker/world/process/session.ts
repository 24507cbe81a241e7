// Commands that somebody runs here from outside: where what they write goes, and what happens when they end. Who looks on is the kubelet's server (told as it comes), a probe
// (only the end matters), or a process of another namespace, as crictl is.

import type { World } from '../world.ts';
import type { Exit, PidNamespace, Process, Relay, Session, SessionPlace } from './process.ts';

/** Nobody reads any more. */
export class BrokenPipe extends Error {}

/** What a pipe holds before its writers have to wait. */
export const PIPE_BYTES = 65_536;

/** What a caller that only wants the end of it is given at most. */
const CAPTURED_BYTES = 16_384;

/** Whether the process that reads what a command writes is still there. */
const isRead = (world: World, { namespace, pid }: Relay): boolean => {
  const reader = world.namespaces.get(namespace)?.processes[pid];
  return reader !== undefined && !reader.exit;
};

/** Throws BrokenPipe. */
export function writeSession(world: World, namespace: PidNamespace, id: string, stream: 'stdout' | 'stderr', data: string): void {
  const session = namespace.sessions[id];
  if (!session) return;
  const { relay } = session;
  if (relay) {
    if (!isRead(world, relay)) throw new BrokenPipe();
    relay.pieces.push([stream, data]);
    world.hooks.wake(relay.namespace);
  } else if (session.captures) session.output = (session.output + data).slice(0, CAPTURED_BYTES);
  else world.hooks.output(id, stream, data);
}

/** Whether a reader has as much to read as a pipe holds. */
export const isBehind = (session: Session | undefined): boolean =>
  session?.relay !== undefined && session.relay.pieces.reduce((sum, [, text]) => sum + text.length, 0) >= PIPE_BYTES;

export function endSession(world: World, namespace: PidNamespace, id: string, exit: Exit): void {
  const session = namespace.sessions[id];
  if (!session) return;
  if (session.tty) delete namespace.ttys[session.tty];
  if (session.relay) {
    session.exit = exit;
    if (!isRead(world, session.relay)) delete namespace.sessions[id];
    return world.hooks.wake(session.relay.namespace);
  }
  if (session.captures) {
    session.exit = exit;
    const sandbox = world.sandboxes.get(namespace.sandbox);
    if (sandbox) world.hooks.sandboxChanged(sandbox);
    return;
  }
  delete namespace.sessions[id];
  world.hooks.sessionEnded(id, exit);
}

/** Nobody reads what the commands write that a process ran elsewhere: they learn of it when they next write. */
export function abandonRelays(world: World, { relays = [] }: Process): void {
  for (const { namespace, id } of relays) {
    const session = world.namespaces.get(namespace)?.sessions[id];
    if (!session?.relay) continue;
    session.relay.pieces = [];
    if (session.exit) delete world.namespaces.get(namespace)!.sessions[id];
    world.hooks.wake(namespace);
  }
}

/** Whether a command elsewhere has something to tell whoever runs it. */
export function hasNews(world: World, { namespace, id }: SessionPlace): boolean {
  const session = world.namespaces.get(namespace)?.sessions[id];
  return !session || session.exit !== null || (session.relay?.pieces.length ?? 0) > 0;
}
