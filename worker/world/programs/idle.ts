// Runs until it is told to stop: what images do that nobody has described.

import { ended } from '../process/program.ts';
import type { Service } from '../process/program.ts';

const MI = 2 ** 20;

export const idle: Service<{ readonly title: string }> = {
  name: 'idle',
  isService: true,
  start: ({ argv }) => ({ title: argv.join(' ') }),
  signal: (_keep, signal) => (signal === 'TERM' || signal === 'INT' || signal === 'QUIT' ? ended(0, 40) : 'ignored'),
  processes: ({ title }) => [{ title }],
  usage: () => ({ cpu: 1, memory: 12 * MI }),
};
