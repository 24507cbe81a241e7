// agnhost test-service-account-issuer-discovery: checks a token of its service account as somebody else would, by what the issuer publishes. Mirrors
// test/images/agnhost/openidmetadata, and github.com/coreos/go-oidc as it uses that.
// Differs: the claims themselves are not logged.

import { p256 } from '@noble/curves/nist.js';
import { isRecord } from '../../../lib/json.ts';
import { fromBase64Url, fromUtf8, utf8 } from '../../../lib/text.ts';
import { newFetching } from '../../commands/http-client.ts';
import type { Fetching } from '../../commands/http-client.ts';
import type { Next, Tool } from '../../process/program.ts';
import type { System } from '../../process/system.ts';
import { statusOfAnswer } from '../../network/http.ts';
import type { Later } from '../event-server.ts';
import { flag } from './flags.ts';
import { goGet } from './go-client.ts';
import { inCluster } from './in-cluster.ts';
import { logLine } from './server.ts';

interface State {
  /** With the cluster's own authority and a token first; then as anybody, from outside. */
  mode: 'in-cluster' | 'external';
  /** What was fetched so far: the issuer's document, its keys. */
  pages: string[];
  fetching?: Fetching;
}

interface Claims {
  readonly iss?: string;
  readonly aud?: string | readonly string[];
  readonly exp?: number;
}

export const issuerDiscovery: Tool = {
  name: 'agnhost test-service-account-issuer-discovery',
  step: (system): Next => {
    const say = (line: string): void => system.err(logLine(system.now(), line));
    const fatal = (line: string): Next => {
      say(line);
      return { exit: 1 };
    };
    const path = flag(system, 'token-path') ?? '';
    const raw = system.find(path)?.content;
    if (raw === undefined) return fatal(`open ${path}: no such file or directory`);
    const claims = claimsOf(raw);
    if (!claims) return fatal('square/go-jose: compact JWS format must have three parts');
    let state = system.process.data as State | null;
    if (!state) {
      system.process.data = state = { mode: 'in-cluster', pages: [] };
      say('OK: Got token');
      say('validating with in-cluster discovery');
      const config = inCluster(system);
      if (typeof config === 'string') return fatal(config);
      say(`OK: got issuer ${claims.iss ?? ''}`);
    }
    const result = validate(system, state, raw, claims, say);
    if (typeof result !== 'string') return result;
    if (state.mode === 'external') return fatal(result);
    say(`failed to validate with in-cluster discovery: ${result}`);
    say('falling back to validating with external discovery');
    system.process.data = { mode: 'external', pages: [] } satisfies State;
    say(`OK: got issuer ${claims.iss ?? ''}`);
    return 'again';
  },
};

/** Goes on as far as it can. A text is what is wrong. */
function validate(system: System, state: State, raw: string, claims: Claims, say: (line: string) => void): Exclude<Next, 'again'> | string {
  const issuer = claims.iss ?? '';
  if (state.pages.length === 0) {
    const page = fetchPage(system, state, `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    if ('wait' in page) return page;
    if ('problem' in page) return page.problem;
    const document = readJson(page.body);
    const given = String(document['issuer'] ?? '');
    if (given !== issuer)
      return `oidc: issuer did not match the issuer returned by provider, expected ${JSON.stringify(issuer)} got ${JSON.stringify(given)}`;
    say(`OK: Constructed OIDC provider for issuer ${issuer}`);
    const problem = problemOf(system, claims);
    if (problem !== undefined) return problem;
    state.pages.push(page.body);
  }
  const keys = fetchPage(system, state, String(readJson(state.pages[0]!)['jwks_uri'] ?? ''));
  if ('wait' in keys) return keys;
  if ('problem' in keys) return `failed to verify signature: fetching keys oidc: get keys failed ${keys.problem}`;
  if (!isSignedByOneOf(readJson(keys.body)['keys'], raw)) return 'failed to verify signature: failed to verify id token signature';
  say('OK: Validated signature on JWT');
  say('OK: Got valid claims from token!');
  return { exit: 0 };
}

function fetchPage(system: System, state: State, url: string): Later | { readonly body: string } | { readonly problem: string } {
  state.fetching ??= newFetching(system);
  const config = state.mode === 'in-cluster' ? inCluster(system) : undefined;
  const known = typeof config === 'object' ? config : undefined;
  const got = goGet(system, state.fetching, url, {
    headers: known ? [['Authorization', `Bearer ${known.token}`]] : [],
    // Nobody outside vouches for an API server.
    trusts: known ? known.trusts : () => false,
  });
  if ('wait' in got) return got;
  delete state.fetching;
  if ('error' in got) return { problem: got.error };
  const { start, body } = got.message;
  return statusOfAnswer(start) === 200 ? { body } : { problem: `${start.replace(/^\S+ /, '')}: ${body}` };
}

function readJson(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

function partOf(raw: string, i: number): Record<string, unknown> | undefined {
  const bytes = fromBase64Url(raw.trim().split('.')[i] ?? '');
  return bytes && readJson(fromUtf8(bytes));
}

const claimsOf = (raw: string): Claims | undefined => (raw.trim().split('.').length === 3 ? partOf(raw, 1) : undefined);

function problemOf(system: System, { aud = [], exp = 0 }: Claims): string | undefined {
  const wanted = flag(system, 'audience') ?? '';
  const audiences = typeof aud === 'string' ? [aud] : aud;
  if (!audiences.includes(wanted))
    return `oidc: expected audience ${JSON.stringify(wanted)} got [${audiences.map((one) => JSON.stringify(one)).join(' ')}]`;
  const expiry = new Date(exp * 1000);
  return expiry.getTime() < system.now()
    ? `oidc: token is expired (Token Expiry: ${expiry.toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC)`
    : undefined;
}

/** ES256 only: the keys of this cluster are of that kind. */
function isSignedByOneOf(keys: unknown, raw: string): boolean {
  const token = raw.trim();
  const end = token.lastIndexOf('.');
  const signature = fromBase64Url(token.slice(end + 1));
  const { kid } = partOf(token, 0) ?? {};
  return (Array.isArray(keys) ? (keys as Record<string, string>[]) : []).some(({ kid: id, x = '', y = '', crv }) => {
    const [left, right] = [fromBase64Url(x), fromBase64Url(y)];
    if (id !== kid || crv !== 'P-256' || !left || !right || signature?.length !== 64) return false;
    try {
      return p256.verify(signature, utf8(token.slice(0, end)), Uint8Array.of(4, ...left, ...right));
    } catch {
      return false;
    }
  });
}
