// Which requests a webhook or policy is about. Mirrors apiserver pkg/admission/plugin/webhook/predicates and plugin/policy/matching.

import type { AdmissionContext, AdmissionRequest } from '../api/admission.ts';
import type { MatchResources, NamedRuleWithOperations, RuleWithOperations } from '../api/gen/admissionregistration-v1.ts';
import type { Namespace } from '../api/gen/core-v1.ts';
import type { KubeObject } from '../api/object.ts';
import type { ClusterReader, Resource } from '../api/resource.ts';
import { labelSelectorOf, matchesLabels } from '../api/selectors.ts';
import type { LabelSelectorFields } from '../api/selectors.ts';
import { notFound } from '../api/status.ts';
import { namespaces } from '../resources/core/namespace.ts';

const GROUP = 'admissionregistration.k8s.io';

/** Webhooks and policies cannot lock themselves out, and questions are not admitted but answered. */
const EXEMPT_FROM_POLICIES: ReadonlySet<string> = new Set([
  `${GROUP}/validatingadmissionpolicies`,
  `${GROUP}/validatingadmissionpolicybindings`,
  `${GROUP}/mutatingadmissionpolicies`,
  `${GROUP}/mutatingadmissionpolicybindings`,
  'authentication.k8s.io/selfsubjectreviews',
  'authentication.k8s.io/tokenreviews',
  'authorization.k8s.io/localsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
  'authorization.k8s.io/subjectaccessreviews',
]);

export const isPolicyExempt = ({ group, resource }: Resource): boolean => EXEMPT_FROM_POLICIES.has(`${group}/${resource}`);
export const isWebhookExempt = ({ group }: Resource): boolean => group === GROUP;

/** The resource as which a request matches: itself, or the same kind in another version. Undefined if it does not match. */
export function matchedResource(match: MatchResources, request: AdmissionRequest, context: AdmissionContext): Resource | undefined {
  const { namespaceSelector, objectSelector, resourceRules, excludeResourceRules, matchPolicy } = match;
  if (!matchesObject(objectSelector, request)) return undefined;
  if (excludeResourceRules?.length && matchedByRules(excludeResourceRules, matchPolicy, request, context.reader)) return undefined;
  const resource = resourceRules?.length ? matchedByRules(resourceRules, matchPolicy, request, context.reader) : request.resource;
  return resource && matchesNamespace(namespaceSelector, request, context) ? resource : undefined;
}

export function matchedByRules(
  rules: readonly (RuleWithOperations & Pick<NamedRuleWithOperations, 'resourceNames'>)[],
  matchPolicy: string | undefined,
  request: AdmissionRequest,
  reader: ClusterReader,
): Resource | undefined {
  const isNamed = ({ resourceNames }: NamedRuleWithOperations): boolean => !resourceNames?.length || resourceNames.includes(request.name);
  const fits = (resource: Resource): boolean => rules.some((rule) => matchesRule(rule, resource, request) && isNamed(rule));
  if (fits(request.resource)) return request.resource;
  if (matchPolicy === 'Exact') return undefined;
  return equivalentsOf(request.resource, reader).find(fits);
}

const equivalentsOf = (resource: Resource, reader: ClusterReader): Resource[] =>
  resource.conversion || reader.resources().some((one) => one !== resource && one.bucket === resource.bucket)
    ? reader.resources().filter((one) => one !== resource && one.bucket === resource.bucket && one.kind === resource.kind)
    : [];

function matchesRule(rule: RuleWithOperations, { group, version, resource }: Resource, request: AdmissionRequest): boolean {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  const has = (list: readonly string[], value: string): boolean => list.includes('*') || list.includes(value);
  return (
    has(operations, request.operation) &&
    has(apiGroups, group) &&
    has(apiVersions, version) &&
    inScope(scope, request) &&
    resources.some((one) => {
      const slash = one.indexOf('/');
      const [name, sub] = slash < 0 ? [one, ''] : [one.slice(0, slash), one.slice(slash + 1)];
      return (name === '*' || name === resource) && (sub === '*' || sub === request.subresource);
    })
  );
}

const isNamespaces = ({ group, resource }: Resource): boolean => group === '' && resource === 'namespaces';

function inScope(scope: string | undefined, { resource, namespace }: AdmissionRequest): boolean {
  const isNamespaced = !isNamespaces(resource) && namespace !== '';
  return scope === undefined || scope === '*' || (scope === 'Namespaced') === isNamespaced;
}

const isEmpty = (selector: LabelSelectorFields | undefined): boolean =>
  !selector || (!Object.keys(selector.matchLabels ?? {}).length && !selector.matchExpressions?.length);

export function matchesObject(selector: LabelSelectorFields | undefined, { object, old }: AdmissionRequest): boolean {
  if (isEmpty(selector)) return true;
  const wanted = labelSelectorOf(selector);
  // What a connection asks for has no metadata.
  return [object, old].some((one) => one && 'metadata' in one && matchesLabels(wanted, one.metadata.labels));
}

/** Throws NotFound if the namespace is not there. */
export function matchesNamespace(
  selector: LabelSelectorFields | undefined,
  request: AdmissionRequest,
  { reader }: AdmissionContext,
): boolean {
  if (isEmpty(selector)) return true;
  const { resource, namespace, object, old, operation } = request;
  const wanted = labelSelectorOf(selector);
  if (isNamespaces(resource)) {
    const own = operation === 'CREATE' || operation === 'UPDATE' ? object : (old ?? reader.get(namespaces, '', request.name));
    return matchesLabels(wanted, (own as KubeObject | undefined)?.metadata.labels);
  }
  if (!namespace) return true;
  const found = reader.get(namespaces, '', namespace);
  if (!found) throw notFound(namespaces, namespace);
  return matchesLabels(wanted, found.metadata.labels);
}

/** An object as another version of its kind has it. */
export function inVersion<T extends KubeObject | undefined>(object: T, from: Resource, to: Resource): T {
  if (!object || from === to) return object;
  const stored = from.conversion ? from.conversion.toStored(object) : object;
  return (to.conversion ? to.conversion.fromStored(stored) : stored) as T;
}

export const namespaceOf = ({ resource, namespace }: AdmissionRequest, { reader }: AdmissionContext): Namespace | undefined =>
  isNamespaces(resource) || !namespace ? undefined : reader.get(namespaces, '', namespace);
