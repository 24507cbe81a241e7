import { sha256 } from '@noble/hashes/sha2.js';
import { expect, test } from 'vitest';
import { utf8 } from '../../../../worker/lib/text.ts';
import { makeCertificate, publicKeyInfoOf } from '../../../../worker/lib/x509/certificate.ts';
import { serverProblem } from '../../../../worker/lib/x509/verify-server.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const DAY = 86_400_000;
const keyOf = (name: string): Uint8Array => sha256(utf8(name));

function make(name: string, by = name, more: { from?: number; until?: number; dns?: string[]; ip?: number[] } = {}): string {
  return makeCertificate({
    subject: { commonName: name },
    publicKeyInfo: publicKeyInfoOf(keyOf(name)),
    issuer: { commonName: by },
    issuerKey: keyOf(by),
    serial: keyOf(`${name} ${by}`).slice(0, 8),
    notBefore: NOW + (more.from ?? -1) * DAY,
    notAfter: NOW + (more.until ?? 1) * DAY,
    usages: ['server auth'],
    ...(more.dns && { dnsNames: more.dns }),
    ...(more.ip && { ipAddresses: [new Uint8Array(more.ip)] }),
  });
}

const ROOT = make('root');
const BETWEEN = make('between', 'root');

test.each([
  { name: 'by its authority', chain: make('a.example', 'root'), want: undefined },
  { name: 'by an authority between', chain: make('a.example', 'between') + BETWEEN, want: undefined },
  { name: 'by one that it does not show', chain: make('a.example', 'between'), want: 'unknown-issuer' },
  { name: 'by itself', chain: make('a.example'), want: 'self-signed' },
  { name: 'by itself, and trusted', chain: make('a.example'), roots: make('a.example'), want: undefined },
  { name: 'by a stranger', chain: make('a.example', 'stranger'), want: 'unknown-issuer' },
  { name: 'no more', chain: make('a.example', 'root', { until: -0.5 }), want: 'expired' },
  { name: 'not yet', chain: make('a.example', 'root', { from: 0.5 }), want: 'not-yet-valid' },
  { name: 'for another name', chain: make('b.example', 'root'), want: 'other-name' },
  { name: 'for other names, whatever it is called', chain: make('a.example', 'root', { dns: ['b.example'] }), want: 'other-name' },
  { name: 'for all of a domain', chain: make('x', 'root', { dns: ['*.example'] }), want: undefined },
  { name: 'for all of a domain, but one level', chain: make('x', 'root', { dns: ['*.example'] }), host: 'a.b.example', want: 'other-name' },
  { name: 'for an address', chain: make('x', 'root', { ip: [10, 0, 0, 1] }), host: '10.0.0.1', want: undefined },
  { name: 'for another address', chain: make('x', 'root', { ip: [10, 0, 0, 1] }), host: '10.0.0.2', want: 'other-name' },
  { name: 'nothing at all', chain: '', want: 'unknown-issuer' },
] as { name: string; chain: string; roots?: string; host?: string; want: string | undefined }[])(
  'a certificate: $name',
  ({ chain, roots = ROOT, host = 'a.example', want }) => {
    expect(serverProblem(chain, roots, host, NOW)).toBe(want);
  },
);
