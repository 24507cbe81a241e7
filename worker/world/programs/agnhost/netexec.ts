// agnhost netexec: answers by HTTP, UDP and SCTP who it is and who asks, and asks others when told to. Its `/shell` and `/upload` are not here.

import { goJson } from '../../../lib/go-format.ts';
import { parseDuration } from '../../../lib/time.ts';
import { ended } from '../../process/program.ts';
import type { Connection } from '../../network/connection.ts';
import type { Handled, HttpAnswer, HttpRequest } from '../../network/http-server.ts';
import type { ServiceContext } from '../../process/program.ts';
import { datagramsAt } from './datagrams.ts';
import { dial } from './dial.ts';
import { flag, numberFlag } from './flags.ts';
import { formOf, httpAt, logTo, notFound, redirect, server, text } from './server.ts';
import type { Keep } from './server.ts';

const HTTP_PORT = 8080;
const UDP_PORT = 8081;

export const netexec = server({
  subcommand: 'netexec',
  lines: (keep) => {
    const udpPort = numberFlag(keep, 'udp-port', UDP_PORT);
    const addresses = (flag(keep, 'udp-listen-addresses') ?? '').split(',');
    return [
      `Started HTTP server on port ${numberFlag(keep, 'http-port', HTTP_PORT)}`,
      ...(udpPort < 0 ? [] : addresses.map((address) => `Started UDP server on port ${address} ${udpPort}`)),
      ...(flag(keep, 'sctp-port') === undefined ? [] : ['Started SCTP server']),
    ];
  },
  listeners: (keep) => {
    const udpPort = numberFlag(keep, 'udp-port', UDP_PORT);
    const sctpPort = numberFlag(keep, 'sctp-port', -1);
    const override = flag(keep, 'http-override');
    const http = httpAt(numberFlag(keep, 'http-port', HTTP_PORT), (request, context, connection) =>
      answer(override === undefined ? request : overridden(request, override), context, connection, keep),
    );
    return [
      flag(keep, 'tls-cert-file') ? { ...http, isTls: true } : http,
      ...(udpPort < 0 ? [] : [datagramsAt(udpPort, 'UDP', answerDatagram)]),
      ...(sctpPort < 0 ? [] : [datagramsAt(sctpPort, 'SCTP', answerDatagram)]),
    ];
  },
  signal: (keep, signal, context) => {
    if (signal === 'INT' || signal === 'QUIT') return ended(2);
    if (signal !== 'TERM' || keep.isStopping) return 'ignored';
    const seconds = numberFlag(keep, 'delay-shutdown', 0);
    if (seconds <= 0) return ended(0);
    logTo(context, `Sleeping ${seconds} seconds before terminating...`);
    context.exit?.(0, seconds * 1000);
    return { ...keep, isStopping: true };
  },
});

/** What is asked for whatever was asked. */
const overridden = (request: HttpRequest, target: string): HttpRequest => {
  const [path = '', query = ''] = target.split('?');
  return { ...request, method: 'GET', target, path, query };
};

type Route = (request: HttpRequest, context: ServiceContext, connection: Connection, keep: Keep) => Handled;

function answer(request: HttpRequest, context: ServiceContext, connection: Connection, keep: Keep): Handled {
  const route = ROUTES[request.path] ?? (request.path.startsWith('/') ? ROUTES['/'] : undefined);
  return route ? route(request, context, connection, keep) : notFound();
}

const hostname: Route = ({ path }, context) => {
  logTo(context, `GET ${path}`);
  return text(context.hostname);
};

const ROUTES: Readonly<Record<string, Route>> = {
  '/': (_request, context) => {
    logTo(context, 'GET /');
    const now = new Date(context.now()).toISOString().replace('T', ' ').replace('Z', '');
    return text(`NOW: ${now} +0000 UTC m=+${((context.now() - context.startedAt) / 1000).toFixed(9)}`);
  },
  '/hostname': hostname,
  '/hostName': hostname,
  '/clientip': ({ client, clientPort }, context) => {
    logTo(context, 'GET /clientip');
    return text(`${client}:${clientPort}`);
  },
  '/header': (request, context) => {
    const key = formOf(request).get('key') ?? '';
    logTo(context, `GET /header${key && `?key=${key}`}`);
    return text(key ? (request.headers.get(key) ?? '') : goJson(headersOf(request)));
  },
  '/dial': dial,
  '/echo': (request, context) => {
    const form = formOf(request);
    const [msg, code] = [form.get('msg') ?? '', form.get('code') ?? ''];
    logTo(context, `GET /echo?msg=${msg}&code=${code}`);
    return isInteger(code) ? text(msg, Number(code) || 200) : notInteger('code');
  },
  '/exit': exit,
  '/shutdown': (_request, context) => {
    logTo(context, 'GET /shutdown');
    context.exit?.(0);
    return text('');
  },
  '/healthz': (_request, context, _connection, keep) => {
    logTo(context, 'GET /healthz');
    return hasDatagrams(keep) ? text('') : text('', 412);
  },
  '/readyz': (_request, context, _connection, keep) => {
    logTo(context, 'GET /readyz');
    if (keep.isStopping) return text('shutting down', 503);
    return hasDatagrams(keep) ? text('ok') : text('', 412);
  },
  '/redirect': (request, context) => {
    const form = formOf(request);
    const [location, code] = [form.get('location') ?? '', form.get('code') ?? ''];
    logTo(context, `${request.method} /redirect?msg=${location}&code=${code}`);
    return isInteger(code) ? redirect(request, location, Number(code) || 302) : notInteger('code');
  },
};

/** It counts as healthy once its server of datagrams runs. */
const hasDatagrams = (keep: Keep): boolean => numberFlag(keep, 'udp-port', UDP_PORT) >= 0 || numberFlag(keep, 'sctp-port', -1) >= 0;

const isInteger = (value: string): boolean => value === '' || /^[+-]?\d+$/.test(value);
const notInteger = (name: string, what = 'an integer'): HttpAnswer => text(`argument '${name}' must be ${what} or empty\n`);

function exit(request: HttpRequest, context: ServiceContext): HttpAnswer {
  const form = formOf(request);
  const [wait, timeout, code] = ['wait', 'timeout', 'code'].map((name) => form.get(name) ?? '') as [string, string, string];
  logTo(context, `GET /exit?code=${code}&timeout=${timeout}&wait=${wait}`);
  for (const [name, value] of Object.entries({ timeout, wait }))
    if (value !== '' && parseDuration(value) === undefined) return notInteger(name, 'a valid golang duration');
  if (!isInteger(code)) return notInteger('code', 'an integer [0-127]');
  logTo(
    context,
    `Will begin shutdown in ${wait || '0s'}, allowing ${timeout || '0s'} for connections to close, then will exit with ${Number(code)}`,
  );
  context.exit?.(Number(code), parseDuration(wait || '0'));
  return text('');
}

const headersOf = ({ headers }: HttpRequest): Record<string, string[]> => {
  const out: Record<string, string[]> = {};
  for (const [name, value] of headers.list) {
    const canonical = name.toLowerCase().replace(/(^|-)([a-z])/g, (_all, dash: string, letter: string) => dash + letter.toUpperCase());
    if (canonical !== 'Host') (out[canonical] ??= []).push(value);
  }
  return Object.fromEntries(Object.entries(out).sort(([a], [b]) => (a < b ? -1 : 1)));
};

function answerDatagram(received: string, client: string, context: ServiceContext): string {
  const asked = received.trim().toLowerCase();
  if (asked === 'hostname') {
    logTo(context, 'Sending udp hostName response');
    return context.hostname;
  }
  if (asked.startsWith('echo ')) {
    const words = asked.slice('echo '.length);
    logTo(context, `Echoing ${words} to UDP client ${client}`);
    return words;
  }
  if (asked === 'clientip') {
    logTo(context, `Sending clientip back to UDP client ${client}`);
    return client;
  }
  if (asked) logTo(context, `Unknown UDP command received from ${client}: ${asked}`);
  return '';
}
