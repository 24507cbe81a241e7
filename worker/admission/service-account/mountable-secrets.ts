// Accounts that say so let their pods use only the secrets that they list.

import type { AdmissionRequest } from '../../api/admission.ts';
import type { Container, Pod, ServiceAccount } from '../../api/gen/core-v1.ts';
import { unknownError } from '../../api/status.ts';
import { refusal } from '../refusal.ts';

const ANNOTATION = 'kubernetes.io/enforce-mountable-secrets';
/** What Go reads as true. */
const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);

export const enforcesMountableSecrets = ({ metadata }: ServiceAccount): boolean => TRUE.has(metadata.annotations?.[ANNOTATION] ?? '');

export function checkMountableSecrets(request: AdmissionRequest, { spec }: Pod, account: ServiceAccount): void {
  const mountable = new Set((account.secrets ?? []).map(({ name }) => name));
  const { name } = account.metadata;
  const isAddition = request.subresource === 'ephemeralcontainers';
  const refuse = (what: string): never => {
    const problem = `${what} is not allowed because service account ${name} does not reference that secret`;
    throw isAddition ? unknownError(problem) : refusal(request, problem);
  };
  const check = (kind: string, containers: readonly Container[]): void => {
    for (const container of containers) {
      for (const { name: variable, valueFrom } of container.env ?? []) {
        const secret = valueFrom?.secretKeyRef?.name ?? '';
        if (valueFrom?.secretKeyRef && !mountable.has(secret))
          refuse(`${kind} ${container.name} with envVar ${variable} referencing secret.secretName=${JSON.stringify(secret)}`);
      }
      for (const { secretRef } of container.envFrom ?? []) {
        if (secretRef && !mountable.has(secretRef.name ?? ''))
          refuse(`${kind} ${container.name} with envFrom referencing secret.secretName=${JSON.stringify(secretRef.name ?? '')}`);
      }
    }
  };
  if (isAddition) return check('ephemeral container', (spec.ephemeralContainers ?? []) as Container[]);
  for (const { secret } of spec.volumes ?? []) {
    if (secret && !mountable.has(secret.secretName ?? ''))
      refuse(`volume with secret.secretName=${JSON.stringify(secret.secretName ?? '')}`);
  }
  check('init container', spec.initContainers ?? []);
  check('container', spec.containers ?? []);
  const pulls = new Set((account.imagePullSecrets ?? []).map((one) => one.name));
  for (const [i, secret] of (spec.imagePullSecrets ?? []).entries()) {
    if (!pulls.has(secret.name))
      throw refusal(
        request,
        `imagePullSecrets[${i}].name=${JSON.stringify(secret.name ?? '')} is not allowed because service account ${name} does not reference that imagePullSecret`,
      );
  }
}
