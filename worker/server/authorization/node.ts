// What a kubelet may do: its own node, the pods bound to it, and only those objects that these pods lead to. Mirrors kubernetes plugin/pkg/auth/authorizer/node
// and the bootstrap policy's NodeRules. There is no graph to keep: it is looked for by the pods of the node.

import type { AccessAttributes, Decision, PolicyRule } from '../../api/access.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/gen/core-v1.ts';
import type { ResourceSlice } from '../../api/gen/resource-v1.ts';
import type { VolumeAttachment } from '../../api/gen/storage-v1.ts';
import type { KubeObject } from '../../api/object.ts';
import { indexTerm } from '../../api/resource.ts';
import type { ClusterReader, Resource, UserInfo } from '../../api/resource.ts';
import { parseFieldSelector, SelectorError } from '../../api/selectors.ts';
import { isRecord } from '../../lib/json.ts';
import { ruleAllows } from './rules.ts';

const PREFIX = 'system:node:';
const rule = (apiGroup: string, resources: string[], verbs: string[]): PolicyRule => ({ apiGroups: [apiGroup], resources, verbs });

/** For what is not subdivided. */
const RULES: readonly PolicyRule[] = [
  rule('authentication.k8s.io', ['tokenreviews'], ['create']),
  rule('authorization.k8s.io', ['subjectaccessreviews', 'localsubjectaccessreviews'], ['create']),
  rule('', ['services'], ['get', 'list', 'watch']),
  rule('', ['events'], ['create', 'update', 'patch']),
  rule('certificates.k8s.io', ['certificatesigningrequests'], ['create', 'get', 'list', 'watch']),
  rule('storage.k8s.io', ['csidrivers'], ['get', 'list', 'watch']),
  rule('node.k8s.io', ['runtimeclasses'], ['get', 'list', 'watch']),
];

const ALLOWED: Decision = { allowed: true, reason: '' };
const no = (reason = ''): Decision => ({ allowed: false, reason });

interface Question {
  readonly reader: ClusterReader;
  readonly node: string;
  readonly attributes: AccessAttributes;
}

/** Undefined if the user is no node: then others decide. */
export function authorizeNode(reader: ClusterReader, user: UserInfo, attributes: AccessAttributes): Decision | undefined {
  if (!user.name.startsWith(PREFIX) || !user.groups.includes('system:nodes')) return undefined;
  const question = { reader, node: user.name.slice(PREFIX.length), attributes };
  const { group, resource, subresource } = attributes;
  if (!attributes.isResource) return byRule(attributes);
  switch (group ? `${resource}.${group}` : resource) {
    case 'secrets':
    case 'configmaps':
      return readNamespaced(question);
    case 'persistentvolumeclaims':
      return subresource === 'status' ? updateStatus(question) : getOne(question);
    case 'persistentvolumes':
    case 'resourceclaims.resource.k8s.io':
    case 'volumeattachments.storage.k8s.io':
      return getOne(question);
    case 'serviceaccounts':
      return createToken(question);
    case 'leases.coordination.k8s.io':
      return ownLease(question);
    case 'csinodes.storage.k8s.io':
      return ownCsiNode(question);
    case 'resourceslices.resource.k8s.io':
      return ownSlices(question);
    case 'nodes':
      return ownNode(question);
    case 'pods':
      return ownPods(question);
    default:
      return byRule(attributes);
  }
}

const byRule = (attributes: AccessAttributes): Decision => (RULES.some((one) => ruleAllows(one, attributes)) ? ALLOWED : no());
const READ: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
const ONE_OF_MINE: ReadonlySet<string> = new Set(['get', 'create', 'update', 'patch', 'delete']);

function readNamespaced(question: Question): Decision {
  const { verb, subresource, namespace } = question.attributes;
  if (!READ.has(verb)) return no('can only read resources of this type');
  if (subresource) return no('cannot read subresource');
  if (!namespace) return no('can only read namespaced object of this type');
  return ifRelated(question);
}

function updateStatus(question: Question): Decision {
  const { verb } = question.attributes;
  return verb === 'update' || verb === 'patch' ? ifRelated(question) : no('can only get/update/patch this type');
}

function getOne(question: Question): Decision {
  const { verb, subresource } = question.attributes;
  if (verb !== 'get') return no('can only get individual resources of this type');
  return subresource ? no('cannot get subresource') : ifRelated(question);
}

function createToken(question: Question): Decision {
  const { verb, subresource, name } = question.attributes;
  if (verb !== 'create' || !name) return no('can only create tokens for individual service accounts');
  return subresource === 'token' ? ifRelated(question) : no('can only create token subresource of serviceaccount');
}

/** Who is created, admission looks at: its name is not known here. */
function ownLease({ node, attributes: { verb, namespace, name } }: Question): Decision {
  if (!ONE_OF_MINE.has(verb)) return no('can only get, create, update, patch, or delete a node lease');
  if (namespace !== 'kube-node-lease') return no('can only access leases in the "kube-node-lease" system namespace');
  return verb === 'create' || name === node ? ALLOWED : no('can only access node lease with the same name as the requesting node');
}

function ownCsiNode({ node, attributes: { verb, subresource, name } }: Question): Decision {
  if (!ONE_OF_MINE.has(verb)) return no('can only get, create, update, patch, or delete a CSINode');
  if (subresource) return no('cannot authorize CSINode subresources');
  return verb === 'create' || name === node ? ALLOWED : no('can only access CSINode with the same name as the requesting node');
}

function ownSlices(question: Question): Decision {
  const { node, attributes } = question;
  if (attributes.subresource) return no('cannot authorize ResourceSlice subresources');
  switch (attributes.verb) {
    case 'create':
      return ALLOWED;
    case 'get':
    case 'update':
    case 'patch':
    case 'delete':
      return ifRelated(question);
    case 'watch':
    case 'list':
    case 'deletecollection':
      return selects(attributes, 'spec.nodeName', node)
        ? ALLOWED
        : no('can only list/watch/deletecollection resourceslices with nodeName field selector');
    default:
      return no(
        'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection',
      );
  }
}

function ownNode({ node, attributes: { verb, subresource, name } }: Question): Decision {
  const isWrite = verb === 'update' || verb === 'patch';
  if (subresource === 'status' && isWrite) return ALLOWED;
  if (subresource) return no();
  if (isWrite || verb === 'create') return ALLOWED;
  if (!READ.has(verb)) return no();
  if (name === node) return ALLOWED;
  return no(
    name
      ? `node '${node}' cannot read '${name}', only its own Node object`
      : `node '${node}' cannot read all nodes, only its own Node object`,
  );
}

function ownPods(question: Question): Decision {
  const { node, attributes } = question;
  const { verb, subresource, name } = attributes;
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOWED : no();
  if (subresource === 'eviction') return verb === 'create' ? ALLOWED : no();
  if (subresource) return no();
  switch (verb) {
    case 'get':
      return getOne(question);
    case 'list':
    case 'watch':
      if (selects(attributes, 'spec.nodeName', node)) return ALLOWED;
      return name ? ifRelated(question) : no('can only list/watch pods with spec.nodeName field selector');
    case 'create':
    case 'delete':
      return ALLOWED;
    default:
      return no();
  }
}

function selects({ fieldSelector }: AccessAttributes, field: string, value: string): boolean {
  if (!fieldSelector) return false;
  try {
    return parseFieldSelector(fieldSelector).some((one) => one.path === field && !one.negated && one.value === value);
  } catch (error) {
    if (error instanceof SelectorError) return false;
    throw error;
  }
}

function ifRelated(question: Question): Decision {
  const { name } = question.attributes;
  if (!name) return no('No Object name found');
  return isRelated(question) ? ALLOWED : no(`no relationship found between node '${question.node}' and this object`);
}

/** How a pod names objects of each kind, as keys of its spec's structure. */
const REFERENCES: Record<string, readonly string[]> = {
  secrets: ['secretName', 'secretRef', 'secretKeyRef', 'secret', 'imagePullSecrets', 'nodePublishSecretRef'],
  configmaps: ['configMap', 'configMapRef', 'configMapKeyRef'],
  persistentvolumeclaims: ['claimName'],
  serviceaccounts: ['serviceAccountName'],
};
/** What a volume names of secrets that a kubelet needs. */
const VOLUME_SECRETS = ['secretRef', 'nodeStageSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'];

function isRelated({ reader, node, attributes: { resource, namespace, name } }: Question): boolean {
  const get = <T extends KubeObject>(group: string, kind: string, inNamespace: string, of: string): T | undefined =>
    reader.get(reader.resourceOf(group, kind) as unknown as Resource<T>, inNamespace, of);
  const pods = reader.lookup(reader.resourceOf('', 'Pod') as unknown as Resource<Pod>, indexTerm.node(node));
  const inNamespace = pods.filter(({ metadata }) => metadata.namespace === namespace);
  switch (resource) {
    case 'pods':
      return inNamespace.some(({ metadata }) => metadata.name === name);
    case 'persistentvolumes':
      return isVolumeOf(get<PersistentVolume>('', 'PersistentVolume', '', name), pods);
    case 'persistentvolumeclaims':
      return inNamespace.some((pod) => claimsOf(pod).includes(name));
    case 'secrets':
      return (
        inNamespace.some(({ spec }) => names(spec, REFERENCES['secrets']!, name, false)) || isSecretOfVolume(pods, namespace, name, get)
      );
    case 'volumeattachments':
      return get<VolumeAttachment>('storage.k8s.io', 'VolumeAttachment', '', name)?.spec.nodeName === node;
    case 'resourceslices':
      return get<ResourceSlice>('resource.k8s.io', 'ResourceSlice', '', name)?.spec.nodeName === node;
    case 'resourceclaims':
      return inNamespace.some(
        ({ spec, status }) =>
          spec.resourceClaims?.some(({ resourceClaimName }) => resourceClaimName === name) ||
          status.resourceClaimStatuses?.some(({ resourceClaimName }) => resourceClaimName === name) ||
          status.extendedResourceClaimStatus?.resourceClaimName === name,
      );
    default:
      return inNamespace.some(({ spec }) => names(spec, REFERENCES[resource]!, name, false));
  }
}

const claimsOf = ({ metadata, spec }: Pod): string[] =>
  (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) =>
    persistentVolumeClaim ? [persistentVolumeClaim.claimName] : ephemeral ? [`${metadata.name}-${name}`] : [],
  );

const isVolumeOf = (volume: PersistentVolume | undefined, pods: readonly Pod[]): boolean => {
  const { namespace, name = '' } = volume?.spec.claimRef ?? {};
  return pods.some((pod) => pod.metadata.namespace === namespace && claimsOf(pod).includes(name));
};

type Get = <T extends KubeObject>(group: string, kind: string, namespace: string, name: string) => T | undefined;

/** A secret that a pod of the node needs for one of its volumes; the claims' namespace is where it is, unless it is said. */
const isSecretOfVolume = (pods: readonly Pod[], namespace: string, name: string, get: Get): boolean =>
  pods.some((pod) =>
    claimsOf(pod).some((claimName) => {
      const of = pod.metadata.namespace ?? '';
      const volumeName = get<PersistentVolumeClaim>('', 'PersistentVolumeClaim', of, claimName)?.spec.volumeName;
      const volume = volumeName ? get<PersistentVolume>('', 'PersistentVolume', '', volumeName) : undefined;
      return volume !== undefined && secretsIn(volume.spec, of).some((one) => one.namespace === namespace && one.name === name);
    }),
  );

function secretsIn(value: unknown, namespace: string): { namespace: unknown; name: unknown }[] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    VOLUME_SECRETS.includes(key) && isRecord(inner)
      ? [{ namespace: inner['namespace'] ?? namespace, name: inner['name'] }]
      : secretsIn(inner, namespace),
  );
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
