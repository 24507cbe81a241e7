// A pod may not come to ask for more than its node has at all, nor be resized where nodes cannot. Mirrors kubernetes plugin/pkg/admission/podresize, which came with 1.36.

import type { AdmissionPlugin } from '../api/admission.ts';
import type { Node, Pod } from '../api/gen/core-v1.ts';
import { quantityMilliValue, quantityValue } from '../lib/quantity.ts';
import { nodes } from '../resources/core/node.ts';
import { podRequests } from '../resources/core/pod/aggregate.ts';
import { only, refusal } from './refusal.ts';

const SINCE = 36;
const OS = 'kubernetes.io/os';

export const podResizeValidator: AdmissionPlugin = {
  name: 'PodResizeValidator',
  operations: ['UPDATE'],
  handles: only('pods'),
  validate(request, { reader, config }) {
    if (config.minor < SINCE || request.operation !== 'UPDATE' || request.subresource !== 'resize') return;
    const [pod, old] = [request.object as Pod, request.old as Pod];
    const { nodeName } = pod.spec;
    if (!nodeName || pod.metadata.generation === old.metadata.generation) return;
    const node = reader.get(nodes, '', nodeName);
    if (!node) throw refusal(request, `node ${JSON.stringify(nodeName)} not found`);
    const lacks = lacking(pod, node);
    if (lacks.length)
      throw refusal(request, `Node didn't have enough allocatable resources: ${lacks.join('; ')}`, [{ reason: 'NodeCapacity' }]);
    const os = node.metadata.labels?.[OS] ?? '';
    if (os !== 'linux')
      throw refusal(request, `pod resize is only supported on linux nodes, node ${JSON.stringify(nodeName)} is ${JSON.stringify(os)}`, [
        { reason: 'UnsupportedPlatform' },
      ]);
  },
};

/** `cpu, requested: 9000, allocatable: 4000`: thousandths of a core, bytes. */
function lacking({ spec }: Pod, { status }: Node): string[] {
  const requests = podRequests(spec);
  const allocatable = status.allocatable ?? {};
  const amounts: readonly (readonly [string, number, number])[] = [
    ['cpu', quantityMilliValue(requests['cpu']), quantityMilliValue(allocatable['cpu'])],
    ['memory', quantityValue(requests['memory']), quantityValue(allocatable['memory'])],
  ];
  return amounts
    .filter(([, requested, there]) => requested > there)
    .map(([name, requested, there]) => `${name}, requested: ${requested}, allocatable: ${there}`);
}
