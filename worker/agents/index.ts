// The agents: controllers that also act in the simulated world.

import type { Controller } from '../api/controller.ts';
import type { KubeletParts } from './kubelet/index.ts';
import type { Hooks } from '../world/world.ts';
import { makeCloud } from './cloud/index.ts';
import { makeCsiDriver } from './csi/index.ts';
import { makeIngressNginx } from './ingress-nginx/index.ts';
import { makeKubeProxy } from './kube-proxy.ts';
import { makeKubelets } from './kubelet/index.ts';
import { metalLb } from './metallb/index.ts';
import { makeWorldLoop } from './world-loop.ts';

export interface Agents extends Pick<Hooks, 'serviceChanged' | 'configChanged' | 'touched' | 'fillVolume' | 'started' | 'filled'> {
  readonly controllers: readonly Controller[];
}

export function makeAgents(parts: KubeletParts): Agents {
  const kubelets = makeKubelets(parts);
  return {
    ...kubelets,
    controllers: [
      makeWorldLoop(parts.world),
      makeKubeProxy(parts.world),
      ...kubelets.controllers,
      ...makeCsiDriver(parts.world),
      ...makeCloud(parts.world),
      metalLb,
      makeIngressNginx(parts.world),
    ],
  };
}
