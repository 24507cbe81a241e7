// From a name to addresses, as getaddrinfo(3) does it: an address as it is, /etc/hosts, then DNS by /etc/resolv.conf.

import type { FileSystem } from '../files/file-system.ts';
import type { World } from '../world.ts';
import type { Caller } from './connect.ts';

export type Resolved = { readonly addresses: readonly string[]; readonly name: string } | { readonly error: 'unknown' | 'timeout' };

export function resolveHost(_world: World, _caller: Caller, files: FileSystem, name: string): Resolved {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name) || name.includes(':')) return { addresses: [name], name };
  const hosts = (files.find('/etc/hosts')?.content ?? '').split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/));
  const own = hosts.filter(([, ...names]) => names.includes(name)).map(([address = '']) => address);
  const first = own.find((address) => !address.includes(':')) ?? own[0];
  if (first !== undefined) return { addresses: [first], name };
  if (name === 'localhost') return { addresses: ['127.0.0.1'], name };
  return { error: 'unknown' };
}
