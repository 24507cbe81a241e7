// Links in what a proxy passes on: those that begin at the root of the server behind it must lead through the proxy. Mirrors apimachinery pkg/util/proxy/transport.go.

import { bytesOfChars, charsOfBytes } from '../../lib/text.ts';
import type { HttpReply } from '../http.ts';

export interface Through {
  /** The path that leads to the server: `/api/v1/namespaces/default/services/web/proxy`. */
  readonly prefix: string;
  /** Of the page itself. */
  readonly path: string;
  /** What the server is called. */
  readonly hosts: readonly string[];
}

const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  applet: ['codebase'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
};

export function rewritten(reply: HttpReply, through: Through): HttpReply {
  const { location } = reply.headers;
  if (location) return { ...reply, headers: { ...reply.headers, location: rewriteUrl(location, through) } };
  const type = (reply.headers['content-type'] ?? '').split(';')[0]!.trim();
  if (type !== 'text/html' || reply.headers['content-encoding']) return reply;
  const page = typeof reply.body === 'string' ? reply.body : charsOfBytes(reply.body);
  return { ...reply, body: bytesOfChars(rewritePage(page, through)) };
}

function rewriteUrl(url: string, { prefix, hosts }: Through): string {
  const [, host, path = ''] = /^(?:https?:)?\/\/([^/?#]*)(.*)$/i.exec(url) ?? [url, '', url];
  if ((host && !hosts.includes(host)) || /^[a-z][a-z0-9+.-]*:/i.test(path)) return url;
  if (!path.startsWith('/') || path.startsWith(prefix)) return url;
  return prefix + path;
}

const TAG = /<([a-zA-Z]+)((?:\s+[^\s"'<>=/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)+)(\s*\/?)>/g;
const ATTRIBUTE = /(\s+)([^\s"'<>=/]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'=<>`]+)/g;

function rewritePage(page: string, through: Through): string {
  return page.replace(TAG, (tag, name: string, attributes: string, end: string) => {
    const wanted = ATTRIBUTES[name.toLowerCase()];
    if (!wanted) return tag;
    const changed = attributes.replace(ATTRIBUTE, (whole, space: string, key: string, equals: string, value: string) => {
      if (!wanted.includes(key.toLowerCase())) return whole;
      const quote = /^["']/.exec(value)?.[0] ?? '';
      const url = quote ? value.slice(1, -1) : value;
      return `${space}${key}${equals}${quote}${rewriteUrl(url, through)}${quote}`;
    });
    return `<${name}${changed}${end}>`;
  });
}
