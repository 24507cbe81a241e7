// Lifecycle hooks: a command in the container, a request to it, or a sleep. Mirrors pkg/kubelet/lifecycle/handlers.go.

import type { LifecycleHandler } from '../../api/gen/core-v1.ts';
import { execInContainer, takeExecResult } from '../../world/runtime/exec.ts';
import type { Container, Sandbox } from '../../world/runtime/sandbox.ts';
import { podText, specOf } from './runtime-view.ts';
import { closeRequest, responseOf, sendRequest } from './probe-http.ts';
import { wakeAt } from './worker.ts';
import type { Hook, PodSync } from './worker.ts';

/** A hook of HTTP is given up after so long. */
const HTTP_TIMEOUT_MS = 30_000;

export function startHook(sync: PodSync, sandbox: Sandbox, container: Container, handler: LifecycleHandler): Hook {
  const { context, world } = sync;
  const hook = { container: container.id, startedAt: context.now() };
  if (handler.exec)
    return { ...hook, session: execInContainer(world, sandbox, container, { argv: handler.exec.command ?? [], captures: true }) };
  if (handler.sleep) return { ...hook, until: context.now() + handler.sleep.seconds * 1000 };
  if (handler.httpGet) {
    const sent = sendRequest(sync, sandbox, specOf(sync.pod, container.name), handler.httpGet, 'lifecycle');
    return typeof sent === 'string' ? { ...hook, until: -1 } : { ...hook, connection: sent.connection };
  }
  return { ...hook, until: context.now() };
}

/** `done`, `running`, or what went wrong. */
export function hookProgress(
  sync: PodSync,
  sandbox: Sandbox,
  container: Container,
  handler: LifecycleHandler,
  hook: Hook,
): 'done' | 'running' | { readonly error: string } {
  const { context, world, pod } = sync;
  const of = `for Container ${JSON.stringify(container.name)} in Pod ${JSON.stringify(podText(pod))} failed - error: `;
  if (hook.session !== undefined) {
    const result = takeExecResult(world, sandbox, container, hook.session);
    if (result === 'running') return 'running';
    if (result.code === 0) return 'done';
    const cause = result.error ?? `command '${handler.exec?.command?.join(' ')}' exited with ${result.code}: ${result.output}`;
    return {
      error: `Exec lifecycle hook (${goList(handler.exec?.command ?? [])}) ${of}${cause}, message: ${JSON.stringify(result.output)}`,
    };
  }
  if (hook.connection !== undefined) {
    const response = responseOf(world, hook.connection);
    if (response === undefined && context.now() - hook.startedAt < HTTP_TIMEOUT_MS) {
      wakeAt(sync, hook.startedAt + HTTP_TIMEOUT_MS);
      return 'running';
    }
    closeRequest(world, hook.connection);
    return response && typeof response !== 'string'
      ? 'done'
      : { error: `HTTP lifecycle hook (${handler.httpGet?.path}) ${of}${response ?? 'timeout'}` };
  }
  if (hook.until === -1) return { error: `HTTP lifecycle hook (${handler.httpGet?.path}) ${of}dial failed` };
  if ((hook.until ?? 0) > context.now()) {
    wakeAt(sync, hook.until!);
    return 'running';
  }
  return 'done';
}

/** As Go prints a list of texts. */
const goList = (texts: readonly string[]): string => `[${texts.join(' ')}]`;
