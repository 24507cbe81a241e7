// An extender: a server that a configuration gives a say in what the scheduler does, and what it is called with. Mirrors kube-scheduler extender.go.

import type { ExternalAnswer, ExternalRequest } from '../../api/admission.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import type { ClusterReader } from '../../api/resource.ts';
import type { Asking } from '../asking.ts';
import type { ExtenderConfig } from '../config/types.ts';
import { placeOf } from './place.ts';

/** Stands for all extenders where plugins are named that refused a pod. */
export const EXTENDER = 'Extender';

export type Extender = ExtenderConfig;

/** In the order in which they are asked: those that may be left out last. */
export const inOrder = (extenders: readonly Extender[]): readonly Extender[] => [
  ...extenders.filter(({ ignorable }) => !ignorable),
  ...extenders.filter(({ ignorable }) => ignorable),
];

/** An extender could not be asked, or did not answer as it should. */
export class ExtenderError extends Error {}

/** Whether a pod is an extender's business: it wants something that the extender manages, if there is anything that it manages. */
export function isInterested({ managedResources }: Extender, { spec }: Pod): boolean {
  if (!managedResources.length) return true;
  return [...spec.containers, ...(spec.initContainers ?? [])].some(({ resources: { requests = {}, limits = {} } }) =>
    managedResources.some(({ name }) => Object.hasOwn(requests, name) || Object.hasOwn(limits, name)),
  );
}

const urlOf = ({ urlPrefix }: Extender, verb: string): string => `${urlPrefix.replace(/\/+$/, '')}/${verb}`;

/** What is asked, or why it cannot be. */
export type Question = ExternalRequest | ExtenderError;

export function questionTo(reader: ClusterReader, extender: Extender, verb: string, args: object): Question {
  const url = urlOf(extender, verb);
  const place = placeOf(url, reader);
  if (place && 'problem' in place) return new ExtenderError(`Post ${JSON.stringify(url)}: ${place.problem}`);
  return {
    url,
    ...(place && { address: place }),
    method: 'POST',
    headers: { 'User-Agent': 'Go-http-client/1.1', 'Content-Type': 'application/json' },
    body: JSON.stringify(args),
    timeoutMs: extender.timeoutMs,
  };
}

/** The body of an answer. Throws ExtenderError. */
export function bodyOf(extender: Extender, verb: string, { status, body, error }: ExternalAnswer): string {
  const url = urlOf(extender, verb);
  if (error !== undefined) throw new ExtenderError(`Post ${JSON.stringify(url)}: ${error === LATE ? TIMED_OUT : error}`);
  if (status !== 200) throw new ExtenderError(`failed ${verb} with extender at URL ${url}, code ${status}`);
  return body;
}

const LATE = 'context deadline exceeded';
const TIMED_OUT = `${LATE} (Client.Timeout exceeded while awaiting headers)`;

/** Asks one extender. Throws ExtenderError. */
export function* send<T>(reader: ClusterReader, extender: Extender, verb: string, args: object, read: (body: string) => T): Asking<T> {
  const question = questionTo(reader, extender, verb, args);
  if (question instanceof ExtenderError) throw question;
  const [answer] = yield [question];
  return read(bodyOf(extender, verb, answer!));
}
