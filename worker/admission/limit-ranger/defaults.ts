// What a LimitRange gives to the containers of a pod that do not say what they ask for.

import type { Container, LimitRange, Pod } from '../../api/gen/core-v1.ts';

const ANNOTATION = 'kubernetes.io/limit-ranger';

type Amounts = Record<string, string>;

/** Says in an annotation what it did. */
export function fillResources({ metadata, spec }: Pod, range: LimitRange): void {
  const [requests, limits]: [Amounts, Amounts] = [{}, {}];
  for (const item of range.spec.limits ?? []) {
    if (item.type !== 'Container') continue;
    Object.assign(requests, item.defaultRequest);
    Object.assign(limits, item.default);
  }
  const done: string[] = [];
  // Admission comes before validation: there may be none.
  for (const container of spec.containers ?? []) fill(container, 'container', requests, limits, done);
  for (const container of spec.initContainers ?? []) fill(container, 'init container', requests, limits, done);
  if (done.length) metadata.annotations = { ...metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${done.join('; ')}` };
}

function fill(container: Container, what: string, requests: Amounts, limits: Amounts, done: string[]): void {
  const { resources } = container;
  const missing = (wanted: Amounts, present: Amounts | undefined): string[] =>
    Object.keys(wanted).filter((name) => present?.[name] === undefined);
  const [setRequests, setLimits] = [missing(requests, resources.requests), missing(limits, resources.limits)];
  if (setRequests.length) resources.requests = { ...resources.requests, ...pick(requests, setRequests) };
  if (setLimits.length) resources.limits = { ...resources.limits, ...pick(limits, setLimits) };
  if (setRequests.length) done.push(`${setRequests.sort().join(', ')} request for ${what} ${container.name}`);
  if (setLimits.length) done.push(`${setLimits.sort().join(', ')} limit for ${what} ${container.name}`);
}

const pick = (amounts: Amounts, names: readonly string[]): Amounts => Object.fromEntries(names.map((name) => [name, amounts[name]!]));
