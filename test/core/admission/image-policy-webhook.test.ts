// ImagePolicyWebhook: what a server is asked, what it may say, for how long that holds, and what happens if it says nothing.

import { describe, expect, test } from 'vitest';
import type { ExternalAnswer, ExternalRequest } from '../../../worker/api/admission.ts';
import { configured, makeAsker, podOf } from './ask.ts';
import type { Asker } from './ask.ts';

const KUBECONFIG = (server: string, cluster = 'certificate-authority: ca.pem'): string => `apiVersion: v1
kind: Config
clusters:
- name: bouncer
  cluster:
    server: ${server}
    ${cluster}
contexts:
- name: c
  context: {cluster: bouncer, user: api-server}
current-context: c
users:
- name: api-server
  user: {token: t0ken}
`;
const CONFIG = (...lines: string[]): string =>
  ['imagePolicy:', '  kubeConfigFile: /etc/kubernetes/bouncer/kubeconfig', ...lines.map((line) => `  ${line}`)].join('\n');

function setUp(
  respond: (request: ExternalRequest) => Partial<ExternalAnswer> | object,
  { lines = [], server = 'https://bouncer.example.com:1323/images' }: { lines?: string[]; server?: string } = {},
): { asker: Asker; asked: ExternalRequest[] } {
  const asked: ExternalRequest[] = [];
  const settings = configured({ 'enable-admission-plugins': 'ImagePolicyWebhook' }, CONFIG(...lines), {
    '/etc/kubernetes/bouncer/kubeconfig': KUBECONFIG(server),
    '/etc/kubernetes/bouncer/ca.pem': 'PEM',
  });
  const asker = makeAsker({
    ...settings,
    outside: (request) => {
      asked.push(request);
      const answer = respond(request);
      if ('error' in answer || 'body' in answer) return { status: 200, body: '', ...answer };
      return { status: 200, body: JSON.stringify({ kind: 'ImageReview', apiVersion: 'imagepolicy.k8s.io/v1alpha1', status: answer }) };
    },
  });
  return { asker, asked };
}
const annotations = ({ cluster }: Asker): Record<string, string> =>
  Object.fromEntries(
    Object.entries(cluster.audit.list().at(-1)?.annotations ?? {}).filter(([key]) => key.startsWith('imagepolicywebhook')),
  );
const REFUSED = 'pods "p" is forbidden: ';

describe('the server', () => {
  test('is asked about the images, by the kubeconfig', async () => {
    const { asker, asked } = setUp(() => ({ allowed: true, auditAnnotations: { seen: 'yes' } }));
    const metadata = { annotations: { 'team.image-policy.k8s.io/ticket': '7', other: 'x' } };
    const pod = podOf({ initContainers: [{ name: 'i', image: 'busybox' }] }, metadata);
    expect((await asker.ask('POST pods', pod)).status).toBe(201);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      url: 'https://bouncer.example.com:1323/images',
      method: 'POST',
      caBundle: 'PEM',
      headers: { authorization: 'Bearer t0ken' },
    });
    expect(JSON.parse(asked[0]!.body)).toEqual({
      kind: 'ImageReview',
      apiVersion: 'imagepolicy.k8s.io/v1alpha1',
      metadata: {},
      spec: {
        containers: [{ image: 'nginx' }, { image: 'busybox' }],
        annotations: { 'team.image-policy.k8s.io/ticket': '7' },
        namespace: 'default',
      },
      status: { allowed: false },
    });
    expect(annotations(asker)).toEqual({ 'imagepolicywebhook.image-policy.k8s.io/seen': 'yes' });
  });

  test.each<{ name: string; answer: object; want: string }>([
    { name: 'allows', answer: { allowed: true }, want: '' },
    {
      name: 'denies and says why',
      answer: { allowed: false, reason: 'no latest' },
      want: 'image policy webhook backend denied one or more images: no latest',
    },
    { name: 'denies', answer: { allowed: false }, want: 'one or more images rejected by webhook backend' },
    {
      name: 'is not there',
      answer: { error: 'dial tcp: nobody' },
      want: 'Post "https://bouncer.example.com:1323/images": dial tcp: nobody',
    },
    { name: 'says nothing that it should', answer: { body: '{"allowed":true}' }, want: "Object 'Kind' is missing in '{\"allowed\":true}'" },
  ])('$name', async ({ answer, want }) => {
    const { asker } = setUp(() => answer);
    expect((await asker.ask('POST pods', podOf())).message).toBe(want && REFUSED + want);
  });

  test('need not be there if that is the default', async () => {
    const { asker } = setUp(() => ({ error: 'nobody' }), { lines: ['defaultAllow: true'] });
    expect((await asker.ask('POST pods', podOf())).status).toBe(201);
    expect(annotations(asker)).toEqual({ 'imagepolicywebhook.image-policy.k8s.io/failed-open': 'true' });
  });

  test('is taken at its word for a while, longer when it allows', async () => {
    const { asker, asked } = setUp(({ body }) => ({ allowed: !body.includes('bad') }), { lines: ['allowTTL: 50', 'denyTTL: 20'] });
    const bad = podOf({ containers: [{ name: 'c', image: 'bad' }] });
    const count = async (): Promise<number> => {
      await asker.ask('POST pods?dryRun=All', podOf());
      await asker.ask('POST pods?dryRun=All', bad);
      return asked.length;
    };
    expect([await count(), await count()]).toEqual([2, 2]);
    asker.advance(20_000);
    expect(await count()).toBe(3);
    asker.advance(30_000);
    expect(await count()).toBe(5);
  });

  test('may be a service of the cluster, by name or address', async () => {
    const { asker } = setUp(() => ({ allowed: true }), { server: 'http://bouncer.default.svc:8080/images' });
    await asker.ask('POST services', { metadata: { name: 'bouncer' }, spec: { clusterIP: '10.96.0.77', ports: [{ port: 8080 }] } });
    const nobody = 'no endpoints available for service "bouncer"';
    expect((await asker.ask('POST pods', podOf())).message).toBe(`${REFUSED}Post "http://bouncer.default.svc:8080/images": ${nobody}`);
    const other = setUp(() => ({ allowed: true }), { server: 'https://10.96.0.77:8080/' });
    await other.asker.ask('POST services', { metadata: { name: 'bouncer' }, spec: { clusterIP: '10.96.0.77', ports: [{ port: 8080 }] } });
    expect((await other.asker.ask('POST pods', podOf())).message).toBe(`${REFUSED}Post "https://10.96.0.77:8080/": ${nobody}`);
  });
});

describe('a configuration', () => {
  const FILES = {
    '/etc/kubernetes/bouncer/kubeconfig': KUBECONFIG('https://x/'),
    '/etc/kubernetes/bouncer/ca.pem': 'PEM',
  };
  test.each<{ name: string; config?: string; files?: Record<string, string>; want: string }>([
    { name: 'is needed', want: 'no config specified' },
    { name: 'may be all there is in the file', config: CONFIG(), want: '' },
    { name: 'with times that are too long', config: CONFIG('allowTTL: 5000'), want: 'valid value is between 1s and 30m0s, got 1h23m20s' },
    { name: 'with times that are never', config: CONFIG('allowTTL: -1', 'denyTTL: -1', 'retryBackoff: -1'), want: '' },
    {
      name: 'without a kubeconfig',
      config: CONFIG(),
      files: {},
      want: 'stat /etc/kubernetes/bouncer/kubeconfig: no such file or directory',
    },
    {
      name: 'without the authority',
      config: CONFIG(),
      files: { '/etc/kubernetes/bouncer/kubeconfig': KUBECONFIG('https://x/') },
      want: 'invalid configuration: unable to read certificate-authority /etc/kubernetes/bouncer/ca.pem for bouncer due to open /etc/kubernetes/bouncer/ca.pem: no such file or directory',
    },
    {
      name: 'without a server',
      config: CONFIG(),
      files: { ...FILES, '/etc/kubernetes/bouncer/kubeconfig': KUBECONFIG('""') },
      want: 'invalid configuration: no server found for cluster "bouncer"',
    },
    {
      name: 'with an empty kubeconfig',
      config: CONFIG(),
      files: { ...FILES, '/etc/kubernetes/bouncer/kubeconfig': '' },
      want: 'invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable',
    },
  ])('$name', ({ config, files = FILES, want }) => {
    const read = (): unknown => configured({ 'enable-admission-plugins': 'ImagePolicyWebhook' }, config, files);
    if (want) expect(read).toThrow(`failed to apply admission: couldn't init admission plugin "ImagePolicyWebhook": ${want}`);
    else expect(read).not.toThrow();
  });
});
