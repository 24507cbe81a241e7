// kube-scheduler as a component: it hears of changes, and has one key of work, "place the next pod". What it keeps in memory is made from what is stored,
// and a little state of its own; an eviction does not show.

import type { ChangeType, Controller, ControllerContext, Requeue, Watch } from '../api/controller.ts';
import { watch } from '../api/controller.ts';
import type { KubeObject } from '../api/object.ts';
import { splitKey } from '../api/object.ts';
import type { Metric } from '../lib/metrics.ts';
import type { Resource } from '../api/resource.ts';
import { nodes } from '../resources/core/node.ts';
import { persistentVolumes } from '../resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../resources/core/persistentvolumeclaim.ts';
import { pods } from '../resources/core/pod.ts';
import { deviceClasses } from '../resources/resource/deviceclass.ts';
import { resourceClaims } from '../resources/resource/resourceclaim.ts';
import { resourceSlices } from '../resources/resource/resourceslice.ts';
import { csiDrivers } from '../resources/storage/csidriver.ts';
import { csiNodes } from '../resources/storage/csinode.ts';
import { csiStorageCapacities } from '../resources/storage/csistoragecapacity.ts';
import { storageClasses } from '../resources/storage/storageclass.ts';
import { volumeAttachments } from '../resources/storage/volumeattachment.ts';
import { Courses } from './asking.ts';
import type { EventResource } from './cluster-event.ts';
import { ConfigError, defaultConfig, loadConfig } from './config/load.ts';
import type { SchedulerConfig } from './config/types.ts';
import { explainNow } from './explain.ts';
import type { Explanation } from './explain.ts';
import { nodeChanged, otherChanged, podChanged } from './observer.ts';
import { checkProfiles } from './profiles.ts';
import { Scheduling } from './scheduler.ts';

export type { Explanation } from './explain.ts';

/**
 * Keys of work: the next pod; pods whose attempt broke; pods that have been unschedulable for long. And one for each binding that waits, and for each question that an
 * extender was asked.
 */
const NEXT = 'next';
const RETRY = 'retry';
const FLUSH = 'flush';
const CONFIG = 'config';
/** After so many failures in a row, trying again does not drag the clock along at speed `instant`. */
const PATIENCE = 15;

export class Scheduler implements Controller {
  readonly name = 'scheduler';
  readonly component = 'kube-scheduler';
  /** Only who waits for an extender fails here: it is called when there is an answer, and looks again now and then in case it was forgotten. */
  readonly backOff = { first: 1000, most: 1000 };
  readonly watches: readonly Watch[];
  readonly #configText: () => string | undefined;
  #context: ControllerContext | undefined;
  #scheduling: Scheduling | undefined;
  /** Questions that were ever asked. */
  readonly #serial = { next: 0 };
  /** When the flush is due that was asked for; Infinity if none was. */
  #flushAt = Infinity;

  /** `configText` is the content of the file that `--config` names; asked for when the process starts. */
  constructor(configText: () => string | undefined = () => undefined) {
    this.#configText = configText;
    const on = <T extends KubeObject>(resource: Resource<T>, kind: EventResource): Watch =>
      watch(resource, (object, previous, _reader, type) => this.#changed(kind, object, previous, type));
    this.watches = [
      on(pods, 'Pod'),
      on(nodes, 'Node'),
      on(persistentVolumes, 'PersistentVolume'),
      on(persistentVolumeClaims, 'PersistentVolumeClaim'),
      on(storageClasses, 'StorageClass'),
      on(csiNodes, 'CSINode'),
      on(csiDrivers, 'CSIDriver'),
      on(csiStorageCapacities, 'CSIStorageCapacity'),
      on(volumeAttachments, 'VolumeAttachment'),
      on(resourceClaims, 'ResourceClaim'),
      on(resourceSlices, 'ResourceSlice'),
      on(deviceClasses, 'DeviceClass'),
    ];
  }

  /** Why a process would not start with the file as it is now, as it says itself. */
  problemOf(minor: number): string | undefined {
    const text = this.#configText();
    try {
      if (text) checkProfiles(loadConfig(text, minor), minor);
      return undefined;
    } catch (error) {
      if (error instanceof ConfigError) return error.message;
      throw error;
    }
  }

  start(context: ControllerContext, resumed: boolean): void {
    this.#context = context;
    this.#scheduling = undefined;
    this.#flushAt = Infinity;
    const { state, config } = context;
    let text = resumed ? state.get<string>(CONFIG) : undefined;
    if (text === undefined) {
      for (const [key] of state.entries()) state.delete(key);
      text = this.#configText() ?? '';
      state.set(CONFIG, text);
    }
    try {
      const loaded = text ? loadConfig(text, config.minor) : defaultConfig(config.minor);
      const ask = (course: string, question: number): void => context.enqueue(`${ASK}${question} ${course}`);
      this.#scheduling = new Scheduling(loaded, context, new Courses(this.#serial, ask));
      this.#scheduling.restore();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      context.log('E', `"command failed" err=${JSON.stringify(error.message)}`);
    }
  }

  /** What it goes by; undefined if it would not start with it. */
  get config(): SchedulerConfig | undefined {
    return this.#scheduling?.config;
  }

  save(): void {
    this.#scheduling?.save();
  }

  reconcile(key: string, context: ControllerContext): Requeue | void {
    const scheduling = this.#scheduling;
    if (!scheduling) return undefined;
    const { queue } = scheduling;
    const pod = podOfBindKey(key);
    const asked = questionOfKey(key);
    if (pod !== undefined) scheduling.continueBinding(pod);
    else if (asked) scheduling.courses.answer(...asked, (request) => context.external.call(request));
    else if (key === RETRY) queue.flushBackoff(context.now());
    else if (key === FLUSH) {
      queue.flushUnschedulable(context.now());
      this.#flushAt = Infinity;
    } else scheduling.scheduleNext();
    if (scheduling.hasNext) context.enqueue(NEXT);
    return this.#planNext(key, scheduling, context);
  }

  /** What was decided of a pod last, node by node, plugin by plugin. */
  explain(pod: string): Explanation | undefined {
    const scheduling = this.#scheduling;
    const context = this.#context;
    if (!scheduling || !context) return undefined;
    const { namespace, name } = splitKey(pod);
    const object = context.api.get(pods, namespace, name);
    const profile = object && scheduling.profileOf(object);
    if (!object || !profile) return undefined;
    const known = scheduling.decisions.recall(pod, object.metadata.uid);
    if (known) return known;
    scheduling.load();
    return explainNow(profile, object, context.now());
  }

  /** What kube-scheduler tells at /metrics. */
  metrics(): Metric[] {
    if (!this.#scheduling) return [];
    this.#scheduling.load();
    const { cache, metrics, queue } = this.#scheduling;
    return metrics.list({ cache: cache.sizes, pending: queue.sizes, rejected: queue.rejected() }, this.#context!.config.minor);
  }

  #changed(kind: EventResource, object: KubeObject, previous: KubeObject | undefined, type: ChangeType): string[] {
    const scheduling = this.#scheduling;
    if (!scheduling) return [];
    const now = this.#context!.now();
    const keys: string[] = [];
    if (kind === 'Pod') podChanged(scheduling, object as never, previous as never, type, now);
    else if (kind === 'Node') {
      nodeChanged(scheduling, object as never, previous as never, type, now);
      if (type === 'deleted') for (const pod of scheduling.bindings.waitingFor(`Node/${object.metadata.name}`)) keys.push(bindKey(pod));
    } else for (const pod of otherChanged(scheduling, kind, object, previous, type, now)) keys.push(bindKey(pod));
    if (scheduling.hasNext) keys.push(NEXT);
    return keys;
  }

  /** Plans to come back to pods that wait for time to pass. */
  #planNext(key: string, { queue, bindings }: Scheduling, context: ControllerContext): Requeue | undefined {
    const now = context.now();
    let own: Requeue | undefined;
    const plan = (at: string, requeue: Requeue): void => {
      if (at === key) own = requeue;
      else context.enqueue(at, requeue);
    };
    const retry = queue.nextRetry();
    if (retry) plan(RETRY, { after: retry.at - now, ...(retry.failures > PATIENCE && { background: true }) });
    if (this.#flushAt === Infinity && queue.hasUnschedulable) {
      this.#flushAt = queue.nextFlush();
      if (this.#flushAt < Infinity) plan(FLUSH, { after: this.#flushAt - now, background: true });
    }
    for (const [pod, deadline] of bindings.takePlanned()) plan(bindKey(pod), { after: Math.max(deadline - now, 1) });
    return own;
  }
}

const BIND = 'bind ';
const ASK = 'ask ';

const bindKey = (pod: string): string => BIND + pod;

function questionOfKey(key: string): [course: string, question: number] | undefined {
  if (!key.startsWith(ASK)) return undefined;
  const [, question, course] = /^ask (\d+) (.*)$/.exec(key)!;
  return [course!, Number(question)];
}

const podOfBindKey = (key: string): string | undefined => (key.startsWith(BIND) ? key.slice(BIND.length) : undefined);
