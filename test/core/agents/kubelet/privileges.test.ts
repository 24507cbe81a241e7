// What /proc says of the rights of a container's processes.

import { expect, test } from 'vitest';
import { onePod } from './one-pod.ts';

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
  const command = ['grep', '-E', '^(CapEff|NoNewPrivs|Seccomp):', '/proc/self/status'];
  expect(onePod({ command, securityContext: own }, 10_000).lines()).toEqual(want);
});
