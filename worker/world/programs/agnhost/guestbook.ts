// agnhost guestbook: a store of texts, as a primary that tells its replicas, a replica, or a frontend that asks them. Mirrors test/images/agnhost/guestbook.

import { goJson } from '../../../lib/go-format.ts';
import { newFetching } from '../../commands/http-client.ts';
import type { Fetching } from '../../commands/http-client.ts';
import { addressOf } from '../../commands/system-info.ts';
import type { HttpAnswer } from '../../network/http-server.ts';
import { resolveHost } from '../../network/resolve.ts';
import type { System } from '../../process/system.ts';
import { eventServer } from '../event-server.ts';
import type { Later, Work } from '../event-server.ts';
import { flag } from './flags.ts';
import { goGet, noSuchHost } from './go-client.ts';
import { formOf, logLine, notFound, text } from './server.ts';

const [REGISTER_MS, RETRY_MS, ASK_MS] = [15_000, 1000, 5000];

interface State {
  readonly backendPort: string;
  store: Record<string, string>;
  readonly replicas: string[];
  registration?: Registration;
}

/** A replica that its primary does not know yet. */
interface Registration {
  readonly primary: string;
  readonly until: number;
  next: number;
  fetching?: Fetching;
}

export const guestbook = eventServer<State>({
  name: 'agnhost guestbook',
  begin: (system) => {
    const primary = flag(system, 'replicaof') ?? '';
    const state: State = {
      backendPort: flag(system, 'backend-port') ?? '6379',
      store: {},
      replicas: [],
      ...(primary && { registration: { primary, until: system.now() + REGISTER_MS, next: system.now() } }),
    };
    return { state, ports: [{ port: Number(flag(system, 'http-port') ?? 80) }] };
  },
  between: (system, state) => (state.registration ? register(system, state, state.registration) : undefined),
  answer: (system, request, state, work) => {
    const form = formOf(request);
    const [host, key, value, cmd] = ['host', 'key', 'value', 'cmd'].map((name) => form.get(name) ?? '') as [string, string, string, string];
    const logOnce = (line: string): void => {
      if (work.kept === undefined) log(system, line);
    };
    switch (request.path) {
      case '/register':
        log(system, `GET /register?host=${host}`);
        state.replicas.push(host);
        log(system, `Node '${host}' registered.`);
        return dataOf(state.store);
      case '/get':
        log(system, `GET /get?key=${key}`);
        return dataOf(key === '' ? state.store : (state.store[key] ?? ''));
      case '/set':
        logOnce(`GET /set?key=${key}&value=${value}`);
        return key === '' ? EMPTY_KEY : set(system, state, work, key, value);
      case '/guestbook':
        logOnce(`GET /guestbook?cmd=${cmd.toLowerCase()}&key=${key}&value=${value}`);
        return ask(system, state, work, cmd.toLowerCase(), key, value);
      default:
        return notFound();
    }
  },
});

const log = (system: System, line: string): void => system.err(logLine(system.now(), line));
const dataOf = (data: unknown): HttpAnswer => text(goJson({ data }));
const EMPTY_KEY: HttpAnswer = text('cannot set with empty key.\n', 400);
/** http.StatusExpectationFailed: a server behind this one did not do as it should. */
const failed = (message: string): HttpAnswer => text(`${message}\n`, 417);

/** One try, a second after the one before; after so many it gives up, and ends. */
function register(system: System, state: State, registration: Registration): Later | { readonly exit: number } | undefined {
  const { primary, until, next } = registration;
  if (system.now() < next) return { wait: { until: next } };
  const retry = (problem: string): Later | { readonly exit: number } => {
    log(system, `${problem}. Retrying in 1s.`);
    delete registration.fetching;
    registration.next = system.now() + RETRY_MS;
    if (registration.next < until) return { wait: { until: registration.next } };
    log(system, 'Timed out while registering to primary.');
    return { exit: 1 };
  };
  const at = `${primary}:${state.backendPort}`;
  const request = `register?host=${addressOf(system)}`;
  if (!registration.fetching) {
    if (!('addresses' in resolveHost(system.world, system.caller, system.files, primary)))
      return retry(`unable to get IP ${at}: dial udp: ${noSuchHost(system, primary)}`);
    log(system, `Registering to primary: ${at}/${request}`);
    registration.fetching = newFetching(system);
  }
  const got = goGet(system, registration.fetching, `http://${at}/${request}`, { timeoutMs: ASK_MS });
  if ('wait' in got) return got;
  if ('error' in got) return retry(`encountered error while registering to primary: ${got.error}`);
  try {
    state.store = { ...(JSON.parse(got.message.body) as { data: Record<string, string> }).data };
  } catch (error) {
    log(system, `Error while unmarshaling primary's response: ${(error as Error).message}`);
    return { exit: 1 };
  }
  delete state.registration;
  log(system, `Registered to node: ${primary}`);
  return undefined;
}

/** Replicas are told one after the other. */
function set(system: System, { store, replicas, backendPort }: State, work: Work, key: string, value: string): HttpAnswer | Later {
  store[key] = value;
  const kept = (work.kept ??= { told: 0 }) as { told: number; fetching?: Fetching };
  while (kept.told < replicas.length) {
    const replica = replicas[kept.told]!;
    kept.fetching ??= newFetching(system);
    const got = goGet(system, kept.fetching, `http://${replica}:${backendPort}/set?key=${key}&value=${value}`, { timeoutMs: ASK_MS });
    if ('wait' in got) return got;
    if ('error' in got) return failed(`encountered error while propagating to replica '${replica}': ${got.error}`);
    delete kept.fetching;
    kept.told++;
  }
  return text(goJson({ message: 'Updated' }));
}

/** The frontend's way to the Services of the primary and of the replicas. */
function ask(system: System, { backendPort }: State, work: Work, cmd: string, key: string, value: string): HttpAnswer | Later {
  if (cmd !== 'get' && cmd !== 'set') return text(`unsupported cmd: '${cmd}'\n`, 400);
  if (cmd === 'set' && key === '') return EMPTY_KEY;
  const host = cmd === 'get' ? 'agnhost-replica' : 'agnhost-primary';
  if (work.kept === undefined && !('addresses' in resolveHost(system.world, system.caller, system.files, host)))
    return text(`host and/or port param are invalid. ${noSuchHost(system, host)}\n`, 400);
  const fetching = (work.kept ??= newFetching(system)) as Fetching;
  const got = goGet(system, fetching, `http://${host}:${backendPort}/${cmd}?key=${key}&value=${value}`, { timeoutMs: ASK_MS });
  if ('wait' in got) return got;
  return 'error' in got ? failed(`encountered error: ${got.error}`) : text(got.message.body);
}
