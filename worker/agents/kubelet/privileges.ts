// What the processes of a container may do beyond others: its capabilities, its filter of system calls. Mirrors the security context that the kubelet hands to the runtime
// (pkg/kubelet/kuberuntime/security_context.go) and containerd's default set.

import type { Container as ContainerSpec, Pod } from '../../api/gen/core-v1.ts';
import { flat } from '../../lib/text.ts';
import type { Privileges } from '../../world/runtime/sandbox.ts';

/** In the order of their bits, capabilities(7). */
const CAPABILITIES =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'.split(
    ' ',
  );
const USUAL =
  'CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW SYS_CHROOT MKNOD AUDIT_WRITE SETFCAP'.split(' ');

export function privilegesOf({ spec: pod }: Pod, { securityContext: own }: ContainerSpec): Privileges {
  const profile = (own?.seccompProfile ?? pod.securityContext?.seccompProfile)?.type ?? 'Unconfined';
  const isPrivileged = own?.privileged ?? false;
  return {
    capabilities: isPrivileged ? ALL_HELD : own?.capabilities ? maskOf(held(own.capabilities)) : USUALLY_HELD,
    filtersCalls: !isPrivileged && profile !== 'Unconfined',
    mayNotGain: own?.allowPrivilegeEscalation === false,
  };
}

function held({ add = [], drop = [] }: { readonly add?: readonly string[]; readonly drop?: readonly string[] }): string[] {
  const plain = (names: readonly string[]): string[] => names.map((name) => name.toUpperCase().replace(/^CAP_/, ''));
  const [added, dropped] = [plain(add), plain(drop)];
  const base = added.includes('ALL') ? CAPABILITIES : dropped.includes('ALL') ? [] : USUAL;
  return [...base.filter((name) => !dropped.includes(name)), ...added];
}

const maskOf = (names: readonly string[]): string => {
  const mask = CAPABILITIES.reduce((sum, name, bit) => (names.includes(name) ? sum | (1n << BigInt(bit)) : sum), 0n);
  return flat(mask.toString(16).padStart(16, '0'));
};
const [ALL_HELD, USUALLY_HELD] = [maskOf(CAPABILITIES), maskOf(USUAL)];
