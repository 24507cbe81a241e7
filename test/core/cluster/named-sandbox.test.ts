// What a sandbox hands out leads back to it, and nothing else leads anywhere.

import { describe, expect, test } from 'vitest';
import { Pki } from '../../../worker/cluster/authority.ts';
import { sandboxOfCertificate, sandboxOfToken } from '../../../worker/cluster/named-sandbox.ts';
import { keyOf } from '../../../worker/cluster/pki.ts';
import { toBase64Url, utf8 } from '../../../worker/lib/text.ts';
import { signJwt } from '../../../worker/server/authentication/jwt.ts';

const ID = 'abcdefgh2345';
const AT = Date.parse('2026-01-01T00:00:00Z');
const REQUEST = `-----BEGIN CERTIFICATE REQUEST-----
MIHFMG4CAQAwDDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BJ/5SV2HGvvDRajUKBfPzoxHl4cB/Tl5cYJGhHu9w6dSMB7zmZVDuGR3l9KOkoy4
APGNvxk3TPnQeyMWlH0kg12gADAKBggqhkjOPQQDAgNHADBEAiA5Ky1Qd+xW3H3s
QbBSkA5K4BFjjyq16g7IwHQaWTkt1AIgI+2AEBj/nqHbYbXvaz0i4t03rQe1bIvz
+XmlPiMGmRo=
-----END CERTIFICATE REQUEST-----
`;

const withHeader = (header: object): string => `${toBase64Url(utf8(JSON.stringify(header)))}.e30.c2ln`;
const signed = (sandbox: string): string =>
  base64(new Pki(sandbox, 'secret', AT).signer.sign(REQUEST, { usages: ['client auth'], notBefore: AT, notAfter: AT + 1000 }));
const base64 = (pem: string): string => pem.replaceAll(/-----.*-----|\n/g, '');

describe('tokens', () => {
  test.each([
    { name: 'its own', token: `kbc_${ID}_x`, sandbox: ID },
    { name: "a service account's", token: signJwt(keyOf('secret', 'service-account', ID), {}), sandbox: ID },
    { name: 'of the front', token: 'kba_x', sandbox: undefined },
    { name: 'of nobody in particular', token: signJwt(keyOf('secret', 'service-account'), {}), sandbox: undefined },
    { name: 'with a name that is none', token: withHeader({ kid: '../x.y' }), sandbox: undefined },
    { name: 'with no name', token: withHeader({ kid: 1 }), sandbox: undefined },
    { name: 'no header', token: 'x.y.z', sandbox: undefined },
    { name: 'to join a node', token: 'abcdef.0123456789abcdef', sandbox: undefined },
  ])('$name', ({ token, sandbox }) => expect(sandboxOfToken(token)).toBe(sandbox));
});

describe('certificates', () => {
  test.each([
    { name: 'that it signed', certificate: signed(ID), sandbox: ID },
    { name: 'of a sandbox without an id', certificate: signed(''), sandbox: undefined },
    { name: 'of its authority', certificate: base64(new Pki(ID, 'secret', AT).authority('ca')), sandbox: undefined },
    { name: 'none', certificate: '', sandbox: undefined },
    { name: 'nonsense', certificate: 'AAAA', sandbox: undefined },
  ])('$name', ({ certificate, sandbox }) => expect(sandboxOfCertificate(certificate)).toBe(sandbox));
});
