// Devices that have to be prepared before a pod is bound to a node.

import { describe, expect, test } from 'vitest';
import { events } from '../../../../worker/resources/core/event.ts';
import { nodes } from '../../../../worker/resources/core/node.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { resourceClaims } from '../../../../worker/resources/resource/resourceclaim.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { addClaim, addClass, addPod, addSlice, claimOf, devicesOf, DRIVER, gpu, nodeOf } from './lab.ts';

const conditions = { bindingConditions: ['dra.example.com/ready'], bindingFailureConditions: ['dra.example.com/broken'] };

function withFabric(more: object = {}): TestCluster {
  const cluster = makeTestCluster();
  addClass(cluster);
  addSlice(cluster, { allNodes: true, devices: [gpu(0, { bindsToNode: true, ...conditions, ...more })] });
  addClaim(cluster);
  addPod(cluster, 'p');
  cluster.advance(2000);
  return cluster;
}

/** What the driver says of the device. */
function say(cluster: TestCluster, type: string, message = ''): void {
  const claim = claimOf(cluster);
  const [result] = claim.status.allocation!.devices.results!;
  const condition = { type, status: 'True', reason: 'Said', message, lastTransitionTime: '2026-01-01T00:00:10Z' };
  const devices = [{ driver: DRIVER, pool: result!.pool, device: result!.device, conditions: [condition] }];
  cluster.api.updateStatus(resourceClaims, { ...claim, status: { ...claim.status, devices } });
  cluster.advance(1000);
}

const told = ({ api }: TestCluster, reason: string): string[] =>
  api
    .list(events)
    .filter((event) => event.reason === reason)
    .map(({ message }) => message ?? '');

describe('a pod whose device has to be prepared', () => {
  test('is bound when it is', () => {
    const cluster = withFabric();
    const pod = cluster.api.get(pods, 'default', 'p')!;
    const node = pod.status.nominatedNodeName;
    expect([nodeOf(cluster, 'p'), devicesOf(cluster)]).toEqual([undefined, ['gpu-0']]);
    expect(claimOf(cluster).status.allocation).toMatchObject({
      devices: { results: [conditions] },
      nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }] },
    });
    expect(told(cluster, 'BindingConditionsPending')).toEqual([`waiting for binding conditions for device on node ${node}`]);
    cluster.advance(60_000);
    expect(nodeOf(cluster, 'p')).toBeUndefined();
    say(cluster, 'dra.example.com/ready');
    expect(nodeOf(cluster, 'p')).toBe(node);
    expect(told(cluster, 'BindingConditionsPending')).toHaveLength(1);
    expect(cluster.errors).toEqual([]);
  });

  test('is bound when it is, after an eviction, too', () => {
    const cluster = withFabric();
    cluster.save();
    const again = makeTestCluster({ backend: cluster.backend, startAt: cluster.elapsed() });
    say(again, 'dra.example.com/ready');
    expect(nodeOf(again, 'p')).toBeDefined();
  });

  test('is told of, where it is prepared for another pod already', () => {
    const cluster = withFabric({ bindsToNode: false });
    say(cluster, 'dra.example.com/ready');
    addPod(cluster, 'q');
    cluster.advance(2000);
    expect(nodeOf(cluster, 'q')).toBeDefined();
    expect(told(cluster, 'BindingConditionsPending').at(-1)).toBe(
      `waiting for binding conditions for device on node ${nodeOf(cluster, 'q')}`,
    );
    expect(told(cluster, 'BindingConditionsPending')).toHaveLength(2);
  });

  test('is told when it cannot be, and gets another device', () => {
    const cluster = withFabric();
    addSlice(cluster, { allNodes: true, pool: { name: 'other', generation: 1, resourceSliceCount: 1 }, devices: [gpu(1)] }, 'other');
    say(cluster, 'dra.example.com/broken', 'no cable');
    expect(told(cluster, 'FailedScheduling')[0]).toBe(
      'running PreBind plugin "DynamicResources": device binding failed: claim=c, reason=Said, message="no cable"',
    );
    cluster.advance(5000);
    expect(told(cluster, 'FailedScheduling')[1]).toMatch(
      /^0\/3 nodes are available: 3 resourceclaim not available on the node\. deallocation of ResourceClaim completed, preemption/,
    );
    cluster.advance(60_000);
    expect([devicesOf(cluster), nodeOf(cluster, 'p') !== undefined]).toEqual([['gpu-1'], true]);
  });

  test('waits for ten minutes', () => {
    const cluster = withFabric();
    cluster.advance(9 * 60_000);
    expect(told(cluster, 'FailedScheduling')).toEqual([]);
    cluster.advance(60_000);
    expect(told(cluster, 'FailedScheduling')[0]).toBe(
      'running PreBind plugin "DynamicResources": device binding timeout: context deadline exceeded',
    );
    cluster.advance(10_000);
    expect(told(cluster, 'FailedScheduling')[1]).toMatch(
      /3 resourceclaim not available on the node\. deallocation of ResourceClaim completed/,
    );
  });

  test('waits as long as its device is prepared for another pod, which was there before', () => {
    const cluster = withFabric({ bindsToNode: false });
    cluster.advance(300_000);
    addPod(cluster, 'q');
    cluster.advance(295_000);
    expect(told(cluster, 'FailedScheduling')).toEqual([]);
    cluster.advance(10_000);
    expect(told(cluster, 'FailedScheduling')).toEqual(
      expect.arrayContaining([
        'running PreBind plugin "DynamicResources": device binding timeout: claim=c',
        'running PreBind plugin "DynamicResources": device binding timeout: context deadline exceeded',
      ]),
    );
  });

  test('is told the first failure, in the order in which the device has them', () => {
    const cluster = withFabric({ bindingFailureConditions: ['dra.example.com/burnt', 'dra.example.com/broken'] });
    const claim = claimOf(cluster);
    const [{ pool, device }] = claim.status.allocation!.devices.results! as never as [{ pool: string; device: string }];
    const said = ['dra.example.com/broken', 'dra.example.com/burnt'].map((type) => ({
      type,
      status: 'True' as const,
      reason: 'Said',
      message: type,
      lastTransitionTime: '2026-01-01T00:00:10Z',
    }));
    cluster.api.updateStatus(resourceClaims, {
      ...claim,
      status: { ...claim.status, devices: [{ driver: DRIVER, pool, device, conditions: said }] },
    });
    cluster.advance(1000);
    expect(told(cluster, 'FailedScheduling')[0]).toContain('message="dra.example.com/burnt"');
  });

  test('has it last, if there are others', () => {
    const cluster = makeTestCluster();
    addClass(cluster);
    addSlice(cluster, { allNodes: true, pool: { name: 'a', generation: 1, resourceSliceCount: 1 }, devices: [gpu(0, conditions)] }, 'a');
    addSlice(cluster, { allNodes: true, pool: { name: 'b', generation: 1, resourceSliceCount: 1 }, devices: [gpu(1)] }, 'b');
    addClaim(cluster);
    addPod(cluster, 'p');
    cluster.advance(2000);
    expect(devicesOf(cluster)).toEqual(['gpu-1']);
  });

  test('is on any node that reaches it, if it is not bound to one', () => {
    const cluster = withFabric({ bindsToNode: false });
    expect(claimOf(cluster).status.allocation).not.toHaveProperty('nodeSelector');
    expect(cluster.api.list(nodes)).toHaveLength(3);
  });
});
