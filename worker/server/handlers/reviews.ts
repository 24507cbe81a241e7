// Questions about access and identity, asked by posting an object and answered in its status: who am I, may I, may they, what may I, whose token is this.

import type { AccessAttributes, PolicyRule } from '../../api/access.ts';
import { AUTHENTICATED } from '../../api/access.ts';
import type { KubeObject } from '../../api/object.ts';
import type { UserInfo } from '../../api/resource.ts';
import { badRequest, invalid } from '../../api/status.ts';
import { formatTime } from '../../lib/time.ts';
import { requestBody } from '../body.ts';
import { callOf, renderingOf } from '../context.ts';
import type { HandlerContext } from '../context.ts';
import type { Reply } from '../http.ts';
import { writeOptions } from '../options.ts';
import { renderAnswer } from '../render.ts';

type Review = KubeObject & { spec: Spec; status?: unknown };

interface Spec {
  user?: string;
  groups?: string[];
  uid?: string;
  extra?: Record<string, string[]>;
  namespace?: string;
  token?: string;
  audiences?: string[];
  resourceAttributes?: {
    namespace?: string;
    verb?: string;
    group?: string;
    version?: string;
    resource?: string;
    subresource?: string;
    name?: string;
    fieldSelector?: { rawSelector?: string; requirements?: readonly { key: string; operator: string; values?: readonly string[] }[] };
  };
  nonResourceAttributes?: { path?: string; verb?: string };
}

type Answer = (review: Review, context: HandlerContext) => unknown;

const ANSWERS: Record<string, Answer> = {
  'authentication.k8s.io/selfsubjectreviews': (_review, { user }) => ({ userInfo: userInfo(user) }),
  'authentication.k8s.io/tokenreviews': tokenReview,
  'authorization.k8s.io/selfsubjectaccessreviews': (review, context) => accessReview(review, context, context.user),
  'authorization.k8s.io/subjectaccessreviews': (review, context) => accessReview(review, context, subjectOf(review)),
  'authorization.k8s.io/localsubjectaccessreviews': (review, context) => accessReview(review, context, subjectOf(review)),
  'authorization.k8s.io/selfsubjectrulesreviews': rulesReview,
};

/** Undefined if the resource is none of these. */
export function review(context: HandlerContext): Reply | undefined {
  const { request, resource, server } = context;
  const answer = ANSWERS[`${resource.group}/${resource.resource}`];
  if (!answer) return undefined;
  const rendering = renderingOf(context, { transforms: false });
  const call = callOf(context, writeOptions(request, 'CreateOptions'));
  const object = server.registry.readBody(resource, requestBody(request), call) as Review;
  keepToNamespace(object, context);
  const errors = server.registry.validate(resource, object, call);
  if (errors.length) throw invalid({ group: resource.group, kind: '' }, '', errors); // upstream's objects have lost their kind here
  object.metadata = { ...object.metadata, creationTimestamp: formatTime(server.now()) };
  object.status = answer(object, context);
  return renderAnswer(object, resource.schema, rendering, 201);
}

/** The namespace of the path is that of the question. */
function keepToNamespace({ metadata }: Review, { resource, info: { namespace } }: HandlerContext): void {
  const { namespace: given } = metadata;
  if (!resource.namespaced) delete metadata.namespace;
  else if (given && given !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  else metadata.namespace = namespace;
}

const userInfo = ({ name, uid, groups, extra }: UserInfo): object => ({
  username: name,
  ...(uid && { uid }),
  ...(groups.length && { groups }),
  ...(extra && { extra }),
});

function accessReview({ spec }: Review, { server }: HandlerContext, user: UserInfo): object {
  const { allowed, denied, reason } = server.access.authorize(user, attributesOf(spec));
  return { allowed, ...(denied && { denied }), ...(reason && { reason }) };
}

function attributesOf({ resourceAttributes, nonResourceAttributes }: Spec): AccessAttributes {
  const { namespace = '', verb = '', group = '', version = '', resource = '', subresource = '', name = '' } = resourceAttributes ?? {};
  const { rawSelector, requirements = [] } = resourceAttributes?.fieldSelector ?? {};
  const equal = requirements.filter(({ operator, values = [] }) => operator === 'In' && values.length === 1);
  const fieldSelector = rawSelector || equal.map(({ key, values }) => `${key}=${values![0]!}`).join(',');
  if (resourceAttributes)
    return { isResource: true, verb, group, version, namespace, resource, subresource, name, path: '', fieldSelector };
  return {
    isResource: false,
    verb: nonResourceAttributes?.verb ?? '',
    group,
    version,
    namespace,
    resource,
    subresource,
    name,
    path: nonResourceAttributes?.path ?? '',
  };
}

const subjectOf = ({ spec }: Review): UserInfo => ({
  name: spec.user ?? '',
  groups: spec.groups ?? [],
  ...(spec.uid && { uid: spec.uid }),
  ...(spec.extra && { extra: spec.extra }),
});

function rulesReview({ spec }: Review, { server, user }: HandlerContext): object {
  if (!spec.namespace) throw badRequest('no namespace on request');
  const masters: PolicyRule[] = user.groups.includes('system:masters')
    ? [
        { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
        { verbs: ['*'], nonResourceURLs: ['*'] },
      ]
    : [];
  const { rules, problems } = server.access.rulesFor(user, spec.namespace);
  const all = [...masters, ...rules];
  const resourceRules = all
    .filter(({ resources }) => resources?.length)
    .map(({ verbs, apiGroups, resources, resourceNames }) => ({
      verbs,
      apiGroups,
      resources,
      ...(resourceNames?.length && { resourceNames }),
    }));
  const nonResourceRules = all
    .filter(({ nonResourceURLs }) => nonResourceURLs?.length)
    .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
  return {
    resourceRules,
    nonResourceRules,
    incomplete: problems.length > 0,
    ...(problems.length && { evaluationError: problems.join(', ') }),
  };
}

function tokenReview({ spec }: Review, { server, resource }: HandlerContext): object {
  if (!spec.token) throw badRequest(`token is required for ${resource.kind} in authentication`);
  try {
    const user = server.authenticator.authenticateToken(spec.token, spec.audiences);
    if (!user) return { user: {}, error: 'invalid bearer token' };
    const groups = user.groups.includes(AUTHENTICATED) ? user.groups : [...user.groups, AUTHENTICATED];
    return {
      authenticated: true,
      user: userInfo({ ...user, groups }),
      ...(spec.audiences?.length && { audiences: user.audiences ?? spec.audiences }),
    };
  } catch (error) {
    return { user: {}, error: error instanceof Error ? error.message : String(error) };
  }
}
