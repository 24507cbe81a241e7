// What components of the control plane show at their own ports, beyond whether they are well: metrics, the configuration they run with. Each is asked as a real one is:
// by who reaches the port, and may see it.

import type { ControlPlane } from '../../agents/control-plane.ts';
import type { ClusterReader } from '../../api/resource.ts';
import type { Meters, Metric } from '../../lib/metrics.ts';
import type { SchedulerConfig } from '../../scheduler/config/types.ts';
import type { Server } from '../../server/context.ts';
import { notFoundPage, text } from '../../server/http.ts';
import type { HttpReply, HttpRequest } from '../../server/http.ts';
import type { Container, Sandbox } from '../../world/runtime/sandbox.ts';
import type { World } from '../../world/world.ts';
import { findContainer } from '../../world/world.ts';
import type { QueueStats } from '../loop.ts';
import { controllerManagerPage } from './controller-manager.ts';
import { corednsPage } from './coredns.ts';
import { proxyPage } from './kube-proxy.ts';
import { schedulerPage } from './scheduler.ts';

export interface PageParts {
  readonly server: Server;
  readonly world: World;
  readonly reader: ClusterReader;
  /** Of Kubernetes. */
  readonly minor: number;
  readonly controlPlane: ControlPlane;
  /** The names of a component's loops. */
  loops(component: string): readonly string[];
  queues(): readonly QueueStats[];
  /** What the scheduler counts, and what it goes by. */
  readonly scheduler: { metrics(): readonly Metric[]; readonly config: SchedulerConfig | undefined };
  /** What the loops of a component, or a container, have measured. */
  meters(of: string): Meters;
}

/** Who is asked. */
export interface Asked {
  readonly sandbox: Sandbox;
  readonly container: Container;
}

export type ComponentPage = (parts: PageParts, asked: Asked, request: HttpRequest) => HttpReply;

const PAGES: Readonly<Record<string, ComponentPage>> = {
  'kube-controller-manager': controllerManagerPage,
  'kube-scheduler': schedulerPage,
  'kube-proxy': proxyPage,
  coredns: corednsPage,
};

export function componentPage(parts: PageParts, id: string, request: HttpRequest): HttpReply {
  const found = findContainer(parts.world, id);
  const page = found && PAGES[found.container.main];
  if (!page) return notFoundPage();
  if (request.method !== 'GET' && request.method !== 'HEAD') return text('Method Not Allowed\n', 405);
  return page(parts, found, request);
}
