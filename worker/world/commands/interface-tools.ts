// Tools that show interfaces and ways: ip, ifconfig, route, arp.

import { fnv1a32 } from '../../lib/hash.ts';
import type { System } from '../process/system.ts';
import { addressOf } from './system-info.ts';
import { isBusybox, once } from './tool.ts';

const macOf = (ip: string): string => ['0e', '42', ...ip.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'))].join(':');
const netOf = (ip: string): string => ip.split('.').slice(0, 3).join('.');
export const gatewayOf = (ip: string): string => `${netOf(ip)}.1`;

const byFirstAddress = (a: string, b: string): number => {
  const [left, right] = [a, b].map((line) => line.split(/[ /]/)[0]!.split('.').map(Number)) as [number[], number[]];
  const at = left.findIndex((octet, i) => octet !== right[i]);
  return at < 0 ? 0 : left[at]! - right[at]!;
};

/** In a machine's own network: the ends of its pods' networks, as the plugin ptp makes them. Undefined in that of a pod. */
function podsBehind({ world, sandbox, caller }: System): { veth: string; address: string; uid: string }[] | undefined {
  if (sandbox && !sandbox.hostNetwork) return undefined;
  return world.sandboxes
    .find('machine', caller.machine)
    .filter(({ hostNetwork, state, ip }) => !hostNetwork && state === 'ready' && ip)
    .toSorted((a, b) => a.createdAt - b.createdAt)
    .map((one) => ({ veth: `veth${fnv1a32(one.id).toString(16).padStart(8, '0')}`, address: one.ip, uid: one.uid }));
}

export const ip = once('ip', (system, args) => {
  const words = args.filter((arg) => !arg.startsWith('-'));
  const object = words[0] ?? '';
  const own = addressOf(system);
  if (words.some((word) => /^(add|del|set|replace|change)$/.test(word))) {
    system.err(isBusybox(system) ? 'ip: RTNETLINK answers: Operation not permitted\n' : 'RTNETLINK answers: Operation not permitted\n');
    return 2;
  }
  const pods = podsBehind(system);
  const group = isBusybox(system) ? '' : 'group default ';
  if (/^(a|ad|add|addr|address)$/.test(object) && pods) {
    system.out(
      `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN ${group}qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP ${group}qlen 1000\n    link/ether ${macOf(own)} brd ff:ff:ff:ff:ff:ff\n    inet ${own}/24 brd ${netOf(own)}.255 scope global eth0\n       valid_lft forever preferred_lft forever\n`,
    );
    for (const [i, { veth, address, uid }] of pods.entries())
      system.out(
        `${i + 3}: ${veth}@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP ${group}qlen 1000\n    link/ether ${macOf(gatewayOf(address))} brd ff:ff:ff:ff:ff:ff${group && ` link-netns cni-${uid}`}\n    inet ${gatewayOf(address)}/32 scope global ${veth}\n       valid_lft forever preferred_lft forever\n`,
      );
    return 0;
  }
  if (/^(a|ad|add|addr|address)$/.test(object)) {
    system.out(
      `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN ${isBusybox(system) ? '' : 'group default '}qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n2: eth0@if12: <BROADCAST,MULTICAST,UP,LOWER_UP${isBusybox(system) ? ',M-DOWN' : ''}> mtu 1500 qdisc noqueue state UP ${isBusybox(system) ? '' : 'group default '}qlen 1000\n    link/ether ${macOf(own)} brd ff:ff:ff:ff:ff:ff${isBusybox(system) ? '' : ' link-netnsid 0'}\n    inet ${own}/24 brd ${netOf(own)}.255 scope global eth0\n       valid_lft forever preferred_lft forever\n`,
    );
    return 0;
  }
  if (/^(r|ro|route)$/.test(object) && pods) {
    const others = system.world.machines.values().filter(({ name }) => name !== system.caller.machine);
    system.out(`default via ${gatewayOf(own)} dev eth0 \n`);
    for (const line of [
      ...pods.map(({ address, veth }) => `${address} dev ${veth} scope host \n`),
      ...others.filter(({ podCidr }) => podCidr).map((one) => `${one.podCidr} via ${one.ip} dev eth0 \n`),
    ].sort(byFirstAddress))
      system.out(line);
    system.out(`${netOf(own)}.0/24 dev eth0 proto kernel scope link src ${own} \n`);
    return 0;
  }
  if (/^(r|ro|route)$/.test(object)) {
    const gateway = gatewayOf(own);
    system.out(
      `default via ${gateway} dev eth0 \n${netOf(own)}.0/24 via ${gateway} dev eth0 ${isBusybox(system) ? '' : 'src '}${isBusybox(system) ? ` src ${own} ` : `${own} `}\n${gateway} dev eth0 scope link  src ${own} \n`,
    );
    return 0;
  }
  if (/^(l|li|link)$/.test(object)) {
    system.out(
      `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n2: eth0@if12: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP qlen 1000\n    link/ether ${macOf(own)} brd ff:ff:ff:ff:ff:ff\n`,
    );
    return 0;
  }
  if (/^(n|neigh|neighbour|neighbor)$/.test(object)) {
    system.out(`${gatewayOf(own)} dev eth0 lladdr ${macOf(gatewayOf(own))} REACHABLE \n`);
    return 0;
  }
  system.err(
    isBusybox(system)
      ? 'BusyBox v1.37.0 (2024-09-26 21:31:42 UTC) multi-call binary.\n\nUsage: ip [OPTIONS] address|route|link|tunnel|neigh|rule [ARGS]\n'
      : 'Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n',
  );
  return 1;
});

export const ifconfig = once('ifconfig', (system) => {
  const own = addressOf(system);
  const block = (name: string, kind: string, lines: readonly string[]): string =>
    `${name.padEnd(10)}${kind}\n${lines.map((line) => `          ${line}\n`).join('')}\n`;
  system.out(
    block('eth0', `Link encap:Ethernet  HWaddr ${macOf(own).toUpperCase()}  `, [
      `inet addr:${own}  Bcast:${netOf(own)}.255  Mask:255.255.255.0`,
      'UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1',
      'RX packets:12 errors:0 dropped:0 overruns:0 frame:0',
      'TX packets:6 errors:0 dropped:0 overruns:0 carrier:0',
      'collisions:0 txqueuelen:1000 ',
      'RX bytes:1032 (1.0 KiB)  TX bytes:446 (446.0 B)',
    ]) +
      block('lo', 'Link encap:Local Loopback  ', [
        'inet addr:127.0.0.1  Mask:255.0.0.0',
        'UP LOOPBACK RUNNING  MTU:65536  Metric:1',
        'RX packets:0 errors:0 dropped:0 overruns:0 frame:0',
        'TX packets:0 errors:0 dropped:0 overruns:0 carrier:0',
        'collisions:0 txqueuelen:1000 ',
        'RX bytes:0 (0.0 B)  TX bytes:0 (0.0 B)',
      ]),
  );
  return 0;
});

export const route = once('route', (system) => {
  const own = addressOf(system);
  const row = (...cells: string[]): string =>
    `${cells[0]!.padEnd(15)} ${cells[1]!.padEnd(15)} ${cells[2]!.padEnd(15)} ${cells[3]!.padEnd(5)} 0      0        0 eth0\n`;
  system.out(
    `Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n${row('0.0.0.0', gatewayOf(own), '0.0.0.0', 'UG')}${row(`${netOf(own)}.0`, gatewayOf(own), '255.255.255.0', 'UG')}${row(gatewayOf(own), '0.0.0.0', '255.255.255.255', 'UH')}`,
  );
  return 0;
});

export const arp = once('arp', (system) => {
  const gateway = gatewayOf(addressOf(system));
  system.out(`? (${gateway}) at ${macOf(gateway)} [ether]  on eth0\n`);
  return 0;
});
