// Probes and lifecycle handlers of a container. Mirrors validateProbe, validateLifecycle and validateHandler of kubernetes pkg/apis/core/validation.

import { forbiddenField, invalidField, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe, SleepAction } from '../../../api/gen/core-v1.ts';
import { httpHeaderNameProblems, portProblems } from '../../../lib/formats.ts';
import { oneOfIfSet } from '../../validation/one-of.ts';
import { nonNegative, problems } from '../../validation/values.ts';

type ProbeKind = 'livenessProbe' | 'readinessProbe' | 'startupProbe';

export function validateProbe(probe: Probe | undefined, kind: ProbeKind, path: string, errors: FieldError[]): void {
  if (!probe) return;
  validateHandler(probe, undefined, path, errors);
  for (const name of PROBE_COUNTS) if ((probe[name] ?? 0) < 0) errors.push(...nonNegative(probe[name], `${path}.${name}`));
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0)
    errors.push(invalidField(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  if (kind !== 'readinessProbe') {
    if (probe.successThreshold !== 1) errors.push(invalidField(`${path}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'));
  } else if (grace !== undefined) {
    errors.push(invalidField(`${path}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'));
  }
}

const PROBE_COUNTS = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const;

/** The signal of the pod's system is checked elsewhere: its gate is off, and the field is gone before validation. */
export function validateLifecycle({ postStart, preStop }: Lifecycle, grace: number | undefined, path: string, errors: FieldError[]): void {
  if (postStart) validateHandler(postStart, grace, `${path}.postStart`, errors);
  if (preStop) validateHandler(preStop, grace, `${path}.preStop`, errors);
}

type Handler = Pick<Probe, 'grpc'> & LifecycleHandler;
const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;

/** Exactly one way to ask. */
function validateHandler(handler: Handler, grace: number | undefined, path: string, errors: FieldError[]): void {
  let count = 0;
  for (const name of HANDLERS) {
    if (handler[name] === undefined) continue;
    if (count++ > 0) errors.push(forbiddenField(`${path}.${name}`, 'may not specify more than 1 handler type'));
    else validateAction(handler, name, grace, `${path}.${name}`, errors);
  }
  if (!count) errors.push(requiredField(path, 'must specify a handler type'));
}

function validateAction(
  { exec, httpGet, tcpSocket, grpc, sleep }: Handler,
  name: (typeof HANDLERS)[number],
  grace: number | undefined,
  path: string,
  errors: FieldError[],
): void {
  switch (name) {
    case 'exec':
      if (!exec!.command?.length) errors.push(requiredField(`${path}.command`));
      return;
    case 'httpGet':
      validateHttpGet(httpGet!, path, errors);
      return;
    case 'tcpSocket':
      errors.push(...validatePort(tcpSocket!.port, `${path}.port`));
      return;
    case 'grpc':
      errors.push(...validatePort(grpc!.port, `${path}.port`));
      return;
    default:
      errors.push(...validateSleep(sleep!, grace, path));
  }
}

/** A number, or the name it has somewhere else. */
export const validatePort = (port: number | string, path: string): FieldError[] => problems(port, portProblems(port), path);

function validateHttpGet({ path, port, scheme, httpHeaders }: HTTPGetAction, at: string, errors: FieldError[]): void {
  if (!path) errors.push(requiredField(`${at}.path`));
  errors.push(...validatePort(port, `${at}.port`), ...oneOfIfSet(scheme ?? '', ['HTTP', 'HTTPS'], `${at}.scheme`));
  for (const { name } of httpHeaders ?? []) errors.push(...problems(name, httpHeaderNameProblems(name), `${at}.httpHeaders`));
}

function validateSleep({ seconds }: SleepAction, grace: number | undefined, path: string): FieldError[] {
  if (grace === undefined || (seconds >= 0 && seconds <= grace)) return [];
  return [invalidField(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`)];
}
