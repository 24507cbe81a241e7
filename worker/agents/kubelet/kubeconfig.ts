// How a kubelet finds its API server: /etc/kubernetes/kubelet.conf of its machine, as it was when the kubelet started last. One that names no server that answers leaves
// the kubelet alone with its static pods. Mirrors pkg/kubelet/certificate/bootstrap, and what client-go says of servers that it does not reach.

import { isRecord } from '../../lib/json.ts';
import { fromBase64, fromUtf8 } from '../../lib/text.ts';
import { readYaml, YamlError } from '../../lib/yaml.ts';
import type { FileSystem } from '../../world/files/file-system.ts';
import { machineFiles } from '../../world/files/machine-files.ts';
import type { Machine } from '../../world/machine.ts';
import { closeSide } from '../../world/network/connection.ts';
import { connect } from '../../world/network/connect.ts';
import type { ConnectProblem } from '../../world/network/connect.ts';
import { resolveHost } from '../../world/network/resolve.ts';
import type { World } from '../../world/world.ts';

export const KUBECONFIG = '/etc/kubernetes/kubelet.conf';
const BOOTSTRAP = '/etc/kubernetes/bootstrap-kubelet.conf';
const SCOPE = 'kubelet-cut-off';

/** Whether the kubelet of a machine does not reach the API server that it was told of. */
export const isCutOff = (world: World, machine: string): boolean => world.state.get<string>(SCOPE, machine) !== undefined;

/** What is wrong with a file: then the kubelet cannot start. `said` is what it says before. */
interface Unusable {
  readonly said?: string;
  readonly problem: string;
}

interface Target {
  readonly server: string;
  /** By which it trusts the server; undefined for any. */
  readonly authority: string | undefined;
}

/** Reads it anew, and looks whether the server answers. Gives what keeps the kubelet from starting, and what it says if it is cut off. */
export function loadKubeconfig(world: World, machine: Machine): { readonly unusable?: Unusable; readonly lines?: readonly Line[] } {
  const files = machineFiles(world, machine.name);
  const found = readTarget(files);
  if ('problem' in found) return { unusable: found };
  const why = whyNot(world, machine, files, found);
  if (why === undefined) {
    if (isCutOff(world, machine.name)) world.state.delete(SCOPE, machine.name);
    return {};
  }
  world.state.set(SCOPE, machine.name, why);
  return { lines: complaints(machine.name, found.server, why) };
}

function readTarget(files: FileSystem): Target | Unusable {
  const problem = `failed to run Kubelet: unable to load bootstrap kubeconfig: stat ${BOOTSTRAP}: no such file or directory`;
  const text = files.find(KUBECONFIG)?.content;
  if (text === undefined) return { problem };
  const unreadable = (why: string): Unusable => ({
    said: `"Unhandled Error" err="unable to read existing bootstrap client config from ${KUBECONFIG}: ${why.replaceAll('"', '\\"')}" logger="UnhandledError"`,
    problem,
  });
  let value: unknown;
  try {
    ({ value } = readYaml(text));
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    return unreadable(`error loading config file "${KUBECONFIG}": yaml: ${error.message.replace(/^yaml: /, '')}`);
  }
  const config = isRecord(value) ? value : {};
  const context = named(config, 'contexts', 'context', config['current-context']);
  const cluster = named(config, 'clusters', 'cluster', context?.['cluster']);
  const user = named(config, 'users', 'user', context?.['user']);
  if (!context || !cluster)
    return unreadable('invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable');
  for (const [record, field] of [
    [user, 'client-certificate'],
    [user, 'client-key'],
    [cluster, 'certificate-authority'],
  ] as const) {
    const path = record?.[field];
    if (typeof path === 'string' && path && !files.find(path))
      return unreadable(
        `invalid configuration: unable to read ${field.replace('client-certificate', 'client-cert')} ${path} for ${String(record === cluster ? context['cluster'] : context['user'])} due to open ${path}: no such file or directory`,
      );
  }
  return { server: String(cluster['server'] ?? 'http://localhost:8080').replace(/\/+$/, ''), authority: authorityOf(files, cluster) };
}

function named(config: Readonly<Record<string, unknown>>, list: string, field: string, name: unknown): Record<string, unknown> | undefined {
  const all = config[list];
  const found: unknown = Array.isArray(all) ? all.find((one: unknown) => isRecord(one) && one['name'] === name) : undefined;
  const value = isRecord(found) ? found[field] : undefined;
  return isRecord(value) ? value : undefined;
}

function authorityOf(files: FileSystem, cluster: Readonly<Record<string, unknown>>): string | undefined {
  if (cluster['insecure-skip-tls-verify'] === true) return undefined;
  const data = cluster['certificate-authority-data'];
  if (typeof data === 'string') {
    const bytes = fromBase64(data);
    return bytes ? fromUtf8(bytes) : '';
  }
  const path = cluster['certificate-authority'];
  return typeof path === 'string' ? (files.find(path)?.content ?? '') : '';
}

/** What a call of that server ends with; undefined if it is the API server. */
function whyNot(world: World, machine: Machine, files: FileSystem, { server, authority }: Target): string | undefined {
  const { apiServer } = world.traits;
  const url = /^(https?):\/\/([^/:]+|\[[^\]]+\])(?::(\d+))?/.exec(server);
  if (!url || !apiServer) return url ? undefined : `unsupported protocol scheme ""`;
  const [, scheme = '', host = ''] = url;
  const port = Number(url[3] ?? (scheme === 'https' ? 443 : 80));
  const caller = { machine: machine.name, namespace: '' };
  const resolved = resolveHost(world, caller, files, host);
  if (!('addresses' in resolved)) return `dial tcp: lookup ${host} on 127.0.0.53:53: no such host`;
  const address = resolved.addresses[0]!;
  const isThere = address === apiServer.address && port === apiServer.port;
  const opened = isThere ? undefined : connect(world, caller, address, port);
  if (opened && 'error' in opened) return dialProblem(`${address}:${port}`, opened.error);
  if (opened) closeSide(world, opened.connection.id, 'client');
  const isApi = isThere || (opened !== undefined && 'api' in opened.connection.server);
  if (scheme === 'http') return isApi ? 'malformed HTTP response "\\x15\\x03\\x01\\x00\\x02\\x02"' : 'EOF';
  return isApi && (authority === undefined || authority.trim() === apiServer.authority().trim()) ? undefined : UNTRUSTED;
}

const UNTRUSTED = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';

const dialProblem = (address: string, problem: ConnectProblem): string =>
  problem === 'refused'
    ? `dial tcp ${address}: connect: connection refused`
    : problem === 'unreachable'
      ? `dial tcp ${address}: connect: no route to host`
      : `dial tcp ${address}: i/o timeout`;

interface Line {
  readonly place: string;
  readonly text: string;
}

/** What the parts of a kubelet say that ask the API server for something, each once. */
function complaints(name: string, server: string, why: string): Line[] {
  const failed = (method: string, path: string): string => JSON.stringify(`${method} "${server}${path}": ${why}`);
  const list = (kind: string, path: string): Line => ({
    place: 'reflector.go:200',
    text: `"Failed to watch" err=${JSON.stringify(`failed to list *v1.${kind}: Get "${server}${path}": ${why}`)} logger="UnhandledError" reflector="k8s.io/client-go/informers/factory.go:160" type="*v1.${kind}"`,
  });
  return [
    list('Node', `/api/v1/nodes?fieldSelector=metadata.name%3D${name}&limit=500&resourceVersion=0`),
    list('Service', '/api/v1/services?fieldSelector=spec.clusterIP%21%3DNone&limit=500&resourceVersion=0'),
    {
      place: 'controller.go:145',
      text: `"Failed to ensure lease exists, will retry" err=${failed('Get', `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}?timeout=10s`)} interval="200ms"`,
    },
    {
      place: 'kubelet_node_status.go:107',
      text: `"Unable to register node with API server" err=${failed('Post', '/api/v1/nodes')} node="${name}"`,
    },
  ];
}
