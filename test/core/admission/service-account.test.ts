// The account of a pod, its token, and its secrets.

import { describe, expect, test } from 'vitest';
import { makeAsker, podOf } from './ask.ts';
import type { Answer } from './ask.ts';

const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const account = (name: string, more: object = {}): object => ({ metadata: { name }, ...more });

interface Spec {
  serviceAccountName: string;
  serviceAccount: string;
  imagePullSecrets?: object[];
  volumes?: { name: string; projected?: unknown }[];
  containers: { volumeMounts?: object[] }[];
  initContainers?: { volumeMounts?: object[] }[];
}
const specOf = ({ body }: Answer): Spec => body.spec as unknown as Spec;

describe('a pod', () => {
  test('runs as `default`, with a token', async () => {
    const { ask } = makeAsker();
    const spec = specOf(await ask('POST pods', podOf({ initContainers: [{ name: 'i', image: 'x' }] })));
    expect(spec).toMatchObject({ serviceAccountName: 'default', serviceAccount: 'default' });
    const name = spec.volumes![0]!.name;
    expect(name).toMatch(/^kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(spec.volumes).toEqual([
      {
        name,
        projected: {
          defaultMode: 420,
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
            { configMap: { items: [{ key: 'ca.crt', path: 'ca.crt' }], name: 'kube-root-ca.crt' } },
            { downwardAPI: { items: [{ fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' }, path: 'namespace' }] } },
          ],
        },
      },
    ]);
    const mount = { mountPath: MOUNT, name, readOnly: true };
    expect(spec.containers[0]!.volumeMounts).toEqual([mount]);
    expect(spec.initContainers![0]!.volumeMounts).toEqual([mount]);
  });

  test.each([
    { name: 'the pod says no', sa: {}, spec: { automountServiceAccountToken: false }, want: false },
    { name: 'the account says no', sa: { automountServiceAccountToken: false }, spec: {}, want: false },
    {
      name: 'the pod says yes, the account no',
      sa: { automountServiceAccountToken: false },
      spec: { automountServiceAccountToken: true },
      want: true,
    },
  ])('a token is mounted or not: $name', async ({ sa, spec, want }) => {
    const { ask } = makeAsker();
    await ask('POST serviceaccounts', account('bot', sa));
    const made = specOf(await ask('POST pods', podOf({ serviceAccountName: 'bot', ...spec })));
    expect(made.volumes !== undefined).toBe(want);
  });

  test('a container that has something at the place keeps it', async () => {
    const { ask } = makeAsker();
    const volumeMounts = [{ name: 'v', mountPath: MOUNT }];
    const made = specOf(
      await ask('POST pods', podOf({ volumes: [{ name: 'v', emptyDir: {} }], containers: [{ name: 'c', image: 'x', volumeMounts }] })),
    );
    expect(made.volumes!.map(({ name }) => name)).toEqual(['v']);
    expect(made.containers[0]!.volumeMounts).toEqual(volumeMounts);
  });

  test('takes over the account’s secrets for images, unless it has some', async () => {
    const { ask } = makeAsker();
    await ask('POST serviceaccounts', account('bot', { imagePullSecrets: [{ name: 'reg' }] }));
    expect(specOf(await ask('POST pods', podOf({ serviceAccountName: 'bot' }))).imagePullSecrets).toEqual([{ name: 'reg' }]);
    const own = await ask('POST pods', podOf({ serviceAccountName: 'bot', imagePullSecrets: [{ name: 'own' }] }, { name: 'q' }));
    expect(specOf(own).imagePullSecrets).toEqual([{ name: 'own' }]);
  });

  test.each<[name: string, spec: object, metadata: object, problem: string]>([
    [
      'an account that is not there',
      { serviceAccountName: 'ghost' },
      {},
      'pods "p" is forbidden: error looking up service account default/ghost: serviceaccount "ghost" not found',
    ],
    [
      'a mirror with an account',
      { serviceAccountName: 'default', nodeName: 'n' },
      { annotations: { 'kubernetes.io/config.mirror': 'x' } },
      'pods "p" is forbidden: a mirror pod may not reference service accounts',
    ],
    [
      'a mirror with a secret',
      { nodeName: 'n', volumes: [{ name: 's', secret: { secretName: 's' } }] },
      { annotations: { 'kubernetes.io/config.mirror': 'x' } },
      'pods "p" is forbidden: a mirror pod may not reference secrets',
    ],
  ])('%s is refused', async (_name, spec, metadata, problem) => {
    const { ask } = makeAsker();
    expect(await ask('POST pods', podOf(spec, metadata))).toMatchObject({ status: 403, message: problem });
  });
});

describe('an account that names the secrets its pods may use', () => {
  const env = [{ name: 'E', valueFrom: { secretKeyRef: { name: 'b', key: 'k' } } }];
  test.each<[name: string, spec: object, problem: string]>([
    ['a volume it names', { volumes: [{ name: 'v', secret: { secretName: 'a' } }] }, ''],
    [
      'another volume',
      { volumes: [{ name: 'v', secret: { secretName: 'b' } }] },
      'volume with secret.secretName="b" is not allowed because service account bot does not reference that secret',
    ],
    [
      'a variable',
      { containers: [{ name: 'c', image: 'x', env }] },
      'container c with envVar E referencing secret.secretName="b" is not allowed because service account bot does not reference that secret',
    ],
    [
      'a secret for images',
      { imagePullSecrets: [{ name: 'b' }] },
      'imagePullSecrets[0].name="b" is not allowed because service account bot does not reference that imagePullSecret',
    ],
  ])('%s', async (_name, spec, problem) => {
    const { ask } = makeAsker();
    const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' };
    await ask('POST serviceaccounts', { metadata: { name: 'bot', annotations }, secrets: [{ name: 'a' }] });
    const { message } = await ask('POST pods', podOf({ serviceAccountName: 'bot', ...spec }));
    expect(message).toBe(problem && `pods "p" is forbidden: ${problem}`);
  });
});
