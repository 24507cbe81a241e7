// What of claims, classes and slices is of features that are off.

import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../worker/api/object.ts';
import type { Resource } from '../../../worker/api/resource.ts';
import { deviceClasses } from '../../../worker/resources/resource/deviceclass.ts';
import { resourceClaims } from '../../../worker/resources/resource/resourceclaim.ts';
import { resourceClaimTemplates } from '../../../worker/resources/resource/resourceclaimtemplate.ts';
import { resourceSlices } from '../../../worker/resources/resource/resourceslice.ts';
import { makeTestCluster } from '../harness.ts';

const toleration = { key: 'k', operator: 'Exists' };
const request = (more: object = {}): object => ({
  name: 'gpu',
  exactly: { deviceClassName: 'c', allocationMode: 'ExactCount', count: 1, ...more },
});
const both = { tolerations: [toleration], capacity: { requests: { memory: '1Gi' } } };
const pool = { name: 'p', generation: 1, resourceSliceCount: 1 };
const slice = (device: object): object => ({ driver: 'x.io', allNodes: true, pool, devices: [{ name: 'd', ...device }] });
const policy = { default: '1Gi', validRange: { min: '1Gi' } };
const conditions = { bindingConditions: ['a'], bindingFailureConditions: ['b'] };

describe('before 1.36 a', () => {
  test.each([
    {
      name: 'claim asks for no capacity, and tolerates nothing',
      kind: resourceClaims as unknown as Resource,
      given: { devices: { requests: [request(both)] } },
      want: { devices: { requests: [request()] } },
    },
    {
      name: 'template does not, either',
      kind: resourceClaimTemplates as unknown as Resource,
      given: { metadata: {}, spec: { devices: { requests: [request(both)] } } },
      want: { metadata: {}, spec: { devices: { requests: [request()] } } },
    },
    {
      name: 'class has no other name',
      kind: deviceClasses as unknown as Resource,
      given: { extendedResourceName: 'x.io/gpu' },
      want: {},
    },
    {
      name: 'device is not shared, has no taints, and is not prepared',
      kind: resourceSlices as unknown as Resource,
      given: slice({
        capacity: { memory: { value: '4Gi', requestPolicy: policy } },
        taints: [{ key: 'k', effect: 'NoSchedule', timeAdded: '2026-01-01T00:00:00Z' }],
        bindsToNode: true,
        ...conditions,
        allowMultipleAllocations: true,
      }),
      want: slice({ capacity: { memory: { value: '4Gi' } } }),
    },
  ])('$name', ({ kind, given, want }) => {
    for (const minor of [35, 36]) {
      const { api } = makeTestCluster({ nodes: 0, alone: true, minor });
      const namespace = kind.namespaced ? { namespace: 'default' } : {};
      const specOf = (object: KubeObject): unknown => (object as KubeObject & { spec: object }).spec;
      const made = api.create(kind, { metadata: { name: 'a', ...namespace }, spec: given } as never);
      expect(specOf(made)).toEqual(minor === 35 ? want : given);
      expect(specOf(api.update(kind, { ...made, spec: structuredClone(given) } as never))).toEqual(specOf(made));
    }
  });
});
