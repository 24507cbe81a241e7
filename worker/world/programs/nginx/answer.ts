// How nginx answers one request, from rewrites and who may ask to what answers: files, a fixed answer, or another server.

import { cidrContains, parseCidr, parseIp } from '../../../lib/ip.ts';
import type { HttpAnswer, HttpRequest, PassedOn } from '../../network/http-server.ts';
import type { ServiceContext } from '../../process/program.ts';
import { decode, logError, substitute } from './asked.ts';
import type { Asked } from './asked.ts';
import { hostOf, locationFor, serverFor } from './choose.ts';
import { expression } from './expression.ts';
import { diskPath, fileAt } from './files.ts';
import { errorPage, fixed, plain, redirect, withHeaders } from './pages.ts';
import { pass } from './pass.ts';
import { basicCredentials, judge } from './password-file.ts';
import type { Location, Settings, Site } from './site.ts';
import { stubStatus } from './status.ts';

const MAX_INTERNAL = 10;

export function answerRequest(site: Site, port: number, request: HttpRequest, context: ServiceContext): HttpAnswer | PassedOn {
  const server = serverFor(site, port, hostOf(request));
  if (!server) return errorPage(404, site);
  return answerPath({ site, server, request, context, port, variables: new Map() }, decode(request.path), 0);
}

function answerPath(asked: Asked, path: string, depth: number): HttpAnswer | PassedOn {
  if (depth > MAX_INTERNAL) return errorAnswer(asked, asked.server.settings, 500, depth);
  const location = locationFor(asked.server.locations, path);
  if (location?.settings.isInternal && depth === 0) return errorAnswer(asked, asked.server.settings, 404, depth);
  return answerHere(asked, path, location, location?.settings ?? asked.server.settings, depth);
}

function answerHere(asked: Asked, path: string, location: Location | undefined, settings: Settings, depth: number): HttpAnswer | PassedOn {
  const { request, server, variables } = asked;
  for (const [name, value] of settings.variables) variables.set(name.replace('$', ''), substitute(asked, value, path));
  const serverAnswer = server.settings.answer;
  if (serverAnswer) return fixed(asked, serverAnswer, settings, path);
  for (const { from, to, flag } of settings.rewrites) {
    const match = expression(from).exec(path);
    if (!match) continue;
    const target = to.replace(/\$(\d)/g, (_all, n: string) => match[Number(n)] ?? '');
    if (flag === 'redirect' || flag === 'permanent' || /^https?:/.test(target))
      return redirect(asked, flag === 'permanent' ? 301 : 302, substitute(asked, target, path));
    if (flag !== 'break') return answerPath(asked, target.split('?')[0]!, depth + 1);
    return content(asked, target.split('?')[0]!, location, settings, depth);
  }
  if (settings.answer) return fixed(asked, settings.answer, settings, path);
  if (isDenied(settings, request.client)) return errorAnswer(asked, settings, 403, depth);
  const stranger = refusedStranger(asked, settings, depth);
  if (stranger) return stranger;
  if (settings.authRequest) return askedFirst(asked, path, location, settings, depth);
  return admitted(asked, path, location, settings, depth);
}

function admitted(asked: Asked, path: string, location: Location | undefined, settings: Settings, depth: number): HttpAnswer | PassedOn {
  const { request } = asked;
  if (settings.maxBody > 0 && request.body.length > settings.maxBody) return errorAnswer(asked, settings, 413, depth);
  if (settings.tellsStatus) return plain(stubStatus(asked.context));
  return content(asked, path, location, settings, depth);
}

function isDenied({ access }: Settings, client: string): boolean {
  const ip = parseIp(client);
  const isMeant = (who: string): boolean => {
    const range = who === 'all' ? undefined : parseCidr(who.includes('/') ? who : `${who}/${who.includes(':') ? 128 : 32}`);
    return who === 'all' || (ip !== undefined && range !== undefined && cidrContains(range, ip));
  };
  return access.find(({ who }) => isMeant(who))?.allows === false;
}

/** Somebody else says who may: 2xx is a yes, 401 and 403 are passed on. Mirrors ngx_http_auth_request_module. */
function askedFirst(asked: Asked, path: string, location: Location | undefined, settings: Settings, depth: number): HttpAnswer | PassedOn {
  const { request, variables } = asked;
  const decide = (said: HttpAnswer): HttpAnswer | PassedOn => {
    const headerOf = (name: string): string =>
      said.headers.find(([key]) => key.toLowerCase() === name.toLowerCase().replaceAll('_', '-'))?.[1] ?? '';
    for (const [name, value] of settings.authVariables)
      variables.set(
        name.replace('$', ''),
        value.replace(/\$upstream_http_(\w+)/g, (_all, one: string) => headerOf(one)),
      );
    if (said.status >= 200 && said.status < 300) return admitted(asked, path, location, settings, depth);
    if (said.status !== 401 && said.status !== 403) {
      logError(asked, `auth request unexpected status: ${said.status}`);
      return errorAnswer(asked, settings, 500, depth);
    }
    const refusal = errorAnswer(asked, settings, said.status, depth);
    const challenge = headerOf('www-authenticate');
    return 'to' in refusal || said.status === 403 || !challenge || refusal.status !== 401
      ? refusal
      : { ...refusal, headers: [...refusal.headers, ['WWW-Authenticate', challenge]] };
  };
  const { authRequest: target } = settings;
  const question: Asked = {
    ...asked,
    request: { ...request, path: target, query: '', body: '', method: 'GET' },
    variables: new Map([...variables, ['request_method', request.method]]),
  };
  const answer = answerPath(question, target, depth + 1);
  return settled(answer, decide);
}

/** What an answer becomes, now or when it is there. */
function settled(answer: HttpAnswer | PassedOn, next: (answer: HttpAnswer) => HttpAnswer | PassedOn): HttpAnswer | PassedOn {
  return 'to' in answer ? { ...answer, finish: (got) => settled(answer.finish(got), next) } : next(answer);
}

/** What one hears who has to say who he is, and does not. */
function refusedStranger(asked: Asked, settings: Settings, depth: number): HttpAnswer | PassedOn | undefined {
  const { auth, authFile } = settings;
  if (auth === 'off' || !authFile) return undefined;
  const path = authFile.startsWith('/') ? authFile : `/etc/nginx/${authFile}`;
  const given = basicCredentials(asked.request.headers.get('authorization'));
  if (given) {
    const file = asked.context.files.find(path)?.content;
    if (file === undefined) {
      logError(asked, `open() "${path}" failed (2: No such file or directory)`);
      return errorAnswer(asked, settings, 403, depth);
    }
    const verdict = judge(file, given);
    if (verdict === 'welcome') return undefined;
    if (verdict === 'unsupported') {
      logError(asked, 'crypt_r() failed (22: Invalid argument)');
      return errorAnswer(asked, settings, 500, depth);
    }
    logError(asked, verdict === 'unknown' ? `user "${given.user}" was not found in "${path}"` : `user "${given.user}": password mismatch`);
  }
  const refusal = errorAnswer(asked, settings, 401, depth);
  return 'to' in refusal ? refusal : { ...refusal, headers: [...refusal.headers, ['WWW-Authenticate', `Basic realm="${auth}"`]] };
}

function content(asked: Asked, path: string, location: Location | undefined, settings: Settings, depth: number): HttpAnswer | PassedOn {
  if (settings.proxy !== undefined)
    return pass(asked, path, location, settings, (status) => errorAnswer(asked, settings, status, depth + 1));
  if (settings.tryFiles) return tryFiles(asked, path, location, settings, depth);
  return file(asked, path, location, settings, depth);
}

function tryFiles(asked: Asked, path: string, location: Location | undefined, settings: Settings, depth: number): HttpAnswer | PassedOn {
  const list = settings.tryFiles!;
  const { tryFiles: _tried, ...rest } = settings;
  const { files } = asked.context;
  for (const one of list.slice(0, -1)) {
    const candidate = substitute(asked, one, path);
    const inode = files.find(diskPath(candidate.replace(/(.)\/$/, '$1'), location, settings));
    if (inode && (inode.type === 'dir') === candidate.endsWith('/')) return file(asked, candidate, location, rest, depth);
  }
  const last = substitute(asked, list.at(-1)!, path);
  if (/^=\d+$/.test(last)) return errorAnswer(asked, settings, Number(last.slice(1)), depth);
  const named = last.startsWith('@') ? asked.server.locations.find((one) => one.path === last) : undefined;
  if (named) return answerHere(asked, path, named, named.settings, depth + 1);
  return answerPath(asked, last.split('?')[0]!, depth + 1);
}

function file(asked: Asked, path: string, location: Location | undefined, settings: Settings, depth: number): HttpAnswer | PassedOn {
  const found = fileAt(asked, path, location, settings);
  if ('failed' in found) return errorAnswer(asked, settings, found.failed, depth);
  return 'index' in found ? answerIndex(asked, found.index, depth) : found;
}

function answerIndex(asked: Asked, path: string, depth: number): HttpAnswer | PassedOn {
  const location = locationFor(asked.server.locations, path);
  const settings = location?.settings ?? asked.server.settings;
  const { tryFiles: _tried, ...rest } = settings;
  return settings.proxy === undefined ? file(asked, path, location, rest, depth + 1) : answerPath(asked, path, depth + 1);
}

/** An error, with the page that the configuration has for it. */
function errorAnswer(asked: Asked, settings: Settings, status: number, depth: number): HttpAnswer | PassedOn {
  const page = settings.errorPages[status];
  if (page === undefined || depth > 3) return withHeaders(asked, errorPage(status, asked.site), settings);
  if (/^https?:/.test(page)) return redirect(asked, 302, page);
  const asGet: Asked = { ...asked, request: { ...asked.request, method: asked.request.method === 'HEAD' ? 'HEAD' : 'GET' } };
  const named = page.startsWith('@') ? asked.server.locations.find((one) => one.path === page) : undefined;
  const answer = named ? answerHere(asGet, page, named, named.settings, depth + 4) : answerPath(asGet, page, depth + 4);
  return 'status' in answer && answer.status < 300 ? { ...answer, status } : answer;
}
