// Who makes an object belong to another has it deleted with that one, and may hold that one's deletion up: for the first, one must be allowed to delete the object, for
// the second, to set finalizers on its owner. Mirrors kubernetes plugin/pkg/admission/gc.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../api/admission.ts';
import type { OwnerReference } from '../api/object.ts';
import { isEqual } from '../lib/json.ts';
import { refusal } from './refusal.ts';

export const ownerReferencesPermissionEnforcement: AdmissionPlugin = {
  name: 'OwnerReferencesPermissionEnforcement',
  operations: ['CREATE', 'UPDATE'],
  validate(request, context) {
    const { operation, resource, subresource } = request;
    if (operation !== 'CREATE' && operation !== 'UPDATE') return;
    if (resource.group === '' && resource.resource === 'pods' && subresource === 'status') return;
    const [now, before] = [ownersOf(request.object), ownersOf(request.old)];
    if (isEqual(now, before)) return;
    if (operation === 'UPDATE') requireDelete(request, context);
    const wasBlocking = (uid: string): boolean => before.some((one) => one.uid === uid && one.blockOwnerDeletion);
    const blocking = now.filter(({ uid, blockOwnerDeletion }) => blockOwnerDeletion && !wasBlocking(uid));
    if (
      blocking.length &&
      !decide(context, { verb: 'update', group: '*', version: '*', resource: '*', subresource: 'finalizers', name: '*' }).allowed
    )
      for (const owner of blocking) requireFinalizers(owner, request, context);
  },
};

const ownersOf = (object: AdmissionRequest['object']): readonly OwnerReference[] => object?.metadata.ownerReferences ?? [];

type Wanted = Omit<Parameters<AdmissionContext['access']['authorize']>[1], 'isResource' | 'path' | 'namespace'> & {
  readonly namespace?: string;
};

const decide = ({ access, user }: AdmissionContext, wanted: Wanted): ReturnType<AdmissionContext['access']['authorize']> =>
  access.authorize(user, { isResource: true, path: '', namespace: '', ...wanted });

function requireDelete(request: AdmissionRequest, context: AdmissionContext): void {
  const { resource, subresource, namespace, name } = request;
  const { group, version } = resource;
  const { allowed, reason } = decide(context, {
    verb: 'delete',
    group,
    version,
    resource: resource.resource,
    subresource,
    namespace,
    name,
  });
  if (!allowed) throw refusal(request, `cannot set an ownerRef on a resource you can't delete: ${reason}, <nil>`);
}

function requireFinalizers({ apiVersion, kind, name }: OwnerReference, request: AdmissionRequest, context: AdmissionContext): void {
  const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion];
  const owner = context.reader.resourceOf(group, kind, version);
  if (!owner)
    throw refusal(
      request,
      `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${apiVersion} Kind ${kind}: no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`,
    );
  const namespace = owner.namespaced ? request.namespace : '';
  const { allowed, reason } = decide(context, {
    verb: 'update',
    group,
    version,
    resource: owner.resource,
    subresource: 'finalizers',
    namespace,
    name,
  });
  if (!allowed)
    throw refusal(
      request,
      `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${reason}, <nil>`,
    );
}
