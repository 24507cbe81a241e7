// Commands that somebody outside runs in a container (exec), and onlookers of its first process (attach). Mirrors GetExec and GetAttach of pkg/kubelet/kubelet_pods.go
// and the runtime's streaming server.

import type { Pod } from '../../api/gen/core-v1.ts';
import { KubeletRefusal } from '../../api/kubelet.ts';
import type { AttachOptions, Command, CommandPeer, ExecOptions } from '../../api/kubelet.ts';
import { findNamespace, namespaceId } from '../../world/process/namespace.ts';
import { PIPE_BYTES } from '../../world/process/session.ts';
import type { Exit } from '../../world/process/process.ts';
import { isService } from '../../world/process/program.ts';
import { programs } from '../../world/programs/index.ts';
import { RuntimeError } from '../../world/runtime/error.ts';
import { closeInput, execInContainer, hangUp, resize, sendInput } from '../../world/runtime/exec.ts';
import { CONSOLE, signalContainer, STDIN } from '../../world/runtime/lifecycle.ts';
import type { Container, Sandbox } from '../../world/runtime/sandbox.ts';
import type { World } from '../../world/world.ts';
import { specOf } from '../kubelet/runtime-view.ts';
import type { Logs } from './logs.ts';
import { containerOf, machineOf } from './node.ts';

interface Place {
  readonly sandbox: Sandbox;
  readonly container: Container;
}

export class Commands {
  readonly #world: World;
  readonly #logs: Logs;
  /** By session. */
  readonly #peers = new Map<string, CommandPeer>();
  /** Input that a pipe had no room for. */
  readonly #waiting = new Set<Input>();

  constructor(world: World, logs: Logs) {
    this.#world = world;
    this.#logs = logs;
  }

  checkRunning(pod: Pod, name: string, verb: 'exec' | 'attach'): void {
    this.#place(pod, name, verb);
  }

  #place(pod: Pod, name: string, verb: 'exec' | 'attach'): Place {
    machineOf(this.#world, pod.spec.nodeName!);
    const place = containerOf(this.#world, pod, name);
    if (place?.container.state === 'running') return place;
    const { metadata } = pod;
    throw new KubeletRefusal(
      500,
      verb === 'exec'
        ? `container not found (${JSON.stringify(name)})`
        : `container ${name} not found in pod ${metadata.name}_${metadata.namespace}`,
    );
  }

  exec(pod: Pod, name: string, { command, tty, stdin }: ExecOptions, peer: CommandPeer): Command {
    const world = this.#world;
    const { sandbox, container } = this.#place(pod, name, 'exec');
    const namespace = namespaceId(sandbox, container);
    let session: string;
    try {
      session = execInContainer(world, sandbox, container, { argv: command, stdin, ...(tty && { tty: { rows: 24, columns: 80 } }) });
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      peer.ended({ problem: error.message });
      return NOTHING;
    }
    this.#peers.set(session, peer);
    const input = new Input(world, namespace, session);
    return {
      input: (data) => this.#send(input, data),
      endInput: () => this.#end(input),
      resize: (columns, rows) => resize(world, namespace, session, rows, columns),
      leave: () => {
        this.#waiting.delete(input);
        if (this.#peers.delete(session)) hangUp(world, namespace, session);
      },
    };
  }

  /** Shows what the container's first process writes from now on, and gives it what is typed if it listens. */
  attach(pod: Pod, name: string, { stdin }: AttachOptions, peer: CommandPeer): Command {
    const world = this.#world;
    const { sandbox, container } = this.#place(pod, name, 'attach');
    const namespace = namespaceId(sandbox, container);
    const isTty = specOf(pod, name)?.tty ?? false;
    const input = new Input(world, namespace, `${isTty ? CONSOLE : STDIN}/${container.id}`);
    const stop = this.#logs.watch(container.id, {
      logged: (stream, text) => peer.output(stream, text),
      ended: () => peer.ended({ code: 0 }),
    });
    const program = programs.get(container.main);
    const isDeaf = !stdin || !container.stdin || !program;
    const endsContainersInput = !isDeaf && container.stdinOnce && !isTty;
    const endInput = (): void => {
      if (endsContainersInput) this.#end(input);
      // As containerd does it: who has no more to say, to one that goes on listening, sees no more.
      else if (!isDeaf)
        this.#afterwards(input, () => {
          stop();
          peer.ended({ code: 0 });
        });
    };
    return {
      input: (data) => {
        if (isDeaf) return;
        if (!isService(program)) this.#send(input, data);
        else if (isTty && data.includes('\x03')) signalContainer(world, sandbox, container, 'INT');
      },
      endInput,
      resize: (columns, rows) => {
        if (isTty) resize(world, namespace, input.id, rows, columns);
      },
      leave: () => {
        this.#waiting.delete(input);
        stop();
        if (endsContainersInput) this.#end(input);
      },
    };
  }

  #send(input: Input, data: string): void {
    input.waiting += data;
    this.#feed(input);
  }

  #end(input: Input): void {
    input.isEnding = true;
    this.#feed(input);
  }

  #afterwards(input: Input, act: () => void): void {
    input.afterwards = act;
    this.#feed(input);
  }

  #feed(input: Input): void {
    if (!input.feed()) {
      this.#waiting.add(input);
      return;
    }
    this.#waiting.delete(input);
    input.afterwards?.();
    delete input.afterwards;
  }

  pump(): void {
    for (const input of this.#waiting) this.#feed(input);
  }

  output(session: string, stream: 'stdout' | 'stderr', text: string): void {
    this.#peers.get(session)?.output(stream, text);
  }

  sessionEnded(session: string, { code }: Exit): void {
    const peer = this.#peers.get(session);
    this.#peers.delete(session);
    peer?.ended({ code });
  }

  hangUpAll(): void {
    for (const { id, sessions } of this.#world.namespaces.values())
      for (const [session, { captures, relay }] of Object.entries(sessions)) if (!captures && !relay) hangUp(this.#world, id, session);
  }
}

const NOTHING: Command = { input: () => {}, endInput: () => {}, resize: () => {}, leave: () => {} };

/** What is sent into a pipe or a terminal: no more at a time than it holds, so that what is saved stays small. */
class Input {
  readonly #world: World;
  readonly #namespace: string;
  readonly id: string;
  waiting = '';
  isEnding = false;
  /** What is to be done once nothing waits any more. */
  afterwards?: () => void;

  constructor(world: World, namespace: string, id: string) {
    this.#world = world;
    this.#namespace = namespace;
    this.id = id;
  }

  /** True when nothing waits any more. */
  feed(): boolean {
    const namespace = findNamespace(this.#world, this.#namespace);
    const pipe = namespace?.pipes[this.id];
    if (!namespace || (!pipe && !namespace.ttys[this.id])) return true;
    const room = pipe ? (pipe.readers ? PIPE_BYTES - pipe.data.length : Infinity) : Infinity;
    const chunk = this.waiting.slice(0, room);
    if (chunk) {
      this.waiting = this.waiting.slice(chunk.length);
      sendInput(this.#world, this.#namespace, this.id, chunk);
    }
    if (this.waiting) return false;
    if (this.isEnding) closeInput(this.#world, this.#namespace, this.id);
    return true;
  }
}
