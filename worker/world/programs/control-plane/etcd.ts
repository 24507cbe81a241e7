// etcd as a process: its command line, its health, its log. What it keeps is the cluster's store. Mirrors go.etcd.io/etcd/server/v3/etcdmain.

import { ended } from '../../process/program.ts';
import type { Service, ServiceContext } from '../../process/program.ts';
import { answerHealth } from './component.ts';
import { flagTable } from './flags.ts';
import type { Flags } from './flags.ts';

const FLAGS = flagTable(`
  advertise-client-urls auth-token auto-compaction-mode auto-compaction-retention auto-tls:bool bcrypt-cost cert-file cipher-suites client-cert-auth:bool client-crl-file
  cors data-dir discovery discovery-fallback election-timeout enable-grpc-gateway:bool enable-pprof:bool feature-gates force-new-cluster:bool heartbeat-interval host-whitelist initial-advertise-peer-urls
  initial-cluster initial-cluster-state initial-cluster-token initial-election-tick-advance:bool key-file listen-client-http-urls listen-client-urls listen-metrics-urls listen-peer-urls
  log-format log-level log-outputs logger max-concurrent-streams max-request-bytes max-snapshots max-txn-ops max-wals metrics name peer-auto-tls:bool peer-cert-allowed-cn
  peer-cert-file peer-client-cert-auth:bool peer-key-file peer-trusted-ca-file pre-vote:bool quota-backend-bytes snapshot-count socket-reuse-address:bool socket-reuse-port:bool strict-reconfig-check:bool
  tls-max-version tls-min-version trusted-ca-file unsafe-no-fsync:bool wal-dir watch-progress-notify-interval
`);

export interface EtcdState {
  readonly flags: Flags;
}

export const etcd: Service<EtcdState> = {
  name: 'etcd',
  isService: true,
  start(context) {
    const flags: Record<string, string> = {};
    for (let i = 1; i < context.argv.length; i++) {
      const arg = context.argv[i]!;
      const [, name = '', , value] = /^--?([^=]+)(=([^]*))?$/.exec(arg) ?? [];
      const type = FLAGS.get(name);
      if (!type) {
        context.log('stderr', `flag provided but not defined: -${name || arg}\n${USAGE}`);
        return ended(2, 20);
      }
      // As Go's package flag reads them: only a switch may do without a value.
      flags[name] = value ?? (type === 'bool' ? 'true' : (context.argv[++i] ?? ''));
    }
    say(context, 'info', 'etcdmain/etcd.go:64', 'Running: ', { args: context.argv });
    for (const name of ['cert-file', 'key-file', 'trusted-ca-file', 'peer-cert-file', 'peer-key-file', 'peer-trusted-ca-file']) {
      const path = flags[name];
      if (!path || context.files.find(path)) continue;
      say(context, 'fatal', 'etcdmain/etcd.go:204', 'discovery failed', { error: `open ${path}: no such file or directory` });
      return ended(1, 60);
    }
    const dir = flags['data-dir'] ?? 'default.etcd';
    if (flags['data-dir'] && !context.files.find(dir)) {
      try {
        context.files.mkdir(dir, 0o700);
      } catch {
        say(context, 'fatal', 'etcdmain/etcd.go:204', 'discovery failed', {
          error: `cannot access data directory: mkdir ${dir}: no such file or directory`,
        });
        return ended(1, 60);
      }
    }
    const name = flags['name'] ?? 'default';
    say(context, 'info', 'etcdmain/etcd.go:116', 'server has been already initialized', { 'data-dir': dir, 'dir-type': 'member' });
    say(context, 'info', 'embed/etcd.go:140', 'configuring peer listeners', { 'listen-peer-urls': urls(flags, 'listen-peer-urls') });
    say(context, 'info', 'embed/etcd.go:148', 'configuring client listeners', { 'listen-client-urls': urls(flags, 'listen-client-urls') });
    say(context, 'info', 'embed/etcd.go:323', 'starting an etcd server', {
      'etcd-version': context.env['ETCD_VERSION'] ?? '',
      name,
      'data-dir': dir,
    });
    say(context, 'info', 'etcdserver/raft.go:529', 'elected leader', { leader: name });
    say(context, 'info', 'embed/serve.go:134', 'ready to serve client requests', {});
    return { flags };
  },
  listeners: ({ flags }) => [
    ...portsOf(flags, 'listen-client-urls', 2379).map(({ port, address }) => ({ port, address, serve: () => {} })),
    ...portsOf(flags, 'listen-peer-urls', 2380).map(({ port, address }) => ({ port, address, serve: () => {} })),
    ...(flags['listen-metrics-urls'] ? portsOf(flags, 'listen-metrics-urls', 2381) : []).map(({ port, address }) => ({
      port,
      address,
      serve: (connection: Parameters<typeof answerHealth>[0], context: ServiceContext) =>
        answerHealth(connection, context, (path) => (/^\/(health|livez|readyz|metrics)$/.test(path) ? true : undefined)),
    })),
  ],
  signal: (_keep, signal) => (signal === 'TERM' || signal === 'INT' ? ended(0, 150) : 'ignored'),
  processes: ({ flags }) => [{ title: `etcd${flags['name'] ? ` --name=${flags['name']}` : ''}` }],
  usage: () => ({ cpu: 22, memory: 58 * 2 ** 20 }),
};

const USAGE = `Usage:

  etcd [flags]
    Start an etcd server.

  etcd --version
    Show the version of etcd.

  etcd -h | --help
    Show the help information about etcd.

  etcd --config-file
    Path to the server configuration file. Note that if a configuration file is provided, other command line flags and environment variables will be ignored.

  etcd gateway
    Run the stateless pass-through etcd TCP connection forwarding proxy.

  etcd grpc-proxy
    Run the stateless etcd v3 gRPC L7 reverse proxy.
`;

const urls = (flags: Flags, name: string): string[] => (flags[name] ?? '').split(',').filter(Boolean);

const portsOf = (flags: Flags, name: string, fallback: number): { port: number; address: string }[] => {
  const byPort = new Map<number, string>();
  for (const url of flags[name] === undefined ? [`http://localhost:${fallback}`] : urls(flags, name)) {
    const [, host = '', port = ''] = /^https?:\/\/([^:/]+):(\d+)/.exec(url) ?? [];
    if (!port) continue;
    const isLocal = host === 'localhost' || host.startsWith('127.');
    if (!isLocal || !byPort.has(Number(port))) byPort.set(Number(port), isLocal ? '127.0.0.1' : '0.0.0.0');
  }
  return [...byPort].map(([port, address]) => ({ port, address }));
};

/** A line of its log, in JSON as zap writes it. */
function say({ log, now }: ServiceContext, level: string, caller: string, msg: string, more: object): void {
  const ts = new Date(now()).toISOString().replace('Z', '000Z');
  log('stderr', `${JSON.stringify({ level, ts, caller, msg, ...more })}\n`);
}
