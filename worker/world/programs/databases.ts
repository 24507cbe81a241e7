// mysqld, mariadbd and postgres as an application meets them: what their images check in the environment, what they print, that they listen. Not their query languages:
// only who may enter is kept.

import type { Connection } from '../network/connection.ts';
import { ended } from '../process/program.ts';
import type { Service, ServiceContext } from '../process/program.ts';

const MI = 2 ** 20;

interface Keep {
  readonly port: number;
  readonly title: string;
  /** There was no data when it started. */
  readonly isNew: boolean;
}

interface Database {
  readonly name: string;
  readonly port: number;
  /** Where its data are: once they are there, the environment says nothing any more. */
  readonly dir: (context: ServiceContext) => string;
  readonly missing: (context: ServiceContext) => string | undefined;
  readonly lines: (keep: Keep, context: ServiceContext) => readonly string[];
  readonly greeting: string;
  readonly memory: number;
  readonly stopMs: number;
}

/** An environment variable, or the file that `NAME_FILE` says. */
function given({ env, files }: ServiceContext, name: string): string | undefined {
  const path = env[`${name}_FILE`];
  return env[name] || (path === undefined ? undefined : files.find(path)?.content?.trim()) || undefined;
}

const database = ({ name, port, dir, missing, lines, greeting, memory, stopMs }: Database): Service<Keep> => ({
  name,
  isService: true,
  start(context) {
    const { files, log, argv } = context;
    const mark = `${dir(context)}/.initialized`;
    const isNew = !files.find(mark);
    const problem = isNew ? missing(context) : undefined;
    if (problem !== undefined) {
      log('stderr', problem);
      return ended(1, 200);
    }
    if (isNew) {
      if (!files.find(dir(context))) files.mkdir(dir(context));
      files.write(
        mark,
        JSON.stringify({
          password:
            given(
              context,
              name === 'postgres' ? 'POSTGRES_PASSWORD' : name === 'mariadbd' ? 'MARIADB_ROOT_PASSWORD' : 'MYSQL_ROOT_PASSWORD',
            ) ?? '',
        }),
        0o600,
      );
    }
    const chosen = /--port[= ](\d+)/.exec(argv.join(' '))?.[1];
    return { port: Number(chosen ?? port), title: argv.slice(1).join(' ') || name, isNew };
  },
  startLines: (keep, context) => lines(keep, context).map((text) => ({ after: keep.isNew ? 400 : 100, stream: 'stderr', text })),
  listeners: (keep) => [
    {
      port: keep.port,
      address: '0.0.0.0',
      serve: (connection: Connection) => {
        if (connection.state === undefined) {
          connection.state = 'greeted';
          connection.toClient += greeting;
        }
        if (connection.clientClosed) connection.serverClosed = true;
      },
    },
  ],
  signal: (_keep, signal) => (signal === 'TERM' || signal === 'INT' || signal === 'QUIT' ? ended(0, stopMs) : 'ignored'),
  processes: ({ title }) => [{ title }],
  usage: () => ({ cpu: 4, memory: memory * MI }),
});

const stamp = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');
const shellStamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}+00:00`;

const MYSQL = '9.6.0';

export const mysqld = database({
  name: 'mysqld',
  port: 3306,
  dir: () => '/var/lib/mysql',
  missing: (context) => {
    const has = ['MYSQL_ROOT_PASSWORD', 'MYSQL_ALLOW_EMPTY_PASSWORD', 'MYSQL_RANDOM_ROOT_PASSWORD'].some((name) => given(context, name));
    if (has) return undefined;
    const at = shellStamp(context.now());
    return `${at} [Note] [Entrypoint]: Entrypoint script for MySQL Server ${MYSQL}-1.el9 started.\n${at} [Note] [Entrypoint]: Switching to dedicated user 'mysql'\n${at} [Note] [Entrypoint]: Entrypoint script for MySQL Server ${MYSQL}-1.el9 started.\n${at} [ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n    You need to specify one of the following as an environment variable:\n    - MYSQL_ROOT_PASSWORD\n    - MYSQL_ALLOW_EMPTY_PASSWORD\n    - MYSQL_RANDOM_ROOT_PASSWORD\n`;
  },
  lines: ({ isNew, port }, { startedAt, env }) => {
    const at = shellStamp(startedAt);
    const system = (code: string, text: string): string => `${stamp(startedAt)} 0 [System] [MY-${code}] [Server] ${text}`;
    return [
      `${at} [Note] [Entrypoint]: Entrypoint script for MySQL Server ${MYSQL}-1.el9 started.`,
      ...(isNew
        ? [
            `${at} [Note] [Entrypoint]: Initializing database files`,
            `${at} [Note] [Entrypoint]: Database files initialized`,
            `${at} [Note] [Entrypoint]: Starting temporary server`,
            ...(env['MYSQL_DATABASE'] ? [`${at} [Note] [Entrypoint]: Creating database ${env['MYSQL_DATABASE']}`] : []),
            ...(env['MYSQL_USER'] ? [`${at} [Note] [Entrypoint]: Creating user ${env['MYSQL_USER']}`] : []),
            `${at} [Note] [Entrypoint]: MySQL init process done. Ready for start up.`,
          ]
        : []),
      system('015015', 'MySQL Server - start.'),
      system('010116', `/usr/sbin/mysqld (mysqld ${MYSQL}) starting as process 1`),
      `${stamp(startedAt)} 1 [System] [MY-013576] [InnoDB] InnoDB initialization has started.`,
      `${stamp(startedAt)} 1 [System] [MY-013577] [InnoDB] InnoDB initialization has ended.`,
      system(
        '010931',
        `/usr/sbin/mysqld: ready for connections. Version: '${MYSQL}'  socket: '/var/run/mysqld/mysqld.sock'  port: ${port}  MySQL Community Server - GPL.`,
      ),
    ];
  },
  greeting: `J\0\0\0\n${MYSQL}\0`,
  memory: 380,
  stopMs: 1500,
});

const MARIADB = '12.2.2';

export const mariadbd = database({
  name: 'mariadbd',
  port: 3306,
  dir: () => '/var/lib/mysql',
  missing: (context) => {
    const names = ['ROOT_PASSWORD', 'ROOT_PASSWORD_HASH', 'ALLOW_EMPTY_ROOT_PASSWORD', 'ALLOW_EMPTY_PASSWORD', 'RANDOM_ROOT_PASSWORD'];
    if (names.some((name) => given(context, `MARIADB_${name}`) ?? given(context, `MYSQL_${name}`))) return undefined;
    const at = shellStamp(context.now());
    return `${at} [Note] [Entrypoint]: Entrypoint script for MariaDB Server 1:${MARIADB}+maria~ubu2404 started.\n${at} [Note] [Entrypoint]: Switching to dedicated user 'mysql'\n${at} [Note] [Entrypoint]: Entrypoint script for MariaDB Server 1:${MARIADB}+maria~ubu2404 started.\n${at} [ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n\tYou need to specify one of MARIADB_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD_HASH, MARIADB_ALLOW_EMPTY_ROOT_PASSWORD and MARIADB_RANDOM_ROOT_PASSWORD\n`;
  },
  lines: ({ port, isNew }, { startedAt }) => {
    const at = shellStamp(startedAt);
    const short = at.slice(0, 19).replace(/ 0/, '  ');
    return [
      `${at} [Note] [Entrypoint]: Entrypoint script for MariaDB Server 1:${MARIADB}+maria~ubu2404 started.`,
      ...(isNew
        ? [
            `${at} [Note] [Entrypoint]: Initializing database files`,
            `${at} [Note] [Entrypoint]: Database files initialized`,
            `${at} [Note] [Entrypoint]: MariaDB init process done. Ready for start up.`,
          ]
        : []),
      `${short} 0 [Note] Starting MariaDB ${MARIADB}-MariaDB-ubu2404 source revision  as process 1`,
      `${short} 0 [Note] mariadbd: ready for connections.`,
      `Version: '${MARIADB}-MariaDB-ubu2404'  socket: '/run/mysqld/mysqld.sock'  port: ${port}  mariadb.org binary distribution`,
    ];
  },
  greeting: `Z\0\0\0\n${MARIADB}-MariaDB\0`,
  memory: 90,
  stopMs: 800,
});

export const postgres = database({
  name: 'postgres',
  port: 5432,
  dir: ({ env }) => env['PGDATA'] ?? '/var/lib/postgresql/data',
  missing: (context) =>
    given(context, 'POSTGRES_PASSWORD') || context.env['POSTGRES_HOST_AUTH_METHOD'] === 'trust'
      ? undefined
      : 'Error: Database is uninitialized and superuser password is not specified.\n       You must specify POSTGRES_PASSWORD to a non-empty value for the\n       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".\n\n       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all\n       connections without a password. This is *not* recommended.\n\n       See PostgreSQL documentation about "trust":\n       https://www.postgresql.org/docs/current/auth-trust.html\n',
  lines: ({ port, isNew }, { startedAt }) => {
    const at = `${new Date(startedAt).toISOString().slice(0, 23).replace('T', ' ')} UTC [1]`;
    return [
      ...(isNew
        ? ['', 'PostgreSQL init process complete; ready for start up.', '']
        : ['', 'PostgreSQL Database directory appears to contain a database; Skipping initialization', '']),
      `${at} LOG:  starting PostgreSQL 18.3 (Debian 18.3-1.pgdg13+1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 14.2.0-19) 14.2.0, 64-bit`,
      `${at} LOG:  listening on IPv4 address "0.0.0.0", port ${port}`,
      `${at} LOG:  listening on IPv6 address "::", port ${port}`,
      `${at} LOG:  listening on Unix socket "/var/run/postgresql/.s.PGSQL.${port}"`,
      `${at} LOG:  database system is ready to accept connections`,
    ];
  },
  greeting: '',
  memory: 40,
  stopMs: 150,
});
