// ingress-nginx with its admission webhook, as its chart and its static manifests install it: certificates by Jobs of kube-webhook-certgen, and Ingresses that are refused.

import { beforeAll, describe, expect, test } from 'vitest';
import type { Job } from '../../../worker/api/gen/batch-v1.ts';
import type { Secret } from '../../../worker/api/gen/core-v1.ts';
import { readCertificates, isSignedBy } from '../../../worker/lib/x509/read-certificate.ts';
import { jobs } from '../../../worker/resources/batch/job.ts';
import { secrets } from '../../../worker/resources/core/secret.ts';
import { validatingWebhookConfigurations } from '../../../worker/resources/admissionregistration/validatingwebhookconfiguration.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { readLog } from '../../../worker/world/runtime/log.ts';
import { makeTestCluster, statusOf } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

const NAMESPACE = 'ingress-nginx';
const HOOK = 'ingress-nginx-admission';
const CERTGEN = 'registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.6.9';

async function post(cluster: TestCluster, path: string, body: object): Promise<void> {
  expect((await cluster.request('POST', path, body)).status).toBe(201);
}

async function settle(cluster: TestCluster, ms: number): Promise<void> {
  for (let i = 0; i < 10; i++) {
    cluster.advance(ms / 10);
    await cluster.settleTools();
  }
}

/** What its account may: as the chart has it, but for `without`. */
async function account(cluster: TestCluster, without = ''): Promise<void> {
  const rules = [
    { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create'] },
    { apiGroups: ['admissionregistration.k8s.io'], resources: ['validatingwebhookconfigurations'], verbs: ['get', 'update'] },
  ].map((rule) => ({ ...rule, verbs: rule.verbs.filter((verb) => verb !== without) }));
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  await post(cluster, `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { metadata: { name: HOOK } });
  await post(cluster, `${rbac}/clusterroles`, { metadata: { name: HOOK }, rules });
  await post(cluster, `${rbac}/clusterrolebindings`, {
    metadata: { name: HOOK },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: HOOK },
    subjects: [{ kind: 'ServiceAccount', name: HOOK, namespace: NAMESPACE }],
  });
}

/** Runs certgen as a Job, and says what became of it. */
async function certgen(cluster: TestCluster, name: string, args: readonly string[]): Promise<{ job: Job; log: string[] }> {
  await post(cluster, `/apis/batch/v1/namespaces/${NAMESPACE}/jobs`, {
    metadata: { name },
    spec: {
      backoffLimit: 0,
      template: { spec: { restartPolicy: 'Never', serviceAccountName: HOOK, containers: [{ name, image: CERTGEN, args }] } },
    },
  });
  await settle(cluster, 20_000);
  const { world } = cluster.cluster.simulation;
  const pod = cluster.api.list(pods, { namespace: NAMESPACE }).find(({ metadata }) => metadata.labels?.['job-name'] === name)!;
  const [container] = world.sandboxes.find('pod', pod.metadata.uid)[0]!.containers;
  const log = readLog(world, container!.id).entries.map(({ text }) => text.replace(/,"source".*/s, '').trim());
  return { job: cluster.api.get(jobs, NAMESPACE, name)!, log };
}

const secret = ({ api }: TestCluster): Secret | undefined => api.get(secrets, NAMESPACE, HOOK);
const CREATE = ['create', `--host=a,a.${NAMESPACE}.svc,10.0.0.1`, `--namespace=${NAMESPACE}`, `--secret-name=${HOOK}`];
const PATCH = ['patch', `--webhook-name=${HOOK}`, `--namespace=${NAMESPACE}`, '--patch-mutating=false', `--secret-name=${HOOK}`];

const configuration = {
  metadata: { name: HOOK },
  webhooks: [
    {
      name: 'validate.nginx.ingress.kubernetes.io',
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      clientConfig: { service: { namespace: NAMESPACE, name: 'ingress-nginx-controller-admission', path: '/networking/v1/ingresses' } },
      rules: [{ apiGroups: ['networking.k8s.io'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['ingresses'] }],
    },
  ],
};
const WEBHOOKS = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';

async function start(): Promise<TestCluster> {
  const cluster = makeTestCluster({ nodes: 2 });
  await post(cluster, '/api/v1/namespaces', { metadata: { name: NAMESPACE } });
  return cluster;
}

describe('kube-webhook-certgen', () => {
  test('makes certificates by an authority of its own, once', async () => {
    const cluster = await start();
    await account(cluster);
    const first = await certgen(cluster, 'create', CREATE);
    expect(first.job.status).toMatchObject({ succeeded: 1 });
    expect(first.log.slice(1)).toEqual([
      `{"err":"secrets \\"${HOOK}\\" not found","level":"info","msg":"no secret found"`,
      '{"level":"info","msg":"creating new secret"',
    ]);
    const { data } = secret(cluster)!;
    expect(Object.keys(data!).sort()).toEqual(['ca', 'cert', 'key']);
    const [authority, certificate] = ['ca', 'cert'].map((key) => readCertificates(atob(data![key]!))[0]!);
    expect(isSignedBy(certificate!, authority!)).toBe(true);
    const again = await certgen(cluster, 'again', CREATE);
    expect(again.log.at(-1)).toBe('{"level":"info","msg":"secret already exists"');
    expect(secret(cluster)!.data).toEqual(data);
    expect(cluster.errors).toEqual([]);
  });

  test('tells configurations of the authority', async () => {
    const cluster = await start();
    await account(cluster);
    await post(cluster, WEBHOOKS, { ...configuration, webhooks: [{ ...configuration.webhooks[0], failurePolicy: 'Ignore' }] });
    await certgen(cluster, 'create', CREATE);
    const { job, log } = await certgen(cluster, 'patch', [...PATCH, '--patch-failure-policy=Fail']);
    expect(job.status).toMatchObject({ succeeded: 1 });
    expect(log.slice(1)).toEqual([
      `{"level":"info","msg":"patching webhook configurations '${HOOK}' mutating=false, validating=true, failurePolicy=Fail"`,
      '{"level":"info","msg":"Patched hook(s)"',
    ]);
    expect(cluster.api.get(validatingWebhookConfigurations, '', HOOK)!.webhooks).toMatchObject([
      { failurePolicy: 'Fail', clientConfig: { caBundle: secret(cluster)!.data!['ca'] } },
    ]);
  });

  const account_ = `User \\"system:serviceaccount:${NAMESPACE}:${HOOK}\\"`;
  test.each([
    {
      name: 'it may not look',
      without: 'get',
      args: CREATE,
      says: `{"err":"secrets \\"${HOOK}\\" is forbidden: ${account_} cannot get resource \\"secrets\\" in API group \\"\\" in the namespace \\"${NAMESPACE}\\"","level":"fatal","msg":"error getting secret"`,
    },
    {
      name: 'it may not create',
      without: 'create',
      args: CREATE,
      says: `{"err":"secrets is forbidden: ${account_} cannot create resource \\"secrets\\" in API group \\"\\" in the namespace \\"${NAMESPACE}\\"","level":"fatal","msg":"failed creating secret"`,
    },
    { name: 'there is no Secret to tell of', args: PATCH, says: `{"level":"fatal","msg":"no secret with '${HOOK}' in '${NAMESPACE}'"` },
    {
      name: 'there is nothing to patch',
      args: [...PATCH, '--patch-validating=false'],
      says: '{"level":"fatal","msg":"patch-validating=false, patch-mutating=false. You must patch at least one kind of webhook, otherwise this command is a no-op"',
    },
    { name: 'flags are missing', args: ['create', '--host=a'], says: 'Error: required flag(s) "namespace", "secret-name" not set' },
    { name: 'nobody knows the command', args: ['make'], says: "Run 'kube-webhook-certgen --help' for usage." },
  ])('fails where $name', async ({ without, args, says }) => {
    const cluster = await start();
    await account(cluster, without);
    const { job, log } = await certgen(cluster, 'job', args);
    expect(job.status).toMatchObject({ failed: 1 });
    expect(log.at(-1)).toBe(says);
  });
});

describe('the webhook', () => {
  let cluster: TestCluster;
  const INGRESSES = '/apis/networking.k8s.io/v1/namespaces/default/ingresses';

  /** Asks, and lets time pass until there is an answer. */
  async function ask(method: string, path: string, body: object) {
    let isThere = false;
    const asked = cluster.request(method, path, body).finally(() => (isThere = true));
    for (let tries = 0; tries < 20; tries++) {
      await new Promise(setImmediate);
      if (!isThere) cluster.advance(50);
    }
    return asked;
  }
  const ingress = (
    name: string,
    host: string,
    path: string,
    more: { type?: string; class?: string; annotations?: object } = {},
  ): object => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, annotations: more.annotations ?? {} },
    spec: {
      ingressClassName: more.class ?? 'nginx',
      rules: [
        {
          host,
          http: { paths: [{ path, pathType: more.type ?? 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] },
        },
      ],
    },
  });

  beforeAll(async () => {
    cluster = makeTestCluster({ nodes: 2 });
    cluster.cluster.installAddon('ingress-nginx');
    await account(cluster);
    await post(cluster, WEBHOOKS, configuration);
    await post(cluster, `/api/v1/namespaces/${NAMESPACE}/services`, {
      metadata: { name: 'ingress-nginx-controller-admission' },
      spec: { selector: { 'app.kubernetes.io/component': 'controller' }, ports: [{ port: 443, targetPort: 8443 }] },
    });
    await certgen(cluster, 'create', CREATE);
    await certgen(cluster, 'patch', PATCH);
    const patched = await cluster.request(
      'PATCH',
      `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/ingress-nginx-controller`,
      [{ op: 'add', path: '/spec/template/spec/containers/0/args/-', value: '--validating-webhook=:8443' }],
      { 'content-type': 'application/json-patch+json' },
    );
    expect(patched.status).toBe(200);
    await settle(cluster, 40_000);
    expect((await ask('POST', INGRESSES, ingress('web', 'a.example.com', '/'))).status).toBe(201);
    await settle(cluster, 3000);
  });

  const nginx = (name: string): string => `nginx.ingress.kubernetes.io/${name}`;
  test.each<{ name: string; given: object; says?: string }>([
    { name: 'another host', given: ingress('b', 'b.example.com', '/') },
    { name: 'another path', given: ingress('c', 'a.example.com', '/c') },
    {
      name: 'what another has',
      given: ingress('d', 'a.example.com', '/'),
      says: 'host "a.example.com" and path "/" is already defined in ingress default/web',
    },
    { name: 'what another has, as its canary', given: ingress('e', 'a.example.com', '/', { annotations: { [nginx('canary')]: 'true' } }) },
    { name: 'what another class is for', given: ingress('f', 'a.example.com', '/', { class: 'other' }) },
    {
      name: 'a regular expression as a prefix',
      given: ingress('g', 'g.example.com', '/g(/|$)(.*)'),
      says: 'ingress contains invalid paths: path /g(/|$)(.*) cannot be used with pathType Prefix',
    },
    { name: 'a regular expression', given: ingress('h', 'h.example.com', '/h(/|$)(.*)', { type: 'ImplementationSpecific' }) },
    {
      name: 'a snippet',
      given: ingress('i', 'i.example.com', '/', { annotations: { [nginx('server-snippet')]: 'return 200;' } }),
      says: `${nginx('server-snippet')} annotation cannot be used. Snippet directives are disabled by the Ingress administrator`,
    },
  ])('is asked about $name', async ({ given, says }) => {
    const answer = await ask('POST', INGRESSES, given);
    if (says === undefined) return expect(answer.status).toBe(201);
    expect(statusOf(answer)).toMatchObject({
      code: 400,
      reason: 'BadRequest',
      message: `admission webhook "validate.nginx.ingress.kubernetes.io" denied the request: ${says}`,
    });
  });

  test('goes by the ConfigMap', async () => {
    const path = `/api/v1/namespaces/${NAMESPACE}/configmaps/ingress-nginx-controller`;
    await cluster.request(
      'PATCH',
      path,
      { data: { 'strict-validate-path-type': 'false' } },
      { 'content-type': 'application/merge-patch+json' },
    );
    await settle(cluster, 2000);
    expect((await ask('POST', INGRESSES, ingress('k', 'k.example.com', '/k(/|$)(.*)'))).status).toBe(201);
    expect(cluster.errors).toEqual([]);
  });

  test('lets an Ingress be changed', async () => {
    const answer = await ask('PUT', `${INGRESSES}/web`, ingress('web', 'a.example.com', '/', { annotations: { one: 'two' } }));
    expect(answer.status).toBe(200);
  });
});
