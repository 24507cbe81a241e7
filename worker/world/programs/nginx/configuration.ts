// What a server's files say, worked out once for all servers whose files say the same: most have their image's. A Deployment's pods would read it anew a
// thousand times, and hold it a thousand times (20 KB).

import type { Layer } from '../../files/inode.ts';
import { ConfigProblem, readConfig } from './config.ts';
import type { Directive, Sources } from './config.ts';
import { DEFAULT_CONF, MAIN, packagedFiles } from './packaged.ts';
import { readSite } from './site.ts';
import type { Site } from './site.ts';

export interface Configuration {
  readonly site: Site;
  /** Hosts that a proxy_pass or an upstream's server names outright: they have to be known at the start. */
  readonly hosts: readonly Host[];
}

export interface Host {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

interface Reading extends Configuration {
  readonly path: string;
  /** What was asked of the files, and what they said. */
  readonly answers: ReadonlyMap<string, string | undefined>;
}

/** The newest first. */
let readings: readonly Reading[] = [];
const MAX_READINGS = 64;

let packaged: Reading | undefined;

/** What the files say that nginx comes with. Most servers have these: theirs need not be kept with each of them. */
const packagedReading = (): Reading =>
  (packaged ??= read(MAIN, {
    read: (path) => packagedFiles[path],
    glob: (pattern) => (pattern.endsWith('/conf.d/*.conf') ? [DEFAULT_CONF] : []),
  }));

export const packagedSite = (): Site => packagedReading().site;

/** Of files that are all from an image, the image alone tells what they say. */
const readingsOf = new WeakMap<Layer, Reading>();

/** Throws ConfigProblem. What is given never changes. `image` is what all files are from, if they are from one, and may all be read. */
export function readConfiguration(path: string, sources: Sources, image: Layer | undefined): Configuration {
  const known = image && readingsOf.get(image);
  if (known?.path === path) return known;
  const reading = compareOrRead(path, sources);
  if (image) readingsOf.set(image, reading);
  return reading;
}

function compareOrRead(path: string, sources: Sources): Reading {
  const remembered = remembering(sources);
  const isSo = (one: Reading): boolean =>
    one.path === path && [...one.answers].every(([question, answer]) => remembered.ask(question) === answer);
  const known = [packagedReading(), ...readings].find(isSo);
  if (known) return known;
  const reading = read(path, sources);
  readings = [reading, ...readings.slice(0, MAX_READINGS - 1)];
  return reading;
}

function read(path: string, sources: Sources): Reading {
  const { ask, answers } = remembering(sources);
  const directives = readConfig(path, {
    read: (file) => ask(`${READ}${file}`),
    glob: (pattern) => ask(`${GLOB}${pattern}`)!.split('\n').filter(Boolean),
  });
  const site = readSite(directives);
  return { path, answers, site, hosts: hostsOf(directives, site, false) };
}

const [READ, GLOB] = ['read ', 'glob '];

/** Asks everything once. */
function remembering(sources: Sources): { ask(question: string): string | undefined; answers: Map<string, string | undefined> } {
  const answers = new Map<string, string | undefined>();
  return {
    answers,
    ask: (question) => {
      if (!answers.has(question)) {
        const about = question.slice(READ.length);
        answers.set(question, question.startsWith(READ) ? sources.read(about) : sources.glob(about).join('\n'));
      }
      return answers.get(question);
    },
  };
}

function hostsOf(directives: readonly Directive[], site: Site, isUpstream: boolean): Host[] {
  return directives.flatMap(({ name, args: [first = ''], block, file, line }) => {
    const host =
      name === 'proxy_pass'
        ? (/^https?:\/\/([^/:$]+)(?=[/:]|$)/.exec(first)?.[1] ?? '')
        : isUpstream && name === 'server'
          ? first.split(':')[0]!
          : '';
    const isOutright = host !== '' && !first.includes('$') && !Object.hasOwn(site.upstreams, host);
    return [...(isOutright ? [{ name: host, file, line }] : []), ...(block ? hostsOf(block, site, name === 'upstream') : [])];
  });
}

export const hostNotFound = ({ name, file, line }: Host): ConfigProblem =>
  new ConfigProblem(`host not found in upstream "${name}" in ${file}:${line}`);
