// Names and numbers of a StatefulSet's pods, and the drafts of those that are missing. Mirrors stateful_set_utils.go.

import type { StatefulSet } from '../../api/gen/apps-v1.ts';
import type { Pod, PodTemplateSpec, Volume } from '../../api/gen/core-v1.ts';
import type { PodDraft } from '../pod-control.ts';
import { podFromTemplate } from '../pod-control.ts';

const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX_LABEL = 'apps.kubernetes.io/pod-index';
export const REVISION_LABEL = 'controller-revision-hash';

export const replicasOf = ({ spec }: StatefulSet): number => spec.replicas ?? 1;
export const firstOrdinal = ({ spec }: StatefulSet): number => spec.ordinals?.start ?? 0;

export const podName = ({ metadata }: StatefulSet, ordinal: number): string => `${metadata.name}-${ordinal}`;

/** `web-3` → web, 3; of another form: no parent and -1. */
export function parsePodName(name: string): { parent: string; ordinal: number } {
  const match = /^(.*)-(\d+)$/.exec(name);
  return match && Number(match[2]) < 2 ** 31 ? { parent: match[1]!, ordinal: Number(match[2]) } : { parent: '', ordinal: -1 };
}

export const ordinalOf = ({ metadata }: Pod): number => parsePodName(metadata.name).ordinal;

export const isMember = ({ metadata }: StatefulSet, pod: Pod): boolean => parsePodName(pod.metadata.name).parent === metadata.name;

export function isInRange(set: StatefulSet, ordinal: number): boolean {
  return ordinal >= firstOrdinal(set) && ordinal < firstOrdinal(set) + replicasOf(set);
}

export const podRevision = ({ metadata }: Pod): string => metadata.labels?.[REVISION_LABEL] ?? '';

export const claimName = (template: { metadata: { name: string } }, set: StatefulSet, ordinal: number): string =>
  `${template.metadata.name}-${set.metadata.name}-${ordinal}`;

export function draftPod(set: StatefulSet, template: PodTemplateSpec, revision: string, ordinal: number): PodDraft {
  const { metadata, spec } = podFromTemplate(set, template);
  const name = podName(set, ordinal);
  return {
    metadata: {
      ...metadata,
      name,
      labels: { ...metadata.labels, [REVISION_LABEL]: revision, ...identityLabels(set, ordinal) },
    },
    spec: {
      ...spec,
      volumes: volumesFor(set, ordinal, template.spec.volumes),
      hostname: name,
      ...(set.spec.serviceName && { subdomain: set.spec.serviceName }),
    },
  };
}

export const identityLabels = (set: StatefulSet, ordinal: number): Record<string, string> => ({
  [POD_NAME_LABEL]: podName(set, ordinal),
  [POD_INDEX_LABEL]: String(ordinal),
});

export const hasIdentity = (set: StatefulSet, pod: Pod): boolean =>
  isMember(set, pod) && pod.metadata.labels?.[POD_NAME_LABEL] === pod.metadata.name;

/** The template's volumes, with those of claim templates in the place of their namesakes. */
export function volumesFor(set: StatefulSet, ordinal: number, others: readonly Volume[] = []): Volume[] {
  const templates = set.spec.volumeClaimTemplates ?? [];
  const claimed = templates.map((one): Volume => ({
    name: one.metadata.name,
    persistentVolumeClaim: { claimName: claimName(one, set, ordinal) },
  }));
  return [...claimed, ...others.filter(({ name }) => !claimed.some((one) => one.name === name))];
}

export const hasStorage = (set: StatefulSet, pod: Pod): boolean =>
  (set.spec.volumeClaimTemplates ?? []).every(
    (one) =>
      pod.spec.volumes?.find(({ name }) => name === one.metadata.name)?.persistentVolumeClaim?.claimName ===
      claimName(one, set, ordinalOf(pod)),
  );
