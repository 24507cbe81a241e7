// Under which name a component's write is known to who reads the audit log: kubelets are one loop here, and many clients there.

import type { Node } from '../api/gen/core-v1.ts';
import type { Registry } from '../api/registry.ts';
import type { UserInfo } from '../api/resource.ts';
import { nodes } from '../resources/core/node.ts';
import type { ComponentWrite } from './component-writes.ts';
import { CONTROL_PLANE_NODE } from './machines.ts';

export interface Writer {
  readonly user: UserInfo;
  readonly userAgent: string;
  readonly sourceIPs: readonly string[];
}

const ACCOUNT = 'system:serviceaccount:';

export function writerOf(registry: Registry, user: UserInfo, userAgent: string, write: ComponentWrite): Writer {
  if (user.name === 'system:kubelet') {
    const node = nodeOf(registry, write) ?? CONTROL_PLANE_NODE;
    return {
      user: { name: `system:node:${node}`, groups: ['system:nodes', 'system:authenticated'] },
      userAgent,
      sourceIPs: addressesOf(registry, node),
    };
  }
  if (user.name === 'system:apiserver') return { user, userAgent, sourceIPs: ['::1'] };
  // Each loop of the controller manager says which one it is.
  const agent = user.name.startsWith(ACCOUNT) ? `${userAgent}/${user.name}` : userAgent;
  return { user, userAgent: agent, sourceIPs: addressesOf(registry, CONTROL_PLANE_NODE) };
}

interface Placed {
  readonly spec?: { readonly nodeName?: string };
  readonly source?: { readonly host?: string };
}

function nodeOf(registry: Registry, { resource, namespace, name, body }: ComponentWrite): string | undefined {
  const of = resource.resource;
  if (of === 'nodes' || of === 'csinodes' || of === 'leases') return name;
  const { spec, source } = (body ?? {}) as Placed;
  const nodeName = source?.host ?? spec?.nodeName;
  return nodeName ?? (of === 'pods' ? (registry.get(resource, namespace, name) as Placed | undefined)?.spec?.nodeName : undefined);
}

function addressesOf(registry: Registry, name: string): readonly string[] {
  const addresses = registry.get<Node>(nodes, '', name)?.status?.addresses ?? [];
  return [addresses.find(({ type }) => type === 'InternalIP')?.address ?? '127.0.0.1'];
}
