// Static pods: what the files in a machine's directory of manifests say. Read when the kubelet starts, and whenever a file there changes. A pod is known from then on
// by the world, with or without an API server. Mirrors pkg/kubelet/config/{file,common}.go.

import { sha256 } from '@noble/hashes/sha2.js';
import type { Controller, Requeue } from '../../api/controller.ts';
import { watch } from '../../api/controller.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import { keyOf } from '../../api/object.ts';
import { formatTime } from '../../lib/time.ts';
import { hexOf, utf8 } from '../../lib/text.ts';
import { nodes } from '../../resources/core/node.ts';
import { qosClass } from '../../resources/core/pod/qos.ts';
import { machineFiles } from '../../world/files/machine-files.ts';
import { isServiceActive } from '../../world/machine.ts';
import type { Machine } from '../../world/machine.ts';
import type { World } from '../../world/world.ts';
import { kubeletConfig } from './kubelet-config.ts';
import { ANNOTATION } from './static-pod.ts';

export const MANIFESTS = 'kubelet-manifests';
const SCOPE = 'kubelet/static';

/** Reads a manifest's text as a Pod with its defaults. A text says what is wrong with it. */
export type ReadPod = (text: string) => Pod | string;

export interface StaticPod {
  readonly machine: string;
  readonly pod: Pod;
}

/** The static pod of a key, `namespace/name-of-machine`. */
export const staticPod = (world: World, key: string): StaticPod | undefined => world.state.get<StaticPod>(SCOPE, key);

export const keepStaticPod = (world: World, key: string, pod: StaticPod): void => world.state.set(SCOPE, key, pod);

/** Keys of the static pods of a machine, or of all. */
export const staticKeys = (world: World, machine?: string): string[] =>
  world.state.entries<StaticPod>(SCOPE).flatMap(([key, one]) => (machine === undefined || one.machine === machine ? [key] : []));

export const makeManifestLoop = (
  world: World,
  readPod: ReadPod,
  changed: (key: string) => void,
  say: (machine: Machine, line: string) => void,
): Controller => ({
  name: MANIFESTS,
  component: 'kubelet',
  watches: [watch(nodes, ({ metadata }, _previous, _reader, type) => (type === 'created' ? [metadata.name] : []))],
  reconcile(name): Requeue | void {
    const machine = world.machines.get(name);
    if (!machine || !isServiceActive(machine, 'kubelet')) return;
    const wanted = readDirectory(world, machine, readPod, say);
    for (const key of staticKeys(world, name)) {
      if (wanted.has(key)) continue;
      world.state.delete(SCOPE, key);
      changed(key);
    }
    for (const [key, pod] of wanted) {
      if (staticPod(world, key)?.pod.metadata.uid === pod.metadata.uid) continue;
      keepStaticPod(world, key, { machine: name, pod });
      changed(key);
    }
  },
});

function readDirectory(world: World, machine: Machine, readPod: ReadPod, say: (machine: Machine, line: string) => void): Map<string, Pod> {
  const files = machineFiles(world, machine.name);
  const out = new Map<string, Pod>();
  const directory = kubeletConfig(world, machine.name).staticPodPath;
  if (!directory || files.find(directory)?.type !== 'dir') return out;
  for (const name of files.list(directory)) {
    const path = `${directory}/${name}`;
    const inode = files.find(path);
    // As the kubelet does: hidden files, and what is no file, are left alone.
    if (name.startsWith('.') || inode?.type !== 'file') continue;
    const read = readPod(inode.content ?? '');
    if (typeof read === 'string') {
      say(
        machine,
        `"Could not process manifest file" err=${JSON.stringify(`${path}: couldn't parse as pod(${read}), please check config file`)} path=${JSON.stringify(path)}`,
      );
      continue;
    }
    const pod = complete(world, machine, path, inode.content ?? '', read);
    if (!out.has(keyOf(pod))) out.set(keyOf(pod), pod);
  }
  return out;
}

/** What the kubelet adds: the machine's name, an identity made of the content, tolerance of everything. */
function complete(world: World, machine: Machine, path: string, text: string, read: Pod): Pod {
  const { metadata, spec } = read;
  const uid = metadata.uid || hexOf(sha256(utf8(`${machine.name} ${path} ${text}`))).slice(0, 32);
  const now = formatTime(world.now());
  return {
    ...read,
    metadata: {
      ...metadata,
      name: `${metadata.name}-${machine.name}`,
      namespace: metadata.namespace || 'default',
      uid,
      resourceVersion: '',
      creationTimestamp: metadata.creationTimestamp ?? now,
      annotations: {
        ...metadata.annotations,
        [ANNOTATION.hash]: uid,
        [ANNOTATION.seen]: `${now.slice(0, -1)}.${String(world.now() % 1000).padStart(3, '0')}000000Z`,
        [ANNOTATION.source]: 'file',
      },
    },
    spec: {
      ...spec,
      nodeName: machine.name,
      tolerations: [...(spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }],
    },
    status: { phase: 'Pending', qosClass: qosClass(spec) },
  };
}
