// The control plane as processes: which of its components run, with which flags, who leads, and what their logs say. A loop of a component works only while a process
// of it runs on a control-plane machine, and leads if it is one that elects leaders. Mirrors client-go tools/leaderelection, and how kube-apiserver, kube-controller-
// manager and kube-scheduler fail without etcd or without each other.

import { watch } from '../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../api/controller.ts';
import { keyOf } from '../api/object.ts';
import type { KubeObject } from '../api/object.ts';
import type { Lease } from '../api/gen/coordination-v1.ts';
import { formatMicroTime, parseDuration, timeOf } from '../lib/time.ts';
import { leases } from '../resources/coordination/lease.ts';
import { containerFiles } from '../world/files/container-files.ts';
import type { ComponentState } from '../world/programs/control-plane/component.ts';
import type { Flags } from '../world/programs/control-plane/flags.ts';
import { klogLine } from '../world/programs/control-plane/klog.ts';
import { lockOf } from '../world/programs/control-plane/leader-flags.ts';
import type { Lock } from '../world/programs/control-plane/leader-flags.ts';
import type { Level } from '../world/programs/control-plane/klog.ts';
import { isUp, storageProblem } from '../world/programs/control-plane/storage-servers.ts';
import { endContainer } from '../world/runtime/lifecycle.ts';
import { appendLog } from '../world/runtime/log.ts';
import type { Container, Sandbox } from '../world/runtime/sandbox.ts';
import type { World } from '../world/world.ts';
import { isEnabled, placeOf, upstreamName } from './controller-names.ts';
import { acquire, describe, LockProblem, readLease, specOf } from './leader-lease.ts';

export const CONTROL_PLANE = 'control-plane';

export interface ControlPlane {
  readonly controllers: readonly Controller[];
  /** Whether requests are answered: `refused` without a server, `no-storage` without its etcd. */
  readonly api: 'up' | 'refused' | 'no-storage';
  /** Whether a loop may work. */
  runs(controller: Controller): boolean;
  /** Whether this container of a component that elects leaders is the one. */
  leads(component: string, container: string): boolean;
  /** Whether a process of a component is there. */
  hasProcess(component: string): boolean;
  /** The flags of a component that runs. */
  flags(component: string): Flags | undefined;
  /** When the process of a component began; undefined if nobody sees it. */
  startedAt(component: string): number | undefined;
  /** What a component that runs read of its configuration when it began. */
  loaded(component: string): unknown;
  /** Where it runs. */
  processOf(component: string): { readonly sandbox: Sandbox; readonly container: Container } | undefined;
  /** The content of a file that a flag of a component names. */
  fileOf(component: string, flag: string): string | undefined;
  log(controller: Controller, level: Level, message: string): void;
  /** What a component tells about an object is in its log too. Differs: upstream says it from verbosity 3 on. */
  logEvent(controller: Controller, object: KubeObject, type: string, reason: string, message: string): void;
  started(sandbox: Sandbox, container: Container): void;
  changed(sandbox: Sandbox): void;
}

export interface ControlPlaneParts {
  readonly world: World;
  enqueue(controller: string, key: string): void;
  /** A component begins, or goes on after it could not: its loops look at everything anew. */
  resync(component: string): void;
  /** Why a component cannot work with what it was given. */
  problemOf(component: string): string | undefined;
  /** Which of its loops cannot be made when a component begins to lead, and why. */
  brokenLoop(component: string): { readonly name: string; readonly problem: string } | undefined;
}

/** A cluster whose control plane is nobody's to see: it always runs. */
export const UNSEEN: ControlPlane = {
  controllers: [],
  api: 'up',
  runs: () => true,
  leads: () => true,
  hasProcess: () => true,
  flags: () => undefined,
  startedAt: () => undefined,
  loaded: () => undefined,
  processOf: () => undefined,
  fileOf: () => undefined,
  log: () => {},
  logEvent: () => {},
  started: () => {},
  changed: () => {},
};

const ELECTING = ['kube-controller-manager', 'kube-scheduler'] as const;
const COMPONENTS: ReadonlySet<string> = new Set(['etcd', 'kube-apiserver', ...ELECTING]);
const SCOPE = 'control-plane';
const [LEASE_MS, RENEW_DEADLINE_MS, RETRY_MS] = [15_000, 10_000, 2000];
/** How long a controller manager that needs not to be elected waits for an API server. */
const PATIENCE_MS = 10_000;
/** Differs: upstream says at each try, every few seconds, that it cannot reach the API server. */
const SAY_AGAIN_MS = 60_000;
/** How long an API server tries to reach its etcd before it gives up. */
const STORAGE_PATIENCE_MS = 20_000;

const PLACES: Readonly<Record<string, string>> = {
  'Error retrieving lease lock': 'leaderelection.go:461',
  'Error initially creating lease lock': 'leaderelection.go:465',
  'Failed to update lease': 'leaderelection.go:497',
};
/** The scheduler tells of it in the name of its first profile. */
const sourceOf = (component: string): string => (component === 'kube-scheduler' ? 'default-scheduler' : component);

const electionIn = ({ election, flags }: Partial<ComponentState>): Flags => election ?? flags ?? {};

interface Found {
  readonly sandbox: Sandbox;
  readonly container: Container;
}

/** Who leads. */
interface Leader {
  readonly container: string;
  readonly identity: string;
  /** Its lease, where it was not the usual one. */
  readonly lock?: Lock;
  /** Since when somebody else holds its lease, and it cannot renew it. */
  readonly lostAt?: number;
}

export function makeControlPlane(parts: ControlPlaneParts): ControlPlane {
  const { world, enqueue } = parts;
  let known: Map<string, Found[]> | undefined;

  /** Of a component with several replicas one leads; the others stand by. */
  const replicas = (component: string): readonly Found[] => (known ??= findComponents(world)).get(component) ?? [];
  const leaderOf = (component: string): Leader | undefined => world.state.get<Leader>(SCOPE, `leader ${component}`);
  /** The replica that leads, or would be the next to. */
  const running = (component: string): Found | undefined => {
    const all = replicas(component);
    if (all.length < 2) return all[0];
    const leader = leaderOf(component)?.container;
    return all.find(({ container }) => container.id === leader) ?? all[0];
  };
  const isLeading = (component: string): boolean => {
    const found = running(component);
    return found !== undefined && leaderOf(component)?.container === found.container.id;
  };
  const stateOf = (component: string): Partial<ComponentState> | undefined =>
    running(component)?.container.service as ComponentState | undefined;
  const flags = (component: string): Flags | undefined => stateOf(component)?.flags;
  const election = (component: string): Flags => electionIn(stateOf(component) ?? {});
  const duration = (component: string, flag: string, fallback: number): number =>
    parseDuration(election(component)[flag] ?? '') ?? fallback;
  const leaseSeconds = (component: string): number => Math.floor(duration(component, 'leader-elect-lease-duration', LEASE_MS) / 1000);
  const renewDeadline = (component: string): number => duration(component, 'leader-elect-renew-deadline', RENEW_DEADLINE_MS);
  /** Of the leader that there is, else of the one that is to be. */
  const lock = (component: string): Lock => leaderOf(component)?.lock ?? lockOf(component, election(component));
  /** Between two tries, as client-go spreads them. */
  const retryAfter = (component: string, { random }: ControllerContext): number => {
    const period = duration(component, 'leader-elect-retry-period', RETRY_MS);
    return period + random.below(Math.max(1, Math.floor(period * 1.2)));
  };
  const say = (component: string, level: Level, place: string, message: string, found = running(component)): void => {
    if (found) appendLog(world, found.container.id, 'stderr', klogLine(world.now(), level, place, message));
  };
  const lacksStorage = ({ sandbox, container }: Found): ReturnType<typeof storageProblem> =>
    storageProblem(world, sandbox.machine, (container.service as Partial<ComponentState>).flags);
  let state: ControlPlane['api'] | undefined;
  const apiState = (): ControlPlane['api'] => (state ??= lookForApi());
  function lookForApi(): ControlPlane['api'] {
    const servers = replicas('kube-apiserver');
    return servers.length === 0 ? 'refused' : servers.every(lacksStorage) ? 'no-storage' : 'up';
  }

  const loop: Controller = {
    name: CONTROL_PLANE,
    component: 'world',
    watches: [
      watch(leases, ({ metadata }, _previous, _reader, type) =>
        type === 'created' ? [] : ELECTING.filter((component) => keyOf({ metadata }) === describe(lock(component))),
      ),
    ],
    reconcile(component, context) {
      noteApi();
      if (component === 'kube-apiserver') return awaitStorage();
      if (component !== 'etcd') return elect(component, context);
      return undefined;
    },
  };

  /** What follows when the API server comes, or goes. */
  function noteApi(): void {
    const isUp = apiState() === 'up';
    const before = world.state.get<{ up: boolean; since: number }>(SCOPE, 'api');
    if (before?.up === isUp) return;
    world.state.set(SCOPE, 'api', { up: isUp, since: world.now() });
    for (const component of [...ELECTING, 'kube-apiserver']) enqueue(CONTROL_PLANE, component);
    if (!isUp) return;
    parts.resync('kubelet');
    parts.resync('kube-apiserver');
    for (const component of ELECTING) if (isLeading(component)) parts.resync(component);
  }

  const downSince = (): number => world.state.get<{ up: boolean; since: number }>(SCOPE, 'api')?.since ?? world.now();

  /** Whether the API server was started without an etcd to speak to: it does not listen before it has found one. */
  function isWaiting(): boolean {
    const found = running('kube-apiserver');
    const { up, since } = world.state.get<{ up: boolean; since: number }>(SCOPE, 'api') ?? { up: true, since: 0 };
    return found !== undefined && !up && found.container.startedAt >= since;
  }

  /** Then it ends. One that had an etcd is found ill by its kubelet. */
  function awaitStorage(): Requeue | undefined {
    const found = running('kube-apiserver');
    if (!found || apiState() !== 'no-storage' || !isWaiting()) return undefined;
    const left = found.container.startedAt + STORAGE_PATIENCE_MS - world.now();
    if (left > 0) return { after: left };
    const { address, problem } = lacksStorage(found)!;
    say(
      'kube-apiserver',
      'W',
      'logging.go:55',
      `[core] [Channel #1 SubChannel #2]grpc: addrConn.createTransport failed to connect to {Addr: "${address}", ServerName: "${address}", }. Err: connection error: desc = "${problem}"`,
    );
    say('kube-apiserver', 'F', 'instance.go:226', 'Error creating leases: error creating storage factory: context deadline exceeded');
    endContainer(world, found.sandbox, found.container, { code: 1 });
    return undefined;
  }

  function elect(component: string, context: ControllerContext): Requeue | undefined {
    const found = running(component);
    const leader = leaderOf(component);
    if (leader && leader.container !== found?.container.id) stepDown(component, context);
    if (!found) return undefined;
    if (!isLeading(component) && endsWithProblem(component, found)) return undefined;
    if (apiState() !== 'up') return despairAll(component);
    if (leader && isLeading(component)) return holdOn(component, found, leader, context);
    if (election(component)['leader-elect'] === 'false') return lead(component, found, '');
    const freeAt = heldUntil(component, found, context);
    if (freeAt > context.now()) return { after: freeAt - context.now() + context.random.below(RETRY_MS) };
    const identity = `${found.sandbox.machine}_${context.random.uuid()}`;
    const held = tryToHold(component, identity, context);
    if (!held) return { after: retryAfter(component, context), background: true };
    say(component, 'I', 'leaderelection.go:272', `"Successfully acquired lease" lock="${describe(lock(component))}"`);
    context.event(held, 'Normal', 'LeaderElection', `${identity} became leader`, { source: sourceOf(component) });
    return lead(component, found, identity);
  }

  function tryToHold(component: string, identity: string, context: ControllerContext): Lease | undefined {
    try {
      return acquire(context, component, lock(component), identity, leaseSeconds(component));
    } catch (error) {
      if (!(error instanceof LockProblem)) throw error;
      const err = JSON.stringify(error.message);
      say(component, 'E', PLACES[error.tried] ?? '', `${JSON.stringify(error.tried)} err=${err} lock="${describe(lock(component))}"`);
      return undefined;
    }
  }

  /** Who tries to lead has to see the lease stay as it is for as long as it lasts, however old it is when one first sees it. */
  function heldUntil(component: string, { container }: Found, context: ControllerContext): number {
    const { holderIdentity, renewTime, leaseDurationSeconds = 0 } = readLease(context, lock(component))?.spec ?? {};
    if (!holderIdentity) return 0;
    const renewedAt = renewTime === undefined ? context.now() : timeOf(renewTime);
    return Math.max(renewedAt, container.startedAt) + leaseDurationSeconds * 1000;
  }

  /** What somebody else wrote into a leader's lease does not stay: it writes its own again. But if it names another holder, the leader has lost it. */
  function holdOn(component: string, found: Found, leader: Leader, context: ControllerContext): Requeue | undefined {
    const { identity, lostAt } = leader;
    if (!identity) return undefined;
    const { api, now } = context;
    const lease = readLease(context, lock(component));
    if (!lease?.spec.holderIdentity)
      return tryToHold(component, identity, context) ? undefined : { after: retryAfter(component, context), background: true };
    if (lease.spec.holderIdentity !== identity) {
      const since = lostAt ?? now();
      if (lostAt === undefined) world.state.set(SCOPE, `leader ${component}`, { ...leader, lostAt: since } satisfies Leader);
      const left = since + renewDeadline(component) - now();
      if (left > 0) return { after: left };
      context.event(lease, 'Normal', 'LeaderElection', `${identity} stopped leading`, { source: sourceOf(component) });
      giveUp(component, found);
      return undefined;
    }
    if (lostAt !== undefined) {
      const { lostAt: _, ...found } = leader;
      world.state.set(SCOPE, `leader ${component}`, found satisfies Leader);
    }
    const { renewTime, ...rest } = lease.spec;
    if (renewTime !== undefined) api.update(leases, { ...lease, spec: rest });
    return undefined;
  }

  /** Who cannot renew its lease ends. */
  function giveUp(component: string, found: Found): void {
    say(
      component,
      'I',
      'leaderelection.go:304',
      `"Failed to renew lease" lock="${describe(lock(component))}" err="context deadline exceeded"`,
      found,
    );
    say(component, 'E', component === 'kube-scheduler' ? 'server.go:308' : 'controllermanager.go:339', '"leaderelection lost"', found);
    endContainer(world, found.sandbox, found.container, { code: 1 });
  }

  /** A process that cannot work with what it was given ends as soon as it has read it. */
  function endsWithProblem(component: string, found: Found): boolean {
    const problem = parts.problemOf(component);
    if (problem === undefined) return false;
    say(component, 'E', 'run.go:72', `"command failed" err=${JSON.stringify(problem)}`, found);
    endContainer(world, found.sandbox, found.container, { code: 1 });
    return true;
  }

  function lead(component: string, found: Found, identity: string): undefined {
    const own = lock(component);
    const isUsual = describe(own) === describe(lockOf(component));
    world.state.set(SCOPE, `leader ${component}`, {
      container: found.container.id,
      identity,
      ...(!isUsual && { lock: own }),
    } satisfies Leader);
    parts.resync(component);
    if (!endsWithProblem(component, found)) endsWithBrokenLoop(component, found);
  }

  function endsWithBrokenLoop(component: string, found: Found): void {
    const broken = parts.brokenLoop(component);
    if (!broken || !isEnabled(flags(component) ?? {}, broken.name)) return;
    const err = JSON.stringify(broken.problem);
    const controller = upstreamName(broken.name);
    say(component, 'E', 'controllermanager.go:636', `"Error initializing a controller" err=${err} controller="${controller}"`, found);
    say(component, 'E', 'controllermanager.go:256', `"Error building controllers" err=${err}`, found);
    endContainer(world, found.sandbox, found.container, { code: 1 });
  }

  /** A leader that has ended renews its lease no more: from now on that is a time that passes. */
  function stepDown(component: string, context: ControllerContext): void {
    const { api, now } = context;
    const lease = readLease(context, leaderOf(component)?.lock ?? lockOf(component));
    world.state.delete(SCOPE, `leader ${component}`);
    if (lease && lease.spec.renewTime === undefined)
      api.update(leases, { ...lease, spec: specOf({ ...lease.spec, renewTime: formatMicroTime(now()) }) });
  }

  function despairAll(component: string): Requeue | undefined {
    const waits = replicas(component).flatMap((found) => despair(component, found) ?? []);
    if (!waits.length) return undefined;
    return { after: Math.min(...waits.map(({ after }) => after)), background: waits.every(({ background }) => background) };
  }

  /**
   * Without an API server a leader cannot renew its lease, and ends; who would lead tries for as long as it takes. Who needs not to be elected to lead waits for the
   * server a while, or, if it is the scheduler, for ever.
   */
  function despair(component: string, found: Found): Requeue | undefined {
    const { sandbox, container } = found;
    const leader = leaderOf(component);
    const leads = leader?.container === container.id;
    const elects = electionIn(container.service as ComponentState)['leader-elect'] !== 'false';
    if (!elects && (leads || component === 'kube-scheduler')) return undefined;
    if (elects && !leads) {
      sayUnreachable(component, found);
      return { after: SAY_AGAIN_MS, background: true };
    }
    const left = Math.max(downSince(), container.startedAt) + (leads ? renewDeadline(component) : PATIENCE_MS) - world.now();
    if (left > 0) return { after: left };
    if (leads) {
      sayUnreachable(component, found);
      giveUp(component, found);
      return undefined;
    }
    const asked = unanswered(found, '/healthz?timeout=32s');
    const err = `failed to wait for apiserver being healthy: timed out waiting for the condition: failed to get apiserver /healthz status: ${asked}`;
    say(component, 'E', 'controllermanager.go:249', `"Error building controller context" err=${JSON.stringify(err)}`, found);
    endContainer(world, sandbox, container, { code: 1 });
    return undefined;
  }

  function sayUnreachable(component: string, found: Found): void {
    const { namespace, name } = lock(component);
    const timeout = Math.max(1, Math.floor(renewDeadline(component) / 2000));
    const err = unanswered(found, `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}?timeout=${timeout}s`);
    say(
      component,
      'E',
      'leaderelection.go:461',
      `"Error retrieving lease lock" err=${JSON.stringify(err)} lock="${namespace}/${name}"`,
      found,
    );
  }

  /** What a component hears when it asks an API server that is not there, or has no etcd. */
  function unanswered({ sandbox }: Found, path: string): string {
    const address = `${world.machines.get(sandbox.machine)?.ip ?? '127.0.0.1'}:6443`;
    const why =
      apiState() === 'refused'
        ? `dial tcp ${address}: connect: connection refused`
        : 'net/http: request canceled (Client.Timeout exceeded while awaiting headers)';
    return `Get "https://${address}${path}": ${why}`;
  }

  return {
    controllers: [loop],
    get api() {
      return apiState() === 'no-storage' && isWaiting() ? 'refused' : apiState();
    },
    leads: (component, container) => leaderOf(component)?.container === container,
    hasProcess: (component) => running(component) !== undefined,
    flags,
    startedAt: (component) => running(component)?.container.startedAt,
    loaded: (component) => stateOf(component)?.loaded,
    processOf: running,
    fileOf(component, flag) {
      const found = running(component);
      const path = flags(component)?.[flag];
      return found && path ? containerFiles(world, found.sandbox, found.container).find(path)?.content : undefined;
    },
    runs({ component, name }) {
      if (component === 'world' || component === 'kubelet') return true;
      if (apiState() !== 'up') return false;
      if (!(ELECTING as readonly string[]).includes(component)) return true;
      if (!isLeading(component)) return false;
      return component === 'kube-scheduler' || isEnabled(flags(component) ?? {}, name);
    },
    log: (controller, level, message) => {
      if (COMPONENTS.has(controller.component)) say(controller.component, level, placeOf(controller.name, message), message);
    },
    logEvent: ({ component }, { kind, apiVersion, metadata }, type, reason, message) => {
      if (!(ELECTING as readonly string[]).includes(component)) return;
      const object = `object="${keyOf(metadata.namespace ? { metadata } : { metadata: { name: metadata.name } })}" fieldPath="" kind="${kind}" apiVersion="${apiVersion}"`;
      say(
        component,
        'I',
        'event.go:389',
        `"Event occurred" ${object} type="${type}" reason="${reason}" message=${JSON.stringify(message)}`,
      );
    },
    started(_sandbox, container) {
      if (!COMPONENTS.has(container.main)) return;
      known = state = undefined;
      enqueue(CONTROL_PLANE, container.main);
    },
    changed({ containers }) {
      for (const { main } of containers) {
        if (!COMPONENTS.has(main)) continue;
        known = state = undefined;
        enqueue(CONTROL_PLANE, main);
      }
    },
  };
}

function findComponents(world: World): Map<string, Found[]> {
  const out = new Map<string, Found[]>();
  for (const { name, role } of world.machines.values()) {
    if (role !== 'control-plane') continue;
    for (const sandbox of world.sandboxes.find('machine', name))
      for (const container of sandbox.containers) {
        if (!isUp(container) || !COMPONENTS.has(container.main)) continue;
        const others = out.get(container.main);
        if (others) others.push({ sandbox, container });
        else out.set(container.main, [{ sandbox, container }]);
      }
  }
  return out;
}
