// crictl: what the container runtime of a machine holds. Mirrors cri-tools' tables of `ps` and `pods`, newest first.

import type { Container, Sandbox } from '../runtime/sandbox.ts';
import type { System } from '../process/system.ts';
import { once, options } from './tool.ts';

const SHORT_ID = 13;
const STATES = { created: 'Created', running: 'Running', exited: 'Exited' } as const;
const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];

export const crictl = once('crictl', (system) => {
  const given = options(system, 'aqr:', ['all', 'quiet', 'runtime-endpoint='], { aliases: { all: 'a', quiet: 'q' } });
  const [verb = 'help'] = given.rest;
  const sandboxes = system.world.sandboxes.find('machine', system.caller.machine);
  switch (verb) {
    case 'ps':
      return listContainers(system, sandboxes, given.has('a'), given.has('q'));
    case 'pods':
      return listPods(system, sandboxes, given.has('q'));
    default:
      system.err(`No help topic for '${verb}'\n`);
      return 3;
  }
});

function listContainers(system: System, sandboxes: readonly Sandbox[], all: boolean, quiet: boolean): number {
  const found = sandboxes
    .flatMap((sandbox) => sandbox.containers.map((container) => ({ sandbox, container })))
    .filter(({ container }) => all || container.state === 'running')
    .sort((a, b) => b.container.createdAt - a.container.createdAt);
  if (quiet) for (const { container } of found) system.out(`${container.id}\n`);
  else
    table(system, [
      ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE'],
      ...found.map(({ sandbox, container }) => [
        container.id.slice(0, SHORT_ID),
        imageIdOf(system, container).slice(0, SHORT_ID),
        ago(system.now() - container.createdAt),
        STATES[container.state],
        container.name,
        String(container.attempt),
        sandbox.id.slice(0, SHORT_ID),
        sandbox.name,
        sandbox.namespace,
      ]),
    ]);
  return 0;
}

function listPods(system: System, sandboxes: readonly Sandbox[], quiet: boolean): number {
  const found = [...sandboxes].sort((a, b) => b.createdAt - a.createdAt);
  if (quiet) for (const { id } of found) system.out(`${id}\n`);
  else
    table(system, [
      ['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'],
      ...found.map((one) => [
        one.id.slice(0, SHORT_ID),
        ago(system.now() - one.createdAt),
        one.state === 'ready' ? 'Ready' : 'NotReady',
        one.name,
        one.namespace,
        String(one.attempt),
        '(default)',
      ]),
    ]);
  return 0;
}

const imageIdOf = (system: System, { imageName }: Container): string =>
  (system.world.machines.get(system.caller.machine)?.images[imageName]?.id ?? imageName).replace(/^sha256:/, '');

/** As Docker's units.HumanDuration says it. */
function ago(ms: number): string {
  if (ms < SECOND) return 'Less than a second ago';
  if (ms < 2 * SECOND) return '1 second ago';
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} seconds ago`;
  if (ms < 2 * MINUTE) return 'About a minute ago';
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} minutes ago`;
  const hours = Math.round(ms / HOUR);
  if (hours === 1) return 'About an hour ago';
  return hours < 48 ? `${hours} hours ago` : `${Math.floor(ms / DAY)} days ago`;
}

/** Columns by tabwriter's rule: as wide as their widest cell, and at least 20. */
function table(system: System, rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, i) => Math.max(20, ...rows.map((row) => row[i]!.length + 3)));
  for (const row of rows) system.out(`${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join('')}\n`);
}
