// Which webhooks a request goes to: by configuration name, then in the order of the configuration, as far as rules, selectors and conditions say. Mirrors
// apiserver pkg/admission/plugin/webhook/generic.

import type { AdmissionContext, AdmissionRequest } from '../../api/admission.ts';
import type { MatchCondition } from '../../api/gen/admissionregistration-v1.ts';
import type { Resource } from '../../api/resource.ts';
import { forbidden } from '../../api/status.ts';
import type { Program } from '../../lib/cel/index.ts';
import { inVersion, matchedByRules, matchesNamespace, matchesObject } from '../matching.ts';
import { compiler, CONDITIONS_BUDGET, environmentOf, matchesConditions, PolicyError } from '../policies/environment.ts';
import { nameOf } from '../refusal.ts';
import type { Webhook } from './call.ts';

/** The resource as which a webhook sees the request; undefined if it is not asked. */
export function wantedBy(webhook: Webhook, request: AdmissionRequest, context: AdmissionContext): Resource | undefined {
  const { rules = [], matchPolicy, namespaceSelector, objectSelector } = webhook;
  const resource = matchedByRules(rules, matchPolicy, request, context.reader);
  if (!resource || !matchesObject(objectSelector, request) || !matchesNamespace(namespaceSelector, request, context)) return undefined;
  return passesConditions(webhook, resource, request, context) ? resource : undefined;
}

type Compiled = readonly { readonly condition: MatchCondition; readonly program: Program | string }[];
const compiled = new WeakMap<readonly MatchCondition[], Compiled>();

function compiledOf(conditions: readonly MatchCondition[]): Compiled {
  let known = compiled.get(conditions);
  if (!known) {
    const compile = compiler({ hasParams: false });
    compiled.set(conditions, (known = conditions.map((condition) => ({ condition, program: compile(condition.expression, 'bool') }))));
  }
  return known;
}

function passesConditions(webhook: Webhook, resource: Resource, request: AdmissionRequest, context: AdmissionContext): boolean {
  const { matchConditions = [], failurePolicy } = webhook;
  if (!matchConditions.length) return true;
  const purse = { left: CONDITIONS_BUDGET };
  const given = {
    request,
    context,
    resource,
    object: inVersion(request.object, request.resource, resource),
    old: inVersion(request.old, request.resource, resource),
  };
  try {
    return matchesConditions(compiledOf(matchConditions), environmentOf(given, purse), purse);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    if (failurePolicy === 'Ignore') return false;
    throw forbidden(request.resource, nameOf(request), error.message);
  }
}
