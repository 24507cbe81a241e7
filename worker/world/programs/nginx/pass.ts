// Another server answers. Mirrors ngx_http_proxy_module and ngx_http_upstream_module.

import { md5 } from '@noble/hashes/legacy.js';
import { hexOf, utf8 } from '../../../lib/text.ts';
import { formatMessage } from '../../network/http.ts';
import type { HttpAnswer, PassedOn } from '../../network/http-server.ts';
import { resolveHost } from '../../network/resolve.ts';
import { cookieOf, decode, logError, substitute } from './asked.ts';
import type { Asked } from './asked.ts';
import { errorPage } from './pages.ts';
import type { Location, Settings } from './site.ts';

/** `fail` answers an error: what asks no other server again when that one is not there. */
export function pass(
  asked: Asked,
  path: string,
  location: Location | undefined,
  settings: Settings,
  fail: (status: number) => HttpAnswer | PassedOn,
): HttpAnswer | PassedOn {
  const { request, context, site } = asked;
  const match = /^(https?):\/\/([^/:]+)(?::(\d+))?(\/.*)?$/.exec(substitute(asked, settings.proxy!, path));
  if (!match) return fail(500);
  const [, scheme = 'http', name = '', port = scheme === 'https' ? '443' : '80', uri] = match;
  const { members, sticky } = Object.hasOwn(site.upstreams, name)
    ? site.upstreams[name]!
    : { members: [`${name}:${port}`], sticky: undefined };
  const given = sticky && cookieOf(request, sticky.cookie);
  const known = given ? members.find((one) => given === markOf(one)) : undefined;
  const member = known ?? members[context.random.below(Math.max(1, members.length))] ?? '';
  const mark: readonly (readonly [string, string])[] =
    sticky && !known ? [['Set-Cookie', `${sticky.cookie}=${markOf(member)}${sticky.attributes}`]] : [];
  const [memberHost = '', memberPort = '80'] = member.split(':');
  const found = resolveHost(context.world, context.caller, context.files, memberHost);
  const address = 'addresses' in found ? found.addresses[0] : undefined;
  if (!address) return fail(502);
  const rest =
    uri === undefined
      ? path === decode(request.path)
        ? request.target
        : `${path}${request.query ? `?${request.query}` : ''}`
      : `${uri}${request.path.slice(location && location.kind !== '~' && location.kind !== '~*' ? location.path.length : 0)}${request.query ? `?${request.query}` : ''}`;
  const own = new Map(settings.proxyHeaders.map(([key, value]) => [key.toLowerCase(), [key, substitute(asked, value, path)] as const]));
  const hostHeader = own.get('host')?.[1] ?? (port === '80' ? name : `${name}:${port}`);
  const headers: (readonly [string, string])[] = [
    ['Host', hostHeader],
    ['Connection', 'close'],
    ...[...own.values()].filter(([key, value]) => key.toLowerCase() !== 'host' && key.toLowerCase() !== 'connection' && value !== ''),
    ...request.headers.list.filter(
      ([key]) => !/^(host|connection|keep-alive|transfer-encoding)$/i.test(key) && !own.has(key.toLowerCase()),
    ),
  ];
  return {
    to: { address, port: Number(memberPort) },
    request: formatMessage(`${request.method} ${rest} HTTP/${settings.proxyVersion}`, headers, request.body),
    isHead: request.method === 'HEAD',
    finish: (answer) => {
      if (answer)
        return {
          ...answer,
          headers: [
            ...answer.headers.filter(([key]) => !/^(server|date)$/i.test(key)),
            ...settings.headers.map(([key, value]) => [key, value] as const),
            ...mark,
          ],
        };
      logError(asked, `connect() failed (111: Connection refused) while connecting to upstream`);
      const failed = fail(502);
      return 'status' in failed ? failed : errorPage(502, site);
    },
  };
}

/** By which a cookie names a member. */
const markOf = (member: string): string => hexOf(md5(utf8(member)));
