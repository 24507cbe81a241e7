// Extenders that are programs of the cluster, asked through its network; the scheduler is told of them by its file on the control-plane node.

import { expect, test } from 'vitest';
import type { Pod } from '../../../../worker/api/gen/core-v1.ts';
import { configMaps } from '../../../../worker/resources/core/configmap.ts';
import { events } from '../../../../worker/resources/core/event.ts';
import { nodes } from '../../../../worker/resources/core/node.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { services } from '../../../../worker/resources/core/service.ts';
import { machineFiles } from '../../../../worker/world/files/machine-files.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';

const FOLDER = '/etc/kubernetes/scheduler';
const MANIFEST = '/etc/kubernetes/manifests/kube-scheduler.yaml';

/** Lets the scheduler begin again with extenders. */
function configure(cluster: TestCluster, extenders: string): void {
  const files = machineFiles(cluster.cluster.simulation.world, 'control-plane');
  files.mkdirs(FOLDER);
  files.write(
    `${FOLDER}/config.yaml`,
    `apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nclientConnection: {kubeconfig: /etc/kubernetes/scheduler.conf}\nextenders:\n${extenders}`,
  );
  files.write(
    MANIFEST,
    files
      .read(MANIFEST)
      .replace('    - --leader-elect=true\n', (line) => `    - --config=${FOLDER}/config.yaml\n${line}`)
      .replace('    volumeMounts:\n', (line) => `${line}    - mountPath: ${FOLDER}\n      name: config\n      readOnly: true\n`)
      .replace('  volumes:\n', (line) => `${line}  - hostPath:\n      path: ${FOLDER}\n      type: DirectoryOrCreate\n    name: config\n`),
  );
  cluster.advance(60_000);
}

/** nginx in the place of an extender. `locations` are what it answers. */
function serve({ api }: TestCluster, locations: string, more: Partial<Pod['spec']> = {}): void {
  const config = `events {}\nhttp {\n  default_type application/json;\n  server {\n    listen 8888;\n${locations}\n  }\n}\n`;
  api.create(configMaps, { metadata: { name: 'extender', namespace: 'default' }, data: { 'nginx.conf': config } });
  api.create(pods, {
    metadata: { name: 'extender', namespace: 'default', labels: { app: 'extender' } },
    spec: {
      containers: [
        {
          name: 'nginx',
          image: 'nginx:1.27',
          volumeMounts: [{ name: 'config', mountPath: '/etc/nginx/nginx.conf', subPath: 'nginx.conf' }],
        },
      ],
      volumes: [{ name: 'config', configMap: { name: 'extender' } }],
      ...more,
    },
  } as never);
  api.create(services, {
    metadata: { name: 'extender', namespace: 'default' },
    spec: { selector: { app: 'extender' }, ports: [{ port: 80, targetPort: 8888 }] },
  } as never);
}

function placeOf(cluster: TestCluster, name: string): string | undefined {
  cluster.api.create(pods, {
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] },
  } as never);
  cluster.advance(10_000);
  return cluster.api.get(pods, 'default', name)?.spec.nodeName;
}

const told = ({ api }: TestCluster, name: string): string[] =>
  api
    .list(events)
    .filter(({ involvedObject, reason }) => involvedObject.name === name && reason === 'FailedScheduling')
    .map(({ message = '' }) => message);

const ON_CONTROL_PLANE: Partial<Pod['spec']> = {
  hostNetwork: true,
  nodeName: 'control-plane',
  tolerations: [{ operator: 'Exists' }],
};

test.each([
  { name: 'by the name of its service', url: () => 'http://extender.default.svc/scheduler/' },
  {
    name: 'by the address of its service',
    url: ({ api }: TestCluster) => `http://${api.get(services, 'default', 'extender')!.spec.clusterIP}`,
  },
  { name: 'by its own address', url: ({ api }: TestCluster) => `http://${api.get(pods, 'default', 'extender')!.status.podIP}:8888` },
  { name: 'on the scheduler’s machine', url: () => 'http://localhost:8888', more: ON_CONTROL_PLANE },
])('one that is found $name', ({ url, more }) => {
  const cluster = makeTestCluster({ template: 'default', nodes: 3 });
  cluster.settle();
  const workers = cluster.api.list(nodes).map(({ metadata }) => metadata.name);
  const last = workers.at(-1)!;
  serve(
    cluster,
    `    location ~ filter$ { return 200 '{"NodeNames":["${last}"],"FailedNodes":{"${workers[1]}":"too near the window"}}'; }`,
    more,
  );
  cluster.advance(20_000);
  configure(cluster, `- urlPrefix: ${url(cluster)}\n  filterVerb: filter\n  nodeCacheCapable: true\n`);
  expect([placeOf(cluster, 'p'), placeOf(cluster, 'q')]).toEqual([last, last]);
  expect([told(cluster, 'p'), cluster.errors]).toEqual([[], []]);
});

test.each([
  {
    name: 'nobody listens',
    url: 'http://127.0.0.1:8888',
    want: 'Post "http://127.0.0.1:8888/filter": dial tcp 127.0.0.1:8888: connect: connection refused',
  },
  {
    name: 'there is no such service',
    url: 'http://extender.nowhere.svc',
    want: 'Post "http://extender.nowhere.svc/filter": dial tcp: lookup extender.nowhere.svc: no such host',
  },
  {
    name: 'it says no',
    url: 'http://extender.default.svc/refuse',
    want: 'failed filter with extender at URL http://extender.default.svc/refuse/filter, code 503',
  },
  {
    name: 'it says something else',
    url: 'http://extender.default.svc/talk',
    want: "invalid character 'H' looking for beginning of value",
  },
])('where $name', ({ url, want }) => {
  const cluster = makeTestCluster({ template: 'default', nodes: 2 });
  cluster.settle();
  serve(cluster, `    location /refuse { return 503; }\n    location /talk { return 200 'Hello'; }`);
  cluster.advance(20_000);
  configure(cluster, `- urlPrefix: ${url}\n  filterVerb: filter\n`);
  expect(placeOf(cluster, 'p')).toBeUndefined();
  expect(told(cluster, 'p')).toEqual([want]);
});
