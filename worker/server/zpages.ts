// /statusz and /flagz: what a component is, and with which flags it was started. Text for people, unless a version of their kinds is asked for. Mirrors apiserver
// pkg/server/statusz and pkg/server/flagz, which are on by default since 1.36.
// Differs: flags that nobody gave are not in /flagz; upstream lists them with their defaults. What stands between a name and its value changes with the time of day, so
// that nobody reads it by program; upstream throws dice for it.

import { notAcceptable } from '../api/status.ts';
import { formatTime } from '../lib/time.ts';
import type { Server } from './context.ts';
import type { HttpReply, HttpRequest } from './http.ts';
import { text } from './http.ts';
import { clausesOf, negotiateStatus } from './negotiation.ts';
import { encode } from './render.ts';

export interface Process {
  /** `kube-scheduler` */
  readonly component: string;
  readonly startedAt: number;
  readonly flags: Readonly<Record<string, string>>;
  /** All that it answers to. */
  readonly paths: readonly string[];
}

const [GROUP, SINCE] = ['config.k8s.io', 36];
const VERSIONS = ['v1beta1', 'v1alpha1'];
const TYPES = { 'application/json': 'json', 'application/yaml': 'yaml' } as const;
const BETWEEN = [':', ': ', '=', ' '];
/** What is there for clients, and tells nothing of the component. */
const NOT_FOR_LOOKING = new Set(['apis', 'api', 'openid', 'openapi', '.well-known']);

type Kind = 'Statusz' | 'Flagz';

/** Undefined if the path is none of these. Throws NotAcceptable. */
export function zPage(server: Server, request: HttpRequest, process: () => Process): HttpReply | undefined {
  if (server.registry.config.minor < SINCE) return undefined;
  if (request.path === '/statusz') return answer(server, request, 'Statusz', process());
  return request.path === '/flagz' ? answer(server, request, 'Flagz', process()) : undefined;
}

function answer(server: Server, request: HttpRequest, kind: Kind, process: Process): HttpReply {
  const accept = request.headers.get('accept')?.trim();
  const wanted = accept ? formOf(accept, kind) : 'text';
  if (wanted === 'text') return text(kind === 'Statusz' ? statusText(server, process) : flagText(server, process));
  const facts = kind === 'Statusz' ? statusOf(server, process) : { flags: sorted(process.flags) };
  const value = { kind, apiVersion: `${GROUP}/${wanted.version}`, metadata: { name: process.component }, ...facts };
  const accepted = { ...negotiateStatus(request), encoding: wanted.encoding };
  const reply = encode(accepted, value, server.types('meta.v1.Status'), 200);
  if (wanted.version !== 'v1alpha1') return reply;
  const warning = `299 - "This version of the ${kind.toLowerCase()} endpoint is deprecated. Please use a newer version."`;
  return { ...reply, headers: { ...reply.headers, warning } };
}

function formOf(accept: string, kind: Kind): 'text' | { readonly encoding: 'json' | 'yaml'; readonly version: string } {
  for (const { type, params } of clausesOf(accept)) {
    if (type === 'text/plain' || type === 'text/*' || type === '*/*') return 'text';
    const encoding = Object.hasOwn(TYPES, type) ? TYPES[type as keyof typeof TYPES] : undefined;
    const version = params.get('v') ?? '';
    if (encoding && params.get('g') === GROUP && params.get('as') === kind && VERSIONS.includes(version)) return { encoding, version };
  }
  throw notAcceptable(`only the following media types are accepted: ${[...Object.keys(TYPES), 'text/plain'].join(', ')}`);
}

function statusOf({ version, registry, now }: Server, { startedAt, paths }: Process): Record<string, unknown> {
  const roots = new Set(paths.map((path) => path.split('/')[1] ?? '').filter((root) => root !== '' && !NOT_FOR_LOOKING.has(root)));
  return {
    startTime: formatTime(startedAt),
    uptimeSeconds: Math.max(0, Math.floor((now() - startedAt) / 1000)),
    goVersion: version.goVersion,
    binaryVersion: version.gitVersion.slice(1),
    emulationVersion: `1.${registry.config.minor}`,
    paths: [...roots].sort().map((root) => `/${root}`),
  };
}

const header = (component: string, page: string): string =>
  `\n${component} ${page}\nWarning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.\n\n`;

const betweenOf = ({ now }: Server): string => BETWEEN[Math.floor(now() / 1000) % BETWEEN.length]!;

function statusText(server: Server, process: Process): string {
  const status = statusOf(server, process);
  const up = status['uptimeSeconds'] as number;
  const two = (count: number): string => String(count).padStart(2, '0');
  const lines = [
    ['Started', unixDate(process.startedAt)],
    ['Up', `${Math.floor(up / 3600)} hr ${two(Math.floor(up / 60) % 60)} min ${two(up % 60)} sec`],
    ['Go version', status['goVersion']],
    ['Binary version', status['binaryVersion']],
    ['Emulation version', status['emulationVersion']],
    ['Paths', (status['paths'] as string[]).join(' ')],
  ];
  const between = betweenOf(server);
  return `${header(process.component, 'statusz')}${lines.map(([name, value]) => `${name as string}${between} ${value as string}\n`).join('')}`;
}

function flagText(server: Server, { component, flags }: Process): string {
  const between = betweenOf(server);
  return `${header(component, 'flagz')}${Object.entries(sorted(flags))
    .map(([name, value]) => `${name}${between}${value}\n`)
    .join('')}`;
}

const sorted = (flags: Process['flags']): Process['flags'] =>
  Object.fromEntries(Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1)));

/** `Wed Oct 16 21:03:43 UTC 2024`, the day of the month padded by a blank. */
function unixDate(ms: number): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(ms).toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} UTC ${year}`;
}
