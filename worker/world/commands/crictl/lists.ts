// crictl ps, pods and images. Mirrors OutputContainers, OutputPodSandboxes and the action of `images`, newest first.

import { goRegExp } from '../../../lib/go-regexp.ts';
import { toYaml } from '../../../lib/yaml-text.ts';
import { byteString } from '../../../lib/text.ts';
import type { Next } from '../../process/program.ts';
import { containerStatus, imageStatus, podStatus } from './inspect.ts';
import { ago, allContainers, CrictlError, findImageOf, shortId, table } from './runtime.ts';
import type { Call, Found } from './runtime.ts';

const DONE: Next = { exit: 0 };
const STATES = { created: 'Created', running: 'Running', exited: 'Exited' } as const;

function pattern({ given }: Call, option: string): (text: string) => boolean {
  const text = given.get(option);
  if (text === undefined) return () => true;
  const expression = goRegExp(text);
  return (one) => expression.test(one);
}

/** `-l` and `-n` look at all states, and take the newest. */
const newest = <T>({ given }: Call, all: readonly T[]): readonly T[] =>
  given.has('l') ? all.slice(0, 1) : Number(given.get('n') ?? 0) > 0 ? all.slice(0, Number(given.get('n'))) : all;

function writeAs({ system, given }: Call, value: () => object): boolean {
  const output = given.get('o') ?? 'table';
  if (output === 'json') system.out(`${byteString(JSON.stringify(value(), null, 2))}\n`);
  else if (output === 'yaml') system.out(`${byteString(toYaml(value()))}\n`);
  else if (output !== 'table') throw new CrictlError(`unsupported output format ${JSON.stringify(output)}`);
  return output !== 'table';
}

/** Those that the options ask for. */
export function selectContainers(call: Call): readonly Found[] {
  const { given } = call;
  const state = given.get('s')?.toLowerCase();
  if (state !== undefined && !(state in STATES) && state !== 'unknown')
    throw new CrictlError('listing containers: list containers: --state should be one of created, running, exited or unknown');
  const anyState = given.has('l') || Number(given.get('n') ?? 0) > 0 || (state === undefined && given.has('a'));
  const [hasName, isInNamespace] = [pattern(call, 'name'), pattern(call, 'namespace')];
  const image = given.get('image');
  const imageName = image === undefined ? undefined : (findImageOf(call, image)?.[0] ?? image);
  const found = allContainers(call).filter(
    ({ sandbox, container }) =>
      (anyState || container.state === (state ?? 'running')) &&
      container.id.startsWith(given.get('id') ?? '') &&
      sandbox.id.startsWith(given.get('p') ?? '') &&
      hasName(container.name) &&
      isInNamespace(sandbox.namespace) &&
      (imageName === undefined || container.imageName === imageName),
  );
  return newest(
    call,
    found.sort((a, b) => b.container.createdAt - a.container.createdAt),
  );
}

export function listContainers(call: Call): Next {
  const { system, given, machine } = call;
  const found = selectContainers(call);
  if (writeAs(call, () => ({ containers: found.map((one) => containerStatus(call, one)) }))) return DONE;
  if (given.has('q')) {
    for (const { container } of found) system.out(`${container.id}\n`);
    return DONE;
  }
  const id = (text: string): string => (given.has('no-trunc') ? text : shortId(text));
  table(system, [
    ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE'],
    ...found.map(({ sandbox, container }) => [
      id(container.id),
      given.has('r') ? container.imageName : id(machine.images[container.imageName]?.id ?? container.imageName),
      ago(system.now() - container.createdAt),
      STATES[container.state],
      container.name,
      String(container.attempt),
      id(sandbox.id),
      sandbox.name,
      sandbox.namespace,
    ]),
  ]);
  return DONE;
}

export function listPods(call: Call): Next {
  const { system, given, sandboxes } = call;
  const state = given.get('s')?.toLowerCase();
  const [hasName, isInNamespace] = [pattern(call, 'name'), pattern(call, 'namespace')];
  const found = newest(
    call,
    sandboxes
      .filter((one) => (state === undefined || one.state === state) && hasName(one.name) && isInNamespace(one.namespace))
      .sort((a, b) => b.createdAt - a.createdAt),
  );
  if (writeAs(call, () => ({ items: found.map(podStatus) }))) return DONE;
  if (given.has('q')) for (const { id } of found) system.out(`${id}\n`);
  else
    table(system, [
      ['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'],
      ...found.map((one) => [
        given.has('no-trunc') ? one.id : shortId(one.id),
        ago(system.now() - one.createdAt),
        one.state === 'ready' ? 'Ready' : 'NotReady',
        one.name,
        one.namespace,
        String(one.attempt),
        '(default)',
      ]),
    ]);
  return DONE;
}

export function listImages(call: Call): Next {
  const { system, given, machine, args } = call;
  const found = Object.entries(machine.images)
    .filter(([name]) => args[0] === undefined || name === args[0] || repositoryOf(name)[0] === args[0])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (writeAs(call, () => ({ images: found.map(imageStatus) }))) return DONE;
  if (given.has('q')) {
    for (const [, { id }] of found) system.out(`${id}\n`);
    return DONE;
  }
  const id = (text: string): string => (given.has('no-trunc') ? text : shortId(text));
  const digests = given.has('digests');
  table(system, [
    ['IMAGE', 'TAG', ...(digests ? ['DIGEST'] : []), 'IMAGE ID', 'SIZE'],
    ...found.map(([name, image]) => [...repositoryOf(name), ...(digests ? [id(image.digest)] : []), id(image.id), humanSize(image.size)]),
  ]);
  return DONE;
}

function repositoryOf(name: string): [repository: string, tag: string] {
  const digest = name.indexOf('@');
  if (digest >= 0) return [name.slice(0, digest), '<none>'];
  const colon = name.lastIndexOf(':');
  return [name.slice(0, colon), name.slice(colon + 1)];
}

/** As Docker's units.HumanSizeWithPrecision says it, in three digits. */
function humanSize(bytes: number): string {
  let [size, unit] = [bytes, 0];
  for (; size >= 1000 && unit < 4; unit++) size /= 1000;
  return `${Number(size.toPrecision(3))}${['B', 'kB', 'MB', 'GB', 'TB'][unit]!}`;
}
