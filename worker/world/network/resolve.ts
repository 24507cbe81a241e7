// From a name to addresses, as getaddrinfo(3) does it: an address as it is, /etc/hosts, then DNS by /etc/resolv.conf with its search list.

import type { FileSystem } from '../files/file-system.ts';
import type { World } from '../world.ts';
import type { Caller } from './connect.ts';
import { askDns } from './dns.ts';
import type { DnsAnswer, DnsProblem, RecordType } from './dns.ts';

export type Resolved = { readonly addresses: readonly string[]; readonly name: string } | { readonly error: 'unknown' | 'timeout' };

export interface ResolverConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly ndots: number;
}

export function resolverOf(files: FileSystem): ResolverConfig {
  const lines = (files.find('/etc/resolv.conf')?.content ?? '').split('\n').map((line) => line.trim().split(/\s+/));
  const of = (word: string): string[][] => lines.filter(([first]) => first === word).map(([, ...rest]) => rest);
  return {
    servers: of('nameserver').map(([server = '']) => server),
    searches: of('search').at(-1) ?? [],
    ndots: Number(
      of('options')
        .flat()
        .find((one) => one.startsWith('ndots:'))
        ?.slice(6) ?? 1,
    ),
  };
}

export function resolveHost(world: World, caller: Caller, files: FileSystem, name: string): Resolved {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name) || name.includes(':')) return { addresses: [name], name };
  const own = hostsEntry(files, name);
  if (own !== undefined) return { addresses: [own], name };
  if (name === 'localhost') return { addresses: ['127.0.0.1'], name };
  const found = search(world, caller, resolverOf(files), name, 'A');
  if (found.problem) return { error: 'timeout' };
  const addresses = found.answer?.answers.filter(({ type }) => type === 'A').map(({ data }) => data) ?? [];
  return addresses.length ? { addresses, name: found.name } : { error: 'unknown' };
}

/** The address that /etc/hosts has for a name. */
export function hostsEntry(files: FileSystem, name: string): string | undefined {
  const lines = (files.find('/etc/hosts')?.content ?? '').split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/));
  const own = lines.filter(([, ...names]) => names.includes(name)).map(([address = '']) => address);
  return own.find((address) => !address.includes(':')) ?? own[0];
}

export interface Searched {
  /** As it was found, without a dot at its end. */
  readonly name: string;
  readonly server: string;
  readonly answer?: DnsAnswer;
  readonly problem?: DnsProblem;
}

/** Tries a name with the domains of the search list, as ndots tells, at each server. */
export function search(
  world: World,
  caller: Caller,
  { servers, searches, ndots }: ResolverConfig,
  name: string,
  type: RecordType,
): Searched {
  const isAbsolute = name.endsWith('.');
  const dots = name.split('.').length - 1;
  const withDomains = searches.map((domain) => `${name}.${domain}`);
  const candidates = isAbsolute ? [name.slice(0, -1)] : dots >= ndots ? [name, ...withDomains] : [...withDomains, name];
  const all = servers.length ? servers : ['127.0.0.1'];
  let last: Searched = { name, server: all[0]!, problem: 'timeout' };
  for (const candidate of candidates) {
    for (const server of all) {
      const answer = askDns(world, caller, server, candidate, type);
      if (typeof answer === 'string') {
        last = { name: candidate, server, problem: answer };
        continue;
      }
      last = { name: candidate, server, answer };
      if (answer.code === 'NOERROR' && answer.answers.length) return last;
      break;
    }
    // A server that is not there is not there for the next name either.
    if (last.problem) return last;
  }
  return last;
}
