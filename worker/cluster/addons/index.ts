// What can be switched on in a cluster: each addon is a list of objects, as one would apply them; in several parts if a later one needs what comes of an
// earlier one. One file an addon, and a line here.

import type { ClusterApi } from '../../api/controller.ts';
import { isAlreadyExists } from '../../api/status.ts';
import { cloudObjects } from './cloud.ts';
import { csiDiskObjects } from './csi-disk.ts';
import { ingressNginxObjects } from './ingress-nginx.ts';
import { metalLbObjects, metalLbPools } from './metallb.ts';
import { metricsServerObjects } from './metrics-server.ts';

export interface AddonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
  readonly [field: string]: unknown;
}

type Part = () => readonly AddonObject[];

const addons: Readonly<Record<string, readonly Part[]>> = {
  cloud: [cloudObjects],
  'csi-disk': [csiDiskObjects],
  'ingress-nginx': [ingressNginxObjects],
  metallb: [metalLbObjects, metalLbPools],
  'metrics-server': [() => metricsServerObjects()],
};

export const addonNames: readonly string[] = Object.keys(addons);

/** Makes what of it is not there yet; `settle` lets the cluster do what follows. False if nobody knows it. */
export function installAddon(api: ClusterApi, name: string, settle: () => void = () => {}): boolean {
  if (!Object.hasOwn(addons, name)) return false;
  for (const part of addons[name]!) {
    for (const object of part()) createOnce(api, name, object);
    settle();
  }
  return true;
}

function createOnce(api: ClusterApi, addon: string, object: AddonObject): void {
  const [group = '', version = ''] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : ['', object.apiVersion];
  const resource = api.resourceOf(group, object.kind, version);
  if (!resource) throw new Error(`the addon ${addon} has a ${object.kind} of ${object.apiVersion}, which is not served`);
  try {
    api.create(resource, object);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}
