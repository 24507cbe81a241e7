// Clients of databases that probes use: mysqladmin ping, mysql -e "SELECT 1", pg_isready. Other queries are refused plainly.

import { resolveHost } from '../network/resolve.ts';
import type { Tool } from '../process/program.ts';
import type { System } from '../process/system.ts';
import { once } from './tool.ts';

/** A flag of a client: `-h x`, `-hx`, `--host=x`. */
function flag(args: readonly string[], letter: string, word: string): string | undefined {
  for (const [i, arg] of args.entries()) {
    if (arg === `-${letter}` || arg === `--${word}`) return args[i + 1];
    if (arg.startsWith(`--${word}=`)) return arg.slice(word.length + 3);
    if (arg.startsWith(`-${letter}`) && !arg.startsWith('--')) return arg.slice(2);
  }
  return undefined;
}

/** Whether somebody answers there: closes again at once. */
function reach(system: System, host: string, port: number): string | undefined {
  const found = resolveHost(system.world, system.caller, system.files, host === 'localhost' ? '127.0.0.1' : host);
  if (!('addresses' in found)) return 'unknown';
  const opened = system.connect(found.addresses[0]!, port);
  if (typeof opened === 'string') return opened;
  system.close(opened);
  return undefined;
}

const refused = (system: System, name: string, host: string, problem: string): number => {
  const text =
    problem === 'unknown'
      ? `ERROR 2005 (HY000): Unknown MySQL server host '${host}' (-2)`
      : host === 'localhost'
        ? "ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/var/run/mysqld/mysqld.sock' (2)"
        : `ERROR 2003 (HY000): Can't connect to MySQL server on '${host}:3306' (${problem === 'refused' ? 111 : 110})`;
  system.err(
    name.includes('admin')
      ? `${name}: connect to server at '${host}' failed\nerror: '${text.replace(/^ERROR \d+ \(\w+\): /, '')}'\n`
      : `${text}\n`,
  );
  return 1;
};

const mysqlAs = (name: string): Tool =>
  once(name, (system, args) => {
    const host = flag(args, 'h', 'host') ?? 'localhost';
    const problem = reach(system, host, Number(flag(args, 'P', 'port') ?? 3306));
    if (problem !== undefined) return refused(system, name, host, problem);
    if (name.includes('admin')) {
      system.out(args.includes('ping') ? 'mysqld is alive\n' : 'Uptime: 60  Threads: 2  Questions: 1\n');
      return 0;
    }
    const query = flag(args, 'e', 'execute')?.trim().replace(/;$/, '');
    const number = /^select\s+(\d+)$/i.exec(query ?? '')?.[1];
    if (number !== undefined) {
      system.out(`${number}\n${number}\n`);
      return 0;
    }
    system.err(`${name}: queries are not run in this simulation, but for SELECT of a number\n`);
    return 1;
  });

export const mysql = mysqlAs('mysql');
export const mariadb = mysqlAs('mariadb');
export const mysqladmin = mysqlAs('mysqladmin');
export const mariadbAdmin = mysqlAs('mariadb-admin');

export const pgIsReady = once('pg_isready', (system, args) => {
  const host = flag(args, 'h', 'host') ?? 'localhost';
  const port = Number(flag(args, 'p', 'port') ?? 5432);
  const problem = reach(system, host, port);
  const place = host === 'localhost' ? `/var/run/postgresql:${port}` : `${host}:${port}`;
  system.out(`${place} - ${problem === undefined ? 'accepting connections' : 'no response'}\n`);
  return problem === undefined ? 0 : 2;
});
