// What a kubelet may write: its own node (but not what would draw workloads to it), the status of pods bound to it, mirrors of its static pods, its lease.
// Mirrors kubernetes plugin/pkg/admission/noderestriction.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../api/admission.ts';
import type { TokenRequest } from '../api/gen/authentication-v1.ts';
import type { CertificateSigningRequest } from '../api/gen/certificates-v1.ts';
import type { Node, PersistentVolumeClaim, Pod } from '../api/gen/core-v1.ts';
import type { ResourceSlice } from '../api/gen/resource-v1.ts';
import type { ClusterReader } from '../api/resource.ts';
import { notFound } from '../api/status.ts';
import { isEqual } from '../lib/json.ts';
import { fromBase64, fromUtf8 } from '../lib/text.ts';
import { parseCertificateRequest } from '../lib/x509/certificate-request.ts';
import type { CertificateRequest } from '../lib/x509/certificate-request.ts';
import { nodes } from '../resources/core/node.ts';
import { MIRROR } from '../resources/core/pod/annotations.ts';
import { apiReference } from '../resources/core/pod/references.ts';
import { persistentVolumeClaims } from '../resources/core/persistentvolumeclaim.ts';
import { persistentVolumes } from '../resources/core/persistentvolume.ts';
import { pods } from '../resources/core/pod.ts';
import { csiDrivers } from '../resources/storage/csidriver.ts';
import { only, refusal } from './refusal.ts';

const PREFIX = 'system:node:';
const LEASE_NAMESPACE = 'kube-node-lease';

type Rule = (request: AdmissionRequest, node: string, context: AdmissionContext) => void;

const RULES: Record<string, Rule> = {
  pods: checkPod,
  nodes: checkNode,
  persistentvolumeclaims: checkClaim,
  serviceaccounts: checkToken,
  leases: checkLease,
  csinodes: checkCsiNode,
  resourceslices: checkSlice,
  certificatesigningrequests: checkCertificateRequest,
};

export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  handles: only(
    'pods',
    'nodes',
    'persistentvolumeclaims',
    'serviceaccounts',
    'leases.coordination.k8s.io',
    'csinodes.storage.k8s.io',
    'resourceslices.resource.k8s.io',
    'certificatesigningrequests.certificates.k8s.io',
  ),
  admit(request, context) {
    const { name, groups } = context.user;
    if (!name.startsWith(PREFIX) || !groups.includes('system:nodes') || request.operation === 'CONNECT') return;
    const node = name.slice(PREFIX.length);
    if (!node) throw refusal(request, `could not determine node from user ${JSON.stringify(name)}`);
    RULES[request.resource.resource]!(request, node, context);
  },
};

const quote = (text: string): string => JSON.stringify(text);

function checkPod(request: AdmissionRequest, node: string, context: AdmissionContext): void {
  switch (request.subresource) {
    case '':
      if (request.operation === 'CREATE') return checkMirror(request, node, context);
      if (request.operation === 'UPDATE')
        throw refusal(request, `unexpected operation "UPDATE", node ${quote(node)} can only create and delete mirror pods`);
      if ((request.old as Pod).spec.nodeName !== node)
        throw refusal(request, `node ${quote(node)} can only delete pods with spec.nodeName set to itself`);
      return;
    case 'status':
      return checkPodStatus(request, node);
    case 'eviction': {
      const pod = podNamed(request, request.name, context);
      if (pod.spec.nodeName !== node) throw refusal(request, `node ${node} can only evict pods with spec.nodeName set to itself`);
      return;
    }
    default:
      throw refusal(request, `unexpected pod subresource ${quote(request.subresource)}, only 'status' and 'eviction' are allowed`);
  }
}

function podNamed({ namespace }: AdmissionRequest, name: string, { reader }: AdmissionContext): Pod {
  const pod = reader.get(pods, namespace, name);
  if (!pod) throw notFound({ group: '', resource: 'pod' }, name);
  return pod;
}

function checkMirror(request: AdmissionRequest, node: string, { reader }: AdmissionContext): void {
  const { metadata, spec } = request.object as Pod;
  const refuse = (problem: string): never => {
    throw refusal(request, problem);
  };
  if (metadata.annotations?.[MIRROR] === undefined)
    refuse(`pod does not have ${quote(MIRROR)} annotation, node ${quote(node)} can only create mirror pods`);
  if (spec.nodeName !== node) refuse(`node ${quote(node)} can only create pods with spec.nodeName set to itself`);
  const [owner, ...others] = metadata.ownerReferences ?? [];
  if (others.length) refuse(`node ${quote(node)} can only create pods with a single owner reference set to itself`);
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node)
    return refuse(`node ${quote(node)} can only create pods with an owner reference set to itself`);
  if (!owner.controller) refuse(`node ${quote(node)} can only create pods with a controller owner reference set to itself`);
  if (owner.blockOwnerDeletion) refuse(`node ${quote(node)} must not set blockOwnerDeletion on an owner reference`);
  const found = reader.get(nodes, '', node);
  if (!found) throw notFound({ group: '', resource: 'node' }, node);
  if (owner.uid !== found.metadata.uid) refuse(`node ${node} UID mismatch: expected ${owner.uid} got ${found.metadata.uid}`);
  const referenced = apiReference(spec);
  if (referenced) refuse(`node ${quote(node)} can not create pods that reference ${referenced}`);
}

function checkPodStatus(request: AdmissionRequest, node: string): void {
  const [pod, old] = [request.object as Pod, request.old as Pod];
  if (old.spec.nodeName !== node)
    throw refusal(request, `node ${quote(node)} can only update pod status for pods with spec.nodeName set to itself`);
  if (!isEqual(pod.metadata.labels ?? {}, old.metadata.labels ?? {}))
    throw refusal(request, `node ${quote(node)} cannot update labels through pod status`);
  if (!isEqual(pod.status.resourceClaimStatuses ?? [], old.status.resourceClaimStatuses ?? []))
    throw refusal(request, `node ${quote(node)} cannot update resource claim statues`);
  if (!isEqual(pod.status.extendedResourceClaimStatus, old.status.extendedResourceClaimStatus))
    throw refusal(request, `node ${quote(node)} cannot update extended resource claim status`);
}

function checkNode(request: AdmissionRequest, node: string): void {
  if (request.name !== node) throw refusal(request, `node ${quote(node)} is not allowed to modify node ${quote(request.name)}`);
  const [next, old] = [request.object as Node | undefined, request.old as Node | undefined];
  if (!next) return;
  if (old && !isEqual(next.spec.taints ?? [], old.spec.taints ?? []))
    throw refusal(request, `node ${quote(node)} is not allowed to modify taints`);
  if (old && !isEqual(next.metadata.ownerReferences ?? [], old.metadata.ownerReferences ?? []))
    throw refusal(request, `node ${quote(node)} is not allowed to modify ownerReferences`);
  const forbidden = changedLabels(next.metadata.labels, old?.metadata.labels).filter(isForbiddenLabel).sort().join(', ');
  if (!forbidden) return;
  throw refusal(
    request,
    old ? `is not allowed to modify labels: ${forbidden}` : `node ${quote(node)} is not allowed to set the following labels: ${forbidden}`,
  );
}

type Labels = Readonly<Record<string, string>>;

const changedLabels = (now: Labels = {}, before: Labels = {}): string[] =>
  [...new Set([...Object.keys(now), ...Object.keys(before)])].filter((key) => now[key] !== before[key]);

const RESTRICTED = 'node-restriction.kubernetes.io';
/** Labels of Kubernetes' own that a kubelet sets (k8s.io/kubelet/pkg/apis). */
const KUBELET_LABELS: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
]);
const KUBELET_DOMAINS = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

const isIn = (domain: string, parent: string): boolean => domain === parent || domain.endsWith(`.${parent}`);

function isForbiddenLabel(key: string): boolean {
  const domain = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
  if (isIn(domain, RESTRICTED)) return true;
  if (!isIn(domain, 'kubernetes.io') && !isIn(domain, 'k8s.io')) return false;
  return !KUBELET_LABELS.has(key) && !KUBELET_DOMAINS.some((one) => isIn(domain, one));
}

/** Everything but what a kubelet finds out about the volume must stay. */
function checkClaim(request: AdmissionRequest, node: string): void {
  if (request.subresource !== 'status') throw refusal(request, 'may only update PVC status');
  const rest = ({ metadata: { resourceVersion: _r, managedFields: _m, ...metadata }, spec, status }: PersistentVolumeClaim): unknown => {
    const { capacity: _c, conditions: _k, allocatedResources: _a, allocatedResourceStatuses: _s, ...kept } = status;
    return { metadata, spec, status: kept };
  };
  if (!isEqual(rest(request.object as PersistentVolumeClaim), rest(request.old as PersistentVolumeClaim)))
    throw refusal(request, `node ${quote(node)} is not allowed to update fields other than status.capacity and status.conditions`);
}

/** Tokens are for the pods that run here. */
function checkToken(request: AdmissionRequest, node: string, context: AdmissionContext): void {
  if (request.operation !== 'CREATE' || request.subresource !== 'token') return;
  const ref = (request.object as TokenRequest).spec.boundObjectRef;
  if (ref?.apiVersion !== 'v1' || ref.kind !== 'Pod' || !ref.name) throw refusal(request, 'node requested token not bound to a pod');
  if (!ref.uid) throw refusal(request, 'node requested token with a pod binding without a uid');
  const pod = podNamed(request, ref.name, context);
  if (ref.uid !== pod.metadata.uid)
    throw refusal(
      request,
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  if (pod.spec.nodeName !== node) throw refusal(request, 'node requested token bound to a pod scheduled on a different node');
  checkAudience(request, pod, context);
}

/** For whom the pod has volumes with tokens, or drivers that want them; for others, who may ask is said by roles. */
function checkAudience(request: AdmissionRequest, pod: Pod, context: AdmissionContext): void {
  const audiences = (request.object as TokenRequest).spec.audiences ?? [];
  if (audiences.length > 1) throw refusal(request, 'node may only request 0 or 1 audiences');
  const [audience = ''] = audiences;
  if (wantsAudience(pod, audience, context.reader)) return;
  const { user, access } = context;
  const { allowed } = access.authorize(user, {
    isResource: true,
    verb: 'request-serviceaccounts-token-audience',
    group: '',
    version: 'v1',
    namespace: request.namespace,
    resource: audience,
    subresource: '',
    name: request.name,
    path: '',
  });
  if (allowed) return;
  throw refusal(
    request,
    `audience ${quote(audience)} not found in pod spec volume, ${user.name} is not authorized to request tokens for this audience`,
  );
}

function wantsAudience({ metadata, spec: { volumes = [] } }: Pod, audience: string, reader: ClusterReader): boolean {
  const isWantedBy = (driver: string | undefined): boolean =>
    driver !== undefined &&
    (reader.get(csiDrivers, '', driver)?.spec.tokenRequests?.some((wanted) => (wanted.audience ?? '') === audience) ?? false);
  const ofClaim = (name: string): boolean => {
    const volumeName = reader.get(persistentVolumeClaims, metadata.namespace!, name)?.spec.volumeName;
    return volumeName !== undefined && isWantedBy(reader.get(persistentVolumes, '', volumeName)?.spec.csi?.driver);
  };
  return volumes.some(
    ({ name, projected, csi, persistentVolumeClaim, ephemeral }) =>
      projected?.sources?.some(({ serviceAccountToken: token }) => token && (token.audience ?? '') === audience) ||
      isWantedBy(csi?.driver) ||
      (persistentVolumeClaim && ofClaim(persistentVolumeClaim.claimName)) ||
      (ephemeral && ofClaim(`${metadata.name}-${name}`)),
  );
}

function checkLease(request: AdmissionRequest, node: string): void {
  if (request.namespace !== LEASE_NAMESPACE)
    throw refusal(request, `can only access leases in the ${quote(LEASE_NAMESPACE)} system namespace`);
  if (request.name !== node) throw refusal(request, 'can only access node lease with the same name as the requesting node');
}

function checkCsiNode(request: AdmissionRequest, node: string): void {
  if (request.name !== node) throw refusal(request, 'can only access CSINode with the same name as the requesting node');
}

function checkSlice(request: AdmissionRequest, node: string): void {
  const { operation, object, old } = request;
  if (operation !== 'CREATE' && operation !== 'DELETE') return;
  const slice = (operation === 'CREATE' ? object : old) as ResourceSlice;
  if (slice.spec.nodeName !== node)
    throw refusal(request, `can only ${operation.toLowerCase()} ResourceSlice with the same NodeName as the requesting node`);
}

const NODE_SIGNERS = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet'];

/** Certificates of nodes are for the node itself. */
function checkCertificateRequest(request: AdmissionRequest, node: string): void {
  if (request.operation !== 'CREATE') return;
  const { signerName, request: encoded } = (request.object as CertificateSigningRequest).spec;
  if (!NODE_SIGNERS.includes(signerName)) return;
  const { commonName } = parsed(request, encoded);
  if (commonName !== PREFIX + node) throw refusal(request, `can only create a node CSR with CN=${PREFIX}${node}`);
}

function parsed(request: AdmissionRequest, encoded: string): CertificateRequest {
  try {
    return parseCertificateRequest(fromUtf8(fromBase64(encoded) ?? new Uint8Array()));
  } catch (error) {
    throw refusal(request, `unable to parse csr: ${error instanceof Error ? error.message : String(error)}`);
  }
}
