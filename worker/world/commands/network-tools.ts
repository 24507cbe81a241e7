// Tools that reach others: nc, telnet, ping, traceroute.

import { walk } from '../network/route.ts';
import { resolveHost } from '../network/resolve.ts';
import type { Next, Tool } from '../process/program.ts';
import type { System } from '../process/system.ts';
import { gatewayOf } from './interface-tools.ts';
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
