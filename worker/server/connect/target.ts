// Whom a request about a running pod is for: the pod, the container, and the kubelet that is asked. Mirrors validateContainer and streamLocation of
// pkg/registry/core/pod/strategy.go.

import type { Pod } from '../../api/gen/core-v1.ts';
import { KubeletRefusal } from '../../api/kubelet.ts';
import { badRequest, unknownError } from '../../api/status.ts';
import { authorize } from '../authorization/authorize.ts';
import type { HandlerContext } from '../context.ts';
import { text } from '../http.ts';
import type { HttpReply } from '../http.ts';

export const podOf = ({ server, resource, info }: HandlerContext): Pod =>
  server.registry.read(resource, info.namespace, info.name).value as Pod;

/** The container asked for, or the only one. */
export function containerOf({ metadata, spec }: Pod, wanted: string): string {
  const names = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])].map(({ name }) => name);
  if (wanted) {
    if (!names.includes(wanted)) throw badRequest(`container ${wanted} is not valid for pod ${metadata.name}`);
    return wanted;
  }
  if (spec.containers.length === 1) return spec.containers[0]!.name;
  throw badRequest(`a container name must be specified for pod ${metadata.name}, choose one of: [${names.join(' ')}]`);
}

/** Throws if the pod is on no node, or on one that is not there any more. */
export function checkHost({ server }: HandlerContext, { metadata, spec }: Pod): void {
  if (!spec.nodeName) throw badRequest(`pod ${metadata.name} does not have a host assigned`);
  const nodes = server.registry.catalog.find('', 'v1', 'nodes')!;
  server.registry.read(nodes, '', spec.nodeName);
}

/** What a WebSocket asks for with GET may be asked for only by those who may create it. */
export function checkMayCreate({ server, user, info }: HandlerContext): void {
  if (info.verb !== 'create') authorize(server, user, { ...info, verb: 'create' });
}

/** Asks a kubelet, and gives its refusal as upstream's proxy passes it on; undefined if it has none. */
export function refusalOf(ask: () => void): HttpReply | undefined {
  try {
    ask();
    return undefined;
  } catch (error) {
    if (!(error instanceof KubeletRefusal)) throw error;
    if (error.code === undefined) throw unknownError(`error dialing backend: ${error.message}`);
    return text(error.message, error.code);
  }
}
