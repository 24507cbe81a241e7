// How a CRD's versions are converted. Mirrors apiextensions-apiserver pkg/apis/apiextensions/validation.

import type { CustomResourceConversion } from '../../../api/gen/apiextensions-v1.ts';
import { forbiddenField, invalidField, notSupported, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import { dns1035LabelProblems } from '../../../lib/names.ts';
import { validateWebhookService, validateWebhookUrl } from '../../validation/webhook-client.ts';

const REVIEW_VERSIONS = ['v1', 'v1beta1'];

export function validateConversion(
  conversion: CustomResourceConversion | undefined,
  old: CustomResourceConversion | undefined,
  path: string,
): FieldError[] {
  if (!conversion) return [];
  const { strategy, webhook } = conversion;
  const errors: FieldError[] = [];
  if (!strategy) errors.push(requiredField(`${path}.strategy`));
  else if (strategy !== 'None' && strategy !== 'Webhook') errors.push(notSupported(`${path}.strategy`, strategy, ['None', 'Webhook']));
  const versions = webhook?.conversionReviewVersions ?? [];
  if (strategy !== 'Webhook') {
    if (webhook?.clientConfig)
      errors.push(forbiddenField(`${path}.webhookClientConfig`, 'should not be set when strategy is not set to Webhook'));
    if (versions.length)
      errors.push(forbiddenField(`${path}.conversionReviewVersions`, 'should not be set when strategy is not set to Webhook'));
    return errors;
  }
  const client = webhook?.clientConfig;
  const clientPath = `${path}.webhookClientConfig`;
  if (!client) errors.push(requiredField(clientPath, 'required when strategy is set to Webhook'));
  else if ((client.url === undefined) === (client.service === undefined))
    errors.push(requiredField(clientPath, 'exactly one of url or service is required'));
  else if (client.url !== undefined) errors.push(...validateWebhookUrl(`${clientPath}.url`, client.url));
  else errors.push(...validateWebhookService(`${clientPath}.service`, client.service!));
  const wereKnown = old?.webhook?.conversionReviewVersions;
  const requireKnown = !wereKnown?.length || wereKnown.some((one) => REVIEW_VERSIONS.includes(one));
  return [...errors, ...validateReviewVersions(versions, requireKnown, `${path}.conversionReviewVersions`)];
}

function validateReviewVersions(versions: readonly string[], requireKnown: boolean, path: string): FieldError[] {
  if (!versions.length) return [requiredField(path)];
  const errors = versions.flatMap((one, i) =>
    versions.indexOf(one) < i
      ? [invalidField(`${path}[${i}]`, one, 'duplicate version')]
      : dns1035LabelProblems(one).map((problem) => invalidField(`${path}[${i}]`, one, problem)),
  );
  if (requireKnown && !versions.some((one) => REVIEW_VERSIONS.includes(one)))
    errors.push(invalidField(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`));
  return errors;
}
