// Connections to what is behind an object (exec, attach, port-forward, proxies): admission may refuse them. Mirrors ConnectResource of apiserver
// pkg/endpoints/handlers/rest.go.

import type { KubeObject } from '../api/object.ts';
import type { Call } from '../api/registry.ts';
import type { Resource } from '../api/resource.ts';
import { admissionContextOf } from './core.ts';
import type { Core } from './core.ts';

/** `options`: what is asked for, as an object that has a kind and no metadata. */
export function admitConnection(
  core: Core,
  resource: Resource,
  subresource: string,
  namespace: string,
  name: string,
  options: object,
  call: Call,
): void {
  const admission = admissionContextOf(core, call);
  const request = {
    operation: 'CONNECT' as const,
    resource,
    subresource,
    namespace,
    name,
    object: options as KubeObject,
    old: undefined,
    options: {},
    warn: call.warn,
    annotate: call.annotate,
  };
  core.admission.admit(request, admission);
  core.admission.validate(request, admission);
}
