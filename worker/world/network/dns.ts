// Asking a name server: the question goes by UDP to port 53 of the server's address, along the same way as any packet, and is answered by the CoreDNS that it reaches.

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
        const keep = container.service as { corefile?: string } | undefined;
        return world.hooks.answerDns({ ...question, corefile: keep?.corefile ?? '', server: container.id });
      }
  return result.targets.length ? 'refused' : 'timeout';
}
