// What breaks a LimitRange, in upstream's words.

import type { LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from '../../api/gen/core-v1.ts';
import { compareQuantities, parseQuantity } from '../../lib/quantity.ts';
import { podLimits, podRequests } from '../../resources/core/pod/aggregate.ts';

type Amounts = Readonly<Record<string, string>>;

export function podProblems({ spec }: Pod, range: LimitRange): string[] {
  return (range.spec.limits ?? []).flatMap((item) => {
    if (item.type === 'Container')
      return [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ resources }) =>
        problemsOf(item, resources.requests, resources.limits),
      );
    return item.type === 'Pod' ? problemsOf(item, podRequests(spec), podLimits(spec)) : [];
  });
}

/** A claim has requests only. */
export function claimProblems({ spec }: PersistentVolumeClaim, range: LimitRange): string[] {
  const requests = spec.resources?.requests ?? {};
  return (range.spec.limits ?? []).flatMap((item) => {
    if (item.type !== 'PersistentVolumeClaim') return [];
    return [
      ...each(item.min, (name, min) => tooLittle(item, name, min, requests, {})),
      ...each(item.max, (name, max) => askedTooMuch(item, name, max, requests)),
    ];
  });
}

function problemsOf(item: LimitRangeItem, requests: Amounts = {}, limits: Amounts = {}): string[] {
  return [
    ...each(item.min, (name, min) => tooLittle(item, name, min, requests, limits)),
    ...each(item.max, (name, max) => tooMuch(item, name, max, requests, limits)),
    ...each(item.maxLimitRequestRatio, (name, ratio) => tooWide(item, name, ratio, requests, limits)),
  ];
}

const each = (amounts: Amounts | undefined, ask: (name: string, amount: string) => string | undefined): string[] =>
  Object.entries(amounts ?? {}).flatMap(([name, amount]) => ask(name, amount) ?? []);

function tooLittle({ type }: LimitRangeItem, name: string, min: string, requests: Amounts, limits: Amounts): string | undefined {
  const [request, limit] = [requests[name], limits[name]];
  const head = `minimum ${name} usage per ${type} is ${min}`;
  if (request === undefined) return `${head}.  No request is specified`;
  if (compareQuantities(request, min) < 0) return `${head}, but request is ${request}`;
  return limit !== undefined && compareQuantities(limit, min) < 0 ? `${head}, but limit is ${limit}` : undefined;
}

function tooMuch({ type }: LimitRangeItem, name: string, max: string, requests: Amounts, limits: Amounts): string | undefined {
  const [request, limit] = [requests[name], limits[name]];
  const head = `maximum ${name} usage per ${type} is ${max}`;
  if (limit === undefined) return `${head}.  No limit is specified`;
  if (compareQuantities(limit, max) > 0) return `${head}, but limit is ${limit}`;
  return request !== undefined && compareQuantities(request, max) > 0 ? `${head}, but request is ${request}` : undefined;
}

function askedTooMuch({ type }: LimitRangeItem, name: string, max: string, requests: Amounts): string | undefined {
  const request = requests[name];
  const head = `maximum ${name} usage per ${type} is ${max}`;
  if (request === undefined) return `${head}.  No request is specified`;
  return compareQuantities(request, max) > 0 ? `${head}, but request is ${request}` : undefined;
}

function tooWide({ type }: LimitRangeItem, name: string, max: string, requests: Amounts, limits: Amounts): string | undefined {
  const [request, limit] = [nanosOf(requests[name]), nanosOf(limits[name])];
  const head = `${name} max limit to request ratio per ${type} is ${max}`;
  if (request === 0) return `${head}, but no request is specified or request is 0`;
  if (limit === 0) return `${head}, but no limit is specified or limit is 0`;
  const ratio = limit / request;
  return ratio > nanosOf(max) / NANO ? `${head}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}

const NANO = 1e9;
const nanosOf = (amount: string | undefined): number => Number(amount === undefined ? 0n : (parseQuantity(amount)?.nanos ?? 0n));
