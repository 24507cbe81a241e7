// `agnhost pause`: does nothing, until it is told to stop.

import { ended } from '../../process/program.ts';
import type { Service } from '../../process/program.ts';

const MI = 2 ** 20;

export const pause: Service<{ readonly title: string }> = {
  name: 'agnhost pause',
  isService: true,
  start: ({ argv }) => ({ title: argv.join(' ') }),
  startLines: () => [{ after: 1, stream: 'stdout', text: 'Paused' }],
  signal: (_keep, signal) => (signal === 'INT' ? ended(1) : signal === 'TERM' ? ended(2) : 'ignored'),
  processes: ({ title }) => [{ title }],
  usage: () => ({ cpu: 0, memory: 5 * MI }),
};
