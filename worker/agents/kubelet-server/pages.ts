// The pages of a kubelet's own server.

import type { Page, PageRequest } from '../../api/kubelet.ts';
import type { ClusterReader } from '../../api/resource.ts';
import type { World } from '../../world/world.ts';
import { machineOf } from './node.ts';

export interface Place {
  readonly world: World;
  readonly reader: ClusterReader;
  readonly minor: number;
}

export function page({ world }: Place, node: string, { path }: PageRequest): Page {
  machineOf(world, node);
  if (path === '/healthz') return plain('ok');
  return { ...plain('404 page not found\n'), status: 404 };
}

const plain = (body: string): Page => ({ status: 200, type: 'text/plain; charset=utf-8', body });
