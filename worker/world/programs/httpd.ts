// Apache httpd: serves the files of its document root, with its log and its pages. Not its configuration language: `Listen`, `DocumentRoot` and `ServerName` are read.

import { FileError } from '../files/error.ts';
import { httpDate, reasonOf } from '../network/http.ts';
import { httpListener } from '../network/http-server.ts';
import type { HttpAnswer, HttpRequest } from '../network/http-server.ts';
import { ended } from '../process/program.ts';
import type { Service, ServiceContext } from '../process/program.ts';
import { accessTime } from './nginx/index.ts';

const CONF = '/usr/local/apache2/conf/httpd.conf';
const VERSION = 'Apache/2.4.66 (Unix)';

interface Keep {
  readonly port: number;
  readonly root: string;
  readonly serverName: string;
}

export const httpd: Service<Keep> = {
  name: 'httpd',
  isService: true,
  start({ files, log }) {
    const text = files.find(CONF)?.content;
    if (text === undefined) {
      log('stderr', `httpd: Could not open configuration file ${CONF}: No such file or directory\n`);
      return ended(1, 20);
    }
    const value = (name: string): string | undefined => new RegExp(`^\\s*${name}\\s+"?([^"\\n]+?)"?\\s*$`, 'mi').exec(text)?.[1];
    return {
      port: Number(value('Listen')?.replace(/^.*:/, '') ?? 80),
      root: value('DocumentRoot') ?? '/usr/local/apache2/htdocs',
      serverName: value('ServerName') ?? '',
    };
  },
  startLines({ serverName }, { ip, startedAt }) {
    const at = new Date(startedAt).toUTCString();
    const stamp = `${at.slice(0, 3)} ${at.slice(8, 11)} ${at.slice(5, 7)} ${at.slice(17, 25)}.000000 ${at.slice(12, 16)}`;
    const line = (text: string): { after: number; stream: 'stderr'; text: string } => ({ after: 10, stream: 'stderr', text });
    const name = line(
      `AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using ${ip}. Set the 'ServerName' directive globally to suppress this message`,
    );
    return [
      ...(serverName ? [] : [name, name]),
      line(`[${stamp}] [mpm_event:notice] [pid 1:tid 1] AH00489: ${VERSION} configured -- resuming normal operations`),
      line(`[${stamp}] [core:notice] [pid 1:tid 1] AH00094: Command line: 'httpd -D FOREGROUND'`),
    ];
  },
  listeners: ({ port, root }) => [
    httpListener(port, (request, context) => answer(request, context, root), {
      server: VERSION,
      log: (request, status, bytes, context) =>
        context.log('stdout', `${request.client} - - [${accessTime(context.now())}] "${request.start}" ${status} ${bytes || '-'}\n`),
    }),
  ],
  signal: (_keep, signal, context) => {
    if (signal !== 'WINCH' && signal !== 'TERM' && signal !== 'INT') return 'ignored';
    const at = new Date(context.now()).toUTCString();
    context.log(
      'stderr',
      `[${at.slice(0, 3)} ${at.slice(8, 11)} ${at.slice(5, 7)} ${at.slice(17, 25)}.000000 ${at.slice(12, 16)}] [mpm_event:notice] [pid 1:tid 1] AH0049${signal === 'WINCH' ? '2: caught SIGWINCH, shutting down gracefully' : '1: caught SIGTERM, shutting down'}\n`,
    );
    return ended(0, 40);
  },
  processes: () => [
    { title: 'httpd -DFOREGROUND' },
    ...Array.from({ length: 3 }, () => ({ title: 'httpd -DFOREGROUND', user: 'www-data' })),
  ],
  usage: () => ({ cpu: 1, memory: 9 * 2 ** 20 }),
};

const html = (status: number, body: string): HttpAnswer => ({ status, headers: [['Content-Type', 'text/html; charset=iso-8859-1']], body });

function errorPage(status: number, text: string): HttpAnswer {
  const title = status === 404 ? 'Not Found' : reasonOf(status);
  return html(
    status,
    `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>${status} ${title}</title>\n</head><body>\n<h1>${title}</h1>\n<p>${text}</p>\n</body></html>\n`,
  );
}

function answer({ method, path, headers }: HttpRequest, { files }: ServiceContext, root: string): HttpAnswer {
  const disk = `${root}${path.replace(/%([0-9A-Fa-f]{2})/g, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))}`;
  try {
    const inode = files.stat(disk.replace(/(.)\/+$/, '$1'));
    if (inode.type === 'dir' && !path.endsWith('/'))
      return {
        ...errorPage(301, `The document has moved <a href="${path}/">here</a>.`),
        headers: [
          ['Location', `http://${headers.get('host') ?? ''}${path}/`],
          ['Content-Type', 'text/html; charset=iso-8859-1'],
        ],
      };
    const index = inode.type === 'dir' ? files.find(`${disk}index.html`) : inode;
    if (!index) {
      const names = files.list(disk.replace(/(.)\/+$/, '$1'));
      return {
        status: 200,
        headers: [['Content-Type', 'text/html;charset=ISO-8859-1']],
        body: `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<html>\n <head>\n  <title>Index of ${path}</title>\n </head>\n <body>\n<h1>Index of ${path}</h1>\n<ul>${names.map((name) => `<li><a href="${name}"> ${name}</a></li>\n`).join('')}</ul>\n</body></html>\n`,
      };
    }
    if (method === 'POST') return errorPage(405, `The requested method POST is not allowed for this URL.`);
    const body = files.read(inode.type === 'dir' ? `${disk}index.html` : disk);
    const extension = /\.(\w+)$/.exec(inode.type === 'dir' ? 'index.html' : disk)?.[1] ?? '';
    const type = {
      html: 'text/html',
      htm: 'text/html',
      txt: 'text/plain',
      css: 'text/css',
      js: 'text/javascript',
      json: 'application/json',
      png: 'image/png',
      svg: 'image/svg+xml',
    }[extension];
    return {
      status: 200,
      headers: [
        ['Last-Modified', httpDate(index.mtime)],
        ['ETag', `"${body.length.toString(16)}-${index.mtime.toString(16)}"`],
        ['Accept-Ranges', 'bytes'],
        ...(type ? [['Content-Type', type] as const] : []),
      ],
      body,
    };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return error.code === 'EACCES'
      ? errorPage(403, "You don't have permission to access this resource.")
      : errorPage(404, 'The requested URL was not found on this server.');
  }
}
