// Files as answers. Mirrors ngx_http_static_module, ngx_http_index_module and ngx_http_autoindex_module.

import { FileError } from '../../files/error.ts';
import type { FileSystem } from '../../files/file-system.ts';
import type { Inode } from '../../files/inode.ts';
import { httpDate } from '../../network/http.ts';
import type { HttpAnswer, HttpRequest } from '../../network/http-server.ts';
import { logError } from './asked.ts';
import type { Asked } from './asked.ts';
import { html, redirect } from './pages.ts';
import type { Location, Settings } from './site.ts';

/** What is to be answered in place of a file. */
export type Instead = { readonly failed: number } | { readonly index: string };

/** Workers run as nginx, whoever started the master. */
const WORKER = { uid: 101, gid: 101, groups: [101] };

/** Where a path is on disk. */
export const diskPath = (path: string, location: Location | undefined, { root, alias }: Settings): string =>
  alias === undefined
    ? `${root.startsWith('/') ? root : `/etc/nginx/${root}`}${path}`
    : alias + path.slice(location?.kind === '' || location?.kind === '^~' || location?.kind === '=' ? location.path.length : 0);

/** What is on disk at a path: its answer, the status with which it fails, or the index that stands for a directory. */
export function fileAt(asked: Asked, path: string, location: Location | undefined, settings: Settings): HttpAnswer | Instead {
  const { request, context } = asked;
  const disk = diskPath(path, location, settings);
  let inode: Inode;
  try {
    inode = context.files.stat(disk.replace(/(.)\/$/, '$1'));
    if (inode.type !== 'dir' && path.endsWith('/')) throw new FileError('ENOTDIR', disk);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const code = error.code === 'EACCES' ? 403 : 404;
    const said = path.endsWith('/') && settings.index[0] ? `${disk}${settings.index[0]}` : disk;
    logError(
      asked,
      error.code === 'EACCES'
        ? `open() "${said}" failed (13: Permission denied)`
        : path.endsWith('/')
          ? `"${said}" is not found (2: No such file or directory)`
          : `open() "${said}" failed (2: No such file or directory)`,
    );
    return { failed: code };
  }
  if (inode.type === 'dir') {
    if (!path.endsWith('/'))
      return redirect(
        asked,
        301,
        `http://${request.headers.get('host') ?? 'localhost'}${asked.port === 80 || /:\d+$/.test(request.headers.get('host') ?? '') ? '' : `:${asked.port}`}${path}/`,
      );
    for (const name of settings.index) if (context.files.find(`${disk}/${name}`)?.type === 'file') return { index: `${path}${name}` };
    if (settings.autoindex) return listing(context.files, disk, path);
    logError(asked, `directory index of "${disk}" is forbidden`);
    return { failed: 403 };
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return { failed: 405 };
  if (!context.files.as(WORKER).may(inode, 4)) {
    logError(asked, `open() "${disk}" failed (13: Permission denied)`);
    return { failed: 403 };
  }
  return served(asked, disk, inode, settings);
}

function served({ site, request, context }: Asked, path: string, inode: Inode, settings: Settings): HttpAnswer {
  const body = context.files.read(path);
  const extension = /\.([^./]+)$/.exec(path)?.[1] ?? '';
  const etag = `"${Math.floor(inode.mtime / 1000).toString(16)}-${body.length.toString(16)}"`;
  const headers: [string, string][] = [
    ['Content-Type', site.types[extension] ?? settings.type ?? site.defaultType],
    ['Last-Modified', httpDate(inode.mtime)],
  ];
  const extra = settings.headers.map(([name, value]) => [name, value] as [string, string]);
  if (request.headers.get('if-none-match') === etag || request.headers.get('if-modified-since') === httpDate(inode.mtime))
    return { status: 304, headers: [...headers.slice(1), ['ETag', etag], ...extra], body: '' };
  return {
    status: 200,
    headers: [...headers, ['Connection', keepAlive(request)], ['ETag', etag], ['Accept-Ranges', 'bytes'], ...extra],
    body,
  };
}

const keepAlive = ({ headers, version }: HttpRequest): string =>
  version === 'HTTP/1.1' ? ((headers.get('connection') ?? '').toLowerCase() === 'close' ? 'close' : 'keep-alive') : 'close';

function listing(files: FileSystem, disk: string, path: string): HttpAnswer {
  const rows = files.list(disk.replace(/(.)\/$/, '$1')).map((name) => {
    const inode = files.find(`${disk}/${name}`);
    const shown = inode?.type === 'dir' ? `${name}/` : name;
    const at = new Date(inode?.mtime ?? 0).toUTCString();
    const date = `${at.slice(5, 7)}-${at.slice(8, 11)}-${at.slice(12, 16)} ${at.slice(17, 22)}`;
    return `<a href="${shown}">${shown}</a>${' '.repeat(Math.max(1, 51 - shown.length))}${date}${(inode?.type === 'dir' ? '-' : String(inode?.content?.length ?? 0)).padStart(20)}\n`;
  });
  return html(
    200,
    `<html>\r\n<head><title>Index of ${path}</title></head>\r\n<body>\r\n<h1>Index of ${path}</h1><hr><pre><a href="../">../</a>\n${rows.join('')}</pre><hr></body>\r\n</html>\r\n`,
  );
}
