// The driver of network disks, as a process: it is there or it is not. What it does, agents/csi does for it.

import { ended } from '../process/program.ts';
import type { Service } from '../process/program.ts';

const MI = 2 ** 20;

export const csiDisk: Service<Record<string, never>> = {
  name: 'csi-disk',
  isService: true,
  start: ({ log }) => {
    log('stderr', 'csi-disk: driver disk.csi.kubarium.io is ready: provisioner, attacher, resizer\n');
    return {};
  },
  signal: (_keep, signal) => (signal === 'TERM' || signal === 'INT' ? ended(0, 50) : 'ignored'),
  processes: () => [{ title: '/csi-disk' }],
  usage: () => ({ cpu: 2, memory: 18 * MI }),
};
