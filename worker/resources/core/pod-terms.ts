// What pods are looked up and counted by. Controllers of a thousand pods count their own by state here, instead of listing them at every change of one.

import type { Pod } from '../../api/gen/core-v1.ts';
import { controllerOf } from '../../api/object.ts';
import { indexTerm } from '../../api/resource.ts';
import { fnv1a32 } from '../../lib/hash.ts';
import { canonicalJson } from '../../lib/json.ts';
import { isActive, isReady, isTerminal } from './pod-state.ts';

export const podTerm = {
  /** Bound to a node. */
  node: indexTerm.node,
  /** Has an address. Pods in the network of their node share its address. */
  ip: (address: string): string => `ip/${address}`,
  /** Of a controller: neither ended nor being deleted. */
  active: (controllerUid: string): string => termsOfOwner(controllerUid).active,
  /** Of those, the ready ones. */
  ready: (controllerUid: string): string => termsOfOwner(controllerUid).ready,
  /** Of the active ones, those with exactly these labels: of controllers that count them. */
  labelled: (controllerUid: string, labels: Readonly<Record<string, string>> | undefined): string =>
    termOfLabels(controllerUid, hashOf(labels ?? NO_LABELS)),
  /** Being deleted, and not ended yet. */
  terminating: (controllerUid: string): string => termsOfOwner(controllerUid).terminating,
  /** Succeeded or failed. */
  ended: 'ended',
  /** No controller has it. */
  orphan: (namespace: string): string => `orphan/${namespace}`,
  /** Has a ConfigMap or a Secret (`namespace/name`) among its volumes. */
  mounts: (kind: 'cm' | 'secret', key: string): string => `m/${kind}/${key}`,
  /** Has a claim (`namespace/name`) among its volumes. */
  claim: (key: string): string => `pvc/${key}`,
  /** Names a claim for devices (`namespace/name`). */
  devices: (key: string): string => `rc/${key}`,
  orphanWith: (namespace: string, key: string, value: string): string => `orphan/${namespace}/${key}=${value}`,
};

/** The same texts for all pods of an owner, which is the one before mostly: what is the same text is found sooner than what is equal. */
function termsOfOwner(uid: string): typeof lastOwner {
  if (uid !== lastOwner.uid) lastOwner = { uid, active: `c/${uid}/active`, ready: `c/${uid}/ready`, terminating: `c/${uid}/terminating` };
  return lastOwner;
}
let lastOwner = { uid: '', active: '', ready: '', terminating: '' };

function termOfLabels(uid: string, hash: string): string {
  if (uid !== lastLabels.uid || hash !== lastLabels.hash) lastLabels = { uid, hash, term: `c/${uid}/l/${hash}` };
  return lastLabels.term;
}
let lastLabels = { uid: '', hash: '', term: '' };

const NO_LABELS = {};
/** Kinds whose status says how many pods have their template's labels. */
const COUNT_LABELS: ReadonlySet<string> = new Set(['ReplicaSet', 'ReplicationController']);
const hashes = new WeakMap<object, string>();

/** A pod keeps its labels through all that becomes of it. */
function hashOf(labels: object): string {
  let hash = hashes.get(labels);
  if (hash === undefined) hashes.set(labels, (hash = fnv1a32(canonicalJson(labels)).toString(36)));
  return hash;
}

export function podTerms(pod: Pod): string[] {
  const { labels, namespace = '' } = pod.metadata;
  const terms: string[] = [];
  if (pod.spec.nodeName) {
    terms.push(podTerm.node(pod.spec.nodeName));
    addMounts(pod, terms);
  }
  if (isTerminal(pod)) terms.push(podTerm.ended);
  for (const { ip } of pod.status.podIPs ?? []) terms.push(podTerm.ip(ip));
  for (const key of claimKeysOf(pod)) terms.push(podTerm.claim(key));
  for (const { resourceClaimName } of pod.spec.resourceClaims ?? [])
    if (resourceClaimName) terms.push(podTerm.devices(`${namespace}/${resourceClaimName}`));
  const owner = controllerOf(pod);
  if (!owner) {
    terms.push(podTerm.orphan(namespace));
    for (const key in labels) terms.push(podTerm.orphanWith(namespace, key, labels[key]!));
  } else if (isActive(pod)) {
    terms.push(podTerm.active(owner.uid));
    if (COUNT_LABELS.has(owner.kind)) terms.push(podTerm.labelled(owner.uid, labels));
    if (isReady(pod)) terms.push(podTerm.ready(owner.uid));
  } else if (!isTerminal(pod)) {
    terms.push(podTerm.terminating(owner.uid));
  }
  return terms;
}

/** The claims behind its volumes, `namespace/name`. */
export function claimKeysOf({ metadata, spec }: Pod): string[] {
  const keys: string[] = [];
  for (const { name, persistentVolumeClaim, ephemeral } of spec.volumes ?? []) {
    const claim = persistentVolumeClaim?.claimName ?? (ephemeral ? `${metadata.name}-${name}` : undefined);
    if (claim) keys.push(`${metadata.namespace}/${claim}`);
  }
  return keys;
}

/** What comes to every pod with its service account's token is left out: it does not change. */
function addMounts({ metadata, spec: { volumes } }: Pod, terms: string[]): void {
  if (!volumes) return;
  const add = (kind: 'cm' | 'secret', name: string | undefined): void => {
    if (name && name !== 'kube-root-ca.crt') terms.push(podTerm.mounts(kind, `${metadata.namespace}/${name}`));
  };
  for (const { configMap, secret, projected } of volumes) {
    add('cm', configMap?.name);
    add('secret', secret?.secretName);
    for (const source of projected?.sources ?? []) {
      add('cm', source.configMap?.name);
      add('secret', source.secret?.name);
    }
  }
}
