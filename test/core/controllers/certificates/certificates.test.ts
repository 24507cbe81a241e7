// The life of a certificate request: approved, signed, used, and cleaned away.

import { describe, expect, test } from 'vitest';
import type { CertificateSigningRequest } from '../../../../worker/api/gen/certificates-v1.ts';
import { fromBase64, fromUtf8, toBase64, utf8 } from '../../../../worker/lib/text.ts';
import { decodePem } from '../../../../worker/lib/x509/pem.ts';
import { readCertificates } from '../../../../worker/lib/x509/read-certificate.ts';
import { certificateSigningRequests } from '../../../../worker/resources/certificates/certificatesigningrequest.ts';
import { makeTestCluster, START } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { makeRequest } from '../../lib/x509/make-request.ts';
import type { Wanted } from '../../lib/x509/make-request.ts';

const CLIENT = 'kubernetes.io/kube-apiserver-client';
const KUBELET = 'kubernetes.io/kube-apiserver-client-kubelet';
const SERVING = 'kubernetes.io/kubelet-serving';
const CLIENT_USAGES = ['digital signature', 'client auth'];
const MINUTE = 60_000;

interface Given {
  readonly subject: Wanted;
  readonly signerName?: string;
  readonly usages?: readonly string[];
  readonly expirationSeconds?: number;
}

async function ask(
  cluster: TestCluster,
  { subject, signerName = CLIENT, usages = CLIENT_USAGES, expirationSeconds }: Given,
  headers = {},
): Promise<number> {
  const { status } = await cluster.request(
    'POST',
    '/apis/certificates.k8s.io/v1/certificatesigningrequests',
    {
      metadata: { name: 'r' },
      spec: { request: toBase64(utf8(makeRequest(subject))), signerName, usages, ...(expirationSeconds && { expirationSeconds }) },
    },
    headers,
  );
  return status;
}

const present = ({ api }: TestCluster): CertificateSigningRequest | undefined => api.get(certificateSigningRequests, '', 'r');

function decide({ api }: TestCluster, type: string): void {
  const csr = api.get(certificateSigningRequests, '', 'r')!;
  const conditions = [{ type, status: 'True', reason: 'Test', message: '' }];
  api.updateSubresource(certificateSigningRequests, 'approval', {
    ...csr,
    status: { ...csr.status, conditions },
  } as CertificateSigningRequest);
}

const certificateOf = (cluster: TestCluster): string => fromUtf8(fromBase64(present(cluster)!.status.certificate ?? '')!);

describe('signing', () => {
  test.each<{ name: string; given: Given; lives: number; backdated: boolean }>([
    {
      name: 'for a year, if nothing is asked',
      given: { subject: { commonName: 'jane', organizations: ['dev'] } },
      lives: 365 * 24 * 60 * MINUTE,
      backdated: true,
    },
    {
      name: 'for as long as asked',
      given: { subject: { commonName: 'jane' }, expirationSeconds: 864_000 },
      lives: 10 * 24 * 60 * MINUTE,
      backdated: true,
    },
    {
      name: 'a short life keeps its end',
      given: { subject: { commonName: 'jane' }, expirationSeconds: 600 },
      lives: 15 * MINUTE,
      backdated: true,
    },
  ])('$name', async ({ given, lives }) => {
    const cluster = makeTestCluster();
    expect(await ask(cluster, given)).toBe(201);
    cluster.settle();
    expect(present(cluster)!.status).toEqual({});
    decide(cluster, 'Approved');
    cluster.settle();
    const [certificate] = readCertificates(certificateOf(cluster));
    expect(certificate).toMatchObject({ commonName: given.subject.commonName, organizations: given.subject.organizations ?? [] });
    expect(certificate!.purposes).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate!.notBefore).toBe(START - 5 * MINUTE);
    expect(certificate!.notAfter - certificate!.notBefore).toBe(lives);
    expect(cluster.errors).toEqual([]);
  });

  test.each<[name: string, given: Given, problem: string]>([
    [
      'a usage that is not a client’s',
      { subject: { commonName: 'j' }, usages: ['server auth'] },
      'invalid usage for client certificate: server auth',
    ],
    [
      'no use as a client',
      { subject: { commonName: 'j' }, usages: ['digital signature'] },
      'missing required usage for client certificate: client auth',
    ],
    [
      'a kubelet of another group',
      { subject: { commonName: 'system:node:a' }, signerName: KUBELET },
      'subject organization is not system:nodes',
    ],
    [
      'a kubelet with a name of a server',
      { subject: { commonName: 'system:node:a', organizations: ['system:nodes'], dnsNames: ['a'] }, signerName: KUBELET },
      'DNS subjectAltNames are not allowed',
    ],
    [
      'a kubelet that is no node',
      { subject: { commonName: 'a', organizations: ['system:nodes'] }, signerName: KUBELET },
      'subject common name does not begin with system:node:',
    ],
    [
      'a kubelet’s usages',
      { subject: { commonName: 'system:node:a', organizations: ['system:nodes'] }, signerName: KUBELET, usages: ['client auth'] },
      'usages did not match [client auth digital signature key encipherment]',
    ],
    [
      'a server without a name',
      {
        subject: { commonName: 'system:node:a', organizations: ['system:nodes'] },
        signerName: SERVING,
        usages: ['digital signature', 'server auth'],
      },
      'DNS or IP subjectAltName is required',
    ],
  ])('is refused: %s', async (_name, given, message) => {
    const cluster = makeTestCluster();
    await ask(cluster, given);
    decide(cluster, 'Approved');
    cluster.settle();
    const { certificate, conditions } = present(cluster)!.status;
    expect(certificate).toBeUndefined();
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message }),
    );
  });

  test('a kubelet’s server is signed for; another signer’s requests are left to it', async () => {
    const cluster = makeTestCluster();
    const subject = { commonName: 'system:node:a', organizations: ['system:nodes'], dnsNames: ['a'] };
    await ask(cluster, { subject, signerName: SERVING, usages: ['digital signature', 'server auth'] });
    decide(cluster, 'Approved');
    cluster.settle();
    expect(certificateOf(cluster)).toContain('BEGIN CERTIFICATE');
    const other = makeTestCluster();
    await ask(other, { subject: { commonName: 'j' }, signerName: 'example.com/mine' });
    decide(other, 'Approved');
    other.advance(24 * 60 * MINUTE);
    expect(present(other)!.status.certificate).toBeUndefined();
  });
});

describe('approval by itself', () => {
  const bind = async (cluster: TestCluster, role: string): Promise<void> => {
    const { status } = await cluster.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { generateName: 'b-' },
      subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'system:bootstrappers' }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    });
    expect(status).toBe(201);
  };
  const node = { commonName: 'system:node:node-1', organizations: ['system:nodes'] };
  test.each<[name: string, headers: Record<string, string>, message: string | undefined]>([
    [
      'a node that renews its own',
      { 'impersonate-user': 'system:node:node-1', 'impersonate-group': 'system:nodes' },
      'Auto approving self kubelet client certificate after SubjectAccessReview.',
    ],
    ['an administrator, who may ask for any', {}, 'Auto approving kubelet client certificate after SubjectAccessReview.'],
  ])('%s', async (_name, headers, message) => {
    const cluster = makeTestCluster();
    await cluster.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: 'renew' },
      subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'system:nodes' }],
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
      },
    });
    expect(await ask(cluster, { subject: node, signerName: KUBELET }, headers)).toBe(201);
    cluster.settle();
    expect(present(cluster)!.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Approved', reason: 'AutoApproved', message }),
    );
    expect(readCertificates(certificateOf(cluster))[0]!.commonName).toBe(node.commonName);
  });

  test('of who may not, as soon as they may', async () => {
    const cluster = makeTestCluster();
    const headers = { 'impersonate-user': 'system:bootstrap:abcdef', 'impersonate-group': 'system:bootstrappers' };
    await bind(cluster, 'system:node-bootstrapper');
    expect(await ask(cluster, { subject: node, signerName: KUBELET }, headers)).toBe(201);
    cluster.advance(20_000);
    expect(present(cluster)!.status).toEqual({});
    await bind(cluster, 'system:certificates.k8s.io:certificatesigningrequests:nodeclient');
    cluster.advance(60_000);
    expect(present(cluster)!.status.conditions).toMatchObject([{ type: 'Approved', reason: 'AutoApproved' }]);
    expect(cluster.errors).toEqual([]);
  });

  test('not of who may not, nor of another signer', async () => {
    const cluster = makeTestCluster();
    await ask(cluster, { subject: { commonName: 'jane' } });
    cluster.settle();
    expect(present(cluster)!.status).toEqual({});
  });
});

describe('the certificate', () => {
  test('says who its bearer is, until it ends', async () => {
    const cluster = makeTestCluster();
    await ask(cluster, { subject: { commonName: 'jane', organizations: ['dev', 'ops'] }, expirationSeconds: 86_400 });
    decide(cluster, 'Approved');
    cluster.settle();
    const clientCertificate = decodePem(certificateOf(cluster))[0]!.bytes;
    const whoami = (certificate: Uint8Array | undefined): Promise<{ status: number; body: unknown }> =>
      cluster.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { authorization: '' }, certificate);
    expect((await whoami(clientCertificate)).body).toMatchObject({
      status: {
        userInfo: {
          username: 'jane',
          groups: ['dev', 'ops', 'system:authenticated'],
          extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)] },
        },
      },
    });
    expect((await whoami(undefined)).status).toBe(403);
    const changed = clientCertificate.slice();
    changed[changed.length - 1]! ^= 1;
    expect((await whoami(changed)).status).toBe(401);
    expect((await whoami(Uint8Array.of(1, 2, 3))).status).toBe(401);
    cluster.advance(86_400_000 - 5 * MINUTE);
    expect((await whoami(clientCertificate)).status).toBe(201);
    cluster.advance(1000);
    expect((await whoami(clientCertificate)).status).toBe(401);
  });

  test('of another cluster is a stranger’s, and does not stand in the way of a token', async () => {
    const [ours, theirs] = [makeTestCluster(), makeTestCluster({ secret: 'other' })];
    await ask(theirs, { subject: { commonName: 'jane' } });
    decide(theirs, 'Approved');
    theirs.settle();
    const certificate = decodePem(certificateOf(theirs))[0]!.bytes;
    expect((await ours.request('GET', '/version', undefined, { authorization: '' }, certificate)).status).toBe(401);
    expect((await ours.request('GET', '/api/v1/pods', undefined, {}, certificate)).status).toBe(200);
  });
});

describe('cleaning', () => {
  test.each<[what: string, type: string | undefined, stays: number, expirationSeconds?: number]>([
    ['a denied request goes after an hour', 'Denied', 60 * MINUTE],
    ['a signed one too', 'Approved', 60 * MINUTE],
    ['or when what was signed has expired', 'Approved', 10 * MINUTE + 1000, 600],
    ['but no earlier', 'Approved', 60 * MINUTE, 3600],
    ['one that nobody looks at after a day', undefined, 24 * 60 * MINUTE],
  ])('%s', async (_what, type, stays, expirationSeconds) => {
    const cluster = makeTestCluster();
    await ask(cluster, { subject: { commonName: 'j' }, ...(expirationSeconds && { expirationSeconds }) });
    if (type) decide(cluster, type);
    cluster.advance(stays - 1000);
    expect(present(cluster)).toBeDefined();
    cluster.advance(1000);
    expect(present(cluster)).toBeUndefined();
  });
});
