// agnhost logs-generator: lines of a made-up API's log, evenly over a time. Mirrors test/images/agnhost/logs-generator.

import { parseDuration } from '../../../lib/time.ts';
import type { Next, Tool } from '../../process/program.ts';
import type { System } from '../../process/system.ts';
import { klogLine } from '../control-plane/klog.ts';
import { flag } from './flags.ts';

interface State {
  readonly total: number;
  readonly everyMs: number;
  readonly begin: number;
  done: number;
}

const METHODS = ['GET', 'POST', 'PUT'];
const NAMESPACES = ['kube-system', 'default', 'ns'];
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

export const logsGenerator: Tool = {
  name: 'agnhost logs-generator',
  step: (system): Next => {
    const state = (system.process.data ??= begin(system)) as State;
    if (!(state.total > 0)) return fail(system, 'total lines', state.total);
    if (!(state.everyMs > 0)) return fail(system, 'duration', state.everyMs);
    while (state.done < state.total) {
      const at = state.begin + state.done * state.everyMs;
      if (at > system.now()) return { wait: { until: at } };
      system.err(klogLine(at, 'I', 'logs_generator.go:76', line(system, state.done)));
      state.done++;
    }
    const end = state.begin + state.total * state.everyMs;
    return system.now() >= end ? { exit: 0 } : { wait: { until: end } };
  },
};

function begin(system: System): State {
  const total = Number(flag(system, 'log-lines-total') ?? short(system, '-t') ?? 0);
  const duration = parseDuration(flag(system, 'run-duration') ?? short(system, '-d') ?? '0') ?? 0;
  return { total, everyMs: total > 0 ? duration / total : duration, begin: system.now(), done: 0 };
}

const short = ({ argv }: System, name: string): string | undefined => {
  const at = argv.indexOf(name);
  return at < 0 ? undefined : argv[at + 1];
};

function fail(system: System, what: string, value: number): Next {
  system.err(klogLine(system.now(), 'F', 'logs_generator.go:66', `Invalid ${what}: ${value}`));
  return { exit: 255 };
}

function line({ random }: System, id: number): string {
  const pick = (list: readonly string[]): string => list[random.below(list.length)]!;
  const pod = Array.from({ length: 3 + random.below(2) }, () => LETTERS[random.below(LETTERS.length)]).join('');
  return `${id} ${pick(METHODS)} /api/v1/namespaces/${pick(NAMESPACES)}/pods/${pod} ${200 + random.below(400)}`;
}
