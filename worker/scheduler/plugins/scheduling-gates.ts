// SchedulingGates: a pod with gates does not enter the queue.

import type { Pod } from '../../api/gen/core-v1.ts';
import { Action, on } from '../cluster-event.ts';
import { definePlugin } from '../framework.ts';
import type { Plugin } from '../framework.ts';
import { unresolvable } from '../status.ts';

const NAME = 'SchedulingGates';

export const makeSchedulingGates = (): Plugin =>
  definePlugin({
    name: NAME,
    events: [
      on<Pod>(
        'UnschedulablePod',
        Action.UpdatePodSchedulingGatesEliminated,
        (pod, _before, after) => after?.metadata.uid === pod.metadata.uid,
      ),
    ],
    preEnqueue({ spec: { schedulingGates } }) {
      if (!schedulingGates?.length) return undefined;
      return unresolvable(NAME, `waiting for scheduling gates: [${schedulingGates.map(({ name }) => name).join(' ')}]`);
    },
  });
