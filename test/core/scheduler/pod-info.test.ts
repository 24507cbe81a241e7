import { expect, test } from 'vitest';
import type { Pod } from '../../../worker/api/gen/core-v1.ts';
import { isResized } from '../../../worker/scheduler/pod-info.ts';

const cpu = (amount: string): object => ({ requests: { cpu: amount } });
const container = { name: 'c', resources: cpu('1') };

test.each([
  { name: 'a container that does not run yet', status: {}, want: false },
  { name: 'a container that holds what it asks for', status: { containerStatuses: [{ name: 'c', resources: cpu('1') }] }, want: false },
  {
    name: 'one that was given what it asks for',
    status: { containerStatuses: [{ name: 'c', resources: cpu('1'), allocatedResources: { cpu: '1' } }] },
    want: false,
  },
  { name: 'one that holds more', status: { containerStatuses: [{ name: 'c', resources: cpu('2') }] }, want: true },
  {
    name: 'one that was given more',
    status: { containerStatuses: [{ name: 'c', resources: cpu('1'), allocatedResources: { cpu: '2' } }] },
    want: true,
  },
  { name: 'one that holds nothing of what it asks for', status: { containerStatuses: [{ name: 'c', resources: {} }] }, want: true },
  {
    name: 'a resize that waits',
    status: { conditions: [{ type: 'PodResizePending' }], containerStatuses: [{ name: 'c', resources: cpu('1') }] },
    want: true,
  },
  { name: 'a pod that asks as a whole', spec: { resources: cpu('2') }, status: { resources: cpu('2') }, want: true },
  { name: 'a pod whose whole is told, and which does not ask as one', status: { resources: cpu('1') }, want: false },
])('$name', ({ spec = {}, status, want }) => {
  expect(isResized({ metadata: {}, spec: { containers: [container], ...spec }, status } as unknown as Pod)).toBe(want);
});
