// PrioritySort: the most important pod first; of equals, the one that waits longest.

import { definePlugin } from '../framework.ts';
import type { Plugin } from '../framework.ts';

export const makePrioritySort = (): Plugin =>
  definePlugin({
    name: 'PrioritySort',
    isBefore(a, b) {
      if (a.priority !== b.priority) return a.priority > b.priority;
      if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp;
      return a.order < b.order;
    },
  });
