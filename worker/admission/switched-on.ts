// Which plugins work: those that are on by default, and what the API server's flags add to them and take away. Mirrors kubernetes pkg/kubeapiserver/options/plugins.go
// and apiserver pkg/server/options/admission.go; that a flag names an unknown plugin has ended the server before (world/programs/control-plane/kube-apiserver.ts).

/** `enable-admission-plugins`, `disable-admission-plugins`: names, joined by commas. */
export type AdmissionFlags = Readonly<Partial<Record<string, string>>>;

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
const UNSEEN: AdmissionFlags = { 'enable-admission-plugins': 'NodeRestriction' };

const namesIn = (flag = ''): string[] => flag.split(',');

export function isOn(plugin: string, flags: AdmissionFlags = UNSEEN): boolean {
  if (namesIn(flags['disable-admission-plugins']).includes(plugin)) return false;
  return !OFF_BY_DEFAULT.has(plugin) || namesIn(flags['enable-admission-plugins']).includes(plugin);
}
