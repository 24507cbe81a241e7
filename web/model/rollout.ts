// A change of a workload's template on its way through its pods: which of them are of the new revision.

import type { DaemonSet, Deployment, KubeObject, Pod, StatefulSet } from '../cluster/kinds.ts';
import { workloadKey } from './pod.ts';

/** What tells pods of one template from those of another; '' if nothing does. */
export const revisionOf = ({ metadata: { labels } }: Pod): string =>
  labels?.['pod-template-hash'] ?? labels?.['controller-revision-hash'] ?? '';

/** Of each workload that has pods of more than one revision at the moment, the revision that it goes to. */
export function rolloutsOf(workloads: readonly KubeObject[], pods: readonly Pod[]): ReadonlyMap<string, string> {
  const byWorkload = Map.groupBy(pods, workloadKey);
  const found = new Map<string, string>();
  for (const object of workloads) {
    const key = `${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    const members = byWorkload.get(key) ?? [];
    if (members.every((pod) => revisionOf(pod) === revisionOf(members[0]!))) continue;
    const revision = newRevision(object, members);
    if (revision) found.set(key, revision);
  }
  return found;
}

function newRevision(object: KubeObject, pods: readonly Pod[]): string {
  if (object.kind === 'Deployment') return revisionOfDeployment(object as Deployment);
  if (object.kind === 'StatefulSet') return (object as StatefulSet).status.updateRevision ?? '';
  if (object.kind === 'DaemonSet') return revisionOfGeneration(object as DaemonSet, pods);
  return '';
}

/** Its condition names the ReplicaSet. */
function revisionOfDeployment({ metadata, status }: Deployment): string {
  const { message = '' } = status.conditions?.find(({ type }) => type === 'Progressing') ?? {};
  const name = /^ReplicaSet "([^"]+)"/.exec(message)?.[1] ?? '';
  return name.startsWith(`${metadata.name}-`) ? name.slice(metadata.name.length + 1) : '';
}

function revisionOfGeneration({ metadata }: DaemonSet, pods: readonly Pod[]): string {
  const generation = metadata.annotations?.['deprecated.daemonset.template.generation'];
  const one = pods.find((pod) => pod.metadata.labels?.['pod-template-generation'] === generation);
  return one ? revisionOf(one) : '';
}

export interface RevisionGroup {
  readonly revision: string;
  readonly images: readonly string[];
  readonly pods: readonly Pod[];
}

/** The pods of one workload by revision, the new one first; one group where they are all alike. */
export function byRevision(pods: readonly Pod[], isNew: string | undefined): RevisionGroup[] {
  const groups = [...Map.groupBy(pods, revisionOf)].map(([revision, members]) => ({
    revision,
    images: [...new Set(members[0]!.spec.containers.map(({ image = '' }) => image))],
    pods: members,
  }));
  return groups.sort((a, b) => Number(b.revision === isNew) - Number(a.revision === isNew));
}
