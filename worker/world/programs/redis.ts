// redis-server: the commands that examples use, over RESP, with its data in memory and a dump on disk when it stops. Not: replication, clusters, scripts, streams.

import type { Connection } from '../network/connection.ts';
import { ended } from '../process/program.ts';
import type { Service, ServiceContext } from '../process/program.ts';
import { matches } from '../shell/pattern.ts';
import { flagOf } from './web-apps.ts';

const VERSION = '8.4.0';
const MI = 2 ** 20;

interface Keep {
  readonly port: number;
  readonly password: string;
  readonly dir: string;
  readonly appends: boolean;
  readonly isProtected: boolean;
}

type Value = string | { list: string[] } | { set: string[] } | { hash: Record<string, string> } | { zset: Record<string, number> };

interface Entry {
  value: Value;
  /** When it goes, ms. */
  until?: number;
}

type Data = Record<string, Entry>;

export const redis: Service<Keep> = {
  name: 'redis-server',
  isService: true,
  start(context) {
    const { argv, files } = context;
    const config = argv.find((arg) => arg.endsWith('.conf'));
    const text = config === undefined ? '' : files.find(config.startsWith('/') ? config : `${context.cwd}/${config}`)?.content;
    if (text === undefined) {
      context.log(
        'stdout',
        `*** FATAL CONFIG FILE ERROR (Redis ${VERSION}) ***\nReading the configuration file, at line 0\n>>> ''\nFatal error, can't open config file '${config}': No such file or directory\n`,
      );
      return ended(1);
    }
    const setting = (name: string): string | undefined =>
      flagOf(context, name) ?? new RegExp(`^\\s*${name}\\s+"?([^"\\n]*?)"?\\s*$`, 'm').exec(text)?.[1];
    const keep: Keep = {
      port: Number(setting('port') ?? 6379),
      password: setting('requirepass') ?? '',
      dir: setting('dir') ?? '/data',
      appends: setting('appendonly') === 'yes',
      isProtected: false,
    };
    const saved = files.find(dumpPath(keep))?.content;
    if (saved) context.memory.set(JSON.parse(saved) as Data);
    return keep;
  },
  startLines({ port }, { startedAt }) {
    const at = new Date(startedAt).toUTCString();
    const stamp = `${at.slice(5, 16)} ${at.slice(17, 25)}.${String(startedAt % 1000).padStart(3, '0')}`;
    return [
      `1:C ${stamp} * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo`,
      `1:C ${stamp} * Redis version=${VERSION}, bits=64, commit=00000000, modified=0, pid=1, just started`,
      `1:C ${stamp} # Warning: no config file specified, using the default config. In order to specify a config file use redis-server /path/to/redis.conf`,
      `1:M ${stamp} * monotonic clock: POSIX clock_gettime`,
      `1:M ${stamp} * Running mode=standalone, port=${port}.`,
      `1:M ${stamp} * Server initialized`,
      `1:M ${stamp} * Ready to accept connections tcp`,
    ].map((text) => ({ after: 10, stream: 'stdout', text }));
  },
  listeners: (keep) => [{ port: keep.port, address: '0.0.0.0', serve: (connection, context) => serve(connection, context, keep) }],
  signal(keep, signal, context) {
    if (signal !== 'TERM' && signal !== 'INT') return 'ignored';
    const at = new Date(context.now()).toUTCString();
    const stamp = `${at.slice(5, 16)} ${at.slice(17, 25)}.000`;
    context.log(
      'stdout',
      `1:signal-handler (${Math.floor(context.now() / 1000)}) Received SIG${signal} scheduling shutdown...\n1:M ${stamp} * User requested shutdown...\n`,
    );
    if (save(keep, context))
      context.log('stdout', `1:M ${stamp} * Saving the final RDB snapshot before exiting.\n1:M ${stamp} * DB saved on disk\n`);
    context.log('stdout', `1:M ${stamp} # Redis is now ready to exit, bye bye...\n`);
    return ended(0, 10);
  },
  processes: ({ port }) => [{ title: `redis-server *:${port}` }],
  usage: () => ({ cpu: 2, memory: 9 * MI }),
};

const dumpPath = ({ dir }: Keep): string => `${dir}/dump.rdb`;

function save(keep: Keep, { memory, files }: ServiceContext): boolean {
  const data = memory.get<Data>();
  if (!data || !Object.keys(data).length) return false;
  try {
    files.write(dumpPath(keep), JSON.stringify(data));
    return true;
  } catch {
    return false;
  }
}

interface Session {
  isKnown: boolean;
}

function serve(connection: Connection, context: ServiceContext, keep: Keep): void {
  const session = (connection.state ??= { isKnown: keep.password === '' } satisfies Session) as Session;
  for (;;) {
    const parsed = parseCommand(connection.toServer);
    if (!parsed) break;
    connection.toServer = connection.toServer.slice(parsed.length);
    if (!parsed.words.length) continue;
    if (parsed.words[0]!.toUpperCase() === 'QUIT') {
      connection.toClient += '+OK\r\n';
      connection.serverClosed = true;
      return;
    }
    connection.toClient += run(parsed.words, context, keep, session);
  }
  if (connection.clientClosed) connection.serverClosed = true;
}

function parseCommand(text: string): { words: string[]; length: number } | undefined {
  if (text === '') return undefined;
  if (!text.startsWith('*')) {
    const end = text.indexOf('\n');
    return end < 0 ? undefined : { words: text.slice(0, end).trim().split(/\s+/).filter(Boolean), length: end + 1 };
  }
  let at = text.indexOf('\r\n') + 2;
  if (at < 2) return undefined;
  const count = Number(text.slice(1, at - 2));
  const words: string[] = [];
  for (let i = 0; i < count; i++) {
    const end = text.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const size = Number(text.slice(at + 1, end));
    if (text.length < end + 2 + size + 2) return undefined;
    words.push(text.slice(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return { words, length: at };
}

const OK = '+OK\r\n';
const NIL = '$-1\r\n';
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const integer = (value: number): string => `:${value}\r\n`;
const array = (items: readonly string[]): string => `*${items.length}\r\n${items.map(bulk).join('')}`;
const WRONG = '-WRONGTYPE Operation against a key holding the wrong kind of value\r\n';
const NO_INTEGER = '-ERR value is not an integer or out of range\r\n';

class Reply extends Error {}

function run(words: readonly string[], context: ServiceContext, keep: Keep, session: Session): string {
  const [name = '', ...args] = words;
  const command = name.toUpperCase();
  if (command === 'AUTH') {
    if (!keep.password)
      return '-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?\r\n';
    if (args.at(-1) !== keep.password) return '-WRONGPASS invalid username-password pair or user is disabled.\r\n';
    session.isKnown = true;
    return OK;
  }
  if (!session.isKnown) return '-NOAUTH Authentication required.\r\n';
  const data: Data = { ...context.memory.get<Data>() };
  const now = context.now();
  for (const [key, { until }] of Object.entries(data)) if (until !== undefined && until <= now) delete data[key];
  try {
    const { reply, changed } = act(command, args, data, context, keep, name);
    if (changed) {
      context.memory.set(data);
      if (keep.appends) save(keep, context);
    }
    return reply;
  } catch (error) {
    if (error instanceof Reply) return error.message;
    throw error;
  }
}

function act(
  command: string,
  args: readonly string[],
  data: Data,
  context: ServiceContext,
  keep: Keep,
  given: string,
): { reply: string; changed?: boolean } {
  const [key = '', ...rest] = args;
  const need = (least: number): void => {
    if (args.length < least) throw new Reply(`-ERR wrong number of arguments for '${given.toLowerCase()}' command\r\n`);
  };
  const entry = Object.hasOwn(data, key) ? data[key] : undefined;
  const kind = <Kind extends 'list' | 'set' | 'hash' | 'zset'>(
    name: Kind,
    empty: Extract<Value, Record<Kind, unknown>>,
  ): Extract<Value, Record<Kind, unknown>> => {
    if (!entry) return empty;
    if (typeof entry.value === 'string' || !(name in entry.value)) throw new Reply(WRONG);
    return JSON.parse(JSON.stringify(entry.value)) as Extract<Value, Record<Kind, unknown>>;
  };
  const text = (): string | undefined => {
    if (entry && typeof entry.value !== 'string') throw new Reply(WRONG);
    return entry?.value as string | undefined;
  };
  const put = (value: Value, reply: string): { reply: string; changed: true } => {
    const isEmpty =
      typeof value === 'object' &&
      Object.values(value).some((inner: unknown) => (Array.isArray(inner) ? inner.length : Object.keys(inner as object).length) === 0);
    if (isEmpty) delete data[key];
    else data[key] = { ...entry, value };
    return { reply, changed: true };
  };
  const add = (by: number): { reply: string; changed: true } => {
    const old = text() ?? '0';
    if (!/^-?\d+$/.test(old) || !Number.isInteger(by)) throw new Reply(NO_INTEGER);
    return put(String(Number(old) + by), integer(Number(old) + by));
  };
  switch (command) {
    case 'PING':
      return { reply: args.length ? bulk(key) : '+PONG\r\n' };
    case 'ECHO':
      return { reply: bulk(key) };
    case 'SELECT':
    case 'CLIENT':
      return { reply: OK };
    case 'HELLO':
    case 'COMMAND':
      return { reply: command === 'COMMAND' ? '*0\r\n' : '-NOPROTO unsupported protocol version\r\n' };
    case 'GET': {
      need(1);
      const value = text();
      return { reply: value === undefined ? NIL : bulk(value) };
    }
    case 'SET': {
      need(2);
      const flags = rest.slice(1).map((flag) => flag.toUpperCase());
      if ((flags.includes('NX') && entry) || (flags.includes('XX') && !entry)) return { reply: NIL };
      const seconds = flags.includes('EX')
        ? Number(flags[flags.indexOf('EX') + 1]) * 1000
        : flags.includes('PX')
          ? Number(flags[flags.indexOf('PX') + 1])
          : undefined;
      data[key] = { value: rest[0]!, ...(seconds !== undefined && { until: context.now() + seconds }) };
      return { reply: OK, changed: true };
    }
    case 'SETNX':
      return entry ? { reply: integer(0) } : put(rest[0] ?? '', integer(1));
    case 'GETSET': {
      const old = text();
      return put(rest[0] ?? '', old === undefined ? NIL : bulk(old));
    }
    case 'MSET':
      for (let i = 0; i + 1 < args.length; i += 2) data[args[i]!] = { value: args[i + 1]! };
      return { reply: OK, changed: true };
    case 'MGET':
      return {
        reply: `*${args.length}\r\n${args.map((one) => (typeof data[one]?.value === 'string' ? bulk(data[one].value) : NIL)).join('')}`,
      };
    case 'APPEND':
      return put((text() ?? '') + (rest[0] ?? ''), integer(((text() ?? '') + (rest[0] ?? '')).length));
    case 'STRLEN':
      return { reply: integer((text() ?? '').length) };
    case 'INCR':
      need(1);
      return add(1);
    case 'DECR':
      need(1);
      return add(-1);
    case 'INCRBY':
    case 'DECRBY':
      need(2);
      return add(Number(rest[0]) * (command === 'INCRBY' ? 1 : -1));
    case 'DEL':
    case 'UNLINK': {
      const found = args.filter((one) => Object.hasOwn(data, one));
      for (const one of found) delete data[one];
      return { reply: integer(found.length), changed: found.length > 0 };
    }
    case 'EXISTS':
      return { reply: integer(args.filter((one) => Object.hasOwn(data, one)).length) };
    case 'KEYS':
      return { reply: array(Object.keys(data).filter((one) => matches(key, one))) };
    case 'SCAN':
      return { reply: `*2\r\n${bulk('0')}${array(Object.keys(data))}` };
    case 'DBSIZE':
      return { reply: integer(Object.keys(data).length) };
    case 'TYPE':
      return { reply: `+${!entry ? 'none' : typeof entry.value === 'string' ? 'string' : Object.keys(entry.value)[0]}\r\n` };
    case 'EXPIRE':
    case 'PEXPIRE':
      if (!entry) return { reply: integer(0) };
      data[key] = { ...entry, until: context.now() + Number(rest[0]) * (command === 'EXPIRE' ? 1000 : 1) };
      return { reply: integer(1), changed: true };
    case 'TTL':
      return { reply: integer(!entry ? -2 : entry.until === undefined ? -1 : Math.ceil((entry.until - context.now()) / 1000)) };
    case 'PERSIST': {
      if (entry?.until === undefined) return { reply: integer(0) };
      data[key] = { value: entry.value };
      return { reply: integer(1), changed: true };
    }
    case 'FLUSHALL':
    case 'FLUSHDB':
      for (const one of Object.keys(data)) delete data[one];
      return { reply: OK, changed: true };
    case 'LPUSH':
    case 'RPUSH': {
      need(2);
      const { list } = kind('list', { list: [] });
      const next = command === 'RPUSH' ? [...list, ...rest] : [...rest.toReversed(), ...list];
      return put({ list: next }, integer(next.length));
    }
    case 'LPOP':
    case 'RPOP': {
      const { list } = kind('list', { list: [] });
      const value = command === 'LPOP' ? list.shift() : list.pop();
      return value === undefined ? { reply: NIL } : put({ list }, bulk(value));
    }
    case 'LLEN':
      return { reply: integer(kind('list', { list: [] }).list.length) };
    case 'LRANGE': {
      const { list } = kind('list', { list: [] });
      const at = (one: string): number => (Number(one) < 0 ? list.length + Number(one) : Number(one));
      return { reply: array(list.slice(Math.max(0, at(rest[0] ?? '0')), at(rest[1] ?? '-1') + 1)) };
    }
    case 'SADD': {
      const { set } = kind('set', { set: [] });
      const fresh = [...new Set(rest)].filter((one) => !set.includes(one));
      return put({ set: [...set, ...fresh] }, integer(fresh.length));
    }
    case 'SREM': {
      const { set } = kind('set', { set: [] });
      return put({ set: set.filter((one) => !rest.includes(one)) }, integer(set.filter((one) => rest.includes(one)).length));
    }
    case 'SMEMBERS':
      return { reply: array(kind('set', { set: [] }).set) };
    case 'SISMEMBER':
      return { reply: integer(kind('set', { set: [] }).set.includes(rest[0] ?? '') ? 1 : 0) };
    case 'SCARD':
      return { reply: integer(kind('set', { set: [] }).set.length) };
    case 'HSET':
    case 'HMSET': {
      const { hash } = kind('hash', { hash: {} });
      let fresh = 0;
      for (let i = 0; i + 1 < rest.length; i += 2) {
        if (!Object.hasOwn(hash, rest[i]!)) fresh++;
        hash[rest[i]!] = rest[i + 1]!;
      }
      return put({ hash }, command === 'HSET' ? integer(fresh) : OK);
    }
    case 'HGET': {
      const { hash } = kind('hash', { hash: {} });
      return { reply: Object.hasOwn(hash, rest[0] ?? '') ? bulk(hash[rest[0]!]!) : NIL };
    }
    case 'HGETALL':
      return { reply: array(Object.entries(kind('hash', { hash: {} }).hash).flat()) };
    case 'HKEYS':
      return { reply: array(Object.keys(kind('hash', { hash: {} }).hash)) };
    case 'HDEL': {
      const { hash } = kind('hash', { hash: {} });
      const found = rest.filter((one) => Object.hasOwn(hash, one));
      for (const one of found) delete hash[one];
      return put({ hash }, integer(found.length));
    }
    case 'HINCRBY': {
      const { hash } = kind('hash', { hash: {} });
      const next = Number(hash[rest[0] ?? ''] ?? 0) + Number(rest[1]);
      return put({ hash: { ...hash, [rest[0] ?? '']: String(next) } }, integer(next));
    }
    case 'ZADD': {
      const { zset } = kind('zset', { zset: {} });
      let fresh = 0;
      for (let i = 0; i + 1 < rest.length; i += 2) {
        if (!Object.hasOwn(zset, rest[i + 1]!)) fresh++;
        zset[rest[i + 1]!] = Number(rest[i]);
      }
      return put({ zset }, integer(fresh));
    }
    case 'ZRANGE': {
      const sorted = Object.entries(kind('zset', { zset: {} }).zset).sort(([, a], [, b]) => a - b);
      const at = (one: string): number => (Number(one) < 0 ? sorted.length + Number(one) : Number(one));
      const chosen = sorted.slice(at(rest[0] ?? '0'), at(rest[1] ?? '-1') + 1);
      return {
        reply: array(
          rest.some((one) => one.toUpperCase() === 'WITHSCORES')
            ? chosen.flatMap(([member, score]) => [member, String(score)])
            : chosen.map(([member]) => member),
        ),
      };
    }
    case 'SAVE':
    case 'BGSAVE':
      save(keep, context);
      return { reply: command === 'SAVE' ? OK : '+Background saving started\r\n' };
    case 'CONFIG':
      return { reply: key.toUpperCase() === 'GET' ? array(configOf(rest[0] ?? '', keep)) : OK };
    case 'INFO':
      return {
        reply: bulk(
          `# Server\r\nredis_version:${VERSION}\r\nredis_mode:standalone\r\nos:Linux x86_64\r\nprocess_id:1\r\ntcp_port:${keep.port}\r\nuptime_in_seconds:${Math.floor((context.now() - context.startedAt) / 1000)}\r\n\r\n# Clients\r\nconnected_clients:1\r\n\r\n# Memory\r\nused_memory_human:1.00M\r\n\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n# Keyspace\r\n${Object.keys(data).length ? `db0:keys=${Object.keys(data).length},expires=${Object.values(data).filter(({ until }) => until !== undefined).length},avg_ttl=0\r\n` : ''}`,
        ),
      };
    case 'SHUTDOWN':
      save(keep, context);
      context.exit?.(0);
      return { reply: '' };
    default:
      return { reply: `-ERR unknown command '${given}', with args beginning with: ${args.map((arg) => `'${arg}' `).join('')}\r\n` };
  }
}

function configOf(name: string, { port, dir, appends, password }: Keep): string[] {
  const all: Record<string, string> = {
    port: String(port),
    dir,
    appendonly: appends ? 'yes' : 'no',
    requirepass: password,
    maxmemory: '0',
    'maxmemory-policy': 'noeviction',
    save: '3600 1 300 100 60 10000',
  };
  return Object.entries(all)
    .filter(([key]) => matches(name, key))
    .flat();
}
