// Which parameters of the kernel a pod may set: those that are its own, and harm nobody else. Mirrors pkg/kubelet/sysctl.

import type { Pod } from '../../api/gen/core-v1.ts';
import type { Reason } from './worker.ts';

const SAFE: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);

/** `net/ipv4/conf/eth0.1/x` and `net.ipv4.conf.eth0/1.x` are one: the first separator tells which is which. */
export const dotted = (name: string): string => (/^[^./]*\//.test(name) ? name.replace(/[./]/g, (one) => (one === '.' ? '/' : '.')) : name);

/** That a pod in the host's namespaces sets nothing of them is seen to by the API server. */
export function sysctls({ spec }: Pod): Reason | undefined {
  const bad = spec.securityContext?.sysctls?.find(({ name }) => !SAFE.has(dotted(name)));
  return bad && { reason: 'SysctlForbidden', message: `forbidden sysctl: ${JSON.stringify(dotted(bad.name))} not allowlisted` };
}
