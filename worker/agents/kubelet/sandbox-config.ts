// What a sandbox is made with: its host name, its DNS, its /etc/hosts. Mirrors generatePodSandboxConfig of pkg/kubelet/kuberuntime and pkg/kubelet/network/dns.

import type { Pod } from '../../api/gen/core-v1.ts';
import { formatIp, parseCidr } from '../../lib/ip.ts';
import { flat } from '../../lib/text.ts';
import { RuntimeError } from '../../world/runtime/error.ts';
import { OWN_USERS } from '../../world/runtime/sandbox.ts';
import type { DnsConfig, HostPort } from '../../world/runtime/sandbox.ts';
import type { SandboxConfig } from '../../world/runtime/create.ts';
import { truncateHostname } from './hostname.ts';
import { kubeletConfig } from './kubelet-config.ts';
import { dotted } from './sysctls.ts';
import type { PodSync } from './worker.ts';

export function sandboxConfig(sync: PodSync, attempt: number): SandboxConfig {
  const { pod, machine } = sync;
  const { name, namespace = '', uid, labels = {} } = pod.metadata;
  const sysctls = pod.spec.securityContext?.sysctls ?? [];
  const hostPorts = pod.spec.hostNetwork ? [] : hostPortsOf(pod);
  return {
    name,
    namespace,
    uid,
    attempt,
    labels,
    hostname: pod.spec.hostNetwork ? machine.name : kernelName(sync),
    hostNetwork: pod.spec.hostNetwork ?? false,
    hostPid: pod.spec.hostPID ?? false,
    sharesPids: pod.spec.shareProcessNamespace ?? false,
    dns: dnsOf(sync),
    ...(pod.spec.hostUsers === false && { firstUser: freeUsers(sync) }),
    ...(hostPorts.length && { hostPorts }),
    ...(sysctls.length && { sysctls: Object.fromEntries(sysctls.map(({ name, value }) => [dotted(name), value])) }),
  };
}

/** Longer names do not go into the kernel. */
const MAX_KERNEL_NAME = 64;

/** What the pod's machine calls itself. Throws RuntimeError. Mirrors GetNodenameForKernel of pkg/kubelet/util. */
function kernelName(sync: PodSync): string {
  const { hostname, domain } = hostnameOf(sync);
  if (!domain || !sync.pod.spec.setHostnameAsFQDN) return hostname;
  const name = `${hostname}.${domain}`;
  if (name.length > MAX_KERNEL_NAME)
    throw new RuntimeError(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${name} is too long (${MAX_KERNEL_NAME} characters is the max, ${name.length} characters requested)`,
    );
  return name;
}

/** All users of a machine but its own first ones, shared out. */
const SHARES = 2 ** 32 / OWN_USERS - 1;

/** The first of users that no other sandbox of the machine has. Mirrors pkg/kubelet/userns. */
function freeUsers({ world, machine, context }: PodSync): number {
  const taken = new Set(world.sandboxes.find('machine', machine.name).map(({ firstUser }) => firstUser));
  for (let share = context.random.below(SHARES); ; share = (share + 1) % SHARES) {
    const first = (share + 1) * OWN_USERS;
    if (!taken.has(first)) return first;
  }
}

const hostPortsOf = ({ spec }: Pod): HostPort[] =>
  [...spec.containers, ...(spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort: port, hostIP: address, protocol = 'TCP', containerPort: target }) =>
      port ? [{ port, protocol, ...(address && address !== '0.0.0.0' && { address }), target }] : [],
    ),
  );

export function hostnameOf({ pod, context }: Pick<PodSync, 'pod' | 'context'>): { hostname: string; domain: string } {
  const { spec, metadata } = pod;
  if (spec.hostnameOverride !== undefined) return { hostname: truncateHostname(spec.hostnameOverride), domain: '' };
  return {
    hostname: truncateHostname(spec.hostname || metadata.name),
    domain: spec.subdomain ? `${spec.subdomain}.${metadata.namespace}.svc.${context.config.clusterDomain}` : '',
  };
}

/** The tenth address of the services' range: where the cluster's DNS listens. */
export const clusterDns = (serviceCidr: string): string => formatIp({ family: 4, value: parseCidr(serviceCidr)!.first + 10n });

function dnsOf({ pod, context, world, machine }: PodSync): DnsConfig {
  const { spec, metadata } = pod;
  const own = kubeletConfig(world, machine.name);
  const domain = own.clusterDomain ?? context.config.clusterDomain;
  const isCluster =
    spec.dnsPolicy === 'ClusterFirstWithHostNet' || (spec.dnsPolicy !== 'Default' && spec.dnsPolicy !== 'None' && !spec.hostNetwork);
  const base: DnsConfig = isCluster
    ? {
        servers: own.clusterDns ?? [clusterDns(context.config.serviceCidr)],
        searches: [flat(`${metadata.namespace}.svc.${domain}`), flat(`svc.${domain}`), domain],
        options: ['ndots:5'],
      }
    : spec.dnsPolicy === 'None'
      ? { servers: [], searches: [], options: [] }
      : { servers: ['127.0.0.53'], searches: [], options: ['edns0', 'trust-ad'] };
  const more = spec.dnsConfig;
  if (!more) return base;
  const options = new Map(base.options.map((option) => [option.split(':')[0]!, option]));
  for (const { name = '', value } of more.options ?? []) options.set(name, value ? `${name}:${value}` : name);
  return {
    servers: [...new Set([...base.servers, ...(more.nameservers ?? [])])],
    searches: [...new Set([...base.searches, ...(more.searches ?? [])])],
    options: [...options.values()],
  };
}

/** The text of /etc/hosts. */
export function hostsFile(sync: Pick<PodSync, 'pod' | 'context' | 'machine'>, ip: string): string {
  const { pod } = sync;
  const { hostname, domain } = hostnameOf(sync);
  const lines = pod.spec.hostNetwork
    ? ['# Kubernetes-managed hosts file (host network).', '127.0.0.1\tlocalhost', `${sync.machine.ip}\t${sync.machine.name}`]
    : [
        '# Kubernetes-managed hosts file.',
        '127.0.0.1\tlocalhost',
        '::1\tlocalhost ip6-localhost ip6-loopback',
        'fe00::0\tip6-localnet',
        'fe00::0\tip6-mcastprefix',
        'fe00::1\tip6-allnodes',
        'fe00::2\tip6-allrouters',
        domain ? `${ip}\t${hostname}.${domain}\t${hostname}` : `${ip}\t${hostname}`,
      ];
  return [...lines, ...hostAliases(pod), ''].join('\n');
}

const hostAliases = ({ spec }: Pod): string[] =>
  spec.hostAliases?.length
    ? ['', '# Entries added by HostAliases.', ...spec.hostAliases.map(({ ip, hostnames }) => `${ip}\t${(hostnames ?? []).join('\t')}`)]
    : [];
