// A world with one machine and no Kubernetes, for tests of what runs in containers: a command is run, time is moved, what it printed is looked at. The world can be lost
// from memory and made again from its rows between any two events.

import { makeRandom } from '../../../worker/lib/host.ts';
import { addMachine } from '../../../worker/world/machine.ts';
import type { Machine } from '../../../worker/world/machine.ts';
import { runNamespace } from '../../../worker/world/process/kernel.ts';
import { findNamespace } from '../../../worker/world/process/namespace.ts';
import { createContainer, createSandbox } from '../../../worker/world/runtime/create.ts';
import { closeInput, execInContainer, sendInput } from '../../../worker/world/runtime/exec.ts';
import { endOverdue, killOverdue, startContainer, stopContainer } from '../../../worker/world/runtime/lifecycle.ts';
import { readLog } from '../../../worker/world/runtime/log.ts';
import { imageOf, imageName } from '../../../worker/world/runtime/pull.ts';
import type { Container, Sandbox } from '../../../worker/world/runtime/sandbox.ts';
import type { WorldState } from '../../../worker/world/state.ts';
import { findContainer, makeWorld } from '../../../worker/world/world.ts';
import type { World } from '../../../worker/world/world.ts';

export const START = Date.parse('2026-01-01T00:00:00Z');

export interface PodSpec {
  readonly name?: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly tty?: boolean;
  readonly stdin?: boolean;
  readonly user?: number;
  readonly privileges?: Container['privileges'];
  readonly mounts?: Container['mounts'];
  readonly ports?: readonly number[];
  readonly machine?: string;
  readonly hostPid?: boolean;
}

export interface Ran {
  stdout: string;
  stderr: string;
  code: number | undefined;
}

export class Lab {
  readonly #rows = new Map<string, Map<string, unknown>>();
  readonly #seed = makeRandom('lab');
  readonly #due: { key: string; at: number }[] = [];
  readonly sessions = new Map<string, Ran>();
  /** The world is lost and made again after every event. */
  evicts = false;
  now = START;
  world: World;

  constructor() {
    this.world = this.#make();
    addMachine(this.world, { name: 'node-1', role: 'worker', ip: '172.18.0.2', podCidr: '10.244.0.0/24', kubeletVersion: 'v1.36.2' });
    addMachine(this.world, { name: 'node-2', role: 'worker', ip: '172.18.0.3', podCidr: '10.244.1.0/24', kubeletVersion: 'v1.36.2' });
  }

  #make(): World {
    const rows = this.#rows;
    const scopeOf = (scope: string): Map<string, unknown> => {
      if (!rows.has(scope)) rows.set(scope, new Map());
      return rows.get(scope)!;
    };
    const state: WorldState = {
      get: <T>(scope: string, key: string) => scopeOf(scope).get(key) as T | undefined,
      set: (scope, key, value) => void scopeOf(scope).set(key, value),
      delete: (scope, key) => void scopeOf(scope).delete(key),
      entries: <T>(scope: string) => ([...scopeOf(scope)] as [string, T][]).sort(([a], [b]) => (a < b ? -1 : 1)),
    };
    return makeWorld({
      state,
      traits: { lenient: false },
      now: () => this.now,
      random: this.#seed,
      hooks: {
        touched: () => {},
        filled: () => {},
        sandboxChanged: () => {},
        wake: (key, at) => void this.#due.push({ key, at: this.now + (at?.after ?? 0) }),
        started: () => {},
        serviceChanged: () => {},
        configChanged: () => {},
        output: (session, stream, text) => void (this.#session(session)[stream] += text),
        sessionEnded: (session, exit) => void (this.#session(session).code = exit.code),
        logged: () => {},
        received: () => {},
        fillVolume: () => {},
        apiAsked: () => {},
        pageAsked: () => {},
        policyVerdict: () => undefined,
        answerDns: () => ({ code: 'NXDOMAIN', answers: [], isAuthoritative: false }),
      },
    });
  }

  #session(id: string): Ran {
    let found = this.sessions.get(id);
    if (!found) this.sessions.set(id, (found = { stdout: '', stderr: '', code: undefined }));
    return found;
  }

  /** Loses everything in memory. */
  evict(): void {
    for (const scope of this.#rows.values()) for (const [key, value] of scope) scope.set(key, JSON.parse(JSON.stringify(value)));
    this.world = this.#make();
  }

  get machine(): Machine {
    return this.world.machines.get('node-1')!;
  }

  /** Starts a pod of one container. */
  run(spec: PodSpec): { sandbox: string; container: string; ip: string } {
    const { name = 'web', image, command, args } = spec;
    const machine = this.world.machines.get(spec.machine ?? 'node-1')!;
    const sandbox = createSandbox(this.world, machine, {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      attempt: 0,
      labels: {},
      hostname: name,
      hostNetwork: false,
      hostPid: spec.hostPid ?? false,
      sharesPids: false,
      dns: { servers: ['10.96.0.10'], searches: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local'], options: ['ndots:5'] },
    });
    const container = this.addContainer(sandbox.id, { ...spec, name: 'main', image, ...(command && { command }), ...(args && { args }) });
    return { sandbox: sandbox.id, container, ip: sandbox.ip };
  }

  addContainer(sandboxId: string, spec: PodSpec): string {
    const sandbox = this.world.sandboxes.get(sandboxId)!;
    const known = imageOf(this.world, spec.image);
    if (!known) throw new Error(`no image ${spec.image}`);
    const uid = spec.user ?? 0;
    const container = createContainer(this.world, sandbox, {
      name: spec.name ?? 'main',
      attempt: 0,
      image: spec.image,
      imageRef: spec.image,
      imageName: imageName(spec.image),
      argv: [...(spec.command ?? known.entrypoint ?? []), ...(spec.args ?? (spec.command ? [] : (known.cmd ?? [])))],
      env: { ...known.env, HOSTNAME: sandbox.hostname, ...spec.env, HOME: '/root' },
      cwd: known.workdir ?? '/',
      user: { uid, gid: uid, groups: [uid] },
      tty: spec.tty ?? false,
      stdin: spec.stdin ?? false,
      stdinOnce: false,
      ...(spec.privileges && { privileges: spec.privileges }),
      readOnlyRoot: false,
      mounts: spec.mounts ?? [],
      limits: { cpu: 0, memory: 0 },
      ports: spec.ports ?? [],
      runsToEnd: false,
      stopSignal: known.stopSignal ?? 'SIGTERM',
      labels: {},
    });
    startContainer(this.world, sandbox, container);
    this.settle();
    return container.id;
  }

  find(container: string): { sandbox: Sandbox; container: Container } {
    return findContainer(this.world, container)!;
  }

  /** Starts a command in a container. */
  exec(containerId: string, argv: readonly string[], options: { stdin?: string; tty?: boolean; open?: boolean } = {}): string {
    const { sandbox, container } = this.find(containerId);
    const session = execInContainer(this.world, sandbox, container, {
      argv,
      stdin: options.stdin !== undefined || (options.open ?? false) || (options.tty ?? false),
      ...(options.tty && { tty: { rows: 24, columns: 80 } }),
    });
    this.#session(session);
    if (options.stdin !== undefined) {
      this.type(containerId, session, options.stdin);
      if (!options.open && !options.tty) this.end(containerId, session);
    }
    this.settle();
    return session;
  }

  type(containerId: string, session: string, text: string): void {
    sendInput(this.world, containerId, session, text);
    this.settle();
  }

  end(containerId: string, session: string): void {
    closeInput(this.world, containerId, session);
    this.settle();
  }

  stop(containerId: string, graceMs = 30_000): void {
    const { sandbox, container } = this.find(containerId);
    stopContainer(this.world, sandbox, container, graceMs);
    this.settle();
  }

  log(containerId: string): string {
    return readLog(this.world, containerId)
      .entries.map(({ text }) => `${text}\n`)
      .join('');
  }

  /** Does what is due. */
  settle(): void {
    for (let events = 0; ; events++) {
      if (events > 20_000) throw new Error('the world does not come to rest');
      const i = this.#due.findIndex(({ at }) => at <= this.now);
      if (i < 0) return;
      const { key } = this.#due.splice(i, 1)[0]!;
      for (
        let same = this.#due.findIndex((one) => one.key === key && one.at <= this.now);
        same >= 0;
        same = this.#due.findIndex((one) => one.key === key && one.at <= this.now)
      )
        this.#due.splice(same, 1);
      this.#happen(key);
      if (this.evicts && !this.world.tools.isBusy) this.evict();
    }
  }

  /** Looks at a namespace of processes again, as who takes up the world does. */
  wake(key: string): void {
    this.#due.push({ key, at: this.now });
  }

  #happen(key: string): void {
    const [kind = '', id = ''] = key.split('/');
    if (kind === 'kill' || kind === 'end') {
      const found = findContainer(this.world, id);
      if (!found) return;
      if (kind === 'kill') killOverdue(this.world, found.sandbox, found.container);
      else endOverdue(this.world, found.sandbox, found.container);
      return;
    }
    const namespace = findNamespace(this.world, key);
    if (!namespace) return;
    const { after } = runNamespace(this.world, namespace);
    if (after !== undefined) this.#due.push({ key, at: this.now + Math.max(after, 1) });
  }

  advance(ms: number): void {
    const end = this.now + ms;
    this.settle();
    for (;;) {
      const next = Math.min(...this.#due.map(({ at }) => at));
      if (next > end) break;
      this.now = Math.max(this.now, next);
      this.settle();
    }
    this.now = end;
  }

  /** Runs tools whose answers are promises, until none is left. */
  async settleTools(): Promise<void> {
    this.settle();
    while (this.world.tools.isBusy) {
      const key = await this.world.tools.runNext();
      if (key) this.#due.push({ key, at: this.now });
      this.settle();
    }
  }
}

/** Runs a command in a new container of an image, for so long. */
export async function runIn(
  image: string,
  argv: readonly string[],
  options: { stdin?: string; for?: number; evicts?: boolean; user?: number } = {},
): Promise<Ran> {
  const lab = new Lab();
  const { container } = lab.run({ image, command: ['sleep', '1000000'], ...(options.user !== undefined && { user: options.user }) });
  lab.evicts = options.evicts ?? false;
  const session = lab.exec(container, argv, options.stdin === undefined ? {} : { stdin: options.stdin });
  await lab.settleTools();
  if (options.for) {
    lab.advance(options.for);
    await lab.settleTools();
  }
  return lab.sessions.get(session)!;
}
