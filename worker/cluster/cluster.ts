// One sandbox, wired: store, registry, API server, controllers and simulated machines, and the step that drives them. Platform-free: a Durable Object
// (durable-object.ts) or a test gives it storage and the world's time.

import { makeAdmissionChain } from '../admission/index.ts';
import type { AdmissionSettings } from '../admission/index.ts';
import { WORLD } from '../agents/world-loop.ts';
import { Pending } from '../api/admission.ts';
import { QuietSyncError, SyncError } from '../api/controller.ts';
import type { Controller, ControllerContext } from '../api/controller.ts';
import type { Registry } from '../api/registry.ts';
import type { ClusterConfig } from '../api/resource.ts';
import { StatusError } from '../api/status.ts';
import { makeApiServerIdentity } from '../controllers/apiserver-identity.ts';
import { legacyTokenTracking, legacyTokenUse } from '../controllers/legacy-token-cleaner.ts';
import { makeKubernetesService } from '../controllers/kubernetes-service.ts';
import { makeControllers } from '../controllers/index.ts';
import { Scheduler } from '../scheduler/index.ts';
import { makeRandom } from '../lib/host.ts';
import type { Random, RandomState } from '../lib/host.ts';
import { withComponentStatuses } from '../agents/component-status.ts';
import { makeCatalog } from '../registry/catalog.ts';
import { makeRegistry } from '../registry/registry.ts';
import { WriteCounter } from './component-writes.ts';
import { contextOf } from './controller-context.ts';
import { ConversionWebhooks } from './conversion-webhooks.ts';
import { Course } from './course.ts';
import { flowSource } from './flow-objects.ts';
import { customSource } from './custom-resources.ts';
import { builtinResources } from '../resources/index.ts';
import { builtinType } from '../resources/schema/index.ts';
import type { Server } from '../server/context.ts';
import type { HttpRequest, Reply } from '../server/http.ts';
import { makeIssuer } from '../server/authentication/service-account-tokens.ts';
import { Meters } from '../lib/metrics.ts';
import type { Metric } from '../lib/metrics.ts';
import { countDns } from './pages/coredns.ts';
import { componentPage } from './pages/index.ts';
import type { PageParts } from './pages/index.ts';
import { workQueues } from './store-metrics.ts';
import type { Store } from '../store/store.ts';
import { makeAccess } from './access.ts';
import { makeApiServer } from './api-server.ts';
import { configureApiServer } from './api-server-settings.ts';
import { installAddon } from './addons/index.ts';
import { makeAggregation, RemoteApis } from './aggregation.ts';
import { CONTROL_PLANE } from '../agents/control-plane.ts';
import { Pki } from './authority.ts';
import { AuditTrail } from './audit-trail.ts';
import { bootstrap } from './bootstrap.ts';
import { priorityClassBootstrap } from './bootstrap/priority-classes.ts';
import { BOOTSTRAP_POLICY, hasNewestPolicy, makeBootstrapPolicy, notePolicy } from './bootstrap/policy.ts';
import { callAs, makeClusterApi } from './cluster-api.ts';
import { isGateOn } from '../lib/feature-gates.ts';
import { flowControlProducer } from '../controllers/flow-control/producer.ts';
import { PLAIN_METERS } from '../controllers/meters.ts';
import { failedLook } from '../controllers/unhandled.ts';
import { objectMetrics } from './pages/objects.ts';
import { Loop } from './loop.ts';
import type { Task } from './loop.ts';
import type { ClusterOptions, ControllerChoice, Platform } from './options.ts';
import { operateMachine } from './machine-operations.ts';
import type { MachineAnswer, MachineOperation } from './machine-operations.ts';
import { API_SERVER_PORT, apiServerAddress, CONTROL_PLANE_NODE, podCidrOf, SERVICE_CIDR } from './machines.ts';
import { keyOf } from './pki.ts';
import { makeNodeFiles } from './node-files.ts';
import { readManifest } from './read-manifest.ts';
import { Requests } from './requests.ts';
import { RequestsFromWithin } from './requests-from-within.ts';
import { Saving } from './saving.ts';
import { makeSimulation } from './simulation.ts';
import type { Simulation } from './simulation.ts';
import { Timers } from './timers.ts';
import { Tokens } from './tokens.ts';
import { Watchers } from './watchers.ts';

/** Keys reconciled before other requests get their turn. */
const SLICE = 200;
/** A cluster with a control plane was switched on a little while ago: when it is handed over, its components have found each other. */
const BOOT_MS = 24_000;
/** Of a large cluster only its control plane is waited for: its nodes' pods come up before everybody's eyes. */
const [SHORT_BOOT_MS, LARGE_CLUSTER] = [600, 50];
const bootMs = ({ template, nodes }: ClusterOptions): number =>
  template !== 'default' ? 0 : nodes > LARGE_CLUSTER ? SHORT_BOOT_MS : BOOT_MS;
/** Of the history, what a copy gets. */
const COPIED_CHANGES = 1000;

/** Keys reconciled between two parts of an addon. */
const ADDON_KEYS = 2000;
/** Whoever switches on addons may do everything. */
const ADDON_MANAGER = { name: 'system:addon-manager', groups: ['system:masters', 'system:authenticated'] };

const NOT_CONFIGURED = {};

function admissionSettings({ flags, loaded }: Simulation['controlPlane']): AdmissionSettings | undefined {
  const given = flags('kube-apiserver');
  return given && { flags: given, configuration: (loaded('kube-apiserver') ?? NOT_CONFIGURED) as AdmissionSettings['configuration'] };
}

export class Cluster {
  readonly options: ClusterOptions;
  readonly registry: Registry;
  readonly course: Course;
  readonly tokens: Tokens;
  readonly audit: AuditTrail;
  readonly watchers: Watchers;
  readonly loop: Loop;
  readonly simulation: Simulation;
  readonly #scheduler: Scheduler;
  readonly #meters = new Map<string, Meters>();
  readonly #platform: Platform;
  readonly #server: Server;
  readonly #writes: WriteCounter;
  readonly #remotes: RemoteApis;
  readonly #requests: Requests;
  readonly #fromWithin: RequestsFromWithin;
  readonly #timers: Timers<Task>;
  readonly #random: Random;
  readonly #pki: Pki;
  readonly #saving: Saving;

  /** `extra` controllers run beside the cluster's own, or, `alone`, instead of them. */
  constructor(
    platform: Platform,
    options: ClusterOptions,
    { extra = [], alone = false, strictImages = false, admission, slice = SLICE }: ControllerChoice = {},
  ) {
    this.#platform = platform;
    this.options = options;
    const { store } = platform;
    this.#timers = new Timers(store.state);
    this.course = new Course({
      state: store.state,
      timers: this.#timers,
      speed: options.speed,
      bootMs: bootMs(options),
      slice,
      worldNow: () => platform.worldNow(),
      pause: () => platform.pause(),
      loop: () => this.loop,
      hasTools: () => this.hasTools,
      runTool: () => this.runTool(),
      commit: () => this.save(),
      passUnseen: () => this.#saving.passUnseen(),
    });
    const savedRandom = store.state.get<RandomState>('random', 'state');
    this.#random = makeRandom(savedRandom ?? options.seed);
    this.#saving = new Saving({
      store,
      random: this.#random,
      now: () => this.course.now,
      pause: () => platform.pause(),
      isWatched: () => this.watchers.count > 0,
      prepare: () => {
        this.simulation.kubelets.pump();
        this.loop.save();
      },
      tell: () => {
        this.watchers.pump();
        this.#requests.outbox.deliver();
      },
    });
    this.#requests = new Requests({
      platform,
      random: this.#random,
      course: this.course,
      saving: this.#saving,
      server: () => this.#server,
      loop: () => this.loop,
      controlPlane: () => this.simulation.controlPlane,
    });

    const host = { now: () => this.course.now, random: this.#random };
    this.#pki = new Pki(options.id, options.secret ?? options.seed, this.course.bornAt);
    const config: ClusterConfig = {
      minor: options.minor,
      serviceCidr: SERVICE_CIDR,
      podCidr: podCidrOf(options.nodes),
      nodePortRange: [30000, 32767],
      clusterDomain: 'cluster.local',
      isGateOn: (gate) => isGateOn(this.simulation.controlPlane.flags('kube-apiserver')?.['feature-gates'], gate),
    };
    const key = keyOf(options.secret ?? options.seed, 'service-account', options.id);
    const issuer = `https://kubernetes.default.svc.${config.clusterDomain}`;
    const catalog = makeCatalog(
      withComponentStatuses(builtinResources, () => this.simulation.controlPlane),
      options.minor,
      customSource(store, new ConversionWebhooks((request) => this.#requests.call(request))),
    );
    const chain = makeAdmissionChain(() => admissionSettings(this.simulation.controlPlane) ?? admission);
    this.registry = makeRegistry({
      host,
      store,
      catalog,
      config,
      admission: chain,
      types: builtinType,
      tokens: makeIssuer(
        key,
        issuer,
        () => this.simulation.controlPlane.flags('kube-apiserver')?.['service-account-extend-token-expiration'] !== 'false',
      ),
      makeAccess,
      ...(options.quota && { quota: options.quota }),
    });
    this.audit = new AuditTrail(store.state, options.id, this.course.now);
    this.tokens = new Tokens(store.state, () => platform.worldNow());
    this.watchers = new Watchers({ store, worldNow: () => platform.worldNow(), schedule: (ms, run) => platform.schedule(ms, run) });
    const flow = flowSource({
      store,
      catalog,
      watchers: this.watchers,
      flags: () => this.simulation.controlPlane.flags('kube-apiserver'),
    });
    this.simulation = makeSimulation({
      ...host,
      state: store.state,
      traits: {
        lenient: options.template === 'bare' && !strictImages,
        machineFiles: makeNodeFiles(options, this.#pki),
        apiServer: {
          address: apiServerAddress(options),
          port: API_SERVER_PORT,
          authority: () => this.#pki.authority('ca'),
          configure: configureApiServer,
        },
      },
      hasControlPlane: options.template === 'default',
      readPod: readManifest,
      reader: this.registry,
      minor: options.minor,
      enqueue: (controller, id, requeue) => this.loop.enqueue(controller, id, requeue),
      resync: (component) => {
        if (component === 'kube-apiserver') flow.restarted();
        // A process that begins has measured nothing.
        this.#meters.get(component)?.clear();
        this.loop.resync(component);
      },
      apiAsked: (connection) => this.#fromWithin.received(connection),
      pageAsked: (connection) => this.#fromWithin.received(connection),
      dnsAnswered: (question, answer) => {
        if (question.server) countDns(this.#metersOf(question.server), question, answer);
      },
      problemOf: (component) => (component === 'kube-scheduler' ? this.#scheduler.problemOf(options.minor) : undefined),
      brokenLoop: (component) => this.loop.brokenOf(component, (name) => this.simulation.controlPlane.flags(component)?.[name]),
    });
    this.#fromWithin = new RequestsFromWithin({
      world: this.simulation.world,
      answer: (request, attempts) => this.#requests.answerWithin(request, attempts),
      page: (container, request) => componentPage(this.#pageParts(), container, request),
      ask: async ({ request }, attempts) => attempts.learn(request, await this.#requests.ask(request)),
      step: (work) => {
        this.course.advance();
        work();
        this.save();
        platform.wake();
      },
      wake: () => platform.wake(),
    });
    this.#remotes = new RemoteApis(store.state, this.registry, this.simulation.served);
    const aggregation = makeAggregation(catalog, this.registry, this.simulation.served);
    aggregation.refresh();
    const { controlPlane } = this.simulation;
    this.#scheduler = new Scheduler(() => controlPlane.fileOf('kube-scheduler', 'config'));
    this.loop = new Loop({
      store,
      timers: this.#timers,
      reader: this.registry,
      controllers: [
        ...(alone
          ? []
          : [
              ...makeControllers(),
              makeKubernetesService(apiServerAddress(options)),
              makeBootstrapPolicy(options.minor, store.state),
              priorityClassBootstrap,
              ...(options.template === 'default' ? [makeApiServerIdentity(CONTROL_PLANE_NODE), legacyTokenTracking] : []),
              this.#scheduler,
              aggregation,
              ...this.simulation.controllers,
            ]),
        this.#requests.controller,
        legacyTokenUse,
        ...extra,
      ],
      now: host.now,
      contextOf: (controller) => this.#contextOf(controller),
      isRunning: (controller) => controlPlane.runs(controller),
      onError: (controller, key, error) => {
        if (error instanceof Pending) return this.#requests.askFor(controller.name, key, error.request);
        if (error instanceof QuietSyncError) return;
        const expected = error instanceof StatusError || error instanceof SyncError;
        if (expected) this.#contextOf(controller).log('E', failedLook(controller.name, key, error.message));
        else
          platform.report(
            new Error(`${controller.name} ${key}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
          );
      },
    });
    // Programs that waited for a tool ask for it again.
    for (const { id, processes } of this.simulation.world.namespaces.values())
      if (Object.values(processes).some(({ wait }) => wait?.job !== undefined)) this.loop.enqueue(WORLD, id);
    this.#server = makeApiServer({
      host,
      platform,
      options,
      catalog,
      registry: this.registry,
      watchers: this.watchers,
      audit: this.audit,
      tokens: this.tokens,
      flow,
      pki: this.#pki,
      account: { key, issuer },
      simulation: this.simulation,
      remotes: this.#remotes,
      noteTokenUse: (secret) => this.loop.enqueue(legacyTokenUse.name, secret),
      bornAt: () => this.course.bornAt,
      metrics: () => [...this.#workMetrics(), ...chain.metrics()],
    });
    this.#writes = new WriteCounter(this.#server);
    if (store.revision === 0) this.#bootstrap();
    else {
      this.simulation.kubelets.resume();
      this.#fromWithin.resume();
      if (!hasNewestPolicy(store.state)) {
        this.loop.enqueue(BOOTSTRAP_POLICY, 'all');
        for (const key of ['levels', 'schemas']) this.loop.enqueue(flowControlProducer.name, key);
      }
    }
  }

  /**
   * Answers a request. What it causes is done by `drain`, which is to be called soon after. `isBusy`: others are on their way in; what they write is saved
   * together.
   */
  handle(request: HttpRequest, isBusy = false): Promise<Reply> {
    return this.#requests.answer(request, isBusy);
  }

  /** Whether a program waits for a tool whose answer is a promise. */
  get hasTools(): boolean {
    return this.simulation.world.tools.isBusy;
  }

  /** Runs one such tool, and lets its program go on. What it did enters the world as an input, in the order in which tools were asked. */
  async runTool(): Promise<void> {
    const namespace = await this.simulation.world.tools.runNext();
    if (namespace) this.loop.enqueue(WORLD, namespace);
  }

  /** Saves what a step did, or what was changed past requests (tokens, the clock). */
  save(): void {
    this.#saving.commit();
  }

  /** Somebody stands before a machine. */
  async operateMachine(name: string, operation: MachineOperation): Promise<MachineAnswer> {
    const late = this.course.catchUp();
    if (late) await late;
    this.course.advance();
    const answer = operateMachine(this.simulation.world, name, operation);
    this.save();
    return answer;
  }

  /** Objects and characters kept. */
  get size(): Store['size'] {
    return this.#platform.store.size;
  }

  /**
   * Saves everything, and keeps the history from being compacted until `end`. A copy needs the changes after `historyAfter`: what was not acted on yet, and
   * what somebody who watched the original may go on with.
   */
  beginCopy(): { readonly historyAfter: number; end(): void } {
    const cursor = this.loop.saveCursor();
    this.save();
    const historyAfter = Math.max(0, Math.min(cursor, this.#platform.store.revision - COPIED_CHANGES));
    return { historyAfter, end: this.#saving.holdHistory() };
  }

  /** Awake, to be asked about its decisions. */
  get scheduler(): Scheduler {
    this.loop.resume(this.#scheduler);
    return this.#scheduler;
  }

  /** Makes the objects of an addon. False if nobody knows it. */
  installAddon(name: string): boolean {
    this.course.advance();
    const installed = installAddon(makeClusterApi(this.registry, callAs(ADDON_MANAGER, 'addon-manager')), name, () => {
      this.loop.run(ADDON_KEYS);
    });
    this.save();
    return installed;
  }

  /** Of a component, or of a container that measures for itself. */
  #metersOf(of: string): Meters {
    let meters = this.#meters.get(of);
    if (!meters) this.#meters.set(of, (meters = new Meters()));
    return meters;
  }

  /** Of its own work queues; where other components cannot be seen, nobody else could tell of theirs. */
  #workMetrics(): Metric[] {
    const queues = this.loop.queues();
    const { minor, template } = this.options;
    if (template === 'default')
      return workQueues(
        queues.filter(({ component }) => component === 'kube-apiserver'),
        minor,
      );
    const manager = this.#metersOf('kube-controller-manager').list(PLAIN_METERS, minor);
    return [...workQueues(queues, minor), ...manager, ...objectMetrics(this.registry), ...this.scheduler.metrics()];
  }

  #pageParts(): PageParts {
    return {
      server: this.#server,
      world: this.simulation.world,
      reader: this.registry,
      minor: this.options.minor,
      controlPlane: this.simulation.controlPlane,
      loops: (component) => this.loop.controllersOf(component),
      queues: () => this.loop.queues(),
      scheduler: this.scheduler,
      meters: (of) => this.#metersOf(of),
    };
  }

  #contextOf(controller: Controller): ControllerContext {
    return contextOf(controller, {
      host: { now: () => this.course.now, random: this.#random },
      registry: this.registry,
      state: this.#platform.store.state,
      authority: this.#pki.signer,
      calls: this.#requests.componentCalls,
      controlPlane: this.simulation.controlPlane,
      remotes: this.#remotes,
      gitVersion: this.#server.version.gitVersion,
      write: (user, userAgent, write, work) => this.#writes.run(user, userAgent, write, work),
      loop: () => this.loop,
      metersOf: (component) => this.#metersOf(component),
    });
  }

  #bootstrap(): void {
    const user = { name: 'system:apiserver', groups: ['system:masters'] };
    bootstrap(
      (fieldManager = '') => makeClusterApi(this.registry, callAs(user, 'kube-apiserver', { fieldManager })),
      this.simulation.world,
      this.options,
      this.#pki,
    );
    notePolicy(this.#platform.store.state);
    if (this.options.template === 'default') this.loop.enqueue(CONTROL_PLANE, 'etcd', { after: 1 });
    this.save();
  }
}
