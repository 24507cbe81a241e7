// agnhost test-webserver: the files of its container, as Go's http.FileServer shows them.

import { FileError } from '../../files/error.ts';
import { sizeOf } from '../../files/inode.ts';
import type { FileSystem } from '../../files/file-system.ts';
import { httpDate } from '../../network/http.ts';
import type { HttpAnswer, HttpRequest } from '../../network/http-server.ts';
import { numberFlag } from './flags.ts';
import { httpAt, notFound, server, text } from './server.ts';

const HEADERS: HttpAnswer['headers'] = [
  ['Access-Control-Allow-Credentials', 'true'],
  ['Access-Control-Allow-Headers', 'DNT,X-Mx-ReqToken,Keep-Alive,User-Agent,X-Requested-With,Cache-Control,Content-Type'],
  ['Access-Control-Allow-Methods', 'GET, POST, OPTIONS'],
  ['Access-Control-Allow-Origin', '*'],
  ['Cache-Control', 'private'],
];

export const testWebserver = server({
  subcommand: 'test-webserver',
  listeners: (keep) => [
    httpAt(numberFlag(keep, 'port', 80), (request, { files }) => {
      const answer = serveFile(files, request);
      return { ...answer, headers: [...HEADERS, ...answer.headers] };
    }),
  ],
});

const page = (body: string): HttpAnswer => ({ status: 200, headers: [['Content-Type', 'text/html; charset=utf-8']], body });

function serveFile(files: FileSystem, { path: asked }: HttpRequest): HttpAnswer {
  const path = decodeURIComponent(asked);
  try {
    const inode = files.stat(path.replace(/(.)\/+$/, '$1'));
    if (inode.type === 'dir') {
      if (!path.endsWith('/')) return { status: 301, headers: [['Location', `${path.slice(path.lastIndexOf('/') + 1)}/`]], body: '' };
      if (files.find(`${path}index.html`)) return page(files.read(`${path}index.html`));
      return page(
        `<pre>\n${files
          .list(path)
          .map((name) => entry(files, path, name))
          .join('')}</pre>\n`,
      );
    }
    if (path.endsWith('/')) return { status: 301, headers: [['Location', `../${path.split('/').at(-2)}`]], body: '' };
    return {
      status: 200,
      headers: [
        ['Content-Type', typeOf(path)],
        ['Last-Modified', httpDate(inode.mtime)],
        ['Accept-Ranges', 'bytes'],
      ],
      body: inode.content ?? '\0'.repeat(Math.min(sizeOf(inode), 65_536)),
    };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return error.code === 'EACCES' ? text('403 Forbidden\n', 403) : notFound();
  }
}

const entry = (files: FileSystem, dir: string, name: string): string => {
  const shown = files.find(`${dir}${name}`)?.type === 'dir' ? `${name}/` : name;
  return `<a href="${encodeURI(shown)}">${shown.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</a>\n`;
};

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  xml: 'text/xml; charset=utf-8',
};
const typeOf = (path: string): string => TYPES[/\.(\w+)$/.exec(path)?.[1] ?? ''] ?? 'text/plain; charset=utf-8';
