// Measures what field ownership costs on the writes that happen most, in this process: `node scripts/bench/fields.ts`.

import { pods } from '../../worker/resources/core/pod.ts';
import { deployments } from '../../worker/resources/apps/deployment.ts';
import type { KubeObject } from '../../worker/api/object.ts';
import { callAs } from '../../worker/cluster/cluster-api.ts';
import { trackUpdate } from '../../worker/registry/managed-fields/track.ts';
import { makeTestCluster } from '../../test/core/harness.ts';
import type { Draft } from '../../worker/api/object.ts';
import type { Pod } from '../../worker/api/gen/core-v1.ts';

const { cluster } = makeTestCluster();
const { core } = cluster.registry as typeof cluster.registry & { core: Parameters<typeof trackUpdate>[0] };
const user = { name: 'bench', groups: ['system:masters'] };
const controllers = callAs(user, 'kube-controller-manager/v1.36.0');
const kubelet = callAs(user, 'kubelet/v1.36.0');

const pod: Draft<Pod> = {
  metadata: {
    generateName: 'web-',
    namespace: 'default',
    labels: { app: 'web', 'pod-template-hash': 'abc' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u', controller: true, blockOwnerDeletion: true }],
  },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'nginx:1.27',
        imagePullPolicy: 'IfNotPresent',
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        env: [{ name: 'A', value: 'b' }],
        resources: { requests: { cpu: '100m', memory: '64Mi' } },
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
    ],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: {},
    enableServiceLinks: true,
  },
};

const created = cluster.registry.create(pods as never, 'default', { ...pod, kind: 'Pod', apiVersion: 'v1' }, controllers)
  .value as never as Pod;
const condition = (type: string, status: string) => ({ type, status, lastProbeTime: null, lastTransitionTime: '2026-01-01T00:00:00Z' });
const running = {
  ...created,
  metadata: { ...created.metadata },
  status: {
    phase: 'Running',
    conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((one) =>
      condition(one, 'True'),
    ),
    hostIP: '10.0.0.1',
    hostIPs: [{ ip: '10.0.0.1' }],
    podIP: '10.244.0.2',
    podIPs: [{ ip: '10.244.0.2' }],
    startTime: '2026-01-01T00:00:00Z',
    containerStatuses: [
      {
        name: 'web',
        state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
        lastState: {},
        ready: true,
        restartCount: 0,
        image: 'nginx:1.27',
        imageID: 'x',
        containerID: 'containerd://x',
        started: true,
      },
    ],
    qosClass: 'Burstable',
  },
} as never as KubeObject;
trackUpdate(core, pods as never, created as never, running, kubelet, 'status');

const unready = (): KubeObject => {
  const next = structuredClone(running) as never as Pod;
  next.status!.conditions![2]!.status = 'False';
  next.status!.containerStatuses![0]!.ready = false;
  const old = running as never as Pod;
  return { ...next, spec: old.spec, metadata: { ...old.metadata } } as never;
};
const manifest = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          {
            name: 'web',
            image: 'nginx:1.27',
            ports: [{ containerPort: 80 }],
            env: [{ name: 'A', value: 'b' }],
            resources: { requests: { cpu: '100m' } },
          },
        ],
      },
    },
  },
};
const applier = { ...callAs(user, 'kubectl/v1.36.0'), fieldManager: 'kubectl' };
const apply = (image: string): void => {
  const body = structuredClone(manifest);
  body.spec.template.spec.containers[0]!.image = image;
  cluster.registry.patch(deployments as never, 'default', 'web', { type: 'apply', body, force: false }, applier);
};
apply('nginx:0');

const ready = unready();
const full = structuredClone(ready);
let round = 0;
measure('pod status update by the kubelet: tracking', () => {
  const next = { ...ready, metadata: { ...ready.metadata } };
  trackUpdate(core, pods as never, running, next, kubelet, 'status');
});
measure('pod status update sent whole: tracking', () => {
  const next = { ...full, metadata: { ...full.metadata } };
  trackUpdate(core, pods as never, running, next, kubelet, 'status');
});
measure('pod creation: tracking', () => {
  const { managedFields: _, ...metadata } = created.metadata;
  trackUpdate(core, pods as never, undefined, { ...created, metadata } as never, controllers, '');
});
measure('deployment, server-side apply without change: whole', () => apply('nginx:0'));
measure('deployment, server-side apply of another image: whole', () => apply(`nginx:${++round}`));

function measure(name: string, run: () => void): void {
  for (let i = 0; i < 3000; i++) run();
  const rounds = 5000;
  const times: number[] = [];
  for (let batch = 0; batch < 5; batch++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < rounds; i++) run();
    times.push(Number(process.hrtime.bigint() - start) / 1000 / rounds);
  }
  console.log(`${name}: ${Math.min(...times).toFixed(1)} µs`);
}
