// What a kubelet says of its node, and leaves alone.

import { expect, test } from 'vitest';
import { nodes } from '../../../../worker/resources/core/node.ts';
import { makeTestCluster } from '../../harness.ts';

test('a resource that somebody adds to the capacity of a node stays, and can be allocated', () => {
  const cluster = makeTestCluster();
  cluster.settle();
  const resources = () => {
    const { capacity, allocatable } = cluster.api.get(nodes, '', 'node-1')!.status;
    return [capacity?.['example.com/dongle'], allocatable?.['example.com/dongle'], capacity?.['cpu']];
  };
  const put = (dongles: Record<string, string>): void => {
    const node = cluster.api.get(nodes, '', 'node-1')!;
    const { 'example.com/dongle': _, ...capacity } = node.status.capacity ?? {};
    cluster.api.updateStatus(nodes, { ...node, status: { ...node.status, capacity: { ...capacity, ...dongles } } });
    cluster.advance(60_000);
  };
  put({ 'example.com/dongle': '4', cpu: '99' });
  expect(resources()).toEqual(['4', '4', '4']);
  put({});
  expect(resources()).toEqual([undefined, undefined, '4']);
});
