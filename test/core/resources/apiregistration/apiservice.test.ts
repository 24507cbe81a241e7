// What makes an APIService.

import { describe, expect, test } from 'vitest';
import { makeTestCluster, statusOf } from '../../harness.ts';

const PATH = '/apis/apiregistration.k8s.io/v1/apiservices';
const serviceOf = (name: string, spec: object): object => ({
  metadata: { name },
  spec: { group: 'example.com', version: 'v1', groupPriorityMinimum: 100, versionPriority: 10, ...spec },
});
const refused = (name: string, problem: string): string => `APIService.apiregistration.k8s.io "${name}" is invalid: ${problem}`;
const SERVICE = { namespace: 'default', name: 'api' };

describe('an APIService', () => {
  test('of the API server itself is available at once', async () => {
    const cluster = makeTestCluster({ alone: true });
    const { status, body } = await cluster.request('POST', PATH, serviceOf('v1.example.com', {}));
    expect([status, body]).toMatchObject([
      201,
      {
        status: { conditions: [{ type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available' }] },
      },
    ]);
  });

  test('of a program has a port', async () => {
    const cluster = makeTestCluster({ alone: true });
    const { body } = await cluster.request('POST', PATH, serviceOf('v1.example.com', { service: SERVICE }));
    expect(body).toMatchObject({ spec: { service: { ...SERVICE, port: 443 } }, status: {} });
  });

  test.each<{ name: string; service: object; want: string }>([
    {
      name: 'another name than its version and group',
      service: serviceOf('example', {}),
      want: refused('example', 'metadata.name: Invalid value: "example": must be `spec.version+"."+spec.group`: "v1.example.com"'),
    },
    {
      name: 'too high a priority',
      service: serviceOf('v1.example.com', { groupPriorityMinimum: 20_001 }),
      want: refused('v1.example.com', 'spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000'),
    },
    {
      name: 'no priority among versions',
      service: serviceOf('v1.example.com', { versionPriority: 0 }),
      want: refused('v1.example.com', 'spec.versionPriority: Invalid value: 0: must be positive and less than 1000'),
    },
    {
      name: 'trust, but nobody to trust',
      service: serviceOf('v1.example.com', { insecureSkipTLSVerify: true }),
      want: refused(
        'v1.example.com',
        'spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify',
      ),
    },
    {
      name: 'a service without a name',
      service: serviceOf('v1.example.com', { service: { namespace: 'default' } }),
      want: refused('v1.example.com', 'spec.service.name: Required value'),
    },
  ])('may not have $name', async ({ service, want }) => {
    const cluster = makeTestCluster({ alone: true });
    expect(statusOf(await cluster.request('POST', PATH, service)).message).toBe(want);
  });
});
