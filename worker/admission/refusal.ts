// What plugins say when they refuse, and how they name what they look at. Mirrors apiserver pkg/admission/errors.go.

import type { AdmissionRequest } from '../api/admission.ts';
import type { Resource } from '../api/resource.ts';
import { forbidden, groupResourceText } from '../api/status.ts';
import type { StatusCause, StatusError } from '../api/status.ts';

/** An object that has no name yet is called by the beginning of it. */
export const nameOf = ({ name, object }: AdmissionRequest): string =>
  name || object?.metadata.name || object?.metadata.generateName || 'Unknown';

/** `pods "web" is forbidden: …`. */
export const refusal = (request: AdmissionRequest, problem: string, causes?: StatusCause[]): StatusError =>
  forbidden(request.resource, nameOf(request), problem, causes);

/** For `handles`: `pods`, `ingresses.networking.k8s.io`. */
export function only(...names: readonly string[]): (resource: Resource) => boolean {
  return (resource) => names.includes(groupResourceText(resource));
}

/** Several problems as upstream joins them. */
export const aggregate = (problems: readonly string[]): string => {
  const different = [...new Set(problems)];
  return different.length === 1 ? different[0]! : `[${different.join(', ')}]`;
};
