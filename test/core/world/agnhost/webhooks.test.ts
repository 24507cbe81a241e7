// The webhooks of agnhost: what they are asked, and what they answer.

import { expect, test } from 'vitest';
import { Lab } from '../lab.ts';

const IMAGE = 'registry.k8s.io/e2e-test-images/agnhost:2.53';

/** Starts a webhook, and posts a review to a path of it. Gives the answer's body, and how long it took in ms. */
async function review(subcommand: string, path: string, body: unknown, given: { args?: string; wait?: number } = {}): Promise<string> {
  const lab = new Lab();
  const start = `touch /c /k; exec /agnhost ${subcommand} --tls-cert-file=/c --tls-private-key-file=/k --port=8444 ${given.args ?? ''}`;
  const { ip } = lab.run({ image: IMAGE, name: 'hook', command: ['sh', '-c', start] });
  const { container } = lab.run({ image: 'nicolaka/netshoot', name: 'box', command: ['sleep', '100000'] });
  lab.evicts = true;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const command = `curl -sk -m 30 -H 'Content-Type: application/json' -d '${text}' https://${ip}:8444${path}`;
  const session = lab.exec(container, ['sh', '-c', command]);
  lab.advance(given.wait ?? 50);
  await lab.settleTools();
  return lab.sessions.get(session)!.stdout;
}

const admission = (request: object, version = 'v1'): object => ({
  kind: 'AdmissionReview',
  apiVersion: `admission.k8s.io/${version}`,
  request: { uid: 'u', operation: 'CREATE', resource: { group: '', version: 'v1', resource: 'pods' }, ...request },
});
const configMap = { resource: { group: '', version: 'v1', resource: 'configmaps' } };
const disallowed = { 'webhook-e2e-test': 'webhook-disallow' };

test.each([
  { name: 'nothing against it', path: '/pods', request: { object: { spec: { containers: [{ name: 'a' }] } } }, want: { allowed: true } },
  {
    name: 'a label and a name that are not wanted',
    path: '/pods',
    request: { object: { metadata: { labels: disallowed }, spec: { containers: [{ name: 'webhook-disallow' }] } } },
    want: { allowed: false, status: { message: 'the pod contains unwanted label; the pod contains unwanted container name;' } },
  },
  {
    name: 'another resource than expected',
    path: '/pods',
    request: configMap,
    want: { allowed: false, status: { message: 'expect resource to be { v1 pods}' } },
  },
  {
    name: 'an attachment',
    path: '/pods/attach',
    request: { name: 'to-be-attached-pod', subResource: 'attach', object: { stdin: true, container: 'container1' } },
    want: { allowed: false, status: { message: "attaching to pod 'to-be-attached-pod' is not allowed" } },
  },
  {
    name: 'data that is not wanted',
    path: '/configmaps',
    request: { ...configMap, object: { data: disallowed } },
    want: { allowed: false, status: { reason: 'the configmap contains unwanted key and value' } },
  },
  {
    name: 'data that must stay',
    path: '/custom-resource',
    request: { operation: 'DELETE', object: null, oldObject: { data: { 'webhook-e2e-test': 'webhook-nondeletable' } } },
    want: { allowed: false, status: { reason: 'the custom resource cannot be deleted because it contains unwanted key and value' } },
  },
  {
    name: 'a definition',
    path: '/crd',
    request: { object: { metadata: { labels: disallowed } } },
    want: { allowed: false, status: { message: 'the crd contains unwanted label' } },
  },
  {
    name: 'anything',
    path: '/always-deny',
    request: {},
    want: { allowed: false, status: { message: 'this webhook denies all requests' } },
  },
])('a webhook that validates: $name', async ({ path, request, want }) => {
  expect(JSON.parse(await review('webhook', path, admission(request)))).toMatchObject({
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    response: { uid: 'u', ...want },
  });
});

test.each([
  { path: '/mutating-configmaps', object: { data: { 'mutation-start': 'yes' } }, add: ['/data/mutation-stage-1', 'yes'] },
  {
    path: '/mutating-configmaps',
    object: { data: { 'mutation-start': 'yes', 'mutation-stage-1': 'yes' } },
    add: ['/data/mutation-stage-2', 'yes'],
  },
  { path: '/add-label', object: { metadata: {} }, add: ['/metadata/labels', { 'added-label': 'yes' }] },
  { path: '/add-label', object: { metadata: { labels: { a: 'b' } } }, add: ['/metadata/labels/added-label', 'yes'] },
  {
    path: '/mutating-pods-sidecar',
    object: { spec: { containers: [{ name: 'a' }] } },
    add: ['/spec/containers/-', { image: 'extra', name: 'webhook-added-sidecar', resources: {} }],
  },
])('a webhook that mutates: $path $object', async ({ path, object, add: [place, value] }) => {
  const request = { ...(path.includes('configmaps') && configMap), object };
  const answer = JSON.parse(await review('webhook', path, admission(request, 'v1beta1'), { args: '--sidecar-image=extra' })) as {
    apiVersion: string;
    response: { patch: string; patchType: string };
  };
  expect(answer).toMatchObject({ apiVersion: 'admission.k8s.io/v1beta1', response: { allowed: true, patchType: 'JSONPatch' } });
  expect(JSON.parse(atob(answer.response.patch))).toEqual([{ op: 'add', path: place, value }]);
});

test('a webhook takes its time, or for ever', async () => {
  expect(await review('webhook', '/always-allow-delay-5s', admission({}), { wait: 4900 })).toBe('');
  expect(await review('webhook', '/always-allow-delay-5s', admission({}), { wait: 5100 })).toContain('"allowed":true');
  const silent = admission({ object: { metadata: { labels: { 'webhook-e2e-test': 'wait-forever' } } } });
  expect(await review('webhook', '/pods', silent, { wait: 60_000 })).toBe('');
});

test.each([
  ['/nowhere', '{}', '404 page not found\n'],
  ['/pods', '{', /^Request could not be decoded: couldn't get version\/kind; json parse error: /],
  ['/pods', '{"kind":"Pod","apiVersion":"v1"}', 'Unsupported group version kind: v1, Kind=Pod\n'],
])('what a webhook cannot read: %s %s', async (path, body, want) => {
  const said = await review('webhook', path, body);
  if (typeof want === 'string') expect(said).toBe(want);
  else expect(said).toMatch(want);
});

test('without a certificate there is no webhook', () => {
  const lab = new Lab();
  const { container } = lab.run({ image: IMAGE, args: ['webhook', '--tls-cert-file=/nope'] });
  expect(lab.log(container)).toMatch(/^F0101 00:00:00\.\d{6} {7}1 config\.go:32\] open \/nope: no such file or directory\n$/);
  expect(lab.find(container).container).toMatchObject({ state: 'exited', exitCode: 255 });
});

const cron = (version: string, rest: object): object => ({
  kind: 'CronTab',
  apiVersion: `stable.example.com/${version}`,
  metadata: { name: 'a' },
  ...rest,
});

test.each([
  { name: 'forth', object: cron('v1', { hostPort: 'h:1' }), to: 'v2', want: { convertedObjects: [cron('v2', { host: 'h', port: '1' })] } },
  { name: 'back', object: cron('v2', { host: 'h', port: '1' }), to: 'v1', want: { convertedObjects: [cron('v1', { hostPort: 'h:1' })] } },
  { name: 'with nothing to convert', object: cron('v1', { a: 1 }), to: 'v2', want: { convertedObjects: [cron('v2', { a: 1 })] } },
  {
    name: 'what is no pair',
    object: cron('v1', { hostPort: 'h' }),
    to: 'v2',
    want: { result: { status: 'Failure', message: 'invalid hostPort value `h`' } },
  },
  {
    name: 'to itself',
    object: cron('v1', {}),
    to: 'v1',
    want: {
      result: { status: 'Failure', message: 'conversion from a version to itself should not call the webhook: stable.example.com/v1' },
    },
  },
  {
    name: 'to nowhere',
    object: cron('v1', {}),
    to: 'v3',
    want: { result: { status: 'Failure', message: 'unexpected conversion version "stable.example.com/v3"' } },
  },
])('CronTabs are converted $name', async ({ object, to, want }) => {
  const request = { uid: 'u', desiredAPIVersion: `stable.example.com/${to}`, objects: [object] };
  const body = { kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1', request };
  expect(JSON.parse(await review('crd-conversion-webhook', '/crdconvert', body))).toMatchObject({ response: { uid: 'u', ...want } });
});
