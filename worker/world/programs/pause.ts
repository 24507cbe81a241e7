// Holds the namespaces of a sandbox, and takes the ends of orphans.

import { ended } from '../process/program.ts';
import type { Service } from '../process/program.ts';

export const pause: Service<Record<string, never>> = {
  name: 'pause',
  isService: true,
  start: () => ({}),
  signal: (_keep, signal) => (signal === 'TERM' || signal === 'INT' ? ended(0) : 'ignored'),
  processes: () => [{ title: '/pause' }],
  usage: () => ({ cpu: 0, memory: 700_000 }),
};
