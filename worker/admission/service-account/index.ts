// The account a pod runs as: `default` unless it says otherwise, with its token as a volume and its secrets for pulling images. Mirrors kubernetes
// plugin/pkg/admission/serviceaccount.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../../api/admission.ts';
import type { Pod, ServiceAccount } from '../../api/gen/core-v1.ts';
import { MIRROR } from '../../resources/core/pod/annotations.ts';
import { visitSecrets } from '../../resources/core/pod/references.ts';
import { serviceAccounts } from '../../resources/core/serviceaccount.ts';
import { only, refusal } from '../refusal.ts';
import { checkMountableSecrets, enforcesMountableSecrets } from './mountable-secrets.ts';
import { mountToken } from './token-volume.ts';

const DEFAULT = 'default';

export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  operations: ['CREATE', 'UPDATE'],
  handles: only('pods'),
  admit(request, context) {
    if (request.operation !== 'CREATE' || request.subresource) return;
    const pod = request.object as Pod;
    if (isMirror(pod)) return checkMirror(request, pod);
    const { spec } = pod;
    const name = spec.serviceAccountName || DEFAULT;
    spec.serviceAccountName = name;
    spec.serviceAccount = name;
    const account = accountOf(request, name, context);
    if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec, context.random);
    if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length)
      spec.imagePullSecrets = account.imagePullSecrets.map((secret) => ({ ...secret }));
  },
  validate(request, context) {
    const { operation, subresource, namespace } = request;
    const pod = request.object as Pod;
    const isAddition = operation === 'UPDATE' && subresource === 'ephemeralcontainers';
    if (!isAddition && (operation !== 'CREATE' || subresource)) return;
    if (isMirror(pod)) return isAddition ? undefined : checkMirror(request, pod);
    const name = pod.spec.serviceAccountName;
    if (!name) throw refusal(request, `no service account specified for pod ${namespace}/${pod.metadata.name}`);
    const account = accountOf(request, name, context);
    if (enforcesMountableSecrets(account)) checkMountableSecrets(request, pod, account);
  },
};

function accountOf(request: AdmissionRequest, name: string, { reader }: AdmissionContext): ServiceAccount {
  const account = reader.get(serviceAccounts, request.namespace, name);
  if (!account)
    throw refusal(
      request,
      `error looking up service account ${request.namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
    );
  return account;
}

const isMirror = ({ metadata }: Pod): boolean => metadata.annotations?.[MIRROR] !== undefined;

/** A static pod's mirror is not the API's to change, and may use nothing of it. */
function checkMirror(request: AdmissionRequest, { spec }: Pod): void {
  if (spec.serviceAccountName) throw refusal(request, 'a mirror pod may not reference service accounts');
  if (visitSecrets(spec).length) throw refusal(request, 'a mirror pod may not reference secrets');
  const sources = (spec.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
  if (sources.some(({ serviceAccountToken }) => serviceAccountToken))
    throw refusal(request, 'a mirror pod may not use ServiceAccountToken volume projections');
}
