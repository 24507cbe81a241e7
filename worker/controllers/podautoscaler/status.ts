// The status of an autoscaler while it is made. Mirrors setStatus and setCondition of pkg/controller/podautoscaler/horizontal.go.

import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerCondition, MetricStatus } from '../../api/gen/autoscaling-v2.ts';
import { formatTime } from '../../lib/time.ts';

type ConditionType = 'AbleToScale' | 'ScalingActive' | 'ScalingLimited';

export class StatusDraft {
  status: HorizontalPodAutoscaler['status'];
  readonly #now: number;

  constructor({ status }: HorizontalPodAutoscaler, now: number) {
    this.status = status;
    this.#now = now;
  }

  /** Its time changes with its status only. */
  condition(type: ConditionType, status: 'True' | 'False', reason: string, message: string): void {
    const { conditions = [] } = this.status;
    const old = conditions.find((one) => one.type === type);
    const lastTransitionTime = old?.status === status ? (old.lastTransitionTime ?? null) : formatTime(this.#now);
    const next: HorizontalPodAutoscalerCondition = { type, status, lastTransitionTime, reason, message };
    this.status = { ...this.status, conditions: old ? conditions.map((one) => (one === old ? next : one)) : [...conditions, next] };
  }

  replicas(current: number, desired: number, metrics: MetricStatus[] | null): void {
    const { lastScaleTime, conditions } = this.status;
    this.status = {
      ...(lastScaleTime && { lastScaleTime }),
      ...(current && { currentReplicas: current }),
      desiredReplicas: desired,
      currentMetrics: metrics,
      ...(conditions && { conditions }),
    };
  }

  rescaled(): void {
    this.status = { ...this.status, lastScaleTime: formatTime(this.#now) };
  }
}
