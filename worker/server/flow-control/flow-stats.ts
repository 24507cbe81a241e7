// What is counted of the requests of one flow schema in one priority level. Mirrors apiserver pkg/util/flowcontrol/metrics.

import { Distribution } from '../../lib/metrics.ts';
import type { Refusal } from './queue-set.ts';

const QUEUE_LENGTHS = [0, 10, 25, 50, 100, 250, 500, 1000];
const DURATIONS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
const SEATS = [1, 2, 4, 10];
const WATCHES = [0, 1, 10, 100, 1000, 10_000];

export class FlowStats {
  readonly level: string;
  readonly schema: string;
  dispatched = 0;
  waiting = 0;
  waitingSeats = 0;
  executing = 0;
  executingSeats = 0;
  noRoom = 0;
  readonly rejected = new Map<Refusal, number>();
  readonly queueLength = new Distribution(QUEUE_LENGTHS);
  readonly estimatedSeats = new Distribution(SEATS);
  readonly watches = new Distribution(WATCHES);
  /** Seconds, by how it came out. */
  readonly waited = { executed: new Distribution(DURATIONS), refused: new Distribution(DURATIONS) };
  readonly executed = { regular: new Distribution(DURATIONS), watch: new Distribution(DURATIONS) };

  constructor(level: string, schema: string) {
    this.level = level;
    this.schema = schema;
  }

  countRejected(reason: Refusal): void {
    this.rejected.set(reason, (this.rejected.get(reason) ?? 0) + 1);
  }
}
