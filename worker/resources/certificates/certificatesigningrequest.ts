// CertificateSigningRequests. Mirrors pkg/registry/certificates/certificates.

import type { KubeObject } from '../../api/object.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { ResourceContext } from '../../api/resource.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../api/gen/certificates-v1.ts';
import { formatTime, humanDuration } from '../../lib/time.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { validateRequest, validateRequestUpdate } from './validation.ts';

export const certificateSigningRequests = defineResource<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  version: 'v1',
  resource: 'certificatesigningrequests',
  kind: 'CertificateSigningRequest',
  namespaced: false,
  shortNames: ['csr'],
  schema: builtinType('certificates.v1.CertificateSigningRequest'),
  resetFields: ['spec', 'status'],
  validateName: () => [],
  prepareForCreate: (request, { user }) => {
    const { username: _n, uid: _u, groups: _g, extra: _e, ...spec } = request.spec;
    request.spec = {
      ...spec,
      ...(user.name && { username: user.name }),
      ...(user.uid && { uid: user.uid }),
      ...(user.groups.length && { groups: [...user.groups] }),
      ...(user.extra && Object.keys(user.extra).length && { extra: copyExtra(user.extra) }),
    };
    request.status = {};
  },
  prepareForUpdate: (request, old) => {
    request.spec = old.spec;
    request.status = old.status;
  },
  validate: (request) => validateRequest(request, undefined),
  validateUpdate: (request, old) => validateRequestUpdate(request, old, {}),
  subresources: {
    approval: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      resetFields: ['spec', 'status.certificate'],
      prepareForUpdate: (object, before, context) => {
        const [request, old] = pair(object, before);
        const conditions = withTimes(request, old, context);
        request.spec = old.spec;
        request.status = { ...old.status, ...(conditions.length && { conditions }) };
        if (!conditions.length) delete request.status.conditions;
      },
      validateUpdate: (object, before) => validateRequestUpdate(...pair(object, before), { approval: true }),
    },
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      resetFields: ['spec', 'status.conditions'],
      prepareForUpdate: (object, before, context) => {
        const [request, old] = pair(object, before);
        request.spec = old.spec;
        for (const type of ['Approved', 'Denied']) keepConditions(request, old, type);
        const conditions = withTimes(request, old, context);
        if (conditions.length) request.status = { ...request.status, conditions };
      },
      validateUpdate: (object, before) => validateRequestUpdate(...pair(object, before), { certificate: true }),
    },
  },
  fieldLabels: ['spec.signerName'],
  selectableFields: ({ spec }) => ({ 'spec.signerName': spec.signerName }),
  columns: [
    NAME_COLUMN,
    AGE_COLUMN,
    column('SignerName', ({ spec }) => spec.signerName || '<none>', {
      description: docOf('certificates.v1.CertificateSigningRequestSpec.signerName'),
    }),
    column('Requestor', ({ spec }) => spec.username ?? '', {
      description: docOf('certificates.v1.CertificateSigningRequestSpec.request'),
    }),
    column(
      'RequestedDuration',
      ({ spec: { expirationSeconds } }) => (expirationSeconds === undefined ? '<none>' : humanDuration(expirationSeconds * 1000)),
      { description: docOf('certificates.v1.CertificateSigningRequestSpec.expirationSeconds') },
    ),
    column('Condition', conditionCell, { description: docOf('certificates.v1.CertificateSigningRequestStatus.conditions') }),
  ],
});

const pair = (object: KubeObject, old: KubeObject): [CertificateSigningRequest, CertificateSigningRequest] => [
  object as CertificateSigningRequest,
  old as CertificateSigningRequest,
];

const copyExtra = (extra: Readonly<Record<string, readonly string[]>>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]));

/** The signer may not touch what the approver said: as many conditions of the type as before are those before. */
function keepConditions(request: CertificateSigningRequest, old: CertificateSigningRequest, type: string): void {
  const conditions = request.status.conditions ?? [];
  const before = (old.status.conditions ?? []).filter((condition) => condition.type === type);
  if (!before.length || conditions.filter((condition) => condition.type === type).length !== before.length) return;
  let next = 0;
  request.status = {
    ...request.status,
    conditions: conditions.map((condition) => (condition.type === type ? before[next++]! : condition)),
  };
}

/** Conditions with the times that were left out. */
function withTimes(
  request: CertificateSigningRequest,
  old: CertificateSigningRequest,
  context: ResourceContext,
): CertificateSigningRequestCondition[] {
  const now = formatTime(context.now());
  return (request.status.conditions ?? []).map((condition) => {
    if (condition.lastUpdateTime && condition.lastTransitionTime) return condition;
    const same = old.status.conditions?.find(
      ({ type, status, lastTransitionTime }) => type === condition.type && status === condition.status && lastTransitionTime,
    );
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime || now,
      lastTransitionTime: condition.lastTransitionTime || same?.lastTransitionTime || now,
    };
  });
}

function conditionCell({ status: { conditions = [], certificate } }: CertificateSigningRequest): string {
  const has = (type: string): boolean => conditions.some((condition) => condition.type === type);
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return `${decision}${has('Failed') ? ',Failed' : ''}${certificate ? ',Issued' : ''}`;
}
