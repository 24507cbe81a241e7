// What the controller manager tells of the objects that its loops look after: they are counted when somebody asks. Mirrors the collectors of
// pkg/controller/volume/{persistentvolume,attachdetach}/metrics and pkg/controller/resourceclaim, and the gauges of pkg/controller/podautoscaler/monitor.

import type { PersistentVolume } from '../../api/gen/core-v1.ts';
import { splitKey } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { Sums } from '../../lib/metrics.ts';
import type { Metric, Sample } from '../../lib/metrics.ts';
import { horizontalPodAutoscalers } from '../../resources/autoscaling/horizontalpodautoscaler.ts';
import { persistentVolumes } from '../../resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { isTerminal } from '../../resources/core/pod-state.ts';
import { claimKeysOf } from '../../resources/core/pod-terms.ts';
import { pods } from '../../resources/core/pod.ts';
import { hasAdminAccess, isExtendedResourceClaim, POD_CLAIM_ANNOTATION, resourceClaims } from '../../resources/resource/resourceclaim.ts';
import { needsAttachment, volumeOfClaim } from '../../resources/storage/attachments.ts';
import { volumeAttachments } from '../../resources/storage/volumeattachment.ts';

export const objectMetrics = (reader: ClusterReader): Metric[] => [
  ...volumeMetrics(reader),
  ...attachMetrics(reader),
  ...autoscalerMetrics(reader),
  deviceClaimMetric(reader),
];

const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  help,
  type: 'gauge',
  stability: 'ALPHA',
  samples,
});

function volumeMetrics(reader: ClusterReader): Metric[] {
  const [bound, unbound, total, boundClaims, openClaims] = [new Sums(), new Sums(), new Sums(), new Sums(), new Sums()];
  for (const volume of reader.list(persistentVolumes)) {
    const { spec, status } = volume;
    (status.phase === 'Bound' ? bound : unbound).add({ storage_class: spec.storageClassName ?? '' });
    total.add({ plugin_name: pluginOf(volume), volume_mode: spec.volumeMode ?? 'Filesystem' });
  }
  for (const { metadata, spec, status } of reader.list(persistentVolumeClaims))
    (status.phase === 'Bound' ? boundClaims : openClaims).add({
      namespace: metadata.namespace ?? '',
      storage_class: spec.storageClassName ?? '',
      volume_attributes_class: spec.volumeAttributesClassName ?? '',
    });
  const count = (name: string, what: string, sums: Sums): Metric =>
    gauge(`pv_collector_${name}`, `Gauge measuring ${what}`, sums.samples());
  return [
    count('bound_pv_count', 'number of persistent volume currently bound', bound),
    count('unbound_pv_count', 'number of persistent volume currently unbound', unbound),
    count('total_pv_count', 'total number of persistent volumes', total),
    count('bound_pvc_count', 'number of persistent volume claim currently bound', boundClaims),
    count('unbound_pvc_count', 'number of persistent volume claim currently unbound', openClaims),
  ];
}

/** Of those that the loop of volumes knows. */
function pluginOf({ spec }: PersistentVolume): string {
  if (spec.csi) return csiPlugin(spec.csi.driver);
  if (spec.hostPath) return 'kubernetes.io/host-path';
  if (spec.nfs) return 'kubernetes.io/nfs';
  return spec.local ? 'kubernetes.io/local-volume' : 'N/A';
}

const csiPlugin = (driver: string): string => `kubernetes.io/csi:${driver}`;

function attachMetrics(reader: ClusterReader): Metric[] {
  const [inUse, total] = [new Sums(), new Sums()];
  const wanted = new Set<string>();
  for (const pod of reader.list(pods)) {
    const { nodeName } = pod.spec;
    if (!nodeName) continue;
    for (const key of claimKeysOf(pod)) {
      const { namespace, name } = splitKey(key);
      const volume = volumeOfClaim(reader, namespace, name);
      if (!volume?.spec.csi) continue;
      const plugin = csiPlugin(volume.spec.csi.driver);
      inUse.add({ node: nodeName, volume_plugin: plugin });
      const place = `${nodeName}/${volume.metadata.name}`;
      if (isTerminal(pod) || wanted.has(place) || !needsAttachment(reader, volume)) continue;
      wanted.add(place);
      total.add({ plugin_name: plugin, state: 'desired_state_of_world' });
    }
  }
  for (const { spec } of reader.list(volumeAttachments))
    total.add({ plugin_name: csiPlugin(spec.attacher), state: 'actual_state_of_world' });
  return [
    gauge('storage_count_attachable_volumes_in_use', 'Measure number of volumes in use', inUse.samples()),
    gauge('attachdetach_controller_total_volumes', 'Number of volumes in A/D Controller', total.samples()),
  ];
}

/** What an autoscaler wants is told from when it first found out. */
function autoscalerMetrics(reader: ClusterReader): Metric[] {
  const all = reader.list(horizontalPodAutoscalers);
  const knowing = all.filter(
    ({ status }) => status.desiredReplicas > 0 || status.conditions?.some(({ reason }) => reason === 'ScalingDisabled'),
  );
  return [
    gauge('horizontal_pod_autoscaler_controller_num_horizontal_pod_autoscalers', 'Current number of controlled HPA objects.', [
      [{}, all.length],
    ]),
    gauge(
      'horizontal_pod_autoscaler_controller_desired_replicas',
      'Current desired replica count for HPA objects.',
      knowing
        .map(({ metadata, status }): Sample => [{ hpa_name: metadata.name, namespace: metadata.namespace ?? '' }, status.desiredReplicas])
        .sort(([a], [b]) => (`${a['hpa_name']}\u0000${a['namespace']}` < `${b['hpa_name']}\u0000${b['namespace']}` ? -1 : 1)),
    ),
  ];
}

function deviceClaimMetric(reader: ClusterReader): Metric {
  const sums = new Sums();
  for (const claim of reader.list(resourceClaims)) {
    const isOfTemplate = claim.metadata.annotations?.[POD_CLAIM_ANNOTATION] !== undefined;
    sums.add({
      admin_access: String(hasAdminAccess(claim.spec)),
      allocated: String(claim.status.allocation !== undefined),
      source: isOfTemplate ? 'resource_claim_template' : isExtendedResourceClaim(claim) ? 'extended_resource' : '',
    });
  }
  return gauge(
    'resourceclaim_controller_resource_claims',
    "Number of ResourceClaims, categorized by allocation status, admin access, and source. Source can be 'resource_claim_template' (created from a template), 'extended_resource' (extended resources), or empty (manually created by a user).",
    sums.samples(),
  );
}
