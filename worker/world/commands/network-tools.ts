// Tools about the network: nc, telnet, ping, traceroute, ip, ifconfig, route, arp, netstat, ss.

import { fnv1a32 } from '../../lib/hash.ts';
import { hostSandboxes, walk } from '../network/route.ts';
import type { Connection } from '../network/connection.ts';
import { resolveHost } from '../network/resolve.ts';
import { programs } from '../programs/index.ts';
import type { Next, Tool } from '../process/program.ts';
import { isService } from '../process/program.ts';
import { hostPidOf } from '../process/host-pids.ts';
import { serviceData } from '../process/service-process.ts';
import type { System } from '../process/system.ts';
import { addressOf } from './system-info.ts';
import { isBusybox, once, options, Refusal, steppedTool } from './tool.ts';

const CONNECT_MS = 134_000;

interface NcState {
  phase: 'begin' | 'failing' | 'listening' | 'open';
  fd: number;
  until: number;
  message: string;
  inputEnded: boolean;
  idle: number;
}

/** Connects, or listens, and passes bytes both ways. */
export const nc = steppedTool('nc', ncStep);

function ncStep(system: System): Next {
  const given = options(system, 'lvzkutw:p:nNq:e:i:4c', [], {});
  const [first, second] = given.rest;
  const protocol = given.has('u') ? 'UDP' : 'TCP';
  const state = (system.process.data ??= {
    phase: 'begin',
    fd: -1,
    until: 0,
    message: '',
    inputEnded: false,
    idle: 0,
  } satisfies NcState) as NcState;
  if (state.phase === 'begin') {
    if (given.has('l')) {
      const port = Number(given.get('p') ?? second ?? first);
      if (!(port > 0)) throw new Refusal('invalid port');
      state.fd = system.listen(port, { protocol });
      state.phase = 'listening';
      if (given.has('v')) system.err(isBusybox(system) ? `listening on 0.0.0.0:${port} ...\n` : `Listening on 0.0.0.0 ${port}\n`);
    } else {
      if (first === undefined || second === undefined)
        throw new Refusal(isBusybox(system) ? 'usage: nc [OPTIONS] HOST PORT' : 'missing port number');
      const found = resolveHost(system.world, system.caller, system.files, first);
      if (!('addresses' in found))
        throw new Refusal(
          isBusybox(system) ? `bad address '${first}'` : `getaddrinfo for host "${first}" port ${second}: Name or service not known`,
        );
      const address = found.addresses[0]!;
      const port = Number(second);
      const opened = system.connect(address, port, protocol);
      // Nobody tells a sender of datagrams that they are lost; only a port where nobody listens says so.
      if (protocol === 'UDP' && opened !== 'refused' && (given.has('z') || typeof opened === 'string')) return { exit: 0 };
      if (typeof opened === 'string') {
        const limit = given.has('w') ? Number(given.get('w')) * 1000 : CONNECT_MS;
        const slow = opened === 'refused' ? 0 : opened === 'unreachable' ? Math.min(3070, limit) : limit;
        const why =
          opened === 'refused'
            ? 'Connection refused'
            : opened === 'unreachable'
              ? 'Host is unreachable'
              : isBusybox(system)
                ? 'Operation timed out'
                : 'Connection timed out';
        state.message = isBusybox(system)
          ? slow && slow < CONNECT_MS && opened === 'dropped'
            ? 'nc: timed out'
            : `nc: ${given.has('v') ? `${first} (${address}:${port})` : `can't connect to remote host (${address})`}: ${why}`
          : `nc: connect to ${first} (${address}) port ${port} (${protocol.toLowerCase()}) failed: ${why}`;
        if (!isBusybox(system) && !given.has('v')) state.message = '';
        state.until = system.now() + slow;
        state.phase = 'failing';
      } else {
        if (given.has('v'))
          system.err(
            isBusybox(system)
              ? `${first} (${address}:${port}) open\n`
              : `Connection to ${first} (${address}) ${port} port [${protocol.toLowerCase()}/*] succeeded!\n`,
          );
        if (given.has('z')) return { exit: 0 };
        state.fd = opened;
        state.phase = 'open';
      }
    }
  }
  if (state.phase === 'failing') {
    if (system.now() < state.until) return { wait: { until: state.until } };
    if (state.message) system.err(`${state.message}\n`);
    return { exit: 1 };
  }
  if (state.phase === 'listening') {
    const accepted = system.accept(state.fd);
    if (accepted === undefined) return { wait: { read: state.fd } };
    system.close(state.fd);
    state.fd = accepted;
    state.phase = 'open';
  }
  for (;;) {
    const received = system.read(state.fd);
    if (received === null) {
      // What was there to be sent when the other side fell silent is sent.
      const rest = state.inputEnded ? undefined : system.read(0);
      if (rest) system.write(state.fd, rest);
      return { exit: 0 };
    }
    if (received) {
      system.out(received);
      continue;
    }
    const typed = state.inputEnded ? undefined : system.read(0);
    if (typed === null) {
      state.inputEnded = true;
      if (given.has('N', 'q')) return { exit: 0 };
      state.idle = given.has('w') ? system.now() + Number(given.get('w')) * 1000 : 0;
      system.shutdown(state.fd);
      continue;
    }
    if (typed) {
      system.write(state.fd, typed);
      continue;
    }
    if (state.idle && system.now() >= state.idle) return { exit: 0 };
    // Whichever speaks first: the terminal or the other side.
    return {
      wait: { ...(state.inputEnded ? { read: state.fd } : { read: 0, reads: [state.fd] }), ...(state.idle && { until: state.idle }) },
    };
  }
}

export const telnet: Tool = {
  name: 'telnet',
  step: (system): Next => {
    const [name = '', port = '23'] = system.argv.slice(1);
    const state = (system.process.data ??= {
      phase: 'begin',
      fd: -1,
      until: 0,
      message: '',
      inputEnded: false,
      idle: 0,
    } satisfies NcState) as NcState;
    if (state.phase === 'begin') {
      const found = resolveHost(system.world, system.caller, system.files, name);
      if (!('addresses' in found)) {
        system.err(
          isBusybox(system) ? `telnet: bad address '${name}'\n` : `telnet: could not resolve ${name}/${port}: Name or service not known\n`,
        );
        return { exit: 1 };
      }
      const address = found.addresses[0]!;
      if (!isBusybox(system)) system.out(`Trying ${address}...\n`);
      const opened = system.connect(address, Number(port));
      if (typeof opened === 'string') {
        const why = opened === 'refused' ? 'Connection refused' : opened === 'unreachable' ? 'Host is unreachable' : 'Operation timed out';
        state.message = isBusybox(system)
          ? `telnet: can't connect to remote host (${address}): ${why}\n`
          : `telnet: Unable to connect to remote host: ${why}\n`;
        state.until = system.now() + (opened === 'refused' ? 0 : opened === 'unreachable' ? 3070 : CONNECT_MS);
        state.phase = 'failing';
      } else {
        system.out(
          isBusybox(system)
            ? `\nEntering character mode\nEscape character is '^]'.\n\n`
            : `Connected to ${name}.\nEscape character is '^]'.\n`,
        );
        state.fd = opened;
        state.phase = 'open';
      }
    }
    if (state.phase === 'failing') {
      if (system.now() < state.until) return { wait: { until: state.until } };
      system.err(state.message);
      return { exit: 1 };
    }
    for (;;) {
      const received = system.read(state.fd);
      if (received === null) {
        system.out('Connection closed by foreign host\n');
        return { exit: 1 };
      }
      if (received) {
        system.out(received);
        continue;
      }
      const typed = system.read(0);
      if (typed === null || typed?.includes('\x1d')) return { exit: 0 };
      if (typed) {
        system.write(state.fd, typed.replace(/\r?\n/g, '\r\n'));
        continue;
      }
      return { wait: { read: 0, reads: [state.fd] } };
    }
  },
};

/** Whether an address answers to an echo: pods and machines do, addresses of Services do not. */
function answersEcho(system: System, address: string): boolean {
  if (address.startsWith('127.') || address === gatewayOf(addressOf(system))) return true;
  const { world } = system;
  const isKnown = world.sandboxes.count('ip', address) > 0 || world.machines.values().some(({ ip }) => ip === address);
  return isKnown && typeof walk(world, system.caller, address, 0, 'ICMP').result !== 'string';
}

interface PingState {
  address: string;
  sent: number;
  received: number;
  next: number;
  begin: number;
  /** Of what came back, ms. */
  least: number;
  most: number;
  sum: number;
  squares: number;
}

export const ping: Tool = {
  name: 'ping',
  step: (system): Next => {
    const given = options(system, 'c:w:W:i:s:q4nAfI:t:', [], {});
    const [name = ''] = given.rest;
    let state = system.process.data as PingState | null;
    if (!state) {
      const found = resolveHost(system.world, system.caller, system.files, name);
      if (!('addresses' in found)) {
        system.err(isBusybox(system) ? `ping: bad address '${name}'\n` : `ping: ${name}: Name or service not known\n`);
        return { exit: isBusybox(system) ? 1 : 2 };
      }
      const address = found.addresses[0]!;
      system.process.data = state = {
        address,
        sent: 0,
        received: 0,
        next: system.now(),
        begin: system.now(),
        least: Infinity,
        most: 0,
        sum: 0,
        squares: 0,
      };
      system.out(isBusybox(system) ? `PING ${name} (${address}): 56 data bytes\n` : `PING ${name} (${address}) 56(84) bytes of data.\n`);
    }
    const limit = Number(given.get('c') ?? Infinity);
    const deadline = given.has('w') ? state.begin + Number(given.get('w')) * 1000 : Infinity;
    const { address } = state;
    while (system.now() >= state.next) {
      if (state.sent >= limit || system.now() >= deadline) return { exit: summary(system, name, state) };
      if (answersEcho(system, address)) {
        const time = 0.04 + system.random.below(90) / 1000;
        const ms = time.toFixed(3);
        state.least = Math.min(state.least, time);
        state.most = Math.max(state.most, time);
        state.sum += time;
        state.squares += time * time;
        if (!given.has('q'))
          system.out(
            isBusybox(system)
              ? `64 bytes from ${address}: seq=${state.sent} ttl=${ttlOf(system, address)} time=${ms} ms\n`
              : `64 bytes from ${address}: icmp_seq=${state.sent + 1} ttl=${ttlOf(system, address)} time=${ms} ms\n`,
          );
        state.received++;
      }
      state.sent++;
      const isLast = state.sent >= limit;
      state.next =
        system.now() +
        (isLast && state.received === state.sent ? 0 : isLast ? Number(given.get('W') ?? 10) * 1000 : Number(given.get('i') ?? 1) * 1000);
    }
    return { wait: { until: Math.min(state.next, deadline) } };
  },
  signal: (system, signal) => {
    const state = system.process.data as PingState | null;
    if (signal !== 'INT' || !state) return false;
    system.out('\n');
    summary(system, system.argv.at(-1) ?? '', state);
    return false;
  },
};

const ttlOf = (system: System, address: string): number =>
  address === addressOf(system) || address.startsWith('127.')
    ? 64
    : system.world.sandboxes.find('ip', address)[0]?.machine === system.caller.machine
      ? 63
      : 62;

function summary(system: System, name: string, { sent, received, begin, least, most, sum, squares }: PingState): number {
  const mean = sum / received;
  const times = [least, mean, most].map((time) => time.toFixed(3)).join('/');
  const deviation = Math.sqrt(Math.max(squares / received - mean * mean, 0)).toFixed(3);
  const loss = sent ? Math.round(((sent - received) / sent) * 100) : 0;
  if (isBusybox(system)) {
    system.out(
      `\n--- ${name} ping statistics ---\n${sent} packets transmitted, ${received} packets received, ${loss}% packet loss\n${received ? `round-trip min/avg/max = ${times} ms\n` : ''}`,
    );
  } else
    system.out(
      `\n--- ${name} ping statistics ---\n${sent} packets transmitted, ${received} received, ${loss}% packet loss, time ${system.now() - begin}ms\n${received ? `rtt min/avg/max/mdev = ${times}/${deviation} ms\n` : '\n'}`,
    );
  return received ? 0 : 1;
}

const trace = (name: string): Tool =>
  once(name, (system, args) => {
    const target = args.find((arg) => !arg.startsWith('-')) ?? '';
    const found = resolveHost(system.world, system.caller, system.files, target);
    if (!('addresses' in found))
      throw new Refusal(isBusybox(system) ? `bad address '${target}'` : `${target}: Name or service not known`, 2);
    const address = found.addresses[0]!;
    system.out(`${name} to ${target} (${address}), 30 hops max, ${isBusybox(system) ? 46 : 60} byte packets\n`);
    const to = system.world.sandboxes.find('ip', address)[0];
    const gateway = `${addressOf(system).split('.').slice(0, 3).join('.')}.1`;
    const hops = [
      gateway,
      ...(to && to.machine !== system.caller.machine ? [system.world.machines.get(to.machine)?.ip ?? ''] : []),
      address,
    ];
    const reached = answersEcho(system, address);
    for (const [i, hop] of (reached ? hops : hops.slice(0, 1)).entries())
      system.out(`${String(i + 1).padStart(2)}  ${hop} (${hop})  0.0${10 + i * 9} ms  0.008 ms  0.006 ms\n`);
    if (!reached) for (let i = 2; i <= 30; i++) system.out(`${String(i).padStart(2)}  *  *  *\n`);
    return 0;
  });
export const traceroute = trace('traceroute');
export const tracepath = trace('tracepath');

const macOf = (ip: string): string => ['0e', '42', ...ip.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'))].join(':');
const gatewayOf = (ip: string): string => `${ip.split('.').slice(0, 3).join('.')}.1`;

const netOf = (ip: string): string => ip.split('.').slice(0, 3).join('.');

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
      `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN ${isBusybox(system) ? '' : 'group default '}qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n2: eth0@if12: <BROADCAST,MULTICAST,UP,LOWER_UP${isBusybox(system) ? ',M-DOWN' : ''}> mtu 1500 qdisc noqueue state UP ${isBusybox(system) ? '' : 'group default '}qlen 1000\n    link/ether ${macOf(own)} brd ff:ff:ff:ff:ff:ff${isBusybox(system) ? '' : ' link-netnsid 0'}\n    inet ${own}/24 brd ${own.split('.').slice(0, 3).join('.')}.255 scope global eth0\n       valid_lft forever preferred_lft forever\n`,
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
      `default via ${gateway} dev eth0 \n${own.split('.').slice(0, 3).join('.')}.0/24 via ${gateway} dev eth0 ${isBusybox(system) ? '' : 'src '}${isBusybox(system) ? ` src ${own} ` : `${own} `}\n${gateway} dev eth0 scope link  src ${own} \n`,
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
      `inet addr:${own}  Bcast:${own.split('.').slice(0, 3).join('.')}.255  Mask:255.255.255.0`,
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
    `Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n${row('0.0.0.0', gatewayOf(own), '0.0.0.0', 'UG')}${row(`${own.split('.').slice(0, 3).join('.')}.0`, gatewayOf(own), '255.255.255.0', 'UG')}${row(gatewayOf(own), '0.0.0.0', '255.255.255.255', 'UH')}`,
  );
  return 0;
});

export const arp = once('arp', (system) => {
  const gateway = gatewayOf(addressOf(system));
  system.out(`? (${gateway}) at ${macOf(gateway)} [ether]  on eth0\n`);
  return 0;
});

interface Listening {
  readonly address: string;
  readonly port: number;
  readonly pid: number;
  readonly name: string;
}

/** Where services of a machine listen. */
const OF_SERVICES: readonly (readonly [name: string, port: number, address: string])[] = [
  ['kubelet', 10_248, '127.0.0.1'],
  ['kubelet', 10_250, '0.0.0.0'],
];

/** Who listens in the network that the tool sees. */
function listeningOf(system: System): Listening[] {
  const { world, sandbox } = system;
  const members = sandbox && !sandbox.hostNetwork ? [sandbox] : hostSandboxes(world, system.caller.machine);
  const out: Listening[] = [];
  if (!sandbox || sandbox.hostNetwork) {
    const services = world.machines.get(system.caller.machine)?.services ?? {};
    for (const [name, port, address] of OF_SERVICES) {
      const { state, pid } = services[name] ?? {};
      if (state === 'active') out.push({ port, address, pid: !sandbox || sandbox.hostPid ? (pid ?? 0) : 0, name });
    }
  }
  for (const one of members)
    for (const container of one.containers) {
      const program = container.state === 'running' ? programs.get(container.main) : undefined;
      if (program && isService(program) && container.service !== undefined)
        for (const { port, address } of program.listeners?.(container.service) ?? [])
          out.push({
            port,
            address,
            pid: one.hostNetwork && (!sandbox || sandbox.hostPid) ? hostPidOf(container) : container.id === system.container?.id ? 1 : 0,
            name: container.main,
          });
    }
  for (const process of Object.values(system.namespace.processes)) {
    const data = process.exit ? undefined : serviceData(process);
    const program = programs.get(process.program);
    if (data && program && isService(program))
      for (const { port, address } of program.listeners?.(data.service) ?? [])
        out.push({ port, address, pid: process.pid, name: process.program });
    for (const id of Object.values(process.fds)) {
      const file = system.namespace.files[id];
      if (file?.type === 'listener')
        out.push({ port: file.port, address: '0.0.0.0', pid: process.pid, name: (process.argv[0] ?? '').split('/').at(-1)! });
    }
  }
  return out.sort((a, b) => a.port - b.port);
}

const established = (system: System): Connection[] =>
  system.world.connections
    .values()
    .filter((one) => one.client === system.namespace.id || (system.sandbox !== undefined && one.serverAddress === system.sandbox.ip));

export const netstat = once('netstat', (system, args) => {
  const flags = args.join('');
  if (flags.includes('r')) return (route.step(system), 0);
  const hasPid = flags.includes('p');
  const rows: string[][] = [];
  const own = addressOf(system);
  if (/l|a/.test(flags))
    for (const { address, port, pid, name } of listeningOf(system))
      rows.push(['tcp', '0', '0', `${address}:${port}`, '0.0.0.0:*', 'LISTEN', pid ? `${pid}/${name}` : '-']);
  if (!flags.includes('l'))
    for (const one of established(system))
      rows.push([
        'tcp',
        '0',
        '0',
        one.client === system.namespace.id ? `${own}:${one.clientPort}` : `${own}:${one.targetPort}`,
        one.client === system.namespace.id ? `${one.serverAddress}:${one.port}` : `${one.clientAddress}:${one.clientPort}`,
        'ESTABLISHED',
        '-',
      ]);
  system.out(
    `Active Internet connections (${flags.includes('a') ? 'servers and established' : flags.includes('l') ? 'only servers' : 'w/o servers'})\nProto Recv-Q Send-Q Local Address           Foreign Address         State       ${hasPid ? 'PID/Program name    ' : ''}\n`,
  );
  for (const [proto = '', recv = '', sent = '', local = '', foreign = '', state = '', pid = ''] of rows)
    system.out(
      `${proto.padEnd(5)} ${recv.padStart(6)} ${sent.padStart(6)} ${local.padEnd(23)} ${foreign.padEnd(23)} ${state.padEnd(11)} ${hasPid ? pid : ''}\n`,
    );
  return 0;
});

/** What a filter of ss asks of ports: `sport = :80 or dport = :80`. Everything, if it asks for something else. */
function portFilter(expression: string): (sport: number, dport?: number) => boolean {
  const wanted = [...expression.matchAll(/\b([sd])port\s*(?:==?|eq)\s*:?(\d+)/g)];
  return (sport, dport) => !wanted.length || wanted.some(([, side, port]) => Number(port) === (side === 's' ? sport : dport));
}

export const ss = once('ss', (system, args) => {
  const flags = args.filter((arg) => arg.startsWith('-')).join('');
  const hasPid = flags.includes('p');
  const isWanted = portFilter(args.filter((arg) => !arg.startsWith('-')).join(' '));
  system.out(`${/t/.test(flags) ? '' : 'Netid '}State  Recv-Q Send-Q Local Address:Port  Peer Address:Port${hasPid ? ' Process' : ''}\n`);
  if (/l|a/.test(flags))
    for (const { address, port, pid, name } of listeningOf(system).filter((one) => isWanted(one.port)))
      system.out(
        `${/t/.test(flags) ? '' : 'tcp   '}LISTEN 0      511    ${`${address}:${port}`.padStart(18)} ${'0.0.0.0:*'.padStart(17)}${hasPid && pid ? ` users:(("${name}",pid=${pid},fd=6))` : ''}\n`,
      );
  if (!flags.includes('l'))
    for (const one of established(system).filter(({ clientPort, port }) => isWanted(clientPort, port)))
      system.out(
        `${/t/.test(flags) ? '' : 'tcp   '}ESTAB  0      0      ${`${addressOf(system)}:${one.clientPort}`.padStart(18)} ${`${one.serverAddress}:${one.port}`.padStart(17)}\n`,
      );
  return 0;
});
