// `example.com/a/path`, as fields and headers have it. Mirrors IsDomainPrefixedPath of apimachinery pkg/util/validation.

import { dnsSubdomainProblems } from '../lib/names.ts';
import { invalidField, requiredField } from './field-error.ts';
import type { FieldError } from './field-error.ts';

const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const HTTP_PATH_RE = new RegExp(`^${HTTP_PATH}$`);

export function domainPrefixedPath(text: string, path: string): FieldError[] {
  if (!text) return [requiredField(path)];
  const slash = text.indexOf('/');
  const [host, rest] = [text.slice(0, slash), text.slice(slash + 1)];
  if (slash <= 0 || !rest) return [invalidField(path, text, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  return [
    ...dnsSubdomainProblems(host).map((problem) => invalidField(path, host, problem)),
    ...(HTTP_PATH_RE.test(rest) ? [] : [invalidField(path, rest, `Invalid path (regex used for validation is '${HTTP_PATH}')`)]),
  ];
}
