// How many seats a request takes: as much memory as a list is thought to need, or as many watchers as there are to be told of a change. Mirrors apiserver
// pkg/util/flowcontrol/request, with SizeBasedListCostEstimate, which is on since 1.34.

import type { Query } from '../http.ts';
import type { RequestInfo } from '../request-info.ts';

export interface WorkEstimate {
  readonly initialSeats: number;
  /** Taken for `additionalLatency` (ms) after the answer. */
  readonly finalSeats: number;
  readonly additionalLatency: number;
}

/** What is stored of a resource. */
export interface StoredAmount {
  readonly count: number;
  /** Characters, all together. */
  readonly bytes: number;
}

export interface Surroundings {
  /** Undefined for what is not stored here. */
  stored(info: RequestInfo): StoredAmount | undefined;
  /** Watches that a change of this object would be told to. */
  watchers(info: RequestInfo): number;
}

const BYTES_PER_SEAT = 100_000;
/** What is answered from a cache is sent piece by piece. */
const MAX_BYTES_FROM_CACHE = 1_000_000;
const WATCHES_PER_SEAT = 10;
const MAX_LIST_SEATS = 100;
const MAX_MUTATING_SEATS = 10;
/** A tenth of a seat for each watcher, ms. */
const EVENT_MS = 5;

const ONE_SEAT: WorkEstimate = { initialSeats: 1, finalSeats: 0, additionalLatency: 0 };

export const seatsOf = ({ initialSeats, finalSeats }: WorkEstimate): number => Math.max(initialSeats, finalSeats);

/** `maxSeats` is what the level allows a request, Infinity if it says nothing. */
export function estimateWork(info: RequestInfo, query: Query, maxSeats: number, around: Surroundings): WorkEstimate {
  switch (info.verb) {
    case 'list':
      return estimateList(info, query, maxSeats, around);
    case 'watch':
      return query.isTrue('sendInitialEvents') ? estimateList(info, query, maxSeats, around) : ONE_SEAT;
    case 'create':
    case 'update':
    case 'patch':
    case 'delete':
      return info.isResource ? estimateChange(info, maxSeats, around) : ONE_SEAT;
    default:
      return ONE_SEAT;
  }
}

function estimateList(info: RequestInfo, query: Query, maxSeats: number, { stored }: Surroundings): WorkEstimate {
  const amount = stored(info);
  if (!amount?.count) return ONE_SEAT;
  const { count, bytes } = amount;
  const limit = Number(query.get('limit')) || 0;
  const limited = limit > 0 ? Math.min(limit, count) : count;
  const isFromCache = info.verb === 'watch' || !isFromStorage(query, limit);
  const isSelected = query.get('labelSelector') !== '' || query.get('fieldSelector') !== '';
  const objects = info.name ? 1 : !isFromCache && isSelected ? Math.max(limited, Math.floor(count / 2)) : limited;
  const memory = objects * Math.max(1, Math.floor(bytes / count));
  const seats = Math.ceil((isFromCache ? Math.min(memory, MAX_BYTES_FROM_CACHE) : memory) / BYTES_PER_SEAT);
  return { ...ONE_SEAT, initialSeats: Math.max(1, Math.min(seats, maxSeats, MAX_LIST_SEATS)) };
}

/** Whether upstream's watch cache would leave a list to etcd. */
function isFromStorage(query: Query, limit: number): boolean {
  const match = query.get('resourceVersionMatch');
  return query.get('continue') !== '' || (limit > 0 && query.get('resourceVersion') !== '0') || (match !== '' && match !== 'NotOlderThan');
}

function estimateChange(info: RequestInfo, maxSeats: number, { watchers }: Surroundings): WorkEstimate {
  // A token is nothing that could be watched.
  if (info.resource === 'serviceaccounts' && info.subresource === 'token') return ONE_SEAT;
  const count = watchers(info);
  if (count < WATCHES_PER_SEAT) return ONE_SEAT;
  const wanted = Math.ceil(count / WATCHES_PER_SEAT);
  const finalSeats = Math.min(wanted, maxSeats, MAX_MUTATING_SEATS);
  return { initialSeats: 1, finalSeats, additionalLatency: (wanted * EVENT_MS) / finalSeats };
}
