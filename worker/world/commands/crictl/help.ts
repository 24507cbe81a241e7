// What crictl says of itself and of its verbs. Mirrors the templates of urfave/cli 2.

import { bool, duration, flagLines, int, string } from './flags.ts';
import type { Flag } from './flags.ts';
import type { Verb } from './runtime.ts';

const ENDPOINTS = ['unix:///run/containerd/containerd.sock', 'unix:///run/crio/crio.sock', 'unix:///var/run/cri-dockerd.sock'];
export const DEFAULT_ENDPOINTS = `[${ENDPOINTS.join(' ')}]`;
export const VERSION = '1.36.0';

/** Those in front of the verb. */
export const GLOBAL_FLAGS: readonly Flag[] = [
  string(
    'config, c',
    'Location of the client config file. If not specified and the default does not exist, the program\'s directory is searched as well (default: "/etc/crictl.yaml")',
    undefined,
    'CRI_CONFIG_FILE',
  ),
  string(
    'runtime-endpoint, r',
    `Endpoint of CRI container runtime service (default: uses in order the first successful one of ${DEFAULT_ENDPOINTS}). Default is now deprecated and the endpoint should be set instead.`,
    undefined,
    'CONTAINER_RUNTIME_ENDPOINT',
  ),
  string(
    'image-endpoint, i',
    "Endpoint of CRI image manager service (default: uses 'runtime-endpoint' setting)",
    undefined,
    'IMAGE_SERVICE_ENDPOINT',
  ),
  duration('timeout, t', 'Timeout of connecting to the server in seconds (e.g. 2s, 20s.). 0 or less is set to default', '2s'),
  bool('debug, D', 'Enable debug mode'),
  bool('enable-tracing', 'Enable OpenTelemetry tracing.'),
  int(
    'tracing-sampling-rate-per-million',
    'Number of samples to collect per million OpenTelemetry spans. Set to 1000000 or -1 to always sample.',
    '-1',
  ),
  string('tracing-endpoint', 'Address to which the gRPC tracing collector will send spans to.', '127.0.0.1:4317'),
  string('profile-cpu', 'Write a pprof CPU profile to the provided path.'),
  string('profile-mem', 'Write a pprof memory profile to the provided path.'),
  bool('version, v', 'print the version'),
];

const indented = (text: string): string => text.replaceAll('\n', '\n   ');

export function verbHelp({ name, usage, argsUsage, description, flags }: Verb): string {
  return `NAME:
   crictl ${name} - ${usage}

USAGE:
   crictl ${name} [command options]${argsUsage === undefined ? '' : ` ${argsUsage}`}
${description === undefined ? '' : `\nDESCRIPTION:\n   ${indented(description)}\n`}
OPTIONS:
${flagLines(flags)}`;
}

/** Verbs in the order of their names. */
export function toolHelp(verbs: readonly Verb[]): string {
  const rows = [...verbs.map(({ name, aliases = [], usage }) => [[name, ...aliases].join(', '), usage] as const)].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  rows.push(['help, h', 'Shows a list of commands or help for one command']);
  const width = Math.max(...rows.map(([names]) => names.length)) + 2;
  return `NAME:
   crictl - client for CRI

USAGE:
   crictl [global options] command [command options]

VERSION:
   ${VERSION}

COMMANDS:
${rows.map(([names, usage]) => `   ${names.padEnd(width)}${usage}\n`).join('')}
GLOBAL OPTIONS:
${flagLines(GLOBAL_FLAGS)}`;
}
