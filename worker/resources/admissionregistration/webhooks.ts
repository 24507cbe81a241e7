// The rules of webhook configurations. Mirrors pkg/apis/admissionregistration/validation.

import { duplicateField, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { MutatingWebhook, ValidatingWebhook } from '../../api/gen/admissionregistration-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { dns1035LabelProblems } from '../../lib/names.ts';
import { hasInvalidSelectorValue, validateLabelSelector } from '../validation/label-selector.ts';
import { fullyQualifiedName } from '../validation/values.ts';
import { validateWebhookService, validateWebhookUrl } from '../validation/webhook-client.ts';
import { validateMatchConditions } from './expressions.ts';
import { FAILURE_POLICIES, MATCH_POLICIES, validateOneOf, validateRule } from './rules.ts';

type Webhook = ValidatingWebhook & Partial<MutatingWebhook>;

const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const QUIET = ['None', 'NoneOnDryRun'];
const ALL_EFFECTS = ['None', 'NoneOnDryRun', 'Some', 'Unknown'];

/** `old` are those before an update: what they say already is not held against them. */
export function validateWebhooks(webhooks: readonly Webhook[] = [], old?: readonly Webhook[]): FieldError[] {
  const names = new Set<string>();
  const isUniqueWanted = !old || new Set(old.map(({ name }) => name)).size === old.length;
  const rules: Wanted = {
    effects: !old || old.every(({ sideEffects }) => QUIET.includes(sideEffects)) ? QUIET : ALL_EFFECTS,
    knownReview: !old || old.every(({ admissionReviewVersions }) => admissionReviewVersions.some((one) => REVIEW_VERSIONS.includes(one))),
    looseLabels:
      old?.some(({ namespaceSelector, objectSelector }) => [namespaceSelector, objectSelector].some(hasInvalidSelectorValue)) ?? false,
    conditions:
      !old ||
      !isEqual(
        webhooks.map(({ matchConditions }) => matchConditions),
        old.map(({ matchConditions }) => matchConditions),
      ),
  };
  return webhooks.flatMap((webhook, i) => {
    const path = `webhooks[${i}]`;
    const errors = validateWebhook(webhook, path, rules);
    if (isUniqueWanted && webhook.name) {
      if (names.has(webhook.name)) errors.push(duplicateField(`${path}.name`, webhook.name));
      names.add(webhook.name);
    }
    return errors;
  });
}

interface Wanted {
  readonly effects: readonly string[];
  readonly knownReview: boolean;
  readonly looseLabels: boolean;
  readonly conditions: boolean;
}

function validateWebhook(webhook: Webhook, path: string, wanted: Wanted): FieldError[] {
  const { name, rules = [], failurePolicy, matchPolicy, sideEffects, timeoutSeconds, reinvocationPolicy } = webhook;
  const at = (field: string): string => `${path}.${field}`;
  const labels = { allowInvalidValues: wanted.looseLabels };
  return [
    ...fullyQualifiedName(name, at('name')),
    ...rules.flatMap((rule, i) => validateRule(rule, at(`rules[${i}]`))),
    ...validateOneOf(at('failurePolicy'), failurePolicy, FAILURE_POLICIES),
    ...validateOneOf(at('matchPolicy'), matchPolicy, MATCH_POLICIES),
    ...(sideEffects
      ? wanted.effects.includes(sideEffects)
        ? []
        : [notSupported(at('sideEffects'), sideEffects, wanted.effects)]
      : [requiredField(at('sideEffects'), `must specify one of ${wanted.effects.join(', ')}`)]),
    ...(timeoutSeconds !== undefined && (timeoutSeconds > 30 || timeoutSeconds < 1)
      ? [invalidField(at('timeoutSeconds'), timeoutSeconds, 'the timeout value must be between 1 and 30 seconds')]
      : []),
    ...validateLabelSelector(webhook.namespaceSelector, at('namespaceSelector'), labels),
    ...validateLabelSelector(webhook.objectSelector, at('objectSelector'), labels),
    ...validateOneOf(at('reinvocationPolicy'), reinvocationPolicy, ['IfNeeded', 'Never']),
    ...validateClient(webhook, at('clientConfig')),
    ...(wanted.conditions ? validateMatchConditions(webhook.matchConditions, at('matchConditions'), false) : []),
    ...validateReviewVersions(webhook.admissionReviewVersions, at('admissionReviewVersions'), wanted.knownReview),
  ];
}

function validateClient({ clientConfig: { url, service } }: Webhook, path: string): FieldError[] {
  if ((url === undefined) === (service === undefined)) return [requiredField(path, 'exactly one of url or service is required')];
  return url === undefined ? validateWebhookService(`${path}.service`, service!) : validateWebhookUrl(`${path}.url`, url);
}

function validateReviewVersions(versions: readonly string[] | null, path: string, knownWanted: boolean): FieldError[] {
  if (!versions?.length) return [requiredField(path, `must specify one of ${REVIEW_VERSIONS.join(', ')}`)];
  const errors = versions.flatMap((one, i) =>
    versions.indexOf(one) < i
      ? [invalidField(`${path}[${i}]`, one, 'duplicate version')]
      : dns1035LabelProblems(one).map((problem) => invalidField(`${path}[${i}]`, one, problem)),
  );
  if (knownWanted && !versions.some((one) => REVIEW_VERSIONS.includes(one)))
    errors.push(invalidField(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`));
  return errors;
}
