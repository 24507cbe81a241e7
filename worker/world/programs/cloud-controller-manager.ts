// The manager of a pretended cloud, as a process: it is there or it is not. What it does, agents/cloud does for it.

import { ended } from '../process/program.ts';
import type { Service } from '../process/program.ts';
import { klogLine } from './control-plane/klog.ts';

const MI = 2 ** 20;

export const cloudControllerManager: Service<Record<string, never>> = {
  name: 'cloud-controller-manager',
  isService: true,
  start: () => ({}),
  startLines: (_keep, { startedAt }) =>
    (
      [
        [0, 'serving.go:386', 'Generated self-signed cert in-memory'],
        [90, 'controllermanager.go:169', 'Version: v1.36.1'],
        [110, 'secure_serving.go:211', 'Serving securely on [::]:10258'],
        [140, 'controllermanager.go:329', 'Started "cloud-node-controller"'],
        [141, 'controllermanager.go:329', 'Started "cloud-node-lifecycle-controller"'],
        [142, 'controllermanager.go:329', 'Started "service-lb-controller"'],
        [143, 'controllermanager.go:329', 'Started "node-route-controller"'],
      ] as const
    ).map(([after, place, message]) => ({ after, stream: 'stderr', text: klogLine(startedAt + after, 'I', place, message).slice(0, -1) })),
  signal: (_keep, signal) => (signal === 'TERM' || signal === 'INT' ? ended(0, 50) : 'ignored'),
  processes: () => [{ title: '/cloud-controller-manager --cloud-provider=kubarium' }],
  usage: () => ({ cpu: 2, memory: 24 * MI }),
};
