// Client certificates at the Worker's edge: nobody but what ends TLS can say which one was seen. And what the owner can read of who came.

import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import worker from '../../worker/index.ts';
import { toBase64, utf8 } from '../../worker/lib/text.ts';
import { decodePem } from '../../worker/lib/x509/pem.ts';
import { newGuest, ORIGIN } from './client.ts';
import type { Kube } from './client.ts';
import { makeRequest } from '../core/lib/x509/make-request.ts';

const SECRET = 'only the front knows this';
const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

/** In base64, as the front passes it on. */
async function certificateFor(kube: Kube, name: string): Promise<string> {
  const request = toBase64(utf8(makeRequest({ commonName: name })));
  await kube.request('POST', CSRS, {
    metadata: { name },
    spec: { request, signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] },
  });
  const condition = { type: 'Approved', status: 'True', reason: 'Test', message: '' };
  await kube.request(
    'PATCH',
    `${CSRS}/${name}/approval`,
    { status: { conditions: [condition] } },
    { 'content-type': 'application/merge-patch+json' },
  );
  let certificate: string | undefined;
  await expect
    .poll(
      async () =>
        (certificate = (await kube.request<{ status: { certificate?: string } }>('GET', `${CSRS}/${name}`)).body.status.certificate),
      { timeout: 20_000 },
    )
    .toBeDefined();
  return toBase64(decodePem(atob(certificate!))[0]!.bytes);
}

/** Who the sandbox takes the sender for; without one the request does not say where it wants to go. */
async function whoIs(kube: Kube | undefined, headers: Record<string, string>, cf?: object): Promise<unknown> {
  const request = new Request(`${ORIGIN}${kube ? `/c/${kube.id}` : ''}/apis/authentication.k8s.io/v1/selfsubjectreviews`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{}',
    ...(cf && { cf: cf as never }),
  });
  const response = await worker.fetch(request, { ...env, TLS_FRONT: SECRET } as never, {} as never);
  const text = await response.text();
  if (!text.startsWith('{')) return response.status;
  const body = JSON.parse(text) as { status: { userInfo?: { username: string } }; code?: number };
  return body.status.userInfo?.username ?? body.code;
}

test('where the path does not say which sandbox is meant, credentials do, and are good there alone', async () => {
  const [{ kube }, { kube: other }] = [await newGuest(), await newGuest()];
  const claim = { 'x-kubarium-client-certificate': await certificateFor(kube, 'jane') };
  const shown = { ...claim, 'x-kubarium-tls-front': SECRET };
  expect(await whoIs(undefined, shown)).toBe('jane');
  expect(await whoIs(undefined, claim)).toBe(404);
  expect(await whoIs(other, shown)).toBe(401);
  const { body } = await kube.request<{ status: { token: string } }>(
    'POST',
    '/api/v1/namespaces/default/serviceaccounts/default/token',
    {},
  );
  const token = { authorization: `Bearer ${body.status.token}` };
  expect(await whoIs(undefined, token)).toBe('system:serviceaccount:default:default');
  expect(await whoIs(other, token)).toBe(401);
});

test('a certificate is taken from the TLS front and from Cloudflare, and from nobody else', async () => {
  const { kube, me, sandbox } = await newGuest();
  const certificate = await certificateFor(kube, 'jane');
  const claim = { 'x-kubarium-client-certificate': certificate };
  expect(await whoIs(kube, { ...claim, 'x-kubarium-tls-front': SECRET })).toBe('jane');
  expect(await whoIs(kube, {}, { tlsClientAuth: { certPresented: '1', certRFC9440: `:${certificate}:` } })).toBe('jane');
  expect(await whoIs(kube, claim)).toBe(403); // anonymous
  expect(await whoIs(kube, { ...claim, 'x-kubarium-tls-front': 'guessed' })).toBe(403);
  expect(await whoIs(kube, claim, { tlsClientAuth: { certPresented: '0' } })).toBe(403);

  const { body } = await me.api<{ kind: string; items: { verb: string; user: { username: string }; responseStatus: { code: number } }[] }>(
    'GET',
    `/sandboxes/${sandbox.id}/audit`,
  );
  expect(body.kind).toBe('EventList');
  expect(body.items.map(({ verb, responseStatus }) => `${verb} ${responseStatus.code}`)).toEqual(
    expect.arrayContaining(['create 201', 'patch 200', 'create 403']),
  );
  expect((await (await newGuest()).me.api('GET', `/sandboxes/${sandbox.id}/audit`)).status).toBe(404);
});
