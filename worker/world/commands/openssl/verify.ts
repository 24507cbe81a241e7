// openssl verify: the way from a certificate to one that is trusted.

import { isSignedBy, readCertificates } from '../../../lib/x509/read-certificate.ts';
import type { Certificate } from '../../../lib/x509/read-certificate.ts';
import { hexOf } from '../../../lib/text.ts';
import { Refusal } from '../tool.ts';
import { authorityFailure, loadCertificates, readPlain, readStored } from './call.ts';
import type { Call } from './call.ts';
import { nameText } from './describe.ts';

const MESSAGES = {
  9: 'certificate is not yet valid',
  10: 'certificate has expired',
  18: 'self-signed certificate',
  19: 'self-signed certificate in certificate chain',
  20: 'unable to get local issuer certificate',
} as const;

interface Problem {
  readonly code: keyof typeof MESSAGES;
  readonly depth: number;
  readonly certificate: Certificate;
}

export function verify(call: Call): number {
  const { system, release, given, rest } = call;
  const trusted = given.flatMap(([option, path]) =>
    option === 'CAfile' || option === 'trusted' ? readCertificates(readPlain(call, path, '', authorityFailure)) : [],
  );
  const others = given.flatMap(([option, path]) =>
    option === 'untrusted' ? readCertificates(readStored(call, path, 'certificates')) : [],
  );
  let code = 0;
  for (const path of rest.length ? rest : [undefined]) {
    let certificate: Certificate;
    try {
      ({ certificate } = loadCertificates(call, path, 'certificate file')[0]!);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      system.err(`${error.message}\n`);
      code = 2;
      continue;
    }
    const problem = problemOf(certificate, trusted, others, system.now());
    if (!problem) {
      system.out(`${path ?? 'stdin'}: OK\n`);
      continue;
    }
    const name = nameText(problem.certificate.subject, release);
    system.err(
      `${name}\nerror ${problem.code} at ${problem.depth} depth lookup: ${MESSAGES[problem.code]}\nerror ${path ?? 'stdin'}: verification failed\n`,
    );
    code = 2;
  }
  return code;
}

function problemOf(leaf: Certificate, trusted: readonly Certificate[], others: readonly Certificate[], now: number): Problem | undefined {
  const chain = [leaf];
  const isOne = (a: Certificate, b: Certificate): boolean => hexOf(a.signature) === hexOf(b.signature);
  for (;;) {
    const last = chain.at(-1)!;
    const depth = chain.length - 1;
    const isSelfSigned = isSignedBy(last, last);
    if (isSelfSigned && trusted.some((one) => isOne(one, last))) break;
    if (isSelfSigned) return { code: depth ? 19 : 18, depth, certificate: last };
    const root = trusted.find((one) => isSignedBy(last, one));
    const next = root ?? others.find((one) => isSignedBy(last, one) && !chain.includes(one));
    if (!next) return { code: 20, depth, certificate: last };
    chain.push(next);
  }
  for (const [depth, certificate] of chain.entries()) {
    if (now < certificate.notBefore) return { code: 9, depth, certificate };
    if (now > certificate.notAfter) return { code: 10, depth, certificate };
  }
  return undefined;
}
