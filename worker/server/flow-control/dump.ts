// /debug/api_priority_and_fairness: what is in the levels, the queues, and each request. Mirrors apiserver pkg/util/flowcontrol/apf_controller_debug.go.

import { formatDuration } from '../../lib/time.ts';
import { text } from '../http.ts';
import type { HttpReply, HttpRequest } from '../http.ts';
import type { FlowControl } from './flow-control.ts';
import type { Ticket } from './ticket.ts';
import type { Queue, QueueSet } from './queue-set.ts';

const ROOT = '/debug/api_priority_and_fairness/';

/** Undefined if the path is another. */
export function flowControlDump(flow: FlowControl, path: string, { query }: HttpRequest): HttpReply | undefined {
  if (!path.startsWith(ROOT)) return undefined;
  switch (path.slice(ROOT.length)) {
    case 'dump_priority_levels':
      return page(dumpLevels(flow));
    case 'dump_queues':
      return page(dumpQueues(flow));
    case 'dump_requests':
      return page(dumpRequests(flow, query.get('includeRequestDetails') !== ''));
    default:
      return undefined;
  }
}

type Row = readonly (string | number | boolean)[];

const page = (rows: readonly Row[]): HttpReply => {
  const { status, body } = text(tabulate(rows));
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
};

const MIN_WIDTH = 8;
/** Queues of a level, of which those are shown too that nobody was ever in. */
const MAX_SHOWN = 1000;

/** Cells end with commas, and are as wide as the widest of their column and a space. Mirrors text/tabwriter. */
function tabulate(rows: readonly Row[]): string {
  const cells = rows.map((row) => row.map((cell, i) => (i < row.length - 1 ? `${cell},` : String(cell))));
  const widths = (cells[0] ?? []).map((_, i) => Math.max(MIN_WIDTH, ...cells.map((row) => row[i]!.length + 1)));
  return cells.map((row) => `${row.map((cell, i) => (i < row.length - 1 ? cell.padEnd(widths[i]!) : cell)).join('')}\n`).join('');
}

function dumpLevels(flow: FlowControl): Row[] {
  const header = [
    ...['PriorityLevelName', 'ActiveQueues', 'IsIdle', 'IsQuiescing', 'WaitingRequests', 'ExecutingRequests'],
    ...['DispatchedRequests', 'RejectedRequests', 'TimedoutRequests', 'CancelledRequests'],
  ];
  const rows = flow.levels().map(({ name, queues, isQuiescing }): Row => {
    const active = [...queues.queues.values()].filter(({ waiting }) => waiting.length).length;
    const { isIdle, waiting, executing, dispatched, rejected, timedOut } = queues;
    return [name, active, isIdle, isQuiescing, waiting, executing, dispatched, rejected, timedOut, 0];
  });
  return [header, ...rows];
}

function dumpQueues(flow: FlowControl): Row[] {
  const header = [
    ...['PriorityLevelName', 'Index', 'PendingRequests', 'ExecutingRequests', 'SeatsInUse', 'NextDispatchR'],
    ...['InitialSeatsSum', 'MaxSeatsSum', 'TotalWorkSum'],
  ];
  const rows = flow.levels().flatMap(({ name, queues }) =>
    shownQueues(queues).map((index): Row => {
      const queue = queues.queues.get(index);
      if (!queue) return [name, index, 0, 0, 0, seatSeconds(0), 0, 0, seatSeconds(0)];
      const { waiting, executing, seatsInUse, seatsWaiting, nextDispatchR } = queue;
      const initial = waiting.reduce((sum, { work }) => sum + work.initialSeats, 0);
      const work = seatSeconds(queues.workWaiting(queue));
      return [name, index, waiting.length, executing.size, seatsInUse, seatSeconds(nextDispatchR), initial, seatsWaiting, work];
    }),
  );
  return [header, ...rows];
}

/** Differs: where there are very many queues, only those that somebody has been in. */
function shownQueues({ queues, queueCount }: QueueSet): number[] {
  const used = [...queues.keys()].sort((a, b) => a - b);
  if (queueCount > MAX_SHOWN) return used;
  return [...Array.from({ length: queueCount }, (_, i) => i), ...used.filter((index) => index >= queueCount)];
}

const seatSeconds = (value: number): string => `${value.toFixed(8)}ss`;

function dumpRequests(flow: FlowControl, hasDetails: boolean): Row[] {
  const header = [
    ...['PriorityLevelName', 'FlowSchemaName', 'QueueIndex', 'RequestIndexInQueue', 'FlowDistingsher', 'ArriveTime'],
    ...['InitialSeats', 'FinalSeats', 'AdditionalLatency', 'StartTime'],
    ...(hasDetails ? ['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource', 'SubResource'] : []),
  ];
  const rows = flow.levels().flatMap(({ name, queues }) => {
    const row = (queue: number, index: number, request: unknown): Row => requestRow(name, queue, index, request as Ticket, hasDetails);
    const ofQueue = ({ index, waiting, executing }: Queue): Row[] => [
      ...waiting.map((request, i) => row(index, i, request)),
      ...[...executing].map((request) => row(index, -1, request)),
    ];
    const inOrder = [...queues.queues.values()].sort((a, b) => a.index - b.index);
    return [...inOrder.flatMap(ofQueue), ...[...queues.queueless].map((request) => row(-1, -1, request))];
  });
  return [header, ...rows];
}

function requestRow(level: string, queue: number, index: number, ticket: Ticket, hasDetails: boolean): Row {
  const { schema, distinguisher, arrivedAt, startedAt, user, info } = ticket;
  const { initialSeats, finalSeats, additionalLatency } = ticket.work;
  const place = [level, schema, queue, index, distinguisher, nanoTime(arrivedAt), initialSeats, finalSeats];
  const apiVersion = info.group ? `${info.group}/${info.version}` : info.version;
  return [
    ...place,
    formatDuration(additionalLatency),
    startedAt === undefined ? '0001-01-01T00:00:00Z' : nanoTime(startedAt),
    ...(hasDetails ? [user.name, info.verb, info.path, info.namespace, info.name, apiVersion, info.resource, info.subresource] : []),
  ];
}

/** RFC 3339 without zeros at the end. */
const nanoTime = (ms: number): string => new Date(ms).toISOString().replace(/\.?0+Z$/, 'Z');
