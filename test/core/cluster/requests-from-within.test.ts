// Programs in pods that ask the API server of their own cluster.

import { describe, expect, test } from 'vitest';
import { fromByteString } from '../../../worker/lib/text.ts';
import { configMaps } from '../../../worker/resources/core/configmap.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { roleBindings } from '../../../worker/resources/rbac/rolebinding.ts';
import { readLog } from '../../../worker/world/runtime/log.ts';
import type { World } from '../../../worker/world/world.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster, TestOptions } from '../harness.ts';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const CA = `--cacert ${ACCOUNT}/ca.crt`;
const BEARER = `-H "Authorization: Bearer $(cat ${ACCOUNT}/token)"`;
const PODS = 'https://kubernetes.default.svc/api/v1/namespaces/default/pods';

/** Lets time pass, with what waits for an answer. */
async function pass(cluster: TestCluster, seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    cluster.advance(1000);
    await cluster.settleTools();
  }
}

function start(cluster: TestCluster, command: string): void {
  cluster.api.create(pods, {
    metadata: { name: 'box', namespace: 'default' },
    spec: {
      restartPolicy: 'Never',
      containers: [{ name: 'main', image: 'curlimages/curl:8.18.0', command: ['sh', '-c', command], resources: {} }],
    },
  } as never);
}

const written = ({ cluster: { simulation } }: TestCluster): string => fromByteString(textOf(simulation.world));
const textOf = (world: World, pod = 'box'): string =>
  world.sandboxes
    .find('pod', `default/${pod}`)
    .flatMap(({ containers }) => readLog(world, containers[0]!.id).entries.map(({ text }) => text))
    .join('\n');

function allow(cluster: TestCluster): void {
  cluster.api.create(roleBindings, {
    metadata: { name: 'edit', namespace: 'default' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
    subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }],
  } as never);
}

async function say(command: string, options: TestOptions = {}, prepare?: (cluster: TestCluster) => void): Promise<string> {
  const cluster = makeTestCluster(options);
  await pass(cluster, 2);
  prepare?.(cluster);
  start(cluster, command);
  await pass(cluster, 20);
  expect(cluster.errors).toEqual([]);
  return written(cluster);
}

const FORBIDDEN =
  'pods is forbidden: User \\"system:serviceaccount:default:default\\" cannot list resource \\"pods\\" in API group \\"\\" in the namespace \\"default\\"';

test.each<{ name: string; given: string; want: string; isAllowed?: boolean }>([
  {
    name: 'with its token, not allowed to look',
    given: `curl -s ${CA} ${BEARER} ${PODS} | grep -o 'pods is forbidden.*'| sed 's/",*$//'`,
    want: FORBIDDEN,
  },
  { name: 'with its token, and allowed', given: `curl -s ${CA} ${BEARER} ${PODS} | grep -c '"name": *"box"'`, want: '1', isAllowed: true },
  { name: 'by the address of the Service', given: `curl -sk -o /dev/null -w '%{http_code}' ${BEARER} https://10.96.0.1/api`, want: '200' },
  { name: 'by the address of the server', given: `curl -sk -o /dev/null -w '%{http_code}' https://172.18.0.1:6443/version`, want: '200' },
  { name: 'at a port where nobody listens', given: 'curl -sk https://172.18.0.1:6444/version; echo $?', want: '7' },
  { name: 'as nobody', given: `curl -sk -o /dev/null -w '%{http_code}' ${PODS}`, want: '403' },
  { name: 'with a token that is none', given: `curl -sk -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer x' ${PODS}`, want: '401' },
  {
    name: 'without the certificates of the cluster',
    given: `curl -sS ${PODS} 2>&1 | head -n 1; curl -s ${PODS}; echo $?`,
    want: 'curl: (60) SSL certificate OpenSSL verify result: unable to get local issuer certificate (20)\n60',
  },
  { name: 'with certificates that are not there', given: `curl -s --cacert /nope ${PODS}; echo $?`, want: '77' },
  {
    name: 'by wget, which looks at no certificate',
    given: `busybox wget -qO- --header "Authorization: Bearer $(cat ${ACCOUNT}/token)" ${PODS} | grep -c '"name": *"box"'`,
    want: '1',
    isAllowed: true,
  },
  {
    name: 'to make something',
    given: `curl -s ${CA} ${BEARER} -H 'Content-Type: application/json' -d '{"metadata":{"name":"made"},"data":{"k":"é"}}' -o /dev/null -w '%{http_code} ' https://kubernetes.default.svc/api/v1/namespaces/default/configmaps; curl -s ${CA} ${BEARER} https://kubernetes.default.svc/api/v1/namespaces/default/configmaps/made | grep -o '"k": *"[^"]*"' | tr -d ' '`,
    want: '201 "k":"é"',
    isAllowed: true,
  },
])('a program asks the API server $name', async ({ given, want, isAllowed }) => {
  expect(await say(given, {}, isAllowed ? allow : undefined)).toBe(want);
});

test('a control plane that can be seen is asked on its node', async () => {
  const asked = `curl -s ${CA} https://kubernetes.default.svc/version -o /dev/null -w '%{http_code} %{remote_ip} '; curl -sk https://172.18.0.2:6443/readyz`;
  expect(await say(asked, { template: 'default', nodes: 1 })).toBe('200 10.96.0.1 ok');
});

describe('an answer that goes on', () => {
  const NAMES = `grep --line-buffered -o '"type":"[A-Z]*"'`;
  const CONFIGMAPS = 'https://kubernetes.default.svc/api/v1/namespaces/default/configmaps';
  const make = ({ api }: TestCluster, name: string): void => {
    api.create(configMaps, { metadata: { name, namespace: 'default' } });
  };

  async function begin(command: string): Promise<TestCluster> {
    const cluster = makeTestCluster();
    await pass(cluster, 2);
    allow(cluster);
    start(cluster, command);
    await pass(cluster, 5);
    return cluster;
  }

  test('is told as it comes, until its time is over', async () => {
    const cluster = await begin(
      `curl -sNk ${BEARER} '${CONFIGMAPS}?watch=1&fieldSelector=metadata.name=a&timeoutSeconds=60' | ${NAMES}; echo over`,
    );
    expect(written(cluster)).toBe('');
    make(cluster, 'a');
    await pass(cluster, 1);
    expect(written(cluster)).toBe('"type":"ADDED"');
    cluster.api.delete(configMaps, 'default', 'a');
    await pass(cluster, 1);
    expect(written(cluster)).toBe('"type":"ADDED"\n"type":"DELETED"');
    await pass(cluster, 70);
    expect(written(cluster)).toBe('"type":"ADDED"\n"type":"DELETED"\nover');
    expect([cluster.cluster.watchers.count, cluster.errors]).toEqual([0, []]);
  });

  test('ends when the program leaves', async () => {
    const cluster = await begin(`timeout 20 curl -sNk ${BEARER} '${CONFIGMAPS}?watch=1'; echo gone; sleep 1000`);
    expect(cluster.cluster.watchers.count).toBe(1);
    await pass(cluster, 20);
    make(cluster, 'a');
    await pass(cluster, 1);
    expect([cluster.cluster.watchers.count, written(cluster).split('\n').at(-1), cluster.errors]).toEqual([0, 'gone', []]);
  });

  test('breaks off when the sandbox has lost its memory', async () => {
    const cluster = await begin(`curl -sNk ${BEARER} '${CONFIGMAPS}?watch=1&resourceVersion=1&fieldSelector=metadata.name=a'; echo $?`);
    cluster.save();
    const later = makeTestCluster({ backend: cluster.backend, startAt: cluster.elapsed() });
    await pass(later, 5);
    expect([written(later), later.errors]).toEqual(['18', []]);
  });

  test('a log is followed from another pod', async () => {
    const cluster = await begin('for i in 1 2 3; do echo $i; sleep 10; done');
    cluster.api.create(pods, {
      metadata: { name: 'reader', namespace: 'default' },
      spec: {
        restartPolicy: 'Never',
        containers: [
          {
            name: 'main',
            image: 'curlimages/curl:8.18.0',
            command: ['sh', '-c', `curl -sNk ${BEARER} '${PODS}/box/log?follow=1'; echo over`],
          },
        ],
      },
    } as never);
    await pass(cluster, 10);
    const { world } = cluster.cluster.simulation;
    expect(textOf(world, 'reader')).toBe('1\n2');
    await pass(cluster, 30);
    expect(textOf(world, 'reader')).toBe('1\n2\n3\nover');
  });
});

test('the same is asked, and answered, again in the same way', async () => {
  const run = async (): Promise<string> => {
    const cluster = makeTestCluster();
    await pass(cluster, 2);
    allow(cluster);
    start(
      cluster,
      `for i in 1 2 3; do curl -sk ${BEARER} -H 'Content-Type: application/json' -d '{"metadata":{"generateName":"made-"}}' https://kubernetes.default.svc/api/v1/namespaces/default/configmaps; done`,
    );
    await pass(cluster, 10);
    return cluster.log();
  };
  const first = await run();
  expect(first.match(/made-[a-z0-9]{5}/g)?.length).toBeGreaterThanOrEqual(3);
  expect(await run()).toBe(first);
});

test('who waited when its cluster was put away is answered when it is back', async () => {
  const cluster = makeTestCluster();
  await pass(cluster, 2);
  start(cluster, `curl -sk -o /dev/null -w '%{http_code}' ${PODS}`);
  for (let i = 0; i < 20_000 && !cluster.cluster.hasTools; i += 100) cluster.advance(100);
  expect(cluster.cluster.hasTools).toBe(true);
  cluster.save();
  const later = makeTestCluster({ backend: cluster.backend, startAt: cluster.elapsed() });
  await pass(later, 5);
  expect(written(later)).toBe('403');
});
