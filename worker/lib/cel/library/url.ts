// A URL as Go's url.ParseRequestURI reads it: absolute, or a path from the root.

import { goQuote } from '../../go-format.ts';
import { CelError } from '../values.ts';

export interface Url {
  readonly text: string;
  readonly scheme: string;
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly path: string;
  readonly query: Map<string, string[]>;
}

/** Throws CelError. */
export function parseUrl(text: string): Url {
  const refuse = (problem: string): CelError =>
    new CelError(`URL parse error during conversion from string: parse ${goQuote(text)}: ${problem}`);
  if (!text) throw refuse('empty url');
  if (/\p{Cc}/u.test(text)) throw refuse('net/url: invalid control character in URL');
  const parts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(.*)$/s.exec(text)!;
  const scheme = (parts[1] ?? '').toLowerCase();
  const [beforeQuery, search] = splitOnce(parts[2]!, '?');
  if (!scheme && text.startsWith(':')) throw refuse('missing protocol scheme');
  if (!beforeQuery.startsWith('/')) throw refuse('invalid URI for request');
  const authority = /^\/\/([^/]*)(.*)$/s.exec(beforeQuery);
  const host = authority && (scheme || !beforeQuery.startsWith('///')) ? authority[1]! : '';
  const path = authority ? authority[2]! : beforeQuery;
  const withoutUser = host.includes('@') ? host.slice(host.lastIndexOf('@') + 1) : host;
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(path);
  if (bad) throw refuse(`invalid URL escape ${goQuote(bad[0])}`);
  if (/[ "<>\\^`{|}]/.test(withoutUser)) throw refuse(`invalid character ${goQuote(/[ "<>\\^`{|}]/.exec(withoutUser)![0])} in host name`);
  const port = /:([^\]:]*)$/.exec(withoutUser);
  if (port && !/^\d*$/.test(port[1]!)) throw refuse(`invalid port ${goQuote(port[0])} after host`);
  const hostname = (port ? withoutUser.slice(0, port.index) : withoutUser).replace(/^\[(.*)\]$/, '$1');
  return { text, scheme, host: withoutUser, hostname, port: port?.[1] ?? '', path: escapedPath(path), query: queryOf(search) };
}

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

const escapedPath = (path: string): string => path.replaceAll(/[^!-~]|["<>\\^`{|}]/gu, (char) => encodeURIComponent(char));

function queryOf(search: string): Map<string, string[]> {
  const query = new Map<string, string[]>();
  for (const pair of search.split('&')) {
    if (!pair || pair.includes(';')) continue;
    const [key, value] = splitOnce(pair, '=').map(unescaped) as [string | undefined, string | undefined];
    if (key === undefined || value === undefined) continue;
    query.set(key, [...(query.get(key) ?? []), value]);
  }
  return query;
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
