// Who may say what of a claim: its devices and users are the scheduler's matter, the state of its devices their drivers', each for its own, and mostly each on
// its own node. Mirrors pkg/registry/resource (AuthorizedForBinding, AuthorizedForDeviceStatus), which is on since 1.36.

import { serviceAccountOf } from '../../api/access.ts';
import type { AccessAttributes } from '../../api/access.ts';
import { forbiddenField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { forbiddenMessage } from '../../api/forbidden-message.ts';
import type { AllocatedDeviceStatus, ResourceClaim } from '../../api/gen/resource-v1.ts';
import type { ResourceContext, UserInfo } from '../../api/resource.ts';
import { forbidden } from '../../api/status.ts';
import { isEqual } from '../../lib/json.ts';

const NODE_NAME = 'authentication.kubernetes.io/node-name';
const CLAIMS = { group: 'resource.k8s.io', resource: 'resourceclaims' };

export function authorizeStatus(claim: ResourceClaim, old: ResourceClaim, context: ResourceContext): FieldError[] {
  if (context.verb === undefined || context.config.minor < 36) return [];
  return [...authorizeBinding(claim, old, context.verb, context), ...authorizeDevices(claim, old, context.verb, context)];
}

function authorizeBinding({ status }: ResourceClaim, { status: old }: ResourceClaim, verb: string, context: ResourceContext): FieldError[] {
  if (isEqual(status.allocation, old.allocation) && isEqual(status.reservedFor ?? [], old.reservedFor ?? [])) return [];
  const refusal = refusalOf(context, { verb, subresource: 'binding', namespace: '', name: '' });
  if (refusal === undefined) return [];
  const needs = `requires resource="resourceclaims/binding", verb="${verb}" permission: ${refusal}`;
  return [forbiddenField('status', `changing status.allocation or status.reservedFor ${needs}`)];
}

/** Who runs on the node of the claim's devices may have a permission for that node only. */
function authorizeDevices(
  { metadata, status }: ResourceClaim,
  { status: old }: ResourceClaim,
  verb: string,
  context: ResourceContext,
): FieldError[] {
  const node = nodeOf(status.allocation);
  const isThere = node !== undefined && isOnNode(context.user, node);
  const verbs = [...(isThere ? [`associated-node:${verb}`] : []), `arbitrary-node:${verb}`];
  return changedDrivers(status.devices ?? [], old.devices ?? []).flatMap((name) => {
    const refusals = verbs.map((one) =>
      refusalOf(context, { verb: one, subresource: 'driver', namespace: metadata.namespace ?? '', name }),
    );
    if (refusals.includes(undefined)) return [];
    const needs = `requires resource="resourceclaims/driver", verb="[${verbs.join(' ')}]" permission: ${refusals[0]}`;
    return [forbiddenField('status.devices', `changing status.devices ${needs}`)];
  });
}

type Asked = Pick<AccessAttributes, 'verb' | 'subresource' | 'namespace' | 'name'>;

function refusalOf({ access, user }: ResourceContext, asked: Asked): string | undefined {
  const attributes: AccessAttributes = { isResource: true, version: 'v1', path: '', ...CLAIMS, ...asked };
  const { allowed, reason } = access.authorize(user, attributes);
  return allowed ? undefined : forbidden(CLAIMS, asked.name, forbiddenMessage(user, attributes, reason)).message;
}

/** In order. */
function changedDrivers(devices: readonly AllocatedDeviceStatus[], old: readonly AllocatedDeviceStatus[]): string[] {
  const differ = (some: readonly AllocatedDeviceStatus[], others: readonly AllocatedDeviceStatus[]): string[] =>
    some.flatMap((one) => (others.some((other) => isEqual(one, other)) ? [] : [one.driver]));
  return [...new Set([...differ(devices, old), ...differ(old, devices)])].sort();
}

/** The one node that reaches the devices. */
function nodeOf(allocation: ResourceClaim['status']['allocation']): string | undefined {
  const [term, ...terms] = allocation?.nodeSelector?.nodeSelectorTerms ?? [];
  const [field, ...fields] = term?.matchFields ?? [];
  if (!field || terms.length || fields.length || term?.matchExpressions?.length) return undefined;
  const isName = field.key === 'metadata.name' && field.operator === 'In' && field.values?.length === 1;
  return isName ? field.values![0] : undefined;
}

function isOnNode({ name, extra }: UserInfo, node: string): boolean {
  const names = extra?.[NODE_NAME] ?? [];
  return serviceAccountOf(name) !== undefined && names.length === 1 && names[0] === node;
}
