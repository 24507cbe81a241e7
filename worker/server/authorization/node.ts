// What a kubelet may do: its own node, the pods bound to it, and only those secrets, config maps, claims and accounts that these pods name. Mirrors
// kubernetes plugin/pkg/auth/authorizer/node and the bootstrap policy's NodeRules.

import type { AccessAttributes, Decision, PolicyRule } from '../../api/access.ts';
import type { KubeObject } from '../../api/object.ts';
import { indexTerm } from '../../api/resource.ts';
import type { ClusterReader, Resource, UserInfo } from '../../api/resource.ts';
import { isRecord } from '../../lib/json.ts';
import { ruleAllows } from './rules.ts';

const PREFIX = 'system:node:';
const rule = (apiGroup: string, resources: string[], verbs: string[]): PolicyRule => ({ apiGroups: [apiGroup], resources, verbs });

const RULES: readonly PolicyRule[] = [
  rule('authentication.k8s.io', ['tokenreviews'], ['create']),
  rule('authorization.k8s.io', ['subjectaccessreviews', 'localsubjectaccessreviews'], ['create']),
  rule('', ['services'], ['get', 'list', 'watch']),
  rule('', ['nodes'], ['create', 'get', 'list', 'watch']),
  rule('', ['nodes/status'], ['update', 'patch']),
  rule('', ['nodes'], ['update', 'patch']),
  rule('', ['events'], ['create', 'update', 'patch']),
  rule('', ['pods'], ['get', 'list', 'watch']),
  rule('', ['pods'], ['create', 'delete']),
  rule('', ['pods/status'], ['update', 'patch']),
  rule('', ['pods/eviction'], ['create']),
  rule('', ['persistentvolumeclaims/status'], ['get', 'update', 'patch']),
  rule('certificates.k8s.io', ['certificatesigningrequests'], ['create', 'get', 'list', 'watch']),
  rule('coordination.k8s.io', ['leases'], ['get', 'create', 'update', 'patch', 'delete']),
  rule('storage.k8s.io', ['volumeattachments'], ['get']),
  rule('storage.k8s.io', ['csinodes'], ['create', 'delete', 'get', 'patch', 'update']),
  rule('storage.k8s.io', ['csidrivers'], ['get', 'list', 'watch']),
  rule('node.k8s.io', ['runtimeclasses'], ['get', 'list', 'watch']),
  rule('resource.k8s.io', ['resourceslices'], ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']),
];

/** How a pod names objects of each kind, as keys of its spec's structure. */
const REFERENCES: Record<string, readonly string[]> = {
  secrets: ['secretName', 'secretRef', 'secretKeyRef', 'secret', 'imagePullSecrets', 'nodePublishSecretRef'],
  configmaps: ['configMap', 'configMapRef', 'configMapKeyRef'],
  persistentvolumeclaims: ['claimName'],
  serviceaccounts: ['serviceAccountName'],
};

/** Undefined if the user is no node: then others decide. */
export function authorizeNode(reader: ClusterReader, user: UserInfo, attributes: AccessAttributes): Decision | undefined {
  if (!user.name.startsWith(PREFIX) || !user.groups.includes('system:nodes')) return undefined;
  const node = user.name.slice(PREFIX.length);
  const { group, resource, subresource, verb, name, namespace } = attributes;
  if (group === '' && Object.hasOwn(REFERENCES, resource) && (subresource === '' || subresource === 'token')) {
    const mayAsk = resource === 'serviceaccounts' ? subresource === 'token' && verb === 'create' : ['get', 'list', 'watch'].includes(verb);
    if (!mayAsk) return { allowed: false, reason: 'can only read resources of this type' };
    if (!name) return { allowed: false, reason: 'No Object name found' };
    return isNamedByPod(reader, node, namespace, resource, name)
      ? { allowed: true, reason: '' }
      : { allowed: false, reason: `no relationship found between node '${node}' and this object` };
  }
  if (group === 'coordination.k8s.io' && (namespace !== 'kube-node-lease' || (name && name !== node)))
    return { allowed: false, reason: 'can only access node lease with the same name as the requesting node' };
  if (group === 'storage.k8s.io' && resource === 'csinodes' && name && name !== node)
    return { allowed: false, reason: 'can only access CSINode with the same name as the requesting node' };
  return { allowed: RULES.some((one) => ruleAllows(one, attributes)), reason: '' };
}

function isNamedByPod(reader: ClusterReader, node: string, namespace: string, resource: string, name: string): boolean {
  const pods = reader.resourceOf('', 'Pod') as Resource<KubeObject & { spec: unknown }>;
  return reader
    .lookup(pods, indexTerm.node(node))
    .some((pod) => pod.metadata.namespace === namespace && names(pod.spec, REFERENCES[resource]!, name, false));
}

/** Whether somewhere below one of the keys, the name stands as a value of its own or as a `name`. */
function names(value: unknown, keys: readonly string[], wanted: string, isInside: boolean): boolean {
  if (Array.isArray(value)) return value.some((item) => names(item, keys, wanted, isInside));
  if (!isRecord(value)) return isInside && value === wanted;
  return Object.keys(value).some((key) => {
    const inside = keys.includes(key) || (isInside && (key === 'name' || key === 'secretName'));
    return names(value[key], keys, wanted, inside);
  });
}
