// redis-cli: sends a command, and prints the answer; without one, asks for commands.

import { resolveHost } from '../network/resolve.ts';
import type { Next, Tool } from '../process/program.ts';
import type { System } from '../process/system.ts';
import { options } from './tool.ts';

interface Kept {
  fd: number;
  input: string;
  answer: string;
  prompted: boolean;
  waiting: number;
  ended: boolean;
}

export const redisCli: Tool = {
  name: 'redis-cli',
  step(system): Next {
    const given = options(
      system,
      'h:p:a:n:u:xc23r:i:',
      ['raw', 'no-auth-warning', 'user=', 'pass=', 'csv', 'no-raw', 'version', 'verbose', 'json'],
      { stops: true },
    );
    const [host, port] = [given.get('h') ?? '127.0.0.1', Number(given.get('p') ?? 6379)];
    let kept = system.process.data as Kept | null;
    if (!kept) {
      const password = given.get('a', 'pass') ?? system.env['REDISCLI_AUTH'];
      if (given.has('a') && !given.has('no-auth-warning'))
        system.err("Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.\n");
      const found = resolveHost(system.world, system.caller, system.files, host);
      const opened = 'addresses' in found ? system.connect(found.addresses[0]!, port) : 'unknown';
      if (typeof opened === 'string') {
        system.err(
          `Could not connect to Redis at ${host}:${port}: ${opened === 'refused' ? 'Connection refused' : opened === 'unknown' ? 'Name or service not known' : 'Connection timed out'}\n`,
        );
        return { exit: 1 };
      }
      system.process.data = kept = { fd: opened, input: '', answer: '', prompted: false, waiting: 0, ended: false };
      if (password !== undefined) {
        send(system, kept, ['AUTH', password]);
        // Its answer is only of interest if it is an error.
        const answer = system.read(opened) ?? '';
        if (answer.startsWith('-')) system.err(`AUTH failed: ${answer.slice(1)}`);
        kept.waiting = 0;
      }
      if (given.rest.length) {
        send(system, kept, given.rest);
        kept.ended = true;
      }
    }
    for (;;) {
      while (kept.waiting > 0) {
        const data = system.read(kept.fd);
        if (data === undefined && kept.answer === '') return { wait: { read: kept.fd } };
        if (data) kept.answer += data;
        const parsed = readReply(kept.answer);
        if (!parsed) {
          if (data === null) return { exit: 1 };
          if (data === undefined) return { wait: { read: kept.fd } };
          continue;
        }
        kept.answer = kept.answer.slice(parsed.length);
        kept.waiting--;
        system.out(`${format(parsed.reply, system.tty(1) !== undefined && !given.has('raw'))}\n`);
      }
      if (kept.ended) return { exit: 0 };
      if (system.tty(0) && !kept.prompted) {
        system.out(`${host}:${port}> `);
        kept.prompted = true;
      }
      const typed = system.read(0);
      if (typed === undefined) return { wait: { read: 0 } };
      if (typed === null) return { exit: 0 };
      kept.prompted = false;
      kept.input += typed;
      for (let newline = kept.input.indexOf('\n'); newline >= 0; newline = kept.input.indexOf('\n')) {
        const words = split(kept.input.slice(0, newline));
        kept.input = kept.input.slice(newline + 1);
        if (!words.length) continue;
        if (/^(exit|quit)$/i.test(words[0]!)) return { exit: 0 };
        send(system, kept, words);
      }
    }
  },
};

const split = (line: string): string[] =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double?.replace(/\\(.)/g, '$1') ?? single ?? plain ?? '',
  );

function send(system: System, kept: Kept, words: readonly string[]): void {
  kept.waiting++;
  system.write(kept.fd, `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`);
}

type Reply = { readonly text: string; readonly kind: '+' | '-' | ':' | '$' } | null | Reply[];

function readReply(data: string): { reply: Reply; length: number } | undefined {
  const end = data.indexOf('\r\n');
  if (end < 0) return undefined;
  const [kind, head] = [data[0] as '+', data.slice(1, end)];
  if (kind === '+' || (kind as string) === '-' || (kind as string) === ':') return { reply: { kind, text: head }, length: end + 2 };
  const size = Number(head);
  if ((kind as string) === '$') {
    if (size < 0) return { reply: null, length: end + 2 };
    return data.length < end + 4 + size
      ? undefined
      : { reply: { kind: '$', text: data.slice(end + 2, end + 2 + size) }, length: end + 4 + size };
  }
  const items: Reply[] = [];
  let at = end + 2;
  for (let i = 0; i < size; i++) {
    const item = readReply(data.slice(at));
    if (!item) return undefined;
    items.push(item.reply);
    at += item.length;
  }
  return { reply: items, length: at };
}

/** For people, with quotes and numbers; for pipes, as it is. */
function format(reply: Reply, isForPeople: boolean, indent = ''): string {
  if (reply === null) return isForPeople ? '(nil)' : '';
  if (Array.isArray(reply)) {
    if (!reply.length) return isForPeople ? '(empty array)' : '';
    return reply
      .map((one, i) => (isForPeople ? `${i ? indent : ''}${i + 1}) ${format(one, true, `${indent}   `)}` : format(one, false)))
      .join('\n');
  }
  if (!isForPeople) return reply.text;
  return reply.kind === ':'
    ? `(integer) ${reply.text}`
    : reply.kind === '-'
      ? `(error) ${reply.text}`
      : reply.kind === '$'
        ? `"${reply.text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`
        : reply.text;
}
