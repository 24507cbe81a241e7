// HorizontalPodAutoscalers: more or fewer replicas, by what is measured. Mirrors pkg/controller/podautoscaler. What was asked for and done lately is the
// controller's memory: it survives an eviction, and is lost when the controller manager restarts, as upstream's is.
//
// An autoscaler is looked at 15 s after it came, and every 15 s from then on, however it or its pods change.

import { delayed, watch } from '../../api/controller.ts';
import type { Controller, ControllerContext } from '../../api/controller.ts';
import type { HorizontalPodAutoscaler, MetricStatus } from '../../api/gen/autoscaling-v2.ts';
import { splitKey } from '../../api/object.ts';
import type { Resource, Scale } from '../../api/resource.ts';
import { StatusError } from '../../api/status.ts';
import { isEqual } from '../../lib/json.ts';
import { horizontalPodAutoscalers } from '../../resources/autoscaling/horizontalpodautoscaler.ts';
import { durationFlag } from '../flags.ts';
import { AUTOSCALER_DURATION, AUTOSCALER_LOOKS } from '../meters.ts';
import { unhandled } from '../unhandled.ts';
import { DOWNSCALE_WINDOW_MS, normalize, NO_MEMORY, rememberScale } from './limits.ts';
import type { Memory } from './limits.ts';
import { computeReplicas } from './metrics.ts';
import { StatusDraft } from './status.ts';

const PERIOD_MS = 15_000;

export const podAutoscaler: Controller = {
  name: 'horizontalpodautoscaler',
  component: 'kube-controller-manager',
  serviceAccount: 'horizontal-pod-autoscaler',
  watches: [delayed(PERIOD_MS, watch(horizontalPodAutoscalers))],
  start({ state }, resumed) {
    if (!resumed) for (const [key] of state.entries()) state.delete(key);
  },
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    const autoscaler = context.api.get(horizontalPodAutoscalers, namespace, name);
    if (!autoscaler) return context.state.delete(key);
    reconcile(autoscaler, key, context);
    return { after: durationFlag(context, 'horizontal-pod-autoscaler-sync-period', PERIOD_MS), background: true };
  },
};

/** What is kept of an autoscaler: its memory, and which pods it counted last. */
export interface Kept extends Memory {
  readonly selector?: string;
}

function reconcile(autoscaler: HorizontalPodAutoscaler, key: string, context: ControllerContext): void {
  const { api, event, log, now, state } = context;
  const { scaleTargetRef, maxReplicas, minReplicas = 1, behavior } = autoscaler.spec;
  const downWindow = durationFlag(context, 'horizontal-pod-autoscaler-downscale-stabilization', DOWNSCALE_WINDOW_MS);
  const namespace = autoscaler.metadata.namespace ?? '';
  const draft = new StatusDraft(autoscaler, now());
  const save = (error: 'none' | 'internal' | 'spec', action = 'none'): void => {
    context.meters.add(AUTOSCALER_LOOKS, { action, error });
    // It takes none of the cluster's time.
    context.meters.observe(AUTOSCALER_DURATION, { action, error }, 0);
    if (!isEqual(draft.status, autoscaler.status)) api.updateStatus(horizontalPodAutoscalers, { ...autoscaler, status: draft.status });
  };
  const reference = `${scaleTargetRef.kind}/${namespace}/${scaleTargetRef.name}`;
  const complain = (message: string): void => log('E', unhandled(message));

  let target: { resource: Resource; scale: Scale };
  try {
    target = targetOf(autoscaler, context);
  } catch (error) {
    if (!(error instanceof StatusError) && !(error instanceof TargetError)) throw error;
    event(autoscaler, 'Warning', 'FailedGetScale', error.message);
    draft.condition(
      'AbleToScale',
      'False',
      'FailedGetScale',
      `the HPA controller was unable to get the target's current scale: ${error.message}`,
    );
    const what = error instanceof TargetError ? error.what : undefined;
    save(what === 'invalid API version in scale target reference' ? 'spec' : 'internal');
    return complain(`${what ?? `failed to query scale subresource for ${reference}`}: ${error.message}`);
  }
  draft.condition('AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale");
  const { scale } = target;
  const current = scale.replicas;
  let kept: Kept = state.get<Kept>(key) ?? { ...NO_MEMORY, recommendations: [{ at: now(), replicas: current }] };

  let wanted = current;
  let [reason, incomplete] = ['', ''];
  let metrics: MetricStatus[] | null = null;
  if (current === 0 && minReplicas !== 0) {
    draft.condition('ScalingActive', 'False', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero');
  } else if (current > maxReplicas) {
    [wanted, reason] = [maxReplicas, 'Current number of replicas above Spec.MaxReplicas'];
  } else if (current < minReplicas) {
    [wanted, reason] = [minReplicas, 'Current number of replicas below Spec.MinReplicas'];
  } else {
    const computed = computeReplicas(autoscaler, scale, key, kept, draft, context);
    metrics = computed.statuses;
    kept = computed.kept;
    if (computed.replicas === undefined) {
      state.set(key, kept);
      draft.replicas(current, autoscaler.status.desiredReplicas, metrics);
      save('internal');
      event(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', computed.failure);
      return complain(`failed to compute desired number of replicas based on listed metrics for ${reference}: ${computed.failure}`);
    }
    incomplete = computed.failure;
    reason =
      computed.replicas > current ? `${computed.metric} above target` : computed.replicas < current ? 'All metrics below target' : '';
    const normal = normalize(computed.replicas, current, { min: minReplicas, max: maxReplicas }, behavior, kept, now(), downWindow);
    kept = { ...kept, ...normal.memory };
    draft.condition('AbleToScale', 'True', normal.ableToScale.reason, normal.ableToScale.message);
    draft.condition('ScalingLimited', normal.limited.is ? 'True' : 'False', normal.limited.reason, normal.limited.message);
    wanted = normal.replicas;
  }

  if (wanted !== current) {
    try {
      api.setScale(target.resource, namespace, scaleTargetRef.name, wanted);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      event(autoscaler, 'Warning', 'FailedRescale', `New size: ${wanted}; reason: ${reason}; error: ${error.message}`);
      draft.condition(
        'AbleToScale',
        'False',
        'FailedUpdateScale',
        `the HPA controller was unable to update the target scale: ${error.message}`,
      );
      state.set(key, kept);
      draft.replicas(current, autoscaler.status.desiredReplicas, metrics);
      save('internal');
      return complain(`failed to rescale ${reference}: ${error.message}`);
    }
    draft.condition('AbleToScale', 'True', 'SucceededRescale', `the HPA controller was able to update the target scale to ${wanted}`);
    event(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${wanted}; reason: ${reason}`);
    log('I', `"Successfully rescaled" HPA="${key}" currentReplicas=${current} desiredReplicas=${wanted} reason="${reason}"`);
    kept = { ...kept, ...rememberScale(kept, behavior, current, wanted, now()) };
    draft.rescaled();
  }
  state.set(key, kept);
  draft.replicas(current, wanted, metrics);
  save(incomplete ? 'internal' : 'none', wanted > current ? 'scale_up' : wanted < current ? 'scale_down' : 'none');
  if (incomplete) complain(incomplete);
}

/** What the reference leads to cannot be scaled, or is not there. */
class TargetError extends Error {
  /** What it says of the reference; undefined if that could be read. */
  readonly what: string | undefined;
  constructor(message: string, what?: string) {
    super(message);
    this.what = what;
  }
}

function targetOf(
  { metadata, spec: { scaleTargetRef } }: HorizontalPodAutoscaler,
  { api }: ControllerContext,
): { resource: Resource; scale: Scale } {
  const { apiVersion = '', kind, name } = scaleTargetRef;
  const parts = apiVersion.split('/');
  if (parts.length > 2)
    throw new TargetError(`unexpected GroupVersion string: ${apiVersion}`, 'invalid API version in scale target reference');
  const group = parts.length === 2 ? parts[0]! : '';
  const resource = api.resourceOf(group, kind);
  if (!resource)
    throw new TargetError(
      `no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`,
      'unable to determine resource for scale target reference',
    );
  if (!resource.subresources['scale']) throw new TargetError('the server could not find the requested resource');
  return { resource, scale: api.scale(resource, metadata.namespace ?? '', name) };
}
