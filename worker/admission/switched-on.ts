// Which plugins work: those that are on by default, and what the API server's flags add to them and take away. Mirrors kubernetes pkg/kubeapiserver/options/plugins.go
// and apiserver pkg/server/options/admission.go; that a flag names an unknown plugin has ended the server before (world/programs/control-plane/kube-apiserver.ts).

import type { ApiServerFlags } from '../api/admission.ts';

const OFF_BY_DEFAULT: ReadonlySet<string> = new Set([
  'NamespaceAutoProvision',
  'NamespaceExists',
  'LimitPodHardAntiAffinityTopology',
  'NodeRestriction',
  'AlwaysPullImages',
  'ImagePolicyWebhook',
  'PodNodeSelector',
  'PodTolerationRestriction',
  'EventRateLimit',
  'ExtendedResourceToleration',
  'OwnerReferencesPermissionEnforcement',
  'DenyServiceExternalIPs',
  'AlwaysDeny',
]);

/** Of a cluster whose API server nobody sees: as kubeadm starts it. */
const UNSEEN: ApiServerFlags = { 'enable-admission-plugins': 'NodeRestriction' };

/** Is no plugin upstream. */
const PART_OF_STORAGE = 'RBACEscalation';

export const isPlugin = (name: string): boolean => name !== PART_OF_STORAGE;

const namesIn = (flag = ''): string[] => flag.split(',');

/** The flags hold names, joined by commas. `admission-control` is the older way: it says which work, and no others do. */
export function isOn(plugin: string, flags: ApiServerFlags = UNSEEN): boolean {
  if (flags['admission-control'] !== undefined) return !isPlugin(plugin) || namesIn(flags['admission-control']).includes(plugin);
  if (namesIn(flags['disable-admission-plugins']).includes(plugin)) return false;
  return !OFF_BY_DEFAULT.has(plugin) || namesIn(flags['enable-admission-plugins']).includes(plugin);
}
