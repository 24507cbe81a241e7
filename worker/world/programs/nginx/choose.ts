// Which server of a configuration is meant, and which of its locations.

import type { HttpRequest } from '../../network/http-server.ts';
import type { ServiceContext } from '../../process/program.ts';
import { expression, parseExpression } from './expression.ts';
import type { Location, Server, Site } from './site.ts';

export const hostOf = ({ headers }: HttpRequest): string => (headers.get('host') ?? '').replace(/:\d+$/, '').toLowerCase();

/** The certificates of the server that a client asks for by SNI. */
export function certificateFor(site: Site, port: number, serverName: string, { files }: ServiceContext): string {
  const path = serverFor(site, port, serverName.toLowerCase())?.certificate ?? '';
  return files.find(path.startsWith('/') ? path : `/etc/nginx/${path}`)?.content ?? '';
}

export function serverFor({ servers }: Site, port: number, host: string): Server | undefined {
  const here = servers.filter(({ ports }) => ports.some((one) => one.port === port));
  return (
    here.find(({ names }) => names.includes(host)) ??
    here.find(({ names }) => names.some((name) => name.startsWith('*.') && host.endsWith(name.slice(1)))) ??
    here.find(({ names }) => names.some((name) => name.endsWith('.*') && host.startsWith(name.slice(0, -1)))) ??
    here.find(({ names }) => names.some((name) => parseExpression(name)?.test(host))) ??
    here.find(({ ports }) => ports.some((one) => one.port === port && one.isDefault)) ??
    here[0]
  );
}

/** The location of a path: exact, then the longest prefix, unless a regular expression fits first. */
export function locationFor(locations: readonly Location[], path: string): Location | undefined {
  const exact = locations.find(({ kind, path: own }) => kind === '=' && own === path);
  if (exact) return exact;
  const prefixes = locations
    .filter(({ kind, path: own }) => (kind === '' || kind === '^~') && path.startsWith(own))
    .sort((a, b) => b.path.length - a.path.length);
  const [longest] = prefixes;
  if (longest?.kind !== '^~') {
    const regular = locations.find(({ kind, path: own }) => (kind === '~' || kind === '~*') && expression(own, kind === '~*').test(path));
    if (regular) return regular;
  }
  return (longest && locationFor(longest.locations, path)) ?? longest;
}
