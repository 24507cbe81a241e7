// Probes by gRPC: what the server says of its health.

import { expect, test } from 'vitest';
import { events } from '../../../../worker/resources/core/event.ts';
import { onePod } from './one-pod.ts';

test.each([
  { name: 'well', args: [], grpc: { port: 5000 }, ready: true, want: undefined },
  { name: 'a service of it', args: ['--service=a'], grpc: { port: 5000, service: 'a' }, ready: true, want: undefined },
  {
    name: 'a service that it has not',
    args: [],
    grpc: { port: 5000, service: 'b' },
    ready: false,
    want: 'Readiness probe failed: error: health rpc probe failed: rpc error: code = NotFound desc = unknown service',
  },
  {
    name: 'not well any more',
    args: ['--delay-unhealthy-sec=60'],
    grpc: { port: 5000 },
    ready: false,
    want: 'Readiness probe failed: service unhealthy (responded with "NOT_SERVING")',
  },
  {
    name: 'nobody there',
    args: [],
    grpc: { port: 2333 },
    ready: false,
    want: 'Readiness probe failed: timeout: failed to connect service "10.244.0.2:2333" within 1s: context deadline exceeded',
  },
  {
    name: 'somebody who speaks HTTP only',
    args: [],
    grpc: { port: 8080 },
    ready: false,
    want: 'Readiness probe failed: timeout: failed to connect service "10.244.0.2:8080" within 1s: context deadline exceeded',
  },
  { name: 'an image that nobody has described', image: 'example.com/cart', args: [], grpc: { port: 7000 }, ready: true, want: undefined },
])('$name', ({ image = 'registry.k8s.io/e2e-test-images/agnhost:2.53', args, grpc, ready, want }) => {
  const container = {
    image,
    args: ['grpc-health-checking', ...args],
    readinessProbe: { grpc: { service: '', ...grpc }, timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 },
  };
  const { cluster, pod } = onePod(container, 150_000, { restartPolicy: 'Always' });
  expect(pod().status.containerStatuses![0]!.ready).toBe(ready);
  expect(cluster.api.list(events).find(({ reason }) => reason === 'Unhealthy')?.message).toBe(want);
});
