// The way to a webhook, and what comes back from it, whatever it is asked.

import { sha256 } from '@noble/hashes/sha2.js';
import type { ExternalAnswer, ExternalRequest } from '../../api/admission.ts';
import type { WebhookClientConfig } from '../../api/gen/admissionregistration-v1.ts';
import { isRecord } from '../../lib/json.ts';
import { fromBase64, fromUtf8, hexOf, utf8 } from '../../lib/text.ts';
import { DerError, readDer, sequenceOf } from '../../lib/x509/der.ts';
import { decodePem } from '../../lib/x509/pem.ts';

/** Nothing came back, or nothing that can be read. */
export class CallProblem extends Error {}

/** An id for a question that is made of its text. */
export function uidOfText(text: string): string {
  const hex = hexOf(sha256(utf8(text)));
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/**
 * What is wrong with the authorities that a webhook's certificate is to chain to; undefined if they can be read. Differs: of a server outside it is not looked whether
 * its certificate chains to them: the platform's own authorities decide, and nobody can give it others.
 */
export function bundleProblem(pem: string): string | undefined {
  const blocks = decodePem(pem).filter(({ type, hasHeaders }) => type === 'CERTIFICATE' && !hasHeaders);
  if (!blocks.length) return 'unable to parse bytes as PEM block';
  for (const { bytes } of blocks) {
    try {
      sequenceOf(readDer(bytes));
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      return 'failed to parse certificate: x509: malformed certificate';
    }
  }
  return undefined;
}

export function placeOf(
  { url, service, caBundle }: WebhookClientConfig,
  timeoutSeconds = 10,
): Pick<ExternalRequest, 'url' | 'service' | 'caBundle'> {
  const query = `timeout=${timeoutSeconds}s`;
  const trust = caBundle ? { caBundle: fromUtf8(fromBase64(caBundle) ?? new Uint8Array()) } : {};
  if (!service) return { url: `${url}${url!.includes('?') ? '&' : '?'}${query}`, ...trust };
  const { namespace, name, port = 443, path = '' } = service;
  const rest = path.startsWith('/') ? path : `/${path}`;
  return { url: `https://${name}.${namespace}.svc:${port}${rest}?${query}`, service: { namespace, name, port }, ...trust };
}

/** Throws CallProblem. */
export function readJson(url: string, { status, body, error }: ExternalAnswer): Record<string, unknown> {
  if (error !== undefined) throw new CallProblem(`Post ${JSON.stringify(url)}: ${error}`);
  if (status < 200 || status > 299) throw new CallProblem(httpProblem(status, body));
  try {
    const parsed = JSON.parse(body) as unknown;
    if (isRecord(parsed)) return parsed;
  } catch {
    // said below
  }
  throw new CallProblem("couldn't get version/kind; json parse error: invalid character looking for beginning of value");
}

/** As client-go words an answer that is no Status. */
function httpProblem(status: number, body: string): string {
  const text = body.trim();
  if (status === 404) return 'the server could not find the requested resource';
  if (status === 401) return 'the server has asked for the client to provide credentials';
  if (status === 403) return `forbidden: ${text || 'unknown'}`;
  if (status === 400) return 'the server rejected our request for an unknown reason';
  if (status === 503) return 'the server is currently unable to handle the request';
  if (status >= 500) return `an error on the server (${JSON.stringify(text || 'unknown')}) has prevented the request from succeeding`;
  return `the server responded with the status code ${status} but did not return more information`;
}
