// The parameters that a binding gives its policy. Mirrors CollectParams of apiserver pkg/admission/plugin/policy/generic.

import type { AdmissionContext } from '../../api/admission.ts';
import type { ParamKind, ParamRef } from '../../api/gen/admissionregistration-v1.ts';
import type { KubeObject } from '../../api/object.ts';
import { labelSelectorOf } from '../../api/selectors.ts';

/** What is wrong with a binding; the message is upstream's. */
export class ConfigurationError extends Error {}

/** The kind of a policy's parameters is none: that of the policy itself is wrong. */
export class PolicyConfigurationError extends ConfigurationError {}

/** Null stands for none at all, with which the policy is evaluated once. Throws ConfigurationError. */
export function paramsOf(
  kind: ParamKind | undefined,
  ref: ParamRef | undefined,
  namespace: string,
  { reader }: AdmissionContext,
): (KubeObject | null)[] {
  if (!kind) return [null];
  const slash = kind.apiVersion!.indexOf('/');
  const resource = reader.resourceOf(slash < 0 ? '' : kind.apiVersion!.slice(0, slash), kind.kind!, kind.apiVersion!.slice(slash + 1));
  if (!resource)
    throw new PolicyConfigurationError(
      `failed to find resource referenced by paramKind: '${slash < 0 ? '/' : ''}${kind.apiVersion}, Kind=${kind.kind}'`,
    );
  if (!ref) return [null];
  if (ref.namespace && !resource.namespaced)
    throw new ConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  const inNamespace = resource.namespaced ? ref.namespace || namespace : '';
  if (resource.namespaced && !inNamespace)
    throw new ConfigurationError('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  let found: KubeObject[];
  if (ref.name) {
    const one = reader.get(resource, inNamespace, ref.name);
    found = one ? [one] : [];
  } else {
    found = reader.list(resource, { ...(inNamespace && { namespace: inNamespace }), selector: labelSelectorOf(ref.selector) });
  }
  if (!found.length && ref.parameterNotFoundAction === 'Deny')
    throw new ConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction');
  return found;
}
