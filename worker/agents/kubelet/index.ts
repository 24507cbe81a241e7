// The kubelets of all nodes. One loop looks at pods, one at the nodes themselves, one brings what ConfigMaps and Secrets say now into mounted files. A kubelet acts
// only while its service runs on its machine.

import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import { delayed, watch } from '../../api/controller.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import { OwnWrites } from '../../api/own-writes.ts';
import { keyOf, splitKey } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { leases } from '../../resources/coordination/lease.ts';
import { configMaps } from '../../resources/core/configmap.ts';
import { nodes } from '../../resources/core/node.ts';
import { podTerm } from '../../resources/core/pod-terms.ts';
import { isTerminal } from '../../resources/core/pod-state.ts';
import { pods } from '../../resources/core/pod.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { secrets } from '../../resources/core/secret.ts';
import { services } from '../../resources/core/service.ts';
import { nodesOfDriver } from '../../resources/storage/attachments.ts';
import { csiDrivers } from '../../resources/storage/csidriver.ts';
import { volumeAttachments } from '../../resources/storage/volumeattachment.ts';
import { isEqual } from '../../lib/json.ts';
import { byteString } from '../../lib/text.ts';
import { volumeTree } from '../../world/files/container-files.ts';
import { isServiceActive, setService } from '../../world/machine.ts';
import type { Machine } from '../../world/machine.ts';
import type { Level } from '../../world/programs/control-plane/klog.ts';
import type { Sandbox } from '../../world/runtime/sandbox.ts';
import { memoryOf } from '../../world/runtime/usage.ts';
import type { Hooks, World } from '../../world/world.ts';
import { makeManifestLoop, MANIFESTS, staticKeys, staticPod } from './manifests.ts';
import type { ReadPod } from './manifests.ts';
import { removeMirror, syncMirror } from './mirror.ts';
import { EVICTION, EVICTION_DELAY, makeEvictionManager } from './eviction.ts';
import { ServiceEnvironment } from './environment.ts';
import { isCutOff, loadKubeconfig } from './kubeconfig.ts';
import { isConfigured, kubeletConfig, loadConfig } from './kubelet-config.ts';
import { forgetNode, beginNode, syncNode } from './node.ts';
import { cleanUpOrphan, syncPod } from './pod.ts';
import { deferredOn, makesRoom } from './resize.ts';
import { isFromFile, isMirrorPod } from './static-pod.ts';
import { hostsFile } from './sandbox-config.ts';
import { makeVolumesInUse, VOLUMES_IN_USE, waitersFor } from './volumes-in-use.ts';
import { awaitsNode, usersOfVolume } from './grow.ts';
import { fillLazily, refreshVolumes, tellsOtherwise } from './volumes.ts';
import { loadWorker, wakeAt } from './worker.ts';
import type { PodSync, Wakes, Worker } from './worker.ts';

/** How long a kubelet takes to see that a mounted ConfigMap or Secret has changed. */
const VOLUME_DELAY_MS = 60_000;

/** Who takes as much is worth a look at what is left: a node has no room for so many others that they would matter. */
const LARGE_MEMORY = 256 * 2 ** 20;

/** systemd's `RestartSec`. */
const [RESTARTS, RESTART_MS] = ['kubelet-restarts', 10_000];

export const KUBELET = 'kubelet';
export const KUBELET_NODE = 'kubelet-node';
const VOLUMES = 'kubelet-volumes';
const NO_RUNTIME =
  'failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint "unix:///run/containerd/containerd.sock": rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused"';

export interface Kubelets extends Pick<Hooks, 'serviceChanged' | 'configChanged' | 'touched' | 'fillVolume' | 'started' | 'filled'> {
  readonly controllers: readonly Controller[];
}

export interface KubeletParts {
  readonly world: World;
  enqueue(controller: string, key: string, requeue?: Requeue): void;
  readonly readPod: ReadPod;
  /** A line of a kubelet's journal. */
  say(machine: Machine, line: string, place?: string, level?: Level): void;
}

export function makeKubelets({ world, enqueue, readPod, say }: KubeletParts): Kubelets {
  const serviceEnv = new ServiceEnvironment();
  const ownWrites = new OwnWrites();
  const sleepers = new Set<string>();
  const deferred = new Set<string>();
  let wasTouched = false;
  const machineOf = (pod: Pod): Machine | undefined =>
    pod.spec.nodeName === undefined ? undefined : world.machines.get(pod.spec.nodeName);
  const beginSync = (given: ControllerContext, pod: Pod): PodSync | undefined => {
    const machine = machineOf(pod);
    if (!machine || !isServiceActive(machine, 'kubelet') || !isServiceActive(machine, 'containerd')) return undefined;
    // Of pods of the API it has never heard.
    if (isCutOff(world, machine.name) && !isFromFile(pod)) return undefined;
    const wakes: Wakes = { at: Infinity, isWork: false };
    const context = contextOn(given, machine);
    return {
      context,
      world,
      machine,
      pod,
      worker: loadWorker(context, pod.metadata.uid),
      serviceEnv,
      ownWrites,
      wakes,
      renewAt: (at) => {
        if (at !== Infinity) enqueue(VOLUMES, keyOf(pod), { after: Math.max(1, at - context.now()), background: true });
      },
      sleepers,
      deferred,
    };
  };

  /** Of a machine whose kubelet reaches no API server. */
  const contextOn = (context: ControllerContext, machine: Machine | undefined): ControllerContext =>
    machine && isCutOff(world, machine.name) ? { ...context, isApiUp: () => false, event: () => {} } : context;

  /** The context of the pods' loop, for what the world asks outside of it. */
  let own: ControllerContext | undefined;

  const podLoop: Controller = {
    name: KUBELET,
    component: 'kubelet',
    start: (context, resumed) => {
      own = context;
      sleepers.clear();
      deferred.clear();
      if (!resumed) {
        // What the API does not know of is looked at too: it may have to be told.
        for (const key of staticKeys(world)) enqueue(KUBELET, key);
        return;
      }
      for (const [, { sleeper, resize }] of context.state.entries<Worker>()) {
        if (sleeper !== undefined) sleepers.add(sleeper);
        if (resize?.deferred !== undefined) deferred.add(resize.deferred);
      }
      if (!wasTouched) return;
      wasTouched = false;
      for (const key of [...sleepers].sort()) enqueue(KUBELET, key);
      sleepers.clear();
    },
    watches: [
      watch(pods, (pod, previous, _reader, type) =>
        pod.spec.nodeName && !ownWrites.take(pod) && !(type === 'updated' && isLeftAsItEnded(pod, previous)) ? [keyOf(pod)] : [],
      ),
      // Pods that wait for a volume hear when it is attached; those that have one, when it has grown.
      watch(volumeAttachments, ({ spec, status }, previous, reader) =>
        status?.attached && !previous?.status?.attached ? usersOfVolume(reader, spec.source.persistentVolumeName, spec.nodeName) : [],
      ),
      watch(persistentVolumeClaims, (claim, previous, reader) =>
        awaitsNode(claim) && !(previous && awaitsNode(previous))
          ? reader
              .lookup(pods, podTerm.claim(keyOf(claim)))
              .filter(({ spec }) => spec.nodeName)
              .map(keyOf)
          : [],
      ),
      watch(nodes, ({ metadata, status }, previous, reader) =>
        status.volumesInUse && !isEqual(status.volumesInUse, previous?.status.volumesInUse) ? waitersFor(reader, metadata.name) : [],
      ),
      // Whose resize waits for room hears when there may be some.
      watch(pods, (pod, previous, reader, type) =>
        deferred.size && makesRoom(pod, previous, type) ? deferredOn(reader, deferred, pod.spec.nodeName) : [],
      ),
      watch(csiDrivers, (driver, _previous, reader, type) =>
        nodesOfDriver(driver, reader, type).flatMap((node) => [...waitersFor(reader, node)]),
      ),
      watch(services, ({ metadata }) => {
        serviceEnv.forget(metadata.namespace ?? '');
        return [];
      }),
    ],
    reconcile(key, context) {
      const { namespace, name } = splitKey(key);
      const inApi = context.api.get(pods, namespace, name);
      const fromFile = staticPod(world, key)?.pod;
      const isMirror = inApi !== undefined && isMirrorPod(inApi);
      const pod = fromFile ?? (isMirror ? undefined : inApi);
      const orphans = endOrphans(world, context, key, pod);
      if (fromFile && isServiceActive(machineOf(fromFile), 'kubelet')) {
        // Of a manifest that changed, the old pod goes before the new one comes.
        if (orphans) return orphans;
        syncMirror(contextOn(context, machineOf(fromFile)), fromFile, inApi);
      } else if (isMirror && contextOn(context, machineOf(inApi)).isApiUp() && isServiceActive(machineOf(inApi), 'kubelet'))
        removeMirror(context, inApi);
      const sync = pod && beginSync(context, pod);
      if (!sync) return orphans;
      syncPod(sync);
      return requeueAt(context, sync.wakes) ?? orphans;
    },
  };

  const nodeLoop: Controller = {
    name: KUBELET_NODE,
    component: 'kubelet',
    watches: [
      watch(nodes, ({ metadata: { name } }, _previous, _reader, type) => {
        if (type === 'deleted' && forgetNode(world, name)) missNode(name);
        return [name];
      }),
      watch(leases, ({ metadata }, _previous, _reader, type) =>
        metadata.namespace === 'kube-node-lease' && type !== 'created' ? [metadata.name] : [],
      ),
    ],
    reconcile(key, context) {
      const machine = world.machines.get(key);
      if (machine) syncNode(context, world, machine);
    },
  };

  function missNode(name: string): void {
    const machine = world.machines.get(name)!;
    const err = `error getting node \\"${name}\\": nodes \\"${name}\\" not found`;
    for (let tries = 5; tries > 0; tries--)
      say(machine, `"Error updating node status, will retry" err="${err}"`, 'kubelet_node_status.go:548');
    say(machine, '"Unable to update node status" err="update node status exceeds retry count"', 'kubelet_node_status.go:535');
  }

  const volumeLoop: Controller = {
    name: VOLUMES,
    component: 'kubelet',
    watches: [
      // One that comes or goes matters too: a volume may do without it.
      delayed(
        VOLUME_DELAY_MS,
        watch(configMaps, (map, _previous, reader) => usersOf(reader, 'cm', keyOf(map))),
      ),
      delayed(
        VOLUME_DELAY_MS,
        watch(secrets, (secret, _previous, reader) => usersOf(reader, 'secret', keyOf(secret))),
      ),
      // What a pod says of itself is seen with the pod.
      watch(pods, (pod, previous) => (previous && tellsOtherwise(pod, previous) ? [keyOf(pod)] : [])),
    ],
    reconcile(key, context) {
      const { namespace, name } = splitKey(key);
      const pod = context.api.get(pods, namespace, name);
      const sync = pod && beginSync(context, pod);
      if (!sync || !world.sandboxes.count('pod', pod.metadata.uid)) return undefined;
      const wakes: Wakes = { at: Infinity, isWork: false };
      refreshVolumes({ ...sync, renewAt: (at) => wakeAt({ wakes }, at, true) });
      return requeueAt(context, wakes);
    },
  };
  /** A kubelet reads its configuration when it starts; with one that is wrong it ends, and systemd tries again and again. */
  function startKubelet(machine: Machine): boolean {
    if (!isConfigured(world, machine.name)) return true;
    const { unusable, lines = [] } = loadKubeconfig(world, machine);
    if (unusable?.said) say(machine, unusable.said, 'bootstrap.go:241');
    const noRuntime = isServiceActive(machine, 'containerd') ? undefined : NO_RUNTIME;
    const problem = loadConfig(world, machine.name) ?? unusable?.problem ?? noRuntime;
    if (problem === undefined) {
      for (const { text, place } of lines) say(machine, text, place);
      return true;
    }
    say(machine, `"command failed" err=${JSON.stringify(problem)}`, 'run.go:72');
    setService(world, machine, 'kubelet', 'failed');
    enqueue(RESTARTS, machine.name, { after: RESTART_MS, background: true });
    return false;
  }
  const restarts: Controller = {
    name: RESTARTS,
    component: 'kubelet',
    watches: [],
    reconcile(name) {
      const machine = world.machines.get(name);
      if (machine?.services['kubelet']?.state !== 'failed') return undefined;
      setService(world, machine, 'kubelet', 'active');
      return isServiceActive(machine, 'kubelet') ? undefined : { after: RESTART_MS, background: true };
    },
  };
  const manifestLoop = makeManifestLoop(world, readPod, (key) => enqueue(KUBELET, key), say);
  const evictionManager = makeEvictionManager(
    { world, wakePod: (key) => enqueue(KUBELET, key), wakeNode: (machine) => enqueue(KUBELET_NODE, machine) },
    () => own,
  );
  return {
    controllers: [podLoop, nodeLoop, volumeLoop, makeVolumesInUse(world), manifestLoop, evictionManager, restarts],
    started(sandbox, container) {
      if (memoryOf(world, sandbox, container) >= LARGE_MEMORY) enqueue(EVICTION, sandbox.machine, EVICTION_DELAY);
    },
    filled(machine) {
      enqueue(EVICTION, machine, EVICTION_DELAY);
    },
    touched() {
      if (!own) {
        // The memory was lost, and nobody has asked for a kubelet since: it finds its sleepers when it is called.
        wasTouched = true;
        enqueue(KUBELET, '');
      }
      // In the order of their names: after an eviction it is no other.
      for (const key of [...sleepers].sort()) enqueue(KUBELET, key);
      sleepers.clear();
    },
    configChanged(machine, path) {
      if (path.startsWith(`${kubeletConfig(world, machine).staticPodPath}/`)) enqueue(MANIFESTS, machine);
      if (path.startsWith('/etc/cni/')) enqueue(KUBELET_NODE, machine);
    },
    serviceChanged(machine, service) {
      if (service !== 'kubelet' && service !== 'containerd') return;
      if (service === 'kubelet' && isServiceActive(machine, 'kubelet')) {
        beginNode(world, machine.name);
        if (!startKubelet(machine)) return;
      }
      enqueue(KUBELET_NODE, machine.name);
      enqueue(VOLUMES_IN_USE, machine.name);
      enqueue(MANIFESTS, machine.name);
      for (const key of staticKeys(world, machine.name)) enqueue(KUBELET, key);
      for (const pod of own?.api.lookup(pods, podTerm.node(machine.name)) ?? []) {
        enqueue(KUBELET, keyOf(pod));
        enqueue(VOLUMES, keyOf(pod));
      }
    },
    fillVolume(id, sandbox) {
      const pod = staticPod(world, podKeyOf(sandbox))?.pod ?? own?.api.get(pods, sandbox.namespace, sandbox.name);
      if (own && pod?.metadata.uid === sandbox.uid) fill(own, pod, id, sandbox);
    },
  };

  function fill(context: ControllerContext, pod: Pod, id: string, sandbox: Sandbox): void {
    const name = id.slice(sandbox.uid.length + 1);
    const tree = volumeTree(world, id);
    const file = (content: string): void =>
      tree.put('', { type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: context.now(), content: byteString(content) });
    const sync = beginSync(context, pod);
    if (name.startsWith('termination/')) tree.put('', { type: 'file', mode: 0o666, uid: 0, gid: 0, mtime: context.now(), content: '' });
    else if (sync && name === 'etc-hosts') file(hostsFile(sync, sandbox.ip));
    else if (sync) fillLazily(sync, name);
  }
}

/** A pod that is over, and of which only what others keep in its metadata has changed: a Job takes its finalizer off. */
const isLeftAsItEnded = (pod: Pod, previous: Pod | undefined): boolean =>
  isTerminal(pod) && pod.status === previous?.status && pod.metadata.deletionTimestamp === previous.metadata.deletionTimestamp;

const usersOf = (reader: ClusterReader, kind: 'cm' | 'secret', key: string): string[] =>
  reader.lookup(pods, podTerm.mounts(kind, key)).map(keyOf);

/** Sandboxes of pods that were replaced, or deleted by force. */
function endOrphans(world: World, context: ControllerContext, key: string, pod: Pod | undefined): Requeue | undefined {
  let requeue: Requeue | undefined;
  for (const sandbox of world.sandboxes.find('pod', key)) {
    const machine = world.machines.get(sandbox.machine);
    if (sandbox.uid === pod?.metadata.uid || !machine || !isServiceActive(machine, 'kubelet') || isCutOff(world, machine.name)) continue;
    const wakes: Wakes = { at: Infinity, isWork: false };
    const sync = { context, world, machine, worker: loadWorker(context, sandbox.uid), wakes };
    if (
      !cleanUpOrphan(
        { ...sync, serviceEnv: new ServiceEnvironment(), ownWrites: new OwnWrites(), sleepers: new Set(), deferred: new Set() },
        sandbox,
      )
    )
      requeue = requeueAt(context, wakes) ?? { after: 1000 };
  }
  return requeue;
}

function requeueAt({ now }: ControllerContext, { at, isWork }: Wakes): Requeue | undefined {
  if (at === Infinity) return undefined;
  return { after: Math.max(1, at - now()), ...(!isWork && { background: true }) };
}

/** Which key of the pods' loop a sandbox belongs to. */
export const podKeyOf = ({ namespace, name }: Sandbox): string => `${namespace}/${name}`;
