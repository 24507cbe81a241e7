// Asking a name server: the question goes by UDP to port 53 of the server's address, along the same way as any packet, and is answered by the CoreDNS that it reaches.

import { currentCorefile } from '../programs/control-plane/coredns-reload.ts';
import { appendLog } from '../runtime/log.ts';
import type { World } from '../world.ts';
import type { Caller } from './connect.ts';
import { walk } from './route.ts';

export type RecordType = 'A' | 'AAAA' | 'SRV' | 'CNAME' | 'PTR' | 'TXT' | 'NS' | 'SOA' | 'MX' | 'ANY';

export interface DnsRecord {
  /** With a dot at its end. */
  readonly name: string;
  readonly type: RecordType;
  readonly ttl: number;
  readonly data: string;
}

export interface DnsAnswer {
  readonly code: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED';
  readonly answers: readonly DnsRecord[];
  readonly isAuthoritative: boolean;
  /** Its server's `log` wants a line about it. */
  readonly isLogged?: boolean;
}

export interface DnsQuestion {
  /** With a dot at its end. */
  readonly name: string;
  readonly type: RecordType;
  /** The Corefile of the server that answers; undefined for the one that every cluster has without being seen. */
  readonly corefile: string | undefined;
  /** The container that answers. */
  readonly server?: string;
}

export type DnsProblem = 'timeout' | 'refused';

/** Where clusters without visible CoreDNS have their name server. */
const HIDDEN_SERVER = '10.96.0.10';

export function askDns(world: World, caller: Caller, server: string, name: string, type: RecordType): DnsAnswer | DnsProblem {
  const question = { name: name.endsWith('.') ? name : `${name}.`, type };
  if (world.traits.lenient && server === HIDDEN_SERVER && !world.services.count('address', `*|${server}`))
    return world.hooks.answerDns({ ...question, corefile: undefined });
  // The resolver of a machine itself knows the world outside, of which there is none here.
  if (server === '127.0.0.53') return { code: 'NXDOMAIN', answers: [], isAuthoritative: false };
  const { result } = walk(world, caller, server, 53, 'UDP');
  if (result === 'refused') return 'refused';
  if (typeof result === 'string') return 'timeout';
  for (const sandbox of result.targets)
    for (const container of sandbox.containers)
      if (container.state === 'running' && container.main === 'coredns') {
        const corefile = currentCorefile(world, sandbox, container);
        const answer = world.hooks.answerDns({ ...question, corefile, server: container.id });
        if (answer.isLogged) appendLog(world, container.id, 'stdout', queryLine(world, question, answer, result.source));
        return answer;
      }
  return result.targets.length ? 'refused' : 'timeout';
}

/** Bytes of a header, of what follows a name in a question and in a record, and what a zone's SOA takes beside its name. */
const [HEADER, QUESTION, RECORD, SOA] = [12, 4, 10, 78];

/** As the plugin `log` of CoreDNS writes it: `10.244.1.7:41234 - 36188 "A IN web.default.svc.cluster.local. udp 51 false 512" NOERROR qr,aa,rd 100 0.000123s`. */
function queryLine(
  world: World,
  { name, type }: Pick<DnsQuestion, 'name' | 'type'>,
  { code, answers, isAuthoritative }: DnsAnswer,
  source: string,
): string {
  const wire = (text: string): number => text.length + 1;
  const dataSize = ({ type: kind, data }: DnsRecord): number =>
    kind === 'A' ? 4 : kind === 'AAAA' ? 16 : kind === 'SRV' ? 6 + wire(data.split(' ').at(-1) ?? '') : wire(data);
  const asked = HEADER + wire(name) + QUESTION;
  const size = answers.length
    ? answers.reduce((sum, one) => sum + wire(one.name) + RECORD + dataSize(one), asked)
    : asked + (isAuthoritative ? wire('cluster.local.') + SOA : 0);
  const [port, id, micros] = [32_768 + world.random.below(28_232), world.random.below(65_536), 80 + world.random.below(300)];
  const took = `0.000${String(micros).padStart(3, '0')}${String(world.random.below(1000)).padStart(3, '0')}s`;
  return `[INFO] ${source}:${port} - ${id} "${type} IN ${name} udp ${asked} false 512" ${code} qr,${isAuthoritative ? 'aa,' : ''}rd${isAuthoritative ? '' : ',ra'} ${size} ${took}\n`;
}
