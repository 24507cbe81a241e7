// systemctl: what systemd runs on a machine. Mirrors systemctl(1) of systemd 255, for services.

import { byteString } from '../../lib/text.ts';
import { FileError } from '../files/error.ts';
import { readJournal } from '../journal.ts';
import { setService } from '../machine.ts';
import type { Machine, SystemService } from '../machine.ts';
import type { System } from '../process/system.ts';
import { serviceCommand } from '../service-command.ts';
import { dropInPath, unitPath, UNITS } from '../units.ts';
import { formatDate } from './date.ts';
import { journalLine } from './journalctl.ts';
import { once, options, Refusal } from './tool.ts';

/** Lines of the journal that `status` shows. */
const SHOWN = 10;
const WANTS = '/etc/systemd/system/multi-user.target.wants';

export const systemctl = once('systemctl', (system) => {
  const given = options(
    system,
    'n:t:laqp:o:',
    [
      'no-pager',
      'lines=',
      'type=',
      'state=',
      'full',
      'all',
      'quiet',
      'now',
      'failed',
      'property=',
      'value',
      'output=',
      'no-legend',
      'plain',
      'system',
    ],
    { aliases: { lines: 'n', type: 't', full: 'l', all: 'a', quiet: 'q', property: 'p', output: 'o' } },
  );
  const machine = system.world.machines.get(system.caller.machine);
  if (!machine) throw new Refusal('');
  const [verb = 'list-units', ...names] = given.rest;
  const services = names.map((name) => name.replace(/\.service$/, ''));
  const find = (name: string): SystemService | undefined => machine.services[name];
  const each = (act: (name: string) => number): number => Math.max(0, ...services.map(act));
  switch (verb) {
    case 'status':
      return each((name) => printStatus(system, machine, name, Number(given.get('n') ?? SHOWN)));
    case 'is-active':
      return printStates(system, services, given.has('q'), (name) => activity(find(name)), 'active', services.every(find) ? 3 : 4);
    case 'is-failed':
      return printStates(system, services, given.has('q'), (name) => activity(find(name)), 'failed', 1);
    case 'is-enabled':
      return printStates(system, services, given.has('q'), (name) => enablement(find(name)), 'enabled', services.every(find) ? 1 : 4);
    case 'start':
    case 'stop':
    case 'restart':
      return change(system, machine, verb, services);
    case 'enable':
    case 'disable':
      return (
        enable(system, machine, verb, services) ||
        (given.has('now') ? change(system, machine, verb === 'enable' ? 'start' : 'stop', services) : 0)
      );
    case 'cat':
      return each((name) => printFiles(system, name));
    case 'list-units':
      return listUnits(system, machine, given.has('failed') ? 'failed' : given.get('state'));
    case 'daemon-reload':
    case 'reset-failed':
      return 0;
    default:
      system.err(`Unknown command verb '${verb}'.\n`);
      return 1;
  }
});

/** One that failed is tried again after a while: until then systemd calls it so. */
const activity = (service: SystemService | undefined): string =>
  !service ? 'inactive' : service.state === 'failed' ? 'activating' : service.state;
const enablement = (service: SystemService | undefined): string => (!service ? 'not-found' : service.disabled ? 'disabled' : 'enabled');

function printStates(
  system: System,
  names: readonly string[],
  isQuiet: boolean,
  of: (name: string) => string,
  wanted: string,
  otherwise: number,
): number {
  const states = names.map(of);
  if (!isQuiet) for (const state of states) system.out(`${state}\n`);
  return states.includes(wanted) ? 0 : otherwise;
}

const out = (system: System, text: string): void => system.out(byteString(text));

function printStatus(system: System, machine: Machine, name: string, lines: number): number {
  const service = machine.services[name];
  if (!service) {
    system.err(`Unit ${name}.service could not be found.\n`);
    return 4;
  }
  const { state, since, pid } = service;
  const unit = UNITS[name];
  const command = serviceCommand(system.world, machine, name);
  const dropIn = dropInPath(name);
  const [docs, binary] = [unit?.documentation ?? [], command.split(' ')[0] ?? ''];
  const isActive = state === 'active';
  const active = { active: 'active (running)', inactive: 'inactive (dead)', failed: 'activating (auto-restart) (Result: exit-code)' }[
    state
  ];
  const ended = state === 'failed' ? '(code=exited, status=1/FAILURE)' : '(code=exited, status=0/SUCCESS)';
  out(
    system,
    [
      `${state === 'inactive' ? '○' : '●'} ${name}.service - ${unit?.description ?? name}`,
      `     Loaded: loaded (${unitPath(name)}; ${enablement(service)}; preset: enabled)`,
      ...(dropIn
        ? [`    Drop-In: ${dropIn.slice(0, dropIn.lastIndexOf('/'))}`, `             └─${dropIn.slice(dropIn.lastIndexOf('/') + 1)}`]
        : []),
      `     Active: ${active} since ${formatDate('%a %Y-%m-%d %H:%M:%S UTC', since)}; ${ago(system.now() - since)} ago`,
      ...docs.map((one, i) => `${i ? '             ' : '       Docs: '}${one}`),
      ...(isActive
        ? [
            `   Main PID: ${pid} (${binary.slice(binary.lastIndexOf('/') + 1).slice(0, 15)})`,
            `     CGroup: /system.slice/${name}.service`,
            `             └─${pid} ${command}`,
          ]
        : [`    Process: ExecStart=${unit?.command ?? ''} ${ended}`]),
      '',
    ].join('\n'),
  );
  const said = lines > 0 ? readJournal(system.world, machine, [name]).slice(-lines) : [];
  if (said.length) out(system, `\n${said.map((entry) => journalLine(machine, entry)).join('')}`);
  return isActive ? 0 : 3;
}

/** How long ago, as systemd says it: its two largest units. */
function ago(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return `${ms}ms`;
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes < 5 ? `${minutes}min ${seconds % 60}s` : `${minutes}min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return hours < 6 ? `${hours}h ${minutes % 60}min` : `${hours}h`;
  const days = Math.floor(hours / 24);
  return days === 1 ? `1 day ${hours % 24}h` : `${days} days`;
}

function change(system: System, machine: Machine, verb: 'start' | 'stop' | 'restart', services: readonly string[]): number {
  const unknown = services.find((name) => !machine.services[name]);
  if (unknown !== undefined) {
    system.err(`Failed to ${verb} ${unknown}.service: Unit ${unknown}.service not ${verb === 'stop' ? 'loaded' : 'found'}.\n`);
    return 5;
  }
  for (const name of services) {
    if (verb !== 'start') setService(system.world, machine, name, 'inactive');
    if (verb !== 'stop') setService(system.world, machine, name, 'active');
  }
  return 0;
}

function enable(system: System, machine: Machine, verb: 'enable' | 'disable', services: readonly string[]): number {
  const unknown = services.find((name) => !machine.services[name]);
  if (unknown !== undefined) {
    system.err(`Failed to ${verb} unit: Unit file ${unknown}.service does not exist.\n`);
    return 1;
  }
  for (const name of services) {
    const { disabled = false, ...service } = machine.services[name]!;
    if (disabled === (verb === 'disable')) continue;
    machine.services[name] = { ...service, ...(verb === 'disable' && { disabled: true }) };
    const link = `${WANTS}/${name}.service`;
    system.err(byteString(verb === 'enable' ? `Created symlink ${link} → ${unitPath(name)}.\n` : `Removed "${link}".\n`));
  }
  system.world.machines.put(machine.name, machine);
  return 0;
}

function printFiles(system: System, name: string): number {
  const paths = [unitPath(name), dropInPath(name)].filter((path) => path !== undefined);
  try {
    const texts = paths.map((path) => `# ${path}\n${system.files.read(path)}`);
    system.out(texts.join('\n'));
    return 0;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    system.err(`No files found for ${name}.service.\n`);
    return 1;
  }
}

function listUnits(system: System, machine: Machine, state: string | undefined): number {
  const shown = Object.entries(machine.services).filter(([, one]) =>
    state === undefined ? one.state !== 'inactive' : activity(one) === state || (state === 'running' && one.state === 'active'),
  );
  const rows = shown.map(([name, service]) => {
    const sub = { active: 'running', inactive: 'dead', failed: 'auto-restart' }[service.state];
    return [`${name}.service`, 'loaded', activity(service), sub, UNITS[name]?.description ?? name];
  });
  if (rows.length) {
    const table = [['UNIT', 'LOAD', 'ACTIVE', 'SUB', 'DESCRIPTION'], ...rows];
    const widths = table[0]!.map((_, i) => Math.max(...table.map((row) => row[i]!.length)));
    for (const row of table) out(system, `  ${row.map((cell, i) => (i === 4 ? cell : cell.padEnd(widths[i]!))).join(' ')}\n`);
    out(
      system,
      '\nLegend: LOAD   → Reflects whether the unit definition was properly loaded.\n        ACTIVE → The high-level unit activation state, i.e. generalization of SUB.\n        SUB    → The low-level unit activation state, values depend on unit type.\n\n',
    );
  }
  out(system, `${rows.length} loaded units listed.\n`);
  return 0;
}
