// ComponentStatuses: whether the API server gets an answer from the processes beside it, asked for each time. Mirrors pkg/registry/core/componentstatus and
// componentStatusStorage of pkg/registry/core/rest.

import type { ComponentStatus } from '../api/gen/core-v1.ts';
import type { Resource, ResourceSource } from '../api/resource.ts';
import { componentStatuses } from '../resources/core/componentstatus.ts';
import type { ControlPlane } from './control-plane.ts';

interface Asked {
  readonly component: string;
  /** What is wrong when nobody answers. */
  readonly failure: Pick<NonNullable<ComponentStatus['conditions']>[number], 'message' | 'error'>;
}

const refused = (port: number): Asked['failure'] => ({
  message: `Get "https://127.0.0.1:${port}/healthz": dial tcp 127.0.0.1:${port}: connect: connection refused`,
});

const ASKED: Readonly<Record<string, Asked>> = {
  'controller-manager': { component: 'kube-controller-manager', failure: refused(10_257) },
  'etcd-0': { component: 'etcd', failure: { error: 'context deadline exceeded' } },
  scheduler: { component: 'kube-scheduler', failure: refused(10_259) },
};

function sourceOf(controlPlane: () => ControlPlane): ResourceSource<ComponentStatus> {
  const get = (name: string): ComponentStatus | undefined => {
    const asked = Object.hasOwn(ASKED, name) ? ASKED[name]! : undefined;
    if (!asked) return undefined;
    const said = controlPlane().hasProcess(asked.component) ? { status: 'True', message: 'ok' } : { status: 'False', ...asked.failure };
    return { kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name }, conditions: [{ type: 'Healthy', ...said }] } as ComponentStatus;
  };
  return { get: (_namespace, name) => get(name), list: () => Object.keys(ASKED).map((name) => get(name)!) };
}

/** The same resources, with ComponentStatuses of a control plane. */
export const withComponentStatuses = (resources: readonly Resource[], controlPlane: () => ControlPlane): Resource[] =>
  resources.map((one) =>
    one === (componentStatuses as unknown as Resource)
      ? ({ ...componentStatuses, source: sourceOf(controlPlane) } as unknown as Resource)
      : one,
  );
