// Tools that ask name servers: nslookup, dig, host, getent.

import { askDns } from '../network/dns.ts';
import type { DnsAnswer, DnsProblem, DnsRecord, RecordType } from '../network/dns.ts';
import { hostsEntry, resolverOf, search } from '../network/resolve.ts';
import type { Next, Tool } from '../process/program.ts';
import type { System } from '../process/system.ts';
import { formatDate } from './date.ts';
import { isBusybox, once } from './tool.ts';

/** How long each of them tries a server that does not answer. */
const PATIENCE_MS = 15_000;

/** A tool that asks at once, and lets a silence take its time. */
const asking = (
  name: string,
  act: (
    system: System,
    args: string[],
  ) => { readonly code: number; readonly text: string; readonly isSlow?: boolean; readonly toErr?: boolean },
): Tool => ({
  name,
  step: (system): Next => {
    type Kept = { until: number; code: number; text: string; toErr: boolean };
    let kept = system.process.data as Kept | null;
    if (!kept) {
      const { code, text, isSlow, toErr } = act(system, system.argv.slice(1));
      kept = { until: system.now() + (isSlow ? PATIENCE_MS : 0), code, text, toErr: toErr ?? false };
      system.process.data = kept;
    }
    if (system.now() < kept.until) return { wait: { until: kept.until } };
    if (kept.toErr) system.err(kept.text);
    else system.out(kept.text);
    return { exit: kept.code };
  },
});

const reverseName = (ip: string): string | undefined =>
  /^\d+(\.\d+){3}$/.test(ip) ? `${ip.split('.').reverse().join('.')}.in-addr.arpa` : undefined;
/** Where BIND's tools are, its nslookup is there too. */
const isBox = (system: System): boolean => isBusybox(system) && !system.files.exists('/usr/bin/dig');
const bare = (name: string): string => name.replace(/\.$/, '');

export const nslookup = asking('nslookup', (system, args) => {
  const type = (args.map((arg) => /^-(?:type|q|querytype)=(\w+)$/i.exec(arg)?.[1]).find(Boolean) ?? '').toUpperCase() as RecordType | '';
  const [name = '', server] = args.filter((arg) => !arg.startsWith('-'));
  const config = resolverOf(system.files);
  const used = server === undefined ? config : { ...config, servers: [hostsEntry(system.files, server) ?? server] };
  const head = `Server:\t\t${used.servers[0]}\nAddress:\t${used.servers[0]}${isBox(system) ? ':53' : '#53'}\n\n`;
  const reverse = reverseName(name);
  if (isBox(system) && !reverse) return boxLookup(system, used, head, name, type || undefined);
  const found = reverse
    ? search(system.world, system.caller, { ...used, searches: [], ndots: 0 }, reverse, 'PTR')
    : search(system.world, system.caller, used, name, type || 'A');
  if (found.problem) return silent(isBox(system), used.servers);
  const { answer } = found;
  const shown = answer?.answers ?? [];
  if (answer?.code !== 'NOERROR')
    return {
      code: 1,
      text: `${head}** server can't find ${reverse ?? (name.endsWith('.') || !used.searches.length ? bare(name) : bare(name))}: ${answer?.code ?? 'NXDOMAIN'}\n\n`,
    };
  if (!shown.length) return { code: 0, text: `${head}*** Can't find ${name}: No answer\n\n` };
  return {
    code: 0,
    text: `${head}${answer.isAuthoritative || isBox(system) ? '' : 'Non-authoritative answer:\n'}${shown.map(recordLine).join('')}\n`,
  };
});

function recordLine({ name, type, data }: DnsRecord): string {
  switch (type) {
    case 'A':
    case 'AAAA':
      return `Name:\t${bare(name)}\nAddress: ${data}\n`;
    case 'PTR':
      return `${bare(name)}\tname = ${data}\n`;
    case 'SRV':
      return `${bare(name)}\tservice = ${data}\n`;
    case 'CNAME':
      return `${bare(name)}\tcanonical name = ${data}\n`;
    default:
      return `${bare(name)}\t${type} = ${data}\n`;
  }
}

/** busybox asks for A and AAAA, for the name with each domain of the list. */
function boxLookup(
  system: System,
  config: ReturnType<typeof resolverOf>,
  head: string,
  name: string,
  type: RecordType | undefined,
): { code: number; text: string; isSlow?: boolean } {
  const dots = name.split('.').length - 1;
  const candidates = name.endsWith('.')
    ? [bare(name)]
    : dots >= 1 && !config.searches.length
      ? [name]
      : dots > 0
        ? [name]
        : config.searches.map((domain) => `${name}.${domain}`);
  let text = head;
  let isFound = false;
  const types: RecordType[] = type ? [type] : ['A', 'AAAA'];
  const missing: string[] = [];
  for (const candidate of candidates.length ? candidates : [name]) {
    for (const one of types) {
      const answer = askAny(system, config.servers, candidate, one);
      if (typeof answer === 'string') return silent(true, config.servers);
      if (answer.code !== 'NOERROR') missing.push(`** server can't find ${candidate}: ${answer.code}\n\n`);
      else if (answer.answers.length) {
        isFound = true;
        text += answer.answers.map(recordLine).join('') + '\n';
      } else text += isFound ? '\n' : '';
    }
  }
  return { code: missing.length ? 1 : 0, text: text + missing.join('') };
}

function askAny(system: System, servers: readonly string[], name: string, type: RecordType): DnsAnswer | DnsProblem {
  let last: DnsAnswer | DnsProblem = 'timeout';
  for (const server of servers) {
    last = askDns(system.world, system.caller, server, name, type);
    if (typeof last !== 'string') return last;
  }
  return last;
}

const silent = (isBox: boolean, servers: readonly string[]): { code: number; text: string; isSlow: boolean } => ({
  code: 1,
  isSlow: true,
  text: isBox
    ? ';; connection timed out; no servers could be reached\n\n'
    : `;; communications error to ${servers[0]}#53: timed out\n;; communications error to ${servers[0]}#53: timed out\n;; communications error to ${servers[0]}#53: timed out\n;; no servers could be reached\n\n`,
});

const LOCAL_WARNING =
  ';; WARNING: .local is reserved for Multicast DNS\n;; You are currently testing what happens when an mDNS query is leaked to DNS\n';

/** What CoreDNS answers instead of a name that is not there. */
const zoneRecord = (system: System): DnsRecord => ({
  name: 'cluster.local.',
  ttl: 30,
  type: 'SOA',
  data: `ns.dns.cluster.local. hostmaster.cluster.local. ${Math.floor(system.now() / 1000)} 7200 1800 86400 30`,
});

export const dig = asking('dig', (system, args) => {
  const config = resolverOf(system.files);
  const server = args.find((arg) => arg.startsWith('@'))?.slice(1);
  const isShort = args.includes('+short');
  const words = args.filter((arg) => !/^[@+-]/.test(arg));
  const isReverse = args.includes('-x');
  const type = (words.find((word) => /^(a|aaaa|srv|cname|ptr|txt|ns|soa|mx|any)$/i.test(word))?.toUpperCase() ??
    (isReverse ? 'PTR' : 'A')) as RecordType;
  const name = words.find((word) => !/^(a|aaaa|srv|cname|ptr|txt|ns|soa|mx|any|in)$/i.test(word)) ?? '.';
  const asked = isReverse ? (reverseName(name) ?? name) : name;
  const used = {
    ...config,
    servers:
      server === undefined
        ? config.servers
        : [
            server === 'localhost'
              ? '127.0.0.1'
              : /^[\d.]+$/.test(server)
                ? server
                : (search(system.world, system.caller, config, server, 'A').answer?.answers[0]?.data ?? server),
          ],
  };
  const found = args.includes('+search')
    ? search(system.world, system.caller, used, asked, type)
    : search(system.world, system.caller, { ...used, searches: [], ndots: 0 }, asked, type);
  if (found.problem)
    return {
      code: 9,
      isSlow: true,
      text: `;; communications error to ${used.servers[0]}#53: timed out\n;; communications error to ${used.servers[0]}#53: timed out\n;; communications error to ${used.servers[0]}#53: timed out\n\n; <<>> DiG 9.20.18 <<>> ${args.join(' ')}\n;; global options: +cmd\n;; no servers could be reached\n\n`,
    };
  const { answers = [], code = 'NXDOMAIN', isAuthoritative = false } = found.answer ?? {};
  if (isShort) return { code: 0, text: answers.map(({ data }) => `${data}\n`).join('') };
  const row = ({ name: own, ttl, type: kind, data }: DnsRecord): string =>
    `${own.padEnd(24)}${own.length >= 24 ? '\t' : ''}${ttl}\tIN\t${kind}\t${data}\n`;
  const full = found.name.endsWith('.') ? found.name : `${found.name}.`;
  const authority = isAuthoritative && !answers.length && /\.cluster\.local\.?$/.test(asked) ? row(zoneRecord(system)) : '';
  if (args.includes('+noall') && args.includes('+answer')) return { code: 0, text: answers.map(row).join('') };
  return {
    code: 0,
    text: `\n; <<>> DiG 9.20.18 <<>> ${args.join(' ')}\n;; global options: +cmd\n;; Got answer:\n${/\.local\.?$/.test(asked) ? LOCAL_WARNING : ''};; ->>HEADER<<- opcode: QUERY, status: ${code}, id: ${system.random.below(65_536)}\n;; flags: qr${isAuthoritative ? ' aa' : ''} rd; QUERY: 1, ANSWER: ${answers.length}, AUTHORITY: ${authority ? 1 : 0}, ADDITIONAL: 1\n${isAuthoritative ? ';; WARNING: recursion requested but not available\n' : ''}\n;; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n;; QUESTION SECTION:\n;${full}\t\tIN\t${type}\n\n${answers.length ? `;; ANSWER SECTION:\n${answers.map(row).join('')}\n` : ''}${authority ? `;; AUTHORITY SECTION:\n${authority}\n` : ''};; Query time: 0 msec\n;; SERVER: ${found.server}#53(${found.server}) (UDP)\n;; WHEN: ${formatDate('%a %b %d %H:%M:%S UTC %Y', system.now())}\n;; MSG SIZE  rcvd: ${60 + answers.length * 40}\n\n`,
  };
});

export const host = asking('host', (system, args) => {
  const type = (args[args.indexOf('-t') + 1] ?? 'A').toUpperCase();
  const name = args.find((arg, i) => !arg.startsWith('-') && args[i - 1] !== '-t') ?? '';
  const reverse = reverseName(name);
  const found = search(
    system.world,
    system.caller,
    resolverOf(system.files),
    reverse ?? name,
    reverse ? 'PTR' : args.includes('-t') ? (type as RecordType) : 'A',
  );
  if (found.problem) return { code: 1, isSlow: true, text: ';; connection timed out; no servers could be reached\n' };
  const answers = found.answer?.answers ?? [];
  if (!answers.length) return { code: 1, text: `Host ${reverse ? `${reverse}.` : name} not found: 3(NXDOMAIN)\n` };
  return {
    code: 0,
    text: answers
      .map((one) =>
        one.type === 'PTR'
          ? `${bare(one.name)} domain name pointer ${one.data}\n`
          : one.type === 'CNAME'
            ? `${bare(one.name)} is an alias for ${one.data}\n`
            : one.type === 'A'
              ? `${bare(one.name)} has address ${one.data}\n`
              : `${bare(one.name)} has ${one.type} record ${one.data}\n`,
      )
      .join(''),
  };
});

export const getent = once('getent', (system, args) => {
  const [database = '', ...keys] = args;
  const lines = (path: string): string[] => (system.find(path)?.content ?? '').split('\n').filter(Boolean);
  switch (database) {
    case 'hosts':
    case 'ahosts':
    case 'ahostsv4': {
      if (!keys.length) {
        for (const line of lines('/etc/hosts')) if (!line.startsWith('#')) system.out(`${line.replace(/\s+/, '  ')}\n`);
        return 0;
      }
      for (const key of keys) {
        const own = hostsEntry(system.files, key);
        const found = own === undefined ? search(system.world, system.caller, resolverOf(system.files), key, 'A') : undefined;
        const addresses =
          own !== undefined ? [own] : (found?.answer?.answers ?? []).filter(({ type }) => type === 'A').map(({ data }) => data);
        if (!addresses.length) return 2;
        for (const [i, address] of addresses.entries()) {
          if (database === 'hosts')
            system.out(`${address.padEnd(15)} ${found ? `${found.name}${found.name === key ? '' : `  ${key}`}` : key}\n`);
          else
            for (const kind of ['STREAM', 'DGRAM', 'RAW'])
              system.out(`${address.padEnd(15)} ${kind.padEnd(6)}${kind === 'STREAM' && i === 0 ? ` ${found?.name ?? key}` : ''}\n`);
        }
      }
      return 0;
    }
    case 'passwd':
    case 'group': {
      const all = lines(`/etc/${database}`);
      if (!keys.length) {
        system.out(all.map((line) => `${line}\n`).join(''));
        return 0;
      }
      for (const key of keys) {
        const line = all.find((one) => one.split(':')[0] === key || one.split(':')[2] === key);
        if (line === undefined) return 2;
        system.out(`${line}\n`);
      }
      return 0;
    }
    default:
      system.err(`Unknown database: ${database}\nTry \`getent --help' or \`getent --usage' for more information.\n`);
      return 1;
  }
});
