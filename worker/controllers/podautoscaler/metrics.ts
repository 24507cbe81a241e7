// All metrics of an autoscaler together: the one that asks for most counts. Mirrors computeReplicasForMetrics and validateAndParseSelector of
// pkg/controller/podautoscaler/horizontal.go.

import type { ControllerContext } from '../../api/controller.ts';
import type { HorizontalPodAutoscaler, MetricStatus } from '../../api/gen/autoscaling-v2.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import { parseLabelSelector } from '../../api/label-selector.ts';
import { keyOf } from '../../api/object.ts';
import type { Scale } from '../../api/resource.ts';
import { matchesLabels, SelectorError } from '../../api/selectors.ts';
import type { LabelSelector } from '../../api/selectors.ts';
import { horizontalPodAutoscalers } from '../../resources/autoscaling/horizontalpodautoscaler.ts';
import { pods } from '../../resources/core/pod.ts';
import { durationFlag, numberFlag } from '../flags.ts';
import { METRIC_DURATION, METRICS_COMPUTED } from '../meters.ts';
import type { Kept } from './index.ts';
import { CPU_INITIALIZATION_MS, INITIAL_READINESS_DELAY_MS } from './calculator.ts';
import { askMetric, DEFAULT_TOLERANCE, MetricFailure, tolerancesOf } from './metric.ts';
import type { StatusDraft } from './status.ts';

export interface Computed {
  /** Undefined if nothing is to be done for want of numbers: `failure` says why. */
  readonly replicas: number | undefined;
  readonly metric: string;
  readonly statuses: MetricStatus[] | null;
  readonly failure: string;
  readonly kept: Kept;
}

export function computeReplicas(
  autoscaler: HorizontalPodAutoscaler,
  scale: Scale,
  key: string,
  given: Kept,
  draft: StatusDraft,
  context: ControllerContext,
): Computed {
  const { api, event, meters, now } = context;
  const selected = selectPods(autoscaler, scale.selector, key, given, draft, context);
  if ('failure' in selected) return { replicas: undefined, metric: '', statuses: null, ...selected };
  const { selector, mine, kept } = selected;

  const metricContext = {
    api,
    now: now(),
    namespace: autoscaler.metadata.namespace ?? '',
    selector,
    pods: mine,
    specReplicas: scale.replicas,
    statusReplicas: scale.currentReplicas,
    tolerances: tolerancesOf(autoscaler, numberFlag(context, 'horizontal-pod-autoscaler-tolerance', DEFAULT_TOLERANCE)),
    patience: {
      cpuInitialization: durationFlag(context, 'horizontal-pod-autoscaler-cpu-initialization-period', CPU_INITIALIZATION_MS),
      initialReadiness: durationFlag(context, 'horizontal-pod-autoscaler-initial-readiness-delay', INITIAL_READINESS_DELAY_MS),
    },
  };
  const specs = autoscaler.spec.metrics ?? [];
  const statuses: MetricStatus[] = [];
  const failures: MetricFailure[] = [];
  let [replicas, metric] = [0, ''];
  const measure = (type: string, error: 'none' | 'internal' | 'spec', proposal = 0): void => {
    const known = autoscaler.status.currentReplicas ?? 0;
    const action = error !== 'none' || proposal === known ? 'none' : proposal > known ? 'scale_up' : 'scale_down';
    const labels = { action, error, metric_type: type };
    meters.add(METRICS_COMPUTED, labels);
    meters.observe(METRIC_DURATION, labels, 0);
  };
  for (const spec of specs) {
    try {
      const result = askMetric(spec, metricContext);
      statuses.push(result.status);
      measure(spec.type, 'none', result.replicas);
      if (replicas === 0 || result.replicas > replicas) [replicas, metric] = [result.replicas, result.name];
    } catch (error) {
      if (!(error instanceof MetricFailure)) throw error;
      event(autoscaler, 'Warning', error.reason, error.message);
      failures.push(error);
      measure(spec.type, error.reason === 'InvalidMetricSourceType' ? 'spec' : 'internal');
      statuses.push({ type: '' });
    }
  }

  const [first] = failures;
  const failure = first ? `invalid metrics (${failures.length} invalid out of ${specs.length}), first error is: ${first.summary}` : '';
  // Not knowing everything, it does not scale down.
  if (first && (failures.length === specs.length || replicas < scale.replicas)) {
    draft.condition('ScalingActive', 'False', first.reason, `the HPA was unable to compute the replica count: ${first.message}`);
    return { replicas: undefined, metric: '', statuses, failure, kept };
  }
  const found = `the HPA was able to successfully calculate a replica count from ${metric}`;
  draft.condition('ScalingActive', 'True', 'ValidMetricFound', found);
  return { replicas, metric, statuses, failure, kept };
}

type Selected =
  | { readonly selector: LabelSelector; readonly mine: readonly Pod[]; readonly kept: Kept }
  | { readonly failure: string; readonly kept: Kept };

function selectPods(
  autoscaler: HorizontalPodAutoscaler,
  text: string,
  key: string,
  given: Kept,
  draft: StatusDraft,
  context: ControllerContext,
): Selected {
  const refuse = (reason: string, failure: string, kept: Kept, condition = failure): Selected => {
    context.event(autoscaler, 'Warning', reason, failure);
    draft.condition('ScalingActive', 'False', reason === 'SelectorRequired' ? 'InvalidSelector' : reason, condition);
    return { failure, kept };
  };
  if (!text) return refuse('SelectorRequired', 'selector is required', given, "the HPA target's scale is missing a selector");
  let selector: LabelSelector;
  try {
    selector = parseLabelSelector(text);
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return refuse('InvalidSelector', `couldn't convert selector into a corresponding internal selector object: ${error.message}`, given);
  }
  const kept = { ...given, selector: text };
  const namespace = autoscaler.metadata.namespace ?? '';
  const mine = context.api.list(pods, { namespace, selector });
  const others = context.api
    .list(horizontalPodAutoscalers, { namespace })
    .filter((other) => keyOf(other) !== key && selects(context.state.get<Kept>(keyOf(other))?.selector, mine));
  if (!others.length) return { selector, mine, kept };
  const names = [autoscaler, ...others].map(({ metadata }) => `{${metadata.name} ${metadata.namespace}}`).sort();
  return refuse('AmbiguousSelector', `pods by selector ${text} are controlled by multiple HPAs: [${names.join(' ')}]`, kept);
}

function selects(text: string | undefined, some: readonly Pod[]): boolean {
  if (!text) return false;
  const selector = parseLabelSelector(text);
  return some.some((pod) => matchesLabels(selector, pod.metadata.labels));
}
