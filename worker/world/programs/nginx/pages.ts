// Answers of nginx' own: its pages for a status, redirections, and fixed texts.

import { reasonOf } from '../../network/http.ts';
import type { HttpAnswer } from '../../network/http-server.ts';
import { schemeOf, substitute } from './asked.ts';
import type { Asked } from './asked.ts';
import { NGINX_VERSION } from './index.ts';
import type { Settings, Site } from './site.ts';

/** What `return` says. */
export function fixed(asked: Asked, { status, text }: { status: number; text: string }, settings: Settings, path: string): HttpAnswer {
  const value = substitute(asked, text, path);
  if (status >= 300 && status < 400 && status !== 304) return redirect(asked, status, value);
  if (status === 444) return { status: 444, headers: [], body: '' };
  if (!text && status !== 200 && status !== 204) return withHeaders(asked, errorPage(status, asked.site), settings);
  const extra = settings.headers
    .filter(([, , always]) => always || status < 400)
    .map(([name, one]) => [name, substitute(asked, one, path)] as const);
  return { status, headers: [['Content-Type', settings.type ?? asked.site.defaultType], ...extra], body: value };
}

/** Headers that are added to errors, too. */
export const withHeaders = (asked: Asked, answer: HttpAnswer, { headers }: Settings): HttpAnswer => ({
  ...answer,
  headers: [
    ...answer.headers,
    ...headers.filter(([, , always]) => always).map(([name, value]) => [name, substitute(asked, value, '')] as const),
  ],
});

export const redirect = (asked: Asked, status: number, location: string): HttpAnswer => ({
  ...errorPage(status, asked.site),
  headers: [
    ['Content-Type', 'text/html'],
    [
      'Location',
      location.startsWith('/') ? `${schemeOf(asked)}://${asked.request.headers.get('host') ?? 'localhost'}${location}` : location,
    ],
  ],
});

export const plain = (body: string): HttpAnswer => ({ status: 200, headers: [['Content-Type', 'text/plain']], body });
export const html = (status: number, body: string): HttpAnswer => ({ status, headers: [['Content-Type', 'text/html']], body });

const TITLES: Readonly<Record<number, string>> = {
  302: '302 Found',
  401: '401 Authorization Required',
  413: '413 Request Entity Too Large',
  503: '503 Service Temporarily Unavailable',
  504: '504 Gateway Time-out',
};

/** nginx's own page for a status. */
export function errorPage(status: number, { tellsVersion }: Pick<Site, 'tellsVersion'>): HttpAnswer {
  const title = TITLES[status] ?? `${status} ${reasonOf(status)}`;
  return html(
    status,
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx${tellsVersion ? `/${NGINX_VERSION}` : ''}</center>\r\n</body>\r\n</html>\r\n`,
  );
}
