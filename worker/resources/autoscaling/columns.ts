// What `kubectl get hpa` shows. Mirrors pkg/printers/internalversion.

import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../api/gen/autoscaling-v2.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../../api/resource.ts';
import type { Column } from '../../api/resource.ts';
import { docOf } from '../doc.ts';

export const autoscalerColumns: Column<HorizontalPodAutoscaler>[] = [
  NAME_COLUMN,
  column('Reference', ({ spec: { scaleTargetRef } }) => `${scaleTargetRef.kind}/${scaleTargetRef.name}`, {
    description: docOf('autoscaling.v2.HorizontalPodAutoscalerSpec.scaleTargetRef'),
  }),
  column('Targets', ({ spec, status }) => targetsCell(spec.metrics ?? [], status.currentMetrics ?? []), {
    description: docOf('autoscaling.v2.HorizontalPodAutoscalerSpec.metrics'),
  }),
  column('MinPods', ({ spec }) => (spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas)), {
    description: docOf('autoscaling.v2.HorizontalPodAutoscalerSpec.minReplicas'),
  }),
  column('MaxPods', ({ spec }) => spec.maxReplicas, { description: docOf('autoscaling.v2.HorizontalPodAutoscalerSpec.maxReplicas') }),
  column('Replicas', ({ status }) => status.currentReplicas ?? 0, {
    description: docOf('autoscaling.v2.HorizontalPodAutoscalerStatus.currentReplicas'),
  }),
  AGE_COLUMN,
];

const SHOWN = 2;
const UNKNOWN = '<unknown>';

function targetsCell(specs: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (!specs.length) return '<none>';
  const all = specs.map((spec, i) => metricText(spec, statuses[i]));
  const text = all.slice(0, SHOWN).join(', ');
  return all.length > SHOWN ? `${text} + ${all.length - SHOWN} more...` : text;
}

function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'External':
      return valueText(spec.external!.target, status?.external?.current);
    case 'Object':
      return valueText(spec.object!.target, status?.object?.current);
    case 'Pods':
      return `${current(status?.pods?.current, 'averageValue')}/${spec.pods!.target.averageValue}`;
    case 'Resource':
      return `${spec.resource!.name}: ${resourceText(spec.resource!.target, status?.resource?.current)}`;
    case 'ContainerResource':
      return `${spec.containerResource!.name}: ${resourceText(spec.containerResource!.target, status?.containerResource?.current)}`;
    default:
      return '<unknown type>';
  }
}

const valueText = (target: MetricTarget, now: MetricValueStatus | undefined): string =>
  target.averageValue === undefined
    ? `${current(now, 'value')}/${target.value}`
    : `${now?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`;

/** A metric that is there, but has no such value, prints as Go's empty quantity. */
const current = (now: MetricValueStatus | undefined, name: 'value' | 'averageValue'): string => (now ? (now[name] ?? '<nil>') : UNKNOWN);

function resourceText(target: MetricTarget, now: MetricValueStatus | undefined): string {
  if (target.averageValue !== undefined) return `${current(now, 'averageValue')}/${target.averageValue}`;
  return `${percent(now?.averageUtilization, UNKNOWN)}/${percent(target.averageUtilization, '<auto>')}`;
}

const percent = (value: number | undefined, absent: string): string => (value === undefined ? absent : `${value}%`);
