// A pod on a node of its own, for tests of what its kubelet makes of it.

import type { Container, Pod, PodSpec } from '../../../../worker/api/gen/core-v1.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { readLog } from '../../../../worker/world/runtime/log.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';

interface OnePod {
  readonly cluster: TestCluster;
  /** As it is now. */
  pod(): Pod;
  /** What its container wrote, line by line, as far as there is one. */
  lines(): string[];
}

/** Makes the pod `web` in `default`, with one container, and lets `ms` pass. Images are what they are in any cluster but a bare one. */
export function onePod(container: Partial<Container>, ms: number, spec: Partial<PodSpec> = {}): OnePod {
  const cluster = makeTestCluster({ strictImages: true });
  cluster.settle();
  const containers = [{ name: 'c', image: 'busybox', resources: {}, ...container }];
  cluster.api.create(pods, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { nodeName: 'node-1', restartPolicy: 'Never', ...spec, containers } as PodSpec,
  });
  cluster.advance(ms);
  const pod = (): Pod => cluster.api.get(pods, 'default', 'web')!;
  return {
    cluster,
    pod,
    lines: () => {
      const { world } = cluster.cluster.simulation;
      const [made] = world.sandboxes.find('pod', pod().metadata.uid)[0]?.containers ?? [];
      return made ? readLog(world, made.id).entries.map(({ text }) => text) : [];
    },
  };
}
