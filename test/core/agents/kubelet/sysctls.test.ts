// Parameters of the kernel that a pod sets for itself, and those that a kubelet does not allow.

import { expect, test } from 'vitest';
import type { Pod } from '../../../../worker/api/gen/core-v1.ts';
import { onePod } from './one-pod.ts';

function run(sysctls: Record<string, string>, command: readonly string[]): { status: Pod['status']; log: string } {
  const securityContext = { sysctls: Object.entries(sysctls).map(([name, value]) => ({ name, value })) };
  const { pod, lines } = onePod({ command: [...command] }, 10_000, { securityContext });
  return {
    status: pod().status,
    log: lines()
      .map((line) => `${line}\n`)
      .join(''),
  };
}

test.each([
  {
    name: 'its own',
    sysctls: { 'kernel.shm_rmid_forced': '1' },
    command: ['sysctl', 'kernel.shm_rmid_forced'],
    want: 'kernel.shm_rmid_forced = 1\n',
  },
  {
    name: 'with slashes',
    sysctls: { 'net/ipv4/tcp_fin_timeout': '30' },
    command: ['sysctl', '-n', 'net.ipv4.tcp_fin_timeout'],
    want: '30\n',
  },
  { name: 'as usual', sysctls: {}, command: ['cat', '/proc/sys/net/ipv4/ip_local_port_range'], want: '32768\t60999\n' },
  {
    name: 'not to be set from within',
    sysctls: {},
    command: ['sysctl', '-w', 'net.core.somaxconn=1'],
    want: "sysctl: error setting key 'net.core.somaxconn': Read-only file system\n",
  },
  { name: 'unknown', sysctls: {}, command: ['sysctl', 'a.b'], want: "sysctl: error: 'a.b' is an unknown key\n" },
])('$name', ({ sysctls, command, want }) => {
  expect(run(sysctls as Record<string, string>, command).log).toBe(want);
});

test.each([
  { name: 'of everybody', sysctls: { 'vm.swappiness': '1' }, want: 'forbidden sysctl: "vm.swappiness" not allowlisted' },
  {
    name: 'of its namespace, unsafe',
    sysctls: { 'net.core.somaxconn': '1' },
    more: {},
    want: 'forbidden sysctl: "net.core.somaxconn" not allowlisted',
  },
])('forbidden: $name', ({ sysctls, want }) => {
  expect(run(sysctls as Record<string, string>, ['true']).status).toMatchObject({
    phase: 'Failed',
    reason: 'SysctlForbidden',
    message: `Pod was rejected: ${want}`,
  });
});
