// serviceaccounts/token: a token for a service account, made to measure. Mirrors kubernetes pkg/registry/core/serviceaccount/storage/token.go.

import { invalidField } from '../../api/field-error.ts';
import type { TokenRequest } from '../../api/gen/authentication-v1.ts';
import type { Pod, ServiceAccount } from '../../api/gen/core-v1.ts';
import type { ActionContext, CreateSubresource, Resource } from '../../api/resource.ts';
import { badRequest, conflict, invalid, notFound } from '../../api/status.ts';
import { formatTime } from '../../lib/time.ts';
import { builtinType } from '../schema/index.ts';

const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
/** A pod that asks for just so long gets a token for a year, so that programs that read it once go on working; after that time its use is stale. */
const [WARNED_SECONDS, EXTENDED_SECONDS] = [3607, 31_536_000];

export const tokenSubresource: CreateSubresource = {
  type: 'create',
  verbs: ['create'],
  schema: builtinType('authentication.v1.TokenRequest'),
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  create: (body, target, context) => issueToken(body as TokenRequest, target as ServiceAccount | undefined, context),
};

function issueToken(request: TokenRequest, account: ServiceAccount | undefined, context: ActionContext): object {
  const { name, namespace } = context;
  if (!account) throw notFound({ group: '', resource: 'serviceaccounts' }, name);
  const { spec } = request;
  const audiences = spec.audiences?.length ? spec.audiences : [context.tokens.issuer];
  const seconds = spec.expirationSeconds ?? DEFAULT_SECONDS;
  checkDuration(seconds);
  const bound = boundClaims(request, account, context);
  const now = Math.floor(context.now() / 1000);
  const isExtended =
    context.tokens.isExtending() &&
    bound['pod'] !== undefined &&
    seconds === WARNED_SECONDS &&
    audiences.every((audience) => audience === context.tokens.issuer);
  const own = {
    namespace,
    ...bound,
    serviceaccount: { name, uid: account.metadata.uid },
    ...(isExtended && { warnafter: now + seconds }),
  };
  const token = context.tokens.sign({
    aud: audiences,
    exp: now + (isExtended ? EXTENDED_SECONDS : seconds),
    iat: now,
    iss: context.tokens.issuer,
    jti: context.random.uuid(),
    'kubernetes.io': own,
    nbf: now,
    sub: `system:serviceaccount:${namespace}:${name}`,
  });
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: formatTime(context.now()) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: (spec as { boundObjectRef?: object | null }).boundObjectRef ?? null },
    status: { token, expirationTimestamp: formatTime((now + seconds) * 1000) },
  };
}

function checkDuration(seconds: number): void {
  const problem =
    seconds < MIN_SECONDS
      ? 'may not specify a duration less than 10 minutes'
      : seconds > 2 ** 32
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined;
  if (problem)
    throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [invalidField('spec.expirationSeconds', seconds, problem)]);
}

/** What the token dies with. A pod's token tells its node too. */
function boundClaims(
  { spec }: TokenRequest,
  account: ServiceAccount,
  { reader, namespace }: ActionContext,
): Record<string, { name: string; uid: string }> {
  const ref = spec.boundObjectRef;
  if (!ref) return {};
  const { kind = '', name = '', uid = '', apiVersion = '' } = ref;
  if (apiVersion !== 'v1' || !['Pod', 'Secret', 'Node'].includes(kind))
    throw badRequest(`cannot bind token to object of type ${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`);
  const place = kind === 'Node' ? '' : namespace;
  const object = reader.get(reader.resourceOf('', kind) as Resource, place, name);
  const resource = { group: '', resource: `${kind.toLowerCase()}s` };
  if (!object) throw notFound(resource, name);
  if (uid && uid !== object.metadata.uid) {
    throw conflict(
      resource,
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  const claims = { [kind.toLowerCase()]: { name, uid: object.metadata.uid } };
  if (kind !== 'Pod') return claims;
  const pod = object as Pod;
  if (pod.spec.serviceAccountName !== account.metadata.name)
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} to pod running with different serviceaccount name.`,
    );
  const node = pod.spec.nodeName ? reader.get(reader.resourceOf('', 'Node') as Resource, '', pod.spec.nodeName) : undefined;
  return { ...(node && { node: { name: node.metadata.name, uid: node.metadata.uid } }), ...claims };
}
