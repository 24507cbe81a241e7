// What /proc says of the rights of a container's processes.

import { expect, test } from 'vitest';
import type { Pod } from '../../../../worker/api/gen/core-v1.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { readLog } from '../../../../worker/world/runtime/log.ts';
import { makeTestCluster } from '../../harness.ts';

test.each([
  { name: 'as usual', own: {}, want: ['CapEff:\t00000000a80425fb', 'NoNewPrivs:\t0', 'Seccomp:\t0'] },
  {
    name: 'a filter of calls',
    own: { seccompProfile: { type: 'RuntimeDefault' } },
    want: ['CapEff:\t00000000a80425fb', 'NoNewPrivs:\t0', 'Seccomp:\t2'],
  },
  {
    name: 'privileged, whatever else it says',
    own: { privileged: true, seccompProfile: { type: 'RuntimeDefault' } },
    want: ['CapEff:\t000001ffffffffff', 'NoNewPrivs:\t0', 'Seccomp:\t0'],
  },
  {
    name: 'nothing but one',
    own: { capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] }, allowPrivilegeEscalation: false },
    want: ['CapEff:\t0000000000001000', 'NoNewPrivs:\t1', 'Seccomp:\t0'],
  },
  { name: 'not root', own: { runAsUser: 1000 }, want: ['CapEff:\t0000000000000000', 'NoNewPrivs:\t0', 'Seccomp:\t0'] },
])('$name', ({ own, want }) => {
  const cluster = makeTestCluster({ strictImages: true });
  cluster.settle();
  cluster.api.create(pods, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      nodeName: 'node-1',
      restartPolicy: 'Never',
      containers: [
        {
          name: 'c',
          image: 'busybox',
          command: ['grep', '-E', '^(CapEff|NoNewPrivs|Seccomp):', '/proc/self/status'],
          resources: {},
          securityContext: own,
        },
      ],
    } as Pod['spec'],
  });
  cluster.advance(10_000);
  const { world } = cluster.cluster.simulation;
  const [container] = world.sandboxes.find('pod', 'default/web')[0]!.containers;
  expect(readLog(world, container!.id).entries.map(({ text }) => text)).toEqual(want);
});
