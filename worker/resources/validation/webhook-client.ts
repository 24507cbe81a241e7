// Where a webhook is to be found: a URL, or a service of the cluster. Mirrors apiserver pkg/util/webhook/validation.go.

import { invalidField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { ServiceReference } from '../../api/gen/apiextensions-v1.ts';
import { dnsSubdomainProblems, portNumberProblems } from '../../lib/names.ts';

const FORM = '; desired format: https://host[/path]';

export function validateWebhookUrl(field: string, url: string): FieldError[] {
  const parts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:([^@/?#]*)@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(url);
  if (!parts || url.startsWith(':'))
    return [requiredField(field, `url must be a valid URL: parse ${JSON.stringify(url)}: missing protocol scheme${FORM}`)];
  const [, scheme = '', user, host = '', , query = '', fragment = ''] = parts;
  const errors: FieldError[] = [];
  if (scheme !== 'https') errors.push(invalidField(field, scheme, `'https' is the only allowed URL scheme${FORM}`));
  if (!host) errors.push(invalidField(field, host, `host must be specified${FORM}`));
  if (user !== undefined) errors.push(invalidField(field, user, 'user information is not permitted in the URL'));
  if (fragment) errors.push(invalidField(field, fragment, 'fragments are not permitted in the URL'));
  if (query) errors.push(invalidField(field, query, 'query parameters are not permitted in the URL'));
  return errors;
}

export function validateWebhookService(field: string, { namespace, name, path, port = 0 }: ServiceReference): FieldError[] {
  const errors: FieldError[] = [];
  if (!name) errors.push(requiredField(`${field}.name`));
  if (!namespace) errors.push(requiredField(`${field}.namespace`));
  const problems = portNumberProblems(port);
  if (problems.length) errors.push(invalidField(`${field}.port`, port, `port is not valid: ${problems.join(', ')}`));
  return path === undefined ? errors : [...errors, ...validatePath(`${field}.path`, path)];
}

function validatePath(field: string, path: string): FieldError[] {
  if (path === '/' || path === '') return [];
  if (path === '//') return [invalidField(field, path, 'segment[0] may not be empty')];
  const errors: FieldError[] = path.startsWith('/') ? [] : [invalidField(field, path, "must start with a '/'")];
  const steps = path.slice(1).replace(/\/$/, '').split('/');
  for (const [i, step] of steps.entries()) {
    if (!step) errors.push(invalidField(field, path, `segment[${i}] may not be empty`));
    else for (const problem of dnsSubdomainProblems(step)) errors.push(invalidField(field, path, `segment[${i}]: ${problem}`));
  }
  return errors;
}
