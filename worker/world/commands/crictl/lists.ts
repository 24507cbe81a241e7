// crictl ps, pods and images. Mirrors OutputContainers, OutputPodSandboxes and the action of `images`, newest first.

import { goRegExp } from '../../../lib/go-regexp.ts';
import type { StoredImage } from '../../machine.ts';
import type { Next } from '../../process/program.ts';
import type { Sandbox } from '../../runtime/sandbox.ts';
import { bool, int, string, strings } from './flags.ts';
import { writeAs } from './output.ts';
import {
  ago,
  allContainers,
  containerLabels,
  CrictlError,
  findImageOf,
  hasLabels,
  humanSize,
  isPinned,
  labelLines,
  labelsOf,
  podLabels,
  repositoryOf,
  shortId,
  Stop,
  table,
} from './runtime.ts';
import type { Call, Found, Verb } from './runtime.ts';

const DONE: Next = { exit: 0 };
const STATES = { created: 'Created', running: 'Running', exited: 'Exited' } as const;
const nanoseconds = (ms: number): string => `${ms}000000`;
const OUTPUT = 'Output format, One of: json|yaml|table';

function pattern({ given }: Call, option: string): (text: string) => boolean {
  const text = given.get(option);
  if (!text) return () => true;
  const expression = goRegExp(text);
  return (one) => expression.test(one);
}

const lastOf = ({ given }: Call): number => Number(given.get('last') ?? 0);

/** `--latest` and `--last` look at all states, and take the newest. */
const newest = <T extends { readonly at: number }>(call: Call, all: readonly T[]): T[] => {
  const sorted = all.toSorted((a, b) => b.at - a.at);
  return lastOf(call) > 0 ? sorted.slice(0, lastOf(call)) : call.given.has('latest') ? sorted.slice(0, 1) : sorted;
};

/** Those that the options ask for. */
export function selectContainers(call: Call): readonly Found[] {
  const { given } = call;
  const state = given.get('state')?.toLowerCase();
  if (state !== undefined && !(state in STATES) && state !== 'unknown')
    throw new Stop(`${logDate(call)} --state should be one of created, running, exited or unknown`, 1);
  const anyState = given.has('latest') || lastOf(call) > 0 || (state === undefined && given.has('all'));
  const [hasName, isInNamespace] = [pattern(call, 'name'), pattern(call, 'namespace')];
  const [labels, image] = [labelsOf(call), given.get('image')];
  const imageName = image === undefined ? undefined : (findImageOf(call, image)?.[0] ?? '');
  const found = allContainers(call).filter((one) => {
    const { sandbox, container } = one;
    return (
      (anyState || container.state === (state ?? 'running')) &&
      container.id.startsWith(given.get('id') ?? '') &&
      sandbox.id.startsWith(given.get('pod') ?? '') &&
      hasName(container.name) &&
      isInNamespace(sandbox.namespace) &&
      hasLabels(containerLabels(one), labels) &&
      (imageName === undefined || container.imageName === imageName)
    );
  });
  return newest(
    call,
    found.map((one) => ({ ...one, at: one.container.createdAt })),
  );
}

/** As Go's log writes the time. */
const logDate = ({ system }: Call): string => new Date(system.now()).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');

/** The image by which the kubelet asked for a container: an id. */
const askedImage = ({ machine }: Call, { container }: Found): string => machine.images[container.imageName]?.id ?? container.imageName;

const containerMessage = (call: Call, found: Found): object => {
  const { sandbox, container } = found;
  const image = askedImage(call, found);
  return {
    id: container.id,
    podSandboxId: sandbox.id,
    metadata: { name: container.name, attempt: container.attempt },
    image: { image, annotations: {}, userSpecifiedImage: container.image, runtimeHandler: '', imageRef: '' },
    imageRef: image,
    state: `CONTAINER_${container.state.toUpperCase()}`,
    createdAt: nanoseconds(container.createdAt),
    labels: containerLabels(found),
    annotations: {},
    imageId: image,
  };
};

export const psVerb: Verb = {
  name: 'ps',
  usage: 'List containers',
  flags: [
    bool('verbose, v', 'Show verbose information for containers'),
    string('id', 'Filter by container id'),
    string('name', 'Filter by container name regular expression pattern'),
    string('pod, p', 'Filter by pod id'),
    string('image', 'Filter by container image'),
    string('state, s', 'Filter by container state'),
    strings('label', 'Filter by key=value label'),
    bool('quiet, q', 'Only display container IDs'),
    string('output, o', OUTPUT, 'table'),
    bool('all, a', 'Show all containers'),
    bool('latest, l', 'Show the most recently created container (includes all states)'),
    int('last, n', 'Show last n recently created containers (includes all states). Set 0 for unlimited.'),
    bool('no-trunc', 'Show output without truncating the ID'),
    bool('resolve-image-path, r', 'Show image path instead of image id'),
    string('namespace', 'Filter by pod namespace regular expression pattern'),
  ],
  act: (call) => {
    const { system, given, args } = call;
    if (args.length) throw new Stop();
    const found = selectContainers(call);
    if (writeAs(call, () => ({ containers: found.map((one) => containerMessage(call, one)) }))) return DONE;
    if (given.has('quiet')) for (const { container } of found) system.out(`${container.id}\n`);
    else if (given.has('verbose')) for (const one of found) system.out(containerText(call, one));
    else containerRows(call, found);
    return DONE;
  },
};

function containerRows(call: Call, found: readonly Found[]): void {
  const { system, given } = call;
  const id = (text: string): string => (given.has('no-trunc') ? text : shortId(text));
  const image = (one: Found): string =>
    given.has('resolve-image-path')
      ? one.container.imageName
      : given.has('no-trunc')
        ? askedImage(call, one)
        : shortId(askedImage(call, one));
  table(system, [
    ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE'],
    ...found.map((one) => [
      id(one.container.id),
      image(one),
      ago(system.now() - one.container.createdAt),
      STATES[one.container.state],
      one.container.name,
      String(one.container.attempt),
      id(one.sandbox.id),
      one.sandbox.name,
      one.sandbox.namespace,
    ]),
  ]);
}

function containerText(call: Call, found: Found): string {
  const { sandbox, container } = found;
  return [
    `ID: ${container.id}`,
    `PodID: ${sandbox.id}`,
    `Namespace: ${sandbox.namespace}`,
    `Name: ${container.name}`,
    `Attempt: ${container.attempt}`,
    `State: ${STATES[container.state]}`,
    `Image: ${askedImage(call, found)}`,
    `Created: ${ago(call.system.now() - container.createdAt)}`,
    ...labelLines(containerLabels(found)),
    '\n',
  ].join('\n');
}

export function selectPods(call: Call): readonly Sandbox[] {
  const { given, sandboxes } = call;
  const state = given.get('state')?.toLowerCase();
  if (state !== undefined && state !== 'ready' && state !== 'notready')
    throw new Stop(`${logDate(call)} --state should be ready or notready`, 1);
  const [hasName, isInNamespace, labels] = [pattern(call, 'name'), pattern(call, 'namespace'), labelsOf(call)];
  const found = sandboxes.filter(
    (one) =>
      (state === undefined || one.state === state) &&
      one.id.startsWith(given.get('id') ?? '') &&
      hasName(one.name) &&
      isInNamespace(one.namespace) &&
      hasLabels(allLabels(one), labels),
  );
  return newest(
    call,
    found.map((sandbox) => ({ sandbox, at: sandbox.createdAt })),
  ).map(({ sandbox }) => sandbox);
}

const allLabels = (sandbox: Sandbox): Record<string, string> => ({ ...sandbox.labels, ...podLabels(sandbox) });

const podMessage = (sandbox: Sandbox): object => ({
  id: sandbox.id,
  metadata: { name: sandbox.name, uid: sandbox.uid, namespace: sandbox.namespace, attempt: sandbox.attempt },
  state: `SANDBOX_${sandbox.state.toUpperCase()}`,
  createdAt: nanoseconds(sandbox.createdAt),
  labels: allLabels(sandbox),
  annotations: {},
  runtimeHandler: '',
});

const podState = ({ state }: Sandbox): string => (state === 'ready' ? 'Ready' : 'NotReady');

export const podsVerb: Verb = {
  name: 'pods',
  usage: 'List pods',
  flags: [
    string('id', 'filter by pod id'),
    string('name', 'Filter by pod name regular expression pattern'),
    string('namespace', 'Filter by pod namespace regular expression pattern'),
    string('state, s', 'Filter by pod state'),
    strings('label', 'Filter by key=value label'),
    bool('verbose, v', 'Show verbose info for pods'),
    bool('quiet, q', 'List only pod IDs'),
    string('output, o', OUTPUT, 'table'),
    bool('latest, l', 'Show the most recently created pod'),
    int('last, n', 'Show last n recently created pods. Set 0 for unlimited'),
    bool('no-trunc', 'Show output without truncating the ID'),
  ],
  act: (call) => {
    const { system, given } = call;
    const found = selectPods(call);
    if (writeAs(call, () => ({ items: found.map(podMessage) }))) return DONE;
    if (given.has('quiet')) for (const { id } of found) system.out(`${id}\n`);
    else if (given.has('verbose')) for (const one of found) system.out(podText(one));
    else podRows(call, found);
    return DONE;
  },
};

function podRows({ system, given }: Call, found: readonly Sandbox[]): void {
  table(system, [
    ['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'],
    ...found.map((one) => [
      given.has('no-trunc') ? one.id : shortId(one.id),
      ago(system.now() - one.createdAt),
      podState(one),
      one.name,
      one.namespace,
      String(one.attempt),
      '(default)',
    ]),
  ]);
}

function podText(sandbox: Sandbox): string {
  return [
    `ID: ${sandbox.id}`,
    `Name: ${sandbox.name}`,
    `UID: ${sandbox.uid}`,
    `Namespace: ${sandbox.namespace}`,
    ...(sandbox.attempt ? [`Attempt: ${sandbox.attempt}`] : []),
    `Status: ${podState(sandbox)}`,
    `Created: ${new Date(sandbox.createdAt).toISOString().replace('T', ' ').replace('Z', ' +0000 UTC')}`,
    ...labelLines(allLabels(sandbox)),
    'Runtime: (default)',
    '\n',
  ].join('\n');
}

type NamedImage = readonly [name: string, image: StoredImage];

/** By a name, and by `--filter`, in the order of their names. */
export function selectImages({ machine, given }: Call, name: string | undefined): readonly NamedImage[] {
  let found: readonly NamedImage[] = Object.entries(machine.images)
    .filter(([one]) => !name || one === name || nameAndTag(one)[0] === name)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  for (const filter of given.all('filter')) {
    const [kind = '', value = ''] = /^(before|since|reference|dangling)=([^]*)$/.exec(filter)?.slice(1) ?? [];
    if (!kind) throw new CrictlError(`listing images: filter images: unknown filter flag: ${filter}`);
    if (kind === 'dangling') found = found.filter(([one]) => one.includes('@') === (value === 'true'));
    else if (kind === 'reference') {
      const expression = goRegExp(value);
      found = found.filter(([one]) => expression.test(repositoryOf(one)));
    } else if (kind === 'since') found = upTo(found, value);
    else found = upTo(found.toReversed(), value).toReversed();
  }
  return found;
}

function upTo(all: readonly NamedImage[], value: string): NamedImage[] {
  const isIt = ([name, { id, digest }]: NamedImage): boolean =>
    value.includes('@') ? `${repositoryOf(name)}@${digest}`.startsWith(value) : value.includes(':') ? name === value : id.startsWith(value);
  const at = all.findIndex(isIt);
  return at < 0 ? [...all] : all.slice(0, at);
}

const imageMessage = ([name, { id, digest, size }]: NamedImage): object => ({
  id,
  repoTags: name.includes('@') ? [] : [name],
  repoDigests: [`${repositoryOf(name)}@${digest}`],
  size: String(size),
  username: '',
  pinned: isPinned(name),
});

export const imagesVerb: Verb = {
  name: 'images',
  aliases: ['image', 'img'],
  usage: 'List images',
  argsUsage: '[REPOSITORY[:TAG]]',
  flags: [
    bool('verbose, v', 'Show verbose info for images'),
    bool('quiet, q', 'Only show image IDs'),
    strings(
      'filter, f',
      'Filter output based on provided conditions.\nAvailable filters: \n* dangling=(boolean - true or false)\n* reference=/regular expression/\n* before=<image-name>[:<tag>]|<image id>|<image@digest>\n* since=<image-name>[:<tag>]|<image id>|<image@digest>\nMultiple filters can be combined together.',
    ),
    string('output, o', OUTPUT),
    bool('digests', 'Show digests'),
    bool('no-trunc', 'Show output without truncating the ID'),
    bool('pinned', 'Show whether the image is pinned or not'),
  ],
  act: (call) => {
    const { system, given, args } = call;
    if (args.length > 1) throw new Stop();
    const found = selectImages(call, args[0]);
    if (['json', 'yaml'].includes(given.get('output') ?? '') && writeAs(call, () => ({ images: found.map(imageMessage) }))) return DONE;
    if (given.has('quiet')) for (const [, { id }] of found) system.out(`${id}\n`);
    else if (given.has('verbose')) for (const one of found) system.out(imageText(one));
    else imageRows(call, found);
    return DONE;
  },
};

function imageRows({ system, given }: Call, found: readonly NamedImage[]): void {
  const id = (text: string): string => (given.has('no-trunc') ? text : shortId(text));
  const [digests, pinned] = [given.has('digests'), given.has('pinned')];
  table(system, [
    ['IMAGE', 'TAG', ...(digests ? ['DIGEST'] : []), 'IMAGE ID', 'SIZE', ...(pinned ? ['PINNED'] : [])],
    ...found.map(([name, image]) => [
      ...nameAndTag(name),
      ...(digests ? [id(image.digest)] : []),
      id(image.id),
      humanSize(image.size, 3),
      ...(pinned ? [String(isPinned(name))] : []),
    ]),
  ]);
}

const imageText = ([name, { id, digest, size }]: NamedImage): string =>
  [
    `ID: ${id}`,
    ...(name.includes('@') ? [] : [`RepoTags: ${name}`]),
    `RepoDigests: ${repositoryOf(name)}@${digest}`,
    ...(size ? [`Size: ${size}`] : []),
    ...(isPinned(name) ? ['Pinned: true'] : []),
    '\n',
  ].join('\n');

function nameAndTag(name: string): [repository: string, tag: string] {
  const digest = name.indexOf('@');
  if (digest >= 0) return [name.slice(0, digest), '<none>'];
  const colon = name.lastIndexOf(':');
  return [name.slice(0, colon), name.slice(colon + 1)];
}
