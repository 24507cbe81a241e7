// What webhooks and policies leave out. Mirrors pkg/apis/admissionregistration/v1/defaults.go.

import type { StructType } from '../../api/schema.ts';
import { builtinType } from '../schema/index.ts';
import type { MatchResources, RuleWithOperations, WebhookClientConfig } from '../../api/gen/admissionregistration-v1.ts';

/** Puts in what is missing, at its place in Go's order. */
export function fillIn(target: object, defaults: Readonly<Record<string, unknown>>, type: StructType): void {
  const record = target as Record<string, unknown>;
  if (Object.keys(defaults).every((key) => record[key] !== undefined)) return;
  const all: Record<string, unknown> = {
    ...defaults,
    ...Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)),
  };
  for (const key of Object.keys(record)) delete record[key];
  for (const key of type.fields.keys()) if (all[key] !== undefined) record[key] = all[key];
}

const typeNamed = (name: string): StructType => builtinType(`admissionregistration.v1.${name}`);

interface Webhook {
  clientConfig: WebhookClientConfig;
  rules?: RuleWithOperations[];
}

export function defaultWebhooks(webhooks: readonly Webhook[] | undefined, name: 'MutatingWebhook' | 'ValidatingWebhook'): void {
  for (const webhook of webhooks ?? []) {
    fillIn(
      webhook,
      {
        failurePolicy: 'Fail',
        matchPolicy: 'Equivalent',
        namespaceSelector: {},
        objectSelector: {},
        timeoutSeconds: 10,
        ...(name === 'MutatingWebhook' && { reinvocationPolicy: 'Never' }),
      },
      typeNamed(name),
    );
    for (const rule of webhook.rules ?? []) rule.scope ??= '*';
    const { service } = webhook.clientConfig;
    if (service) service.port ??= 443;
  }
}

export function defaultMatchResources(resources: MatchResources | undefined): void {
  if (!resources) return;
  fillIn(resources, { namespaceSelector: {}, objectSelector: {}, matchPolicy: 'Equivalent' }, typeNamed('MatchResources'));
  for (const rule of [...(resources.resourceRules ?? []), ...(resources.excludeResourceRules ?? [])]) rule.scope ??= '*';
}

export const specType = typeNamed;
