// The baseline standard: nothing that is known to let a pod take over its node. Mirrors the baseline checks of k8s.io/pod-security-admission/policy, in
// upstream's order, with their versions and words.

import type { LifecycleHandler, PodSpec, Probe, SELinuxOptions } from '../../api/gen/core-v1.ts';
import { APP_ARMOR, SECCOMP_CONTAINER, SECCOMP_POD } from '../../resources/core/pod/annotations.ts';
import { check, containersOf, containersText, hasOwnUsers, namesWhere, plural, quoted, settersText, sorted } from './checks.ts';
import type { Breach, Check, Form } from './checks.ts';

/** Which kernel parameters are a pod's own, by the version that first let them be set. */
const SAFE_SYSCTLS: Readonly<Record<number, readonly string[]>> = {
  0: [
    'kernel.shm_rmid_forced',
    'net.ipv4.ip_local_port_range',
    'net.ipv4.tcp_syncookies',
    'net.ipv4.ping_group_range',
    'net.ipv4.ip_unprivileged_port_start',
  ],
  27: ['net.ipv4.ip_local_reserved_ports'],
  29: ['net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes'],
  32: ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'],
};

const SE_LINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

export const BASELINE: readonly Check[] = [
  check(appArmorProfile),
  check(capabilities, { overlaps: true }),
  check(hostNamespaces),
  check(hostPathVolumes, { overlaps: true }),
  check(hostPorts),
  check(hostProbes, { since: 34 }),
  check(privileged),
  {
    versions: [
      [0, procMount],
      [35, (spec) => (hasOwnUsers(spec) ? undefined : procMount(spec))],
    ],
  },
  {
    versions: [
      [0, seLinuxOptions(SE_LINUX_TYPES)],
      [31, seLinuxOptions([...SE_LINUX_TYPES, 'container_engine_t'])],
    ],
  },
  {
    overlaps: true,
    versions: [
      [0, seccompAnnotations],
      [19, seccompProfile],
    ],
  },
  {
    versions: [0, 27, 29, 32].map((since) => [since, sysctlsSince(since)] as const),
  },
  check(windowsHostProcess),
];

function appArmorProfile(spec: PodSpec, { annotations = {} }: Parameters<Form>[1]): Breach | undefined {
  const isAllowed = (profile: string): boolean => profile === '' || profile === 'runtime/default' || profile.startsWith('localhost/');
  const bad = (type: string | undefined): boolean => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  const podType = spec.securityContext?.appArmorProfile?.type;
  const containers = namesWhere(spec, (context) => bad(context?.appArmorProfile?.type));
  const values = [...containersOf(spec).map(({ securityContext }) => securityContext?.appArmorProfile?.type), podType].filter(
    bad,
  ) as string[];
  const fromAnnotations = Object.keys(annotations)
    .filter((key) => key.startsWith(APP_ARMOR) && !isAllowed(annotations[key]!))
    .map((key) => `${key}=${JSON.stringify(annotations[key])}`);
  const named = settersText(bad(podType), containers);
  const setters = [
    ...(named ? [named] : []),
    ...(fromAnnotations.length ? [plural('annotation', 'annotations', fromAnnotations.length)] : []),
  ];
  if (!setters.length) return undefined;
  const all = [...sorted(values), ...sorted(fromAnnotations)];
  return {
    reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', all.length),
    detail: `${setters.join(' and ')} must not set AppArmor profile type to ${quoted(all)}`,
  };
}

const DEFAULT_CAPABILITIES: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

function capabilities(spec: PodSpec): Breach | undefined {
  const added = (context: { capabilities?: { add?: string[] } } | undefined): string[] =>
    (context?.capabilities?.add ?? []).filter((one) => !DEFAULT_CAPABILITIES.has(one));
  const bad = namesWhere(spec, (context) => added(context).length > 0);
  if (!bad.length) return undefined;
  const names = sorted(containersOf(spec).flatMap(({ securityContext }) => added(securityContext)));
  return {
    reason: 'non-default capabilities',
    detail: `${containersText(bad)} must not include ${quoted(names)} in securityContext.capabilities.add`,
  };
}

function hostNamespaces(spec: PodSpec): Breach | undefined {
  const set = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name]);
  return set.length ? { reason: 'host namespaces', detail: set.map((name) => `${name}=true`).join(', ') } : undefined;
}

function hostPathVolumes({ volumes = [] }: PodSpec): Breach | undefined {
  const names = volumes.filter(({ hostPath }) => hostPath).map(({ name }) => name);
  return names.length ? { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', names.length)} ${quoted(names)}` } : undefined;
}

function hostPorts(spec: PodSpec): Breach | undefined {
  const portsOf = (ports: readonly { hostPort?: number }[] = []): string[] =>
    ports.flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []));
  const bad = namesWhere(spec, (_context, { ports }) => portsOf(ports).length > 0);
  if (!bad.length) return undefined;
  const ports = sorted(containersOf(spec).flatMap((container) => portsOf(container.ports)));
  const verb = plural('uses', 'use', bad.length);
  return {
    reason: 'hostPort',
    detail: `${containersText(bad)} ${verb} ${plural('hostPort', 'hostPorts', ports.length)} ${ports.join(', ')}`,
  };
}

/** Who may choose the host of a probe lets the kubelet ask anything. */
function hostProbes(spec: PodSpec): Breach | undefined {
  const hosts = (handler: Probe | LifecycleHandler | undefined): string[] =>
    [handler?.httpGet?.host, handler?.tcpSocket?.host].filter((host): host is string => Boolean(host));
  const found = containersOf(spec).map(({ name, livenessProbe, readinessProbe, startupProbe, lifecycle }) => ({
    name,
    hosts: [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap(hosts),
  }));
  const bad = sorted(found.filter((one) => one.hosts.length).map(({ name }) => name));
  if (!bad.length) return undefined;
  const all = sorted(found.flatMap((one) => one.hosts));
  const what = plural('probe or lifecycle host', 'probe or lifecycle hosts', all.length);
  return {
    reason: 'probe or lifecycle host',
    detail: `${containersText(bad)} ${plural('uses', 'use', bad.length)} ${what} ${quoted(all)}`,
  };
}

function privileged(spec: PodSpec): Breach | undefined {
  const bad = namesWhere(spec, (context) => context?.privileged === true);
  return bad.length ? { reason: 'privileged', detail: `${containersText(bad)} must not set securityContext.privileged=true` } : undefined;
}

export function procMount(spec: PodSpec): Breach | undefined {
  const isBad = (type: string | undefined): boolean => type !== undefined && type !== 'Default';
  const bad = namesWhere(spec, (context) => isBad(context?.procMount));
  if (!bad.length) return undefined;
  const types = sorted(containersOf(spec).flatMap(({ securityContext }) => securityContext?.procMount ?? [])).filter(isBad);
  return { reason: 'procMount', detail: `${containersText(bad)} must not set securityContext.procMount to ${quoted(types)}` };
}

function seLinuxOptions(allowed: readonly string[]): Form {
  const isBad = (options: SELinuxOptions | undefined): boolean =>
    options !== undefined && (!allowed.includes(options.type ?? '') || Boolean(options.user) || Boolean(options.role));
  return (spec) => {
    const ofPod = spec.securityContext?.seLinuxOptions;
    const bad = namesWhere(spec, (context) => isBad(context?.seLinuxOptions));
    const setters = settersText(isBad(ofPod), bad);
    if (!setters) return undefined;
    const all = [ofPod, ...containersOf(spec).map(({ securityContext }) => securityContext?.seLinuxOptions)];
    const types = sorted(all.flatMap((options) => options?.type ?? [])).filter((type) => !allowed.includes(type));
    const wrong = [
      ...(types.length ? [`${plural('type', 'types', types.length)} ${quoted(types)}`] : []),
      ...(all.some((options) => options?.user) ? ['user may not be set'] : []),
      ...(all.some((options) => options?.role) ? ['role may not be set'] : []),
    ];
    return { reason: 'seLinuxOptions', detail: `${setters} set forbidden securityContext.seLinuxOptions: ${wrong.join('; ')}` };
  };
}

function seccompAnnotations(spec: PodSpec, { annotations = {} }: Parameters<Form>[1]): Breach | undefined {
  const keys = [SECCOMP_POD, ...containersOf(spec).map(({ name }) => SECCOMP_CONTAINER + name)];
  const isAllowed = (value: string): boolean => value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/');
  const bad = sorted(
    keys.flatMap((key) => {
      const value = annotations[key];
      return value === undefined || isAllowed(value) ? [] : [`${key}=${JSON.stringify(value)}`];
    }),
  );
  return bad.length
    ? { reason: 'seccompProfile', detail: `forbidden ${plural('annotation', 'annotations', bad.length)} ${bad.join(', ')}` }
    : undefined;
}

const isBadSeccomp = (type: string | undefined): boolean => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';

export function seccompProfile(spec: PodSpec): Breach | undefined {
  const ofPod = spec.securityContext?.seccompProfile?.type;
  const bad = namesWhere(spec, (context) => isBadSeccomp(context?.seccompProfile?.type));
  const setters = settersText(isBadSeccomp(ofPod), bad);
  if (!setters) return undefined;
  const values = [ofPod, ...containersOf(spec).map(({ securityContext }) => securityContext?.seccompProfile?.type)].filter(
    isBadSeccomp,
  ) as string[];
  return { reason: 'seccompProfile', detail: `${setters} must not set securityContext.seccompProfile.type to ${quoted(sorted(values))}` };
}

function sysctlsSince(minor: number): Form {
  const safe = new Set(Object.entries(SAFE_SYSCTLS).flatMap(([since, names]) => (Number(since) <= minor ? names : [])));
  return ({ securityContext }) => {
    const bad = (securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !safe.has(name));
    return bad.length ? { reason: 'forbidden sysctls', detail: bad.join(', ') } : undefined;
  };
}

function windowsHostProcess(spec: PodSpec): Breach | undefined {
  const bad = namesWhere(spec, (context) => context?.windowsOptions?.hostProcess === true);
  const setters = settersText(spec.securityContext?.windowsOptions?.hostProcess === true, bad);
  return setters ? { reason: 'hostProcess', detail: `${setters} must not set securityContext.windowsOptions.hostProcess=true` } : undefined;
}
