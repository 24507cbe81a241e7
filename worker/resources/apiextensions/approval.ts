// Groups of Kubernetes' own need an annotation that says who approved the API. Mirrors apiextensions-apiserver pkg/apihelpers.

export const APPROVED_ANNOTATION = 'api-approved.kubernetes.io';

export const isProtectedGroup = (group: string): boolean => /(^|\.)(k8s|kubernetes)\.io$/.test(group);

export interface Approval {
  readonly state: 'approved' | 'bypassed' | 'invalid' | 'missing';
  readonly message: string;
}

const SEE = 'see https://github.com/kubernetes/enhancements/pull/1111';

export function approvalOf(annotations: Readonly<Record<string, string>> | undefined): Approval {
  const given = annotations?.[APPROVED_ANNOTATION] ?? '';
  if (!given) return { state: 'missing', message: `protected groups must have approval annotation "${APPROVED_ANNOTATION}", ${SEE}` };
  if (given.startsWith('unapproved')) return { state: 'bypassed', message: `not approved: ${JSON.stringify(given)}` };
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^\s/?#]+\S*$/.test(given)) return { state: 'approved', message: `approved in ${given}` };
  return {
    state: 'invalid',
    message: `protected groups must have approval annotation "${APPROVED_ANNOTATION}" with either a URL or a reason starting with "unapproved", ${SEE}`,
  };
}
