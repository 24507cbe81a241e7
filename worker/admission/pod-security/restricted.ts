// The restricted standard: what hardened pods do. Comes on top of the baseline. Mirrors the restricted checks of k8s.io/pod-security-admission/policy, in
// upstream's order, with their versions and words.

import type { PodSpec, Volume } from '../../api/gen/core-v1.ts';
import { procMount, seccompProfile } from './baseline.ts';
import { check, containersOf, containersText, hasOwnUsers, namesWhere, plural, quoted, settersText, sorted } from './checks.ts';
import type { Breach, Check } from './checks.ts';

export const RESTRICTED: readonly Check[] = [
  {
    versions: [
      [8, allowPrivilegeEscalation],
      [25, onLinux(allowPrivilegeEscalation)],
    ],
  },
  {
    versions: [
      [22, capabilities],
      [25, onLinux(capabilities)],
    ],
  },
  check(procMountInOwnUsers, { since: 35 }),
  check(restrictedVolumes),
  check(runAsNonRoot),
  check(runAsUser, { since: 23 }),
  {
    versions: [
      [19, seccomp],
      [25, onLinux(seccomp)],
    ],
  },
];

/** Windows has nothing of the kind. */
function onLinux(form: (spec: PodSpec) => Breach | undefined): (spec: PodSpec) => Breach | undefined {
  return (spec) => (spec.os?.name === 'windows' ? undefined : form(spec));
}

function allowPrivilegeEscalation(spec: PodSpec): Breach | undefined {
  const bad = namesWhere(spec, (context) => context?.allowPrivilegeEscalation !== false);
  return bad.length
    ? {
        reason: 'allowPrivilegeEscalation != false',
        detail: `${containersText(bad)} must set securityContext.allowPrivilegeEscalation=false`,
      }
    : undefined;
}

function capabilities(spec: PodSpec): Breach | undefined {
  const keeping = namesWhere(spec, (context) => !context?.capabilities?.drop?.includes('ALL'));
  const added = (add: readonly string[] = []): string[] => add.filter((one) => one !== 'NET_BIND_SERVICE');
  const adding = namesWhere(spec, (context) => added(context?.capabilities?.add).length > 0);
  const names = sorted(containersOf(spec).flatMap(({ securityContext }) => added(securityContext?.capabilities?.add)));
  const details = [
    ...(keeping.length ? [`${containersText(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length ? [`${containersText(adding)} must not include ${quoted(names)} in securityContext.capabilities.add`] : []),
  ];
  return details.length ? { reason: 'unrestricted capabilities', detail: details.join('; ') } : undefined;
}

/** The baseline lets pods with users of their own unmask /proc; here nobody may. */
function procMountInOwnUsers(spec: PodSpec): Breach | undefined {
  return hasOwnUsers(spec) ? procMount(spec) : undefined;
}

const ALLOWED_VOLUMES: ReadonlySet<string> = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

function restrictedVolumes({ volumes = [] }: PodSpec): Breach | undefined {
  const typeOf = (volume: Volume): string => Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
  const bad = volumes.filter((volume) => !ALLOWED_VOLUMES.has(typeOf(volume)));
  if (!bad.length) return undefined;
  const types = sorted(bad.map(typeOf));
  const names = bad.map(({ name }) => name);
  const head = `${plural('volume', 'volumes', names.length)} ${quoted(names)} ${plural('uses', 'use', names.length)}`;
  return {
    reason: 'restricted volume types',
    detail: `${head} restricted volume ${plural('type', 'types', types.length)} ${quoted(types)}`,
  };
}

function runAsNonRoot(spec: PodSpec): Breach | undefined {
  if (hasOwnUsers(spec)) return undefined;
  const ofPod = spec.securityContext?.runAsNonRoot;
  const bad = namesWhere(spec, (context) => context?.runAsNonRoot === false);
  const setters = settersText(ofPod === false, bad);
  if (setters) return { reason: 'runAsNonRoot != true', detail: `${setters} must not set securityContext.runAsNonRoot=false` };
  const silent = ofPod ? [] : namesWhere(spec, (context) => context?.runAsNonRoot === undefined);
  return silent.length
    ? { reason: 'runAsNonRoot != true', detail: `pod or ${containersText(silent)} must set securityContext.runAsNonRoot=true` }
    : undefined;
}

function runAsUser(spec: PodSpec): Breach | undefined {
  if (hasOwnUsers(spec)) return undefined;
  const bad = namesWhere(spec, (context) => context?.runAsUser === 0);
  const setters = settersText(spec.securityContext?.runAsUser === 0, bad);
  return setters ? { reason: 'runAsUser=0', detail: `${setters} must not set runAsUser=0` } : undefined;
}

function seccomp(spec: PodSpec): Breach | undefined {
  const bad = seccompProfile(spec);
  if (bad) return bad;
  const silent = spec.securityContext?.seccompProfile ? [] : namesWhere(spec, (context) => context?.seccompProfile === undefined);
  return silent.length
    ? {
        reason: 'seccompProfile',
        detail: `pod or ${containersText(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
      }
    : undefined;
}
