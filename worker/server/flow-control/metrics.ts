// What flow control tells at /metrics. Mirrors apiserver pkg/util/flowcontrol/metrics.

import type { Labels, Metric, Sample } from '../../lib/metrics.ts';
import type { FlowControl } from './flow-control.ts';
import type { FlowStats } from './flow-stats.ts';
import type { Level } from './level.ts';
import type { DispatchBounds } from './queue-set.ts';

export function flowControlMetrics(flow: FlowControl): Metric[] {
  const levels = flow.levels();
  return [...ofFlows(flow.stats()), ...ofSeats(levels), ...ofQueues(levels), ...ofTime(flow, levels)];
}

type Describe = (
  name: string,
  type: Metric['type'],
  stability: 'ALPHA' | 'BETA' | 'STABLE',
  help: string,
  samples: readonly Sample[],
) => Metric;

const metric: Describe = (name, type, stability, help, samples) => ({
  name: `apiserver_flowcontrol_${name}`,
  help,
  type,
  ...(stability !== 'STABLE' && { stability }),
  samples,
});

const labelsOf = ({ schema, level }: FlowStats): Labels => ({ flow_schema: schema, priority_level: level });

function ofFlows(all: readonly FlowStats[]): Metric[] {
  // What a schema has not been used for is not told.
  const used = all.filter(({ dispatched, rejected, waiting }) => dispatched || rejected.size || waiting);
  const values = (read: (stats: FlowStats) => number): Sample[] => used.map((stats) => [labelsOf(stats), read(stats)]);
  const some = (read: (stats: FlowStats) => readonly Sample[]): Sample[] =>
    used.flatMap((stats) => {
      const samples = read(stats);
      return samples.at(-1)![1] ? samples : [];
    });
  return [
    metric(
      'rejected_requests_total',
      'counter',
      'BETA',
      'Number of requests rejected by API Priority and Fairness subsystem',
      used.flatMap((stats) => [...stats.rejected].sort().map(([reason, count]): Sample => [{ ...labelsOf(stats), reason }, count])),
    ),
    metric(
      'dispatched_requests_total',
      'counter',
      'BETA',
      'Number of requests executed by API Priority and Fairness subsystem',
      values(({ dispatched }) => dispatched).filter(([, count]) => count),
    ),
    metric(
      'current_inqueue_requests',
      'gauge',
      'BETA',
      'Number of requests currently pending in queues of the API Priority and Fairness subsystem',
      values(({ waiting }) => waiting),
    ),
    metric(
      'current_inqueue_seats',
      'gauge',
      'ALPHA',
      'Number of seats currently pending in queues of the API Priority and Fairness subsystem',
      values(({ waitingSeats }) => waitingSeats),
    ),
    metric(
      'current_executing_requests',
      'gauge',
      'BETA',
      'Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage in the API Priority and Fairness subsystem',
      values(({ executing }) => executing),
    ),
    metric(
      'current_executing_seats',
      'gauge',
      'BETA',
      'Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem',
      values(({ executingSeats }) => executingSeats),
    ),
    metric(
      'request_queue_length_after_enqueue',
      'histogram',
      'ALPHA',
      'Length of queue in the API Priority and Fairness subsystem, as seen by each request after it is enqueued',
      some((stats) => stats.queueLength.samples(labelsOf(stats))),
    ),
    metric('request_wait_duration_seconds', 'histogram', 'BETA', 'Length of time a request spent waiting in its queue', [
      ...some((stats) => stats.waited.refused.samples({ execute: 'false', ...labelsOf(stats) })),
      ...some((stats) => stats.waited.executed.samples({ execute: 'true', ...labelsOf(stats) })),
    ]),
    metric(
      'request_execution_seconds',
      'histogram',
      'ALPHA',
      'Duration of initial stage (for a WATCH) or any (for a non-WATCH) stage of request execution in the API Priority and Fairness subsystem',
      [
        ...some((stats) => stats.executed.regular.samples({ ...labelsOf(stats), type: 'regular' })),
        ...some((stats) => stats.executed.watch.samples({ ...labelsOf(stats), type: 'watch' })),
      ],
    ),
    metric(
      'watch_count_samples',
      'histogram',
      'ALPHA',
      'count of watchers for mutating requests in API Priority and Fairness',
      some((stats) => stats.watches.samples(labelsOf(stats))),
    ),
    metric(
      'work_estimated_seats',
      'histogram',
      'ALPHA',
      'Number of estimated seats (maximum of initial and final seats) associated with requests in API Priority and Fairness',
      some((stats) => stats.estimatedSeats.samples(labelsOf(stats))),
    ),
    metric(
      'request_dispatch_no_accommodation_total',
      'counter',
      'ALPHA',
      'Number of times a dispatch attempt resulted in a non accommodation due to lack of available seats',
      values(({ noRoom }) => noRoom).filter(([, count]) => count),
    ),
  ];
}

function ofSeats(levels: readonly Level[]): Metric[] {
  const gauge = (name: string, stability: 'ALPHA' | 'BETA', help: string, read: (level: Level) => number): Metric =>
    metric(
      name,
      'gauge',
      stability,
      help,
      levels.map((level) => [{ priority_level: level.name }, read(level)]),
    );
  const [over, seats] = ['over last adjustment period, of demand_seats', 'number of execution seats'];
  return [
    gauge('nominal_limit_seats', 'BETA', `Nominal ${seats} configured for each priority level`, ({ limits }) => limits.nominal),
    gauge('lower_limit_seats', 'ALPHA', `Configured lower bound on ${seats} available to each priority level`, ({ limits }) => limits.min),
    gauge('upper_limit_seats', 'ALPHA', `Configured upper bound on ${seats} available to each priority level`, ({ limits }) => limits.max),
    gauge('current_limit_seats', 'ALPHA', `current derived ${seats} available to each priority level`, ({ current }) => current ?? 0),
    gauge('demand_seats_high_watermark', 'ALPHA', `High watermark, ${over}`, ({ demand }) => demand.max),
    gauge('demand_seats_average', 'ALPHA', `Time-weighted average, ${over}`, ({ demand }) => demand.average),
    gauge('demand_seats_stdev', 'ALPHA', `Time-weighted standard deviation, ${over}`, ({ demand }) => demand.deviation),
    gauge('demand_seats_smoothed', 'ALPHA', 'Smoothed seat demands', ({ demand }) => demand.smoothed),
    gauge('target_seats', 'ALPHA', 'Seat allocation targets', ({ demand }) => demand.target),
  ];
}

function ofQueues(levels: readonly Level[]): Metric[] {
  const last = levels.flatMap(({ name, queues: { lastDispatch } }) => (lastDispatch ? [{ name, lastDispatch }] : []));
  const gauge = (name: string, help: string, read: (at: DispatchBounds) => number): Metric =>
    metric(
      name,
      'gauge',
      'ALPHA',
      help,
      last.map((one) => [{ priority_level: one.name }, read(one.lastDispatch)]),
    );
  const bounds = (name: string, help: string, min: (at: DispatchBounds) => number, max: (at: DispatchBounds) => number): Metric =>
    metric(
      name,
      'gauge',
      'ALPHA',
      help,
      last.flatMap((one): Sample[] => [
        [{ bound: 'max', priority_level: one.name }, max(one.lastDispatch)],
        [{ bound: 'min', priority_level: one.name }, min(one.lastDispatch)],
      ]),
    );
  const oldest = 'min and max, over queues, of S(oldest waiting request in queue)';
  return [
    metric(
      'current_r',
      'gauge',
      'ALPHA',
      'R(time of last change)',
      levels.map(({ name, queues }) => [{ priority_level: name }, queues.currentR]),
    ),
    gauge('dispatch_r', 'R(time of last dispatch)', ({ r }) => r),
    gauge('latest_s', 'S(most recently dispatched request)', ({ s }) => s),
    bounds(
      'next_s_bounds',
      oldest,
      ({ min }) => min,
      ({ max }) => max,
    ),
    bounds(
      'next_discounted_s_bounds',
      `${oldest} - estimated work in progress`,
      ({ discountedMin }) => discountedMin,
      ({ discountedMax }) => discountedMax,
    ),
  ];
}

function ofTime(flow: FlowControl, levels: readonly Level[]): Metric[] {
  const now = flow.now();
  const nanosecond = 'Observations, at the end of every nanosecond, of';
  return [
    metric('seat_fair_frac', 'gauge', 'ALPHA', "Fair fraction of server's concurrency to allocate to each priority level that can use it", [
      [{}, flow.fairFraction],
    ]),
    metric(
      'priority_level_seat_utilization',
      'histogram',
      'ALPHA',
      `${nanosecond} utilization of seats for any stage of execution (but only initial stage for WATCHes)`,
      levels.flatMap((level) => level.seatUse.samples({ phase: 'executing', priority_level: level.name }, now)),
    ),
    metric(
      'priority_level_request_utilization',
      'histogram',
      'ALPHA',
      `${nanosecond} number of requests (as a fraction of the relevant limit) waiting or in any stage of execution (but only initial stage for WATCHes)`,
      levels.flatMap((level) => [
        ...level.executing.samples({ phase: 'executing', priority_level: level.name }, now),
        ...level.waiting.samples({ phase: 'waiting', priority_level: level.name }, now),
      ]),
    ),
    metric(
      'demand_seats',
      'histogram',
      'ALPHA',
      `${nanosecond} (the number of seats each priority level could use) / (nominal number of seats for that level)`,
      levels.flatMap((level) => level.seatDemand.samples({ priority_level: level.name }, now)),
    ),
    metric(
      'read_vs_write_current_requests',
      'histogram',
      'ALPHA',
      `${nanosecond} the number of requests (as a fraction of the relevant limit) waiting or in regular stage of execution`,
      flow
        .kinds()
        .flatMap(({ name, ratios }) => [
          ...ratios.executing.samples({ phase: 'executing', request_kind: name }, now),
          ...ratios.waiting.samples({ phase: 'waiting', request_kind: name }, now),
        ]),
    ),
    inflight(
      'apiserver_current_inflight_requests',
      'STABLE',
      'Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
      flow.kinds().map(({ name, executing }) => [{ request_kind: name }, executing]),
    ),
    inflight(
      'apiserver_current_inqueue_requests',
      'ALPHA',
      'Maximal number of queued requests in this apiserver per request kind in last second.',
      flow.kinds().map(({ name, waiting }) => [{ request_kind: name }, waiting]),
    ),
  ];
}

/** Differs: as many as there are at this moment. */
function inflight(name: string, stability: 'STABLE' | 'ALPHA', help: string, samples: readonly Sample[]): Metric {
  return { name, help, type: 'gauge', ...(stability === 'ALPHA' && { stability }), samples };
}
