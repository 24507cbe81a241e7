// What can be switched on in a cluster: each addon is a list of objects, as one would apply them. One file an addon, and a line here.

import type { ClusterApi } from '../../api/controller.ts';
import { isAlreadyExists } from '../../api/status.ts';
import { csiDiskObjects } from './csi-disk.ts';
import { metricsServerObjects } from './metrics-server.ts';

export interface AddonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
  readonly [field: string]: unknown;
}

const addons: Readonly<Record<string, () => readonly AddonObject[]>> = {
  'csi-disk': csiDiskObjects,
  'metrics-server': metricsServerObjects,
};

export const addonNames: readonly string[] = Object.keys(addons);

/** Makes what of it is not there yet. False if nobody knows it. */
export function installAddon(api: ClusterApi, name: string): boolean {
  if (!Object.hasOwn(addons, name)) return false;
  for (const object of addons[name]!()) {
    const [group = '', version = ''] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : ['', object.apiVersion];
    const resource = api.resourceOf(group, object.kind, version);
    if (!resource) throw new Error(`the addon ${name} has a ${object.kind} of ${object.apiVersion}, which is not served`);
    try {
      api.create(resource, object);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
  return true;
}
