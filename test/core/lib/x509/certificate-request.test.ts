import { describe, expect, test } from 'vitest';
import { parseCertificateRequest, requestSignatureProblem } from '../../../../worker/lib/x509/certificate-request.ts';
import { decodePem } from '../../../../worker/lib/x509/pem.ts';
import { toBase64 } from '../../../../worker/lib/text.ts';
import * as samples from './samples.ts';

describe('requests', () => {
  test.each([
    ['ECDSA on P-256', samples.ec, 'system:node:n1'],
    ['ECDSA on P-384', samples.ec384, 'carol'],
    ['RSA with SHA-256', samples.rsa, 'alice'],
    ['RSA with SHA-512', samples.rsa512, 'alice'],
    ['Ed25519', samples.ed, 'bob'],
  ])('%s is read, and its signature is right', (_name, pem, commonName) => {
    const request = parseCertificateRequest(pem);
    expect(request.commonName).toBe(commonName);
    expect(requestSignatureProblem(request)).toBeUndefined();
  });

  test('the names it asks for', () => {
    const { organizations, dnsNames, ipAddresses, emailAddresses, uris } = parseCertificateRequest(samples.ec);
    expect({ organizations, dnsNames, emailAddresses, uris }).toEqual({
      organizations: ['system:nodes', 'two'],
      dnsNames: ['n1.example.com'],
      emailAddresses: ['a@b.c'],
      uris: ['spiffe://x'],
    });
    expect(ipAddresses.map((ip) => [...ip])).toEqual([
      [10, 0, 0, 1],
      [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    ]);
  });

  test.each([
    ['ECDSA', samples.ec, 'x509: ECDSA verification failure'],
    ['RSA', samples.rsa, 'crypto/rsa: verification error'],
    ['Ed25519', samples.ed, 'x509: Ed25519 verification failure'],
  ])('another name under a signature of %s is found out', (_name, pem, problem) => {
    const request = parseCertificateRequest(pem);
    const signed = Uint8Array.from(request.signed);
    signed[signed.length - 1]! ^= 1;
    expect(requestSignatureProblem({ ...request, signed })).toBe(problem);
  });

  test.each([
    ['no PEM', 'hello', 'PEM block type must be CERTIFICATE REQUEST'],
    ['a certificate', samples.certificate, 'PEM block type must be CERTIFICATE REQUEST'],
    ['cut short', asPem(decodePem(samples.ec)[0]!.bytes.slice(0, 90)), 'asn1: syntax error: data truncated'],
    ['no DER', asPem(new Uint8Array([1, 2, 3])), 'asn1: syntax error: data truncated'],
    ['a number', asPem(new Uint8Array([2, 1, 3])), "asn1: structure error: tags don't match (16 vs 2)"],
  ])('%s is refused', (_name, pem, problem) => expect(() => parseCertificateRequest(pem)).toThrow(problem));
});

function asPem(bytes: Uint8Array): string {
  return `-----BEGIN CERTIFICATE REQUEST-----\n${toBase64(bytes)}\n-----END CERTIFICATE REQUEST-----\n`;
}
