// What admission counts, since its API server was started: requests by step and plugin, calls of webhooks, and what Pod Security found. Mirrors apiserver
// pkg/admission/metrics and k8s.io/pod-security-admission/metrics.
// Differs: nothing takes time, as in the rest of the server; and what mutating plugins did to an object that turns out to be invalid is not counted.

import type { AdmissionContext, AdmissionRequest } from '../api/admission.ts';
import { Histogram, Sums } from '../lib/metrics.ts';
import type { Labels, Metric, Sample } from '../lib/metrics.ts';

const STEP_BOUNDS = [0.005, 0.025, 0.1, 0.5, 1, 2.5];
const WEBHOOK_BOUNDS = [...STEP_BOUNDS, 10, 25];
/** Codes above are counted as this, since anybody may make some up. */
const MAX_CODE = 600;

export type WebhookType = 'admit' | 'validating';
export type WebhookErrorType = 'calling_webhook_error' | 'apiserver_internal_error' | 'no_error';

interface Named {
  readonly name: string;
}

export class AdmissionMetrics {
  readonly #steps = new Instants();
  readonly #plugins = new Instants();
  /** How often a step asked all of some plugins, and none refused: added to the others when somebody wants to know. */
  readonly #passes = new Map<readonly Named[], Pass[]>();
  readonly #webhooks = new Histogram(WEBHOOK_BOUNDS);
  readonly #calls = new Sums();
  readonly #rejections = new Sums();
  readonly #failedOpen = new Sums();
  readonly #evaluations = new Sums();
  readonly #exemptions = new Sums();
  readonly #errors = new Sums();

  /** One of the plugins refused. */
  refused(type: 'admit' | 'validate', operation: string): void {
    this.#steps.add('', operation, true, type);
  }

  asked(name: string, type: 'admit' | 'validate', operation: string, rejected: boolean): void {
    this.#plugins.add(name, operation, rejected, type);
  }

  /** Counts that a step asked all of these, and none refused. `plugins` is the same list each time. */
  passing(plugins: readonly Named[], type: 'admit' | 'validate', operation: string): Count {
    let passes = this.#passes.get(plugins);
    if (!passes) this.#passes.set(plugins, (passes = []));
    let pass = passes.find((one) => one.operation === operation && one.type === type);
    if (!pass) passes.push((pass = newPass(type, operation)));
    return pass.count;
  }

  #addPasses(): void {
    for (const [plugins, passes] of this.#passes) {
      for (const pass of passes) {
        const { type, operation, times } = pass;
        this.#steps.add('', operation, false, type, times);
        for (const { name } of plugins) this.#plugins.add(name, operation, false, type, times);
        pass.times = 0;
      }
    }
  }

  called(name: string, type: WebhookType, operation: string, code: number, rejected: boolean): void {
    this.#webhooks.observe({ name, operation, rejected: String(rejected), type }, 0);
    this.#calls.add({ code: codeText(code), name, operation, rejected: String(rejected), type });
  }

  rejected(name: string, type: WebhookType, operation: string, error_type: WebhookErrorType, code: number): void {
    this.#rejections.add({ error_type, name, operation, rejection_code: codeText(code), type });
  }

  failedOpen(name: string, type: WebhookType): void {
    this.#failedOpen.add({ name, type });
  }

  podEvaluated(request: AdmissionRequest, mode: string, level: string, version: string, isAllowed: boolean): void {
    const decision = isAllowed ? 'allow' : 'deny';
    this.#evaluations.add({ decision, mode, policy_level: level, policy_version: version, ...labelsOf(request) });
  }

  podExempted(request: AdmissionRequest): void {
    this.#exemptions.add(labelsOf(request));
  }

  podError(request: AdmissionRequest, fatal: boolean): void {
    this.#errors.add({ fatal: String(fatal), ...labelsOf(request) });
  }

  list(): Metric[] {
    this.#addPasses();
    const { admission, podSecurity } = HELP;
    const metric = (name: string, type: Metric['type'], help: string, samples: Metric['samples'], stability?: 'ALPHA'): Metric => ({
      name,
      type,
      help,
      samples,
      ...(stability && { stability }),
    });
    return [
      metric('apiserver_admission_step_admission_duration_seconds', 'histogram', admission.step, this.#steps.samples()),
      metric('apiserver_admission_controller_admission_duration_seconds', 'histogram', admission.controller, this.#plugins.samples()),
      metric('apiserver_admission_webhook_admission_duration_seconds', 'histogram', admission.webhook, this.#webhooks.samples()),
      metric('apiserver_admission_webhook_request_total', 'counter', admission.request, this.#calls.samples(), 'ALPHA'),
      metric('apiserver_admission_webhook_rejection_count', 'counter', admission.rejection, this.#rejections.samples(), 'ALPHA'),
      metric('apiserver_admission_webhook_fail_open_count', 'counter', admission.failOpen, this.#failedOpen.samples(), 'ALPHA'),
      metric('pod_security_evaluations_total', 'counter', podSecurity.evaluations, this.#evaluations.samples(), 'ALPHA'),
      metric('pod_security_exemptions_total', 'counter', podSecurity.exemptions, this.#exemptions.samples(), 'ALPHA'),
      metric('pod_security_errors_total', 'counter', podSecurity.errors, this.#errors.samples(), 'ALPHA'),
    ];
  }
}

interface Pass {
  readonly type: 'admit' | 'validate';
  readonly operation: string;
  /** Since they were added to the others. */
  times: number;
  readonly count: Count;
}

function newPass(type: Pass['type'], operation: string): Pass {
  const pass: Pass = { type, operation, times: 0, count: () => void pass.times++ };
  return pass;
}

/** How often something was done that takes no time: every write comes by here many times. */
class Instants {
  readonly #counts = new Map<string, number>();

  add(name: string, operation: string, rejected: boolean, type: string, times = 1): void {
    const key = `${name} ${operation} ${rejected} ${type}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + times);
  }

  samples(): Sample[] {
    return [...this.#counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([key, times]) => {
        const [name = '', operation = '', rejected = '', type = ''] = key.split(' ');
        const labels = { ...(name && { name }), operation, rejected, type };
        const buckets = [...STEP_BOUNDS.map(String), '+Inf'].map((le): Sample => [{ ...labels, le }, times, '_bucket']);
        return [...buckets, [labels, 0, '_sum'], [labels, times, '_count']];
      });
  }
}

const codeText = (code: number): string => String(Math.min(code, MAX_CODE));

function labelsOf({ operation, resource: { resource }, subresource }: AdmissionRequest): Labels {
  const kind = resource === 'pods' ? 'pod' : resource === 'namespaces' ? 'namespace' : 'controller';
  return { request_operation: operation.toLowerCase(), resource: kind, subresource };
}

const BROKEN_OUT = 'identified by name and broken out for each';
const HELP = {
  admission: {
    step: 'Admission sub-step latency histogram in seconds, broken out for each operation and API resource and step type (validate or admit).',
    controller: `Admission controller latency histogram in seconds, ${BROKEN_OUT} operation and API resource and type (validate or admit).`,
    webhook: `Admission webhook latency histogram in seconds, ${BROKEN_OUT} operation and API resource and type (validate or admit).`,
    request: `Admission webhook request total, ${BROKEN_OUT} admission type (validating or mutating) and operation. Additional labels specify whether the request was rejected or not and an HTTP status code. Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.`,
    rejection: `Admission webhook rejection count, ${BROKEN_OUT} admission type (validating or admit) and operation. Additional labels specify an error type (calling_webhook_error or apiserver_internal_error if an error occurred; no_error otherwise) and optionally a non-zero rejection code if the webhook rejects the request with an HTTP status code (honored by the apiserver when the code is greater or equal to 400). Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.`,
    failOpen: `Admission webhook fail open count, ${BROKEN_OUT} admission type (validating or mutating).`,
  },
  podSecurity: {
    evaluations: 'Number of policy evaluations that occurred, not counting ignored or exempt requests.',
    exemptions: 'Number of exempt requests, not counting ignored or out of scope requests.',
    errors:
      'Number of errors preventing normal evaluation. Non-fatal errors may result in the latest restricted profile being used for evaluation.',
  },
} as const;

type Count = (metrics: AdmissionMetrics) => void;

/** Counts when the request is through, or refused: one that has to wait for an answer is run again from its beginning, with another context, and counts once. */
export function count({ tally }: AdmissionContext, one: Count): void {
  tally.push(one);
}

export function settle({ tally }: AdmissionContext, metrics: AdmissionMetrics): void {
  for (let one = tally.pop(); one !== undefined; one = tally.pop()) (one as Count)(metrics);
}
