// The pages of a kubelet's own server. Mirrors the handlers of pkg/kubelet/server/server.go that show something; what runs something is reached through the pods.

import { KubeletRefusal } from '../../api/kubelet.ts';
import type { Page, PageRequest } from '../../api/kubelet.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { isRecord } from '../../lib/json.ts';
import { readYaml, YamlError } from '../../lib/yaml.ts';
import { podTerm } from '../../resources/core/pod-terms.ts';
import { pods } from '../../resources/core/pod.ts';
import { FileError } from '../../world/files/error.ts';
import { machineFiles } from '../../world/files/machine-files.ts';
import type { Machine } from '../../world/machine.ts';
import type { World } from '../../world/world.ts';
import { kubeletConfig } from '../kubelet/kubelet-config.ts';
import type { Logs } from './logs.ts';
import { configz } from './configz.ts';
import { resourceMetrics, serverMetrics } from './metrics-pages.ts';
import { machineOf } from './node.ts';
import { summary } from './stats.ts';

export interface Place {
  readonly world: World;
  readonly reader: ClusterReader;
  readonly logs: Logs;
  readonly minor: number;
}

export function page(place: Place, node: string, request: PageRequest): Page {
  const { world } = place;
  const { method, path } = request;
  const machine = machineOf(world, node);
  if (method !== 'GET' && method !== 'HEAD') return { ...plain('Method Not Allowed'), status: 405 };
  if (/^\/healthz(\/(ping|log|syncloop))?$/.test(path)) return plain('ok');
  switch (path) {
    case '/pods':
    case '/runningpods/':
      return json({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: podsOf(place, machine) });
    case '/stats/summary':
      return json(summary(place, machine, podsOf(place, machine)), 2);
    case '/metrics/resource':
      return metrics(resourceMetrics(place, machine, podsOf(place, machine)));
    case '/metrics':
      return metrics(serverMetrics(place, machine));
    case '/configz':
      return json(configz(configOf(world, machine), kubeletConfig(world, machine.name)));
  }
  const log = /^\/containerLogs\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(path);
  if (log) return containerLog(place, machine, log as unknown as [string, string, string, string]);
  const file = /^\/logs(\/.*)?$/.exec(path);
  if (file) return systemLog(world, machine, file[1] ?? '/');
  return { ...plain('404 page not found\n'), status: 404 };
}

const plain = (body: string): Page => ({ status: 200, type: 'text/plain; charset=utf-8', body });
const json = (value: object, indent = 0): Page => ({ status: 200, type: 'application/json', body: JSON.stringify(value, null, indent) });
const metrics = (body: string): Page => ({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores', body });

const podsOf = ({ reader }: Place, { name }: Machine): Pod[] => reader.lookup(pods, podTerm.node(name));

/** What its configuration file says, if there is one that can be read. */
function configOf(world: World, machine: Machine): Record<string, unknown> {
  const text = machineFiles(world, machine.name).find('/var/lib/kubelet/config.yaml')?.content ?? '';
  try {
    const config = readYaml(text).value;
    return isRecord(config) ? config : {};
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    return {};
  }
}

function containerLog({ reader, logs }: Place, machine: Machine, [, namespace, name, container]: [string, string, string, string]): Page {
  const pod = reader.get(pods, namespace, name);
  if (pod?.spec.nodeName !== machine.name) throw new KubeletRefusal(404, `pod ${JSON.stringify(name)} does not exist`);
  const options = { follow: false, previous: false, timestamps: false, since: undefined, tailLines: undefined, limitBytes: undefined };
  return plain(logs.read(pod, container, { ...options, stream: 'All' }).text);
}

/** `/var/log`, as a file server shows it. */
function systemLog(world: World, machine: Machine, path: string): Page {
  const files = machineFiles(world, machine.name);
  // Nothing leads out of it.
  const parts = path.split('/').reduce<string[]>((kept, part) => (part === '..' ? kept.slice(0, -1) : [...kept, part]), []);
  const full = `/var/log/${parts.join('/')}`;
  try {
    const inode = files.stat(full);
    if (inode.type !== 'dir') return plain(files.read(full));
    const names = files.list(full).map((name) => (files.find(`${full}/${name}`)?.type === 'dir' ? `${name}/` : name));
    const links = names
      .map((name) => `<a href="${encodeURI(name)}">${name.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</a>\n`)
      .join('');
    return {
      status: 200,
      type: 'text/html; charset=utf-8',
      body: `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${links}</pre>\n`,
    };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return { ...plain('404 page not found\n'), status: 404 };
  }
}
