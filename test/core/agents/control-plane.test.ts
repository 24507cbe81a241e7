// Components of the control plane that are stopped, broken, and started again: what still works without each, and what comes back.

import { describe, expect, test } from 'vitest';
import { deployments } from '../../../worker/resources/apps/deployment.ts';
import { leases } from '../../../worker/resources/coordination/lease.ts';
import { statefulSets } from '../../../worker/resources/apps/statefulset.ts';
import { nodes } from '../../../worker/resources/core/node.ts';
import { horizontalPodAutoscalers } from '../../../worker/resources/autoscaling/horizontalpodautoscaler.ts';
import { certificateSigningRequests } from '../../../worker/resources/certificates/certificatesigningrequest.ts';
import { fromBase64, fromUtf8, toBase64, utf8 } from '../../../worker/lib/text.ts';
import { timeOf } from '../../../worker/lib/time.ts';
import { readCertificates } from '../../../worker/lib/x509/read-certificate.ts';
import { setService } from '../../../worker/world/machine.ts';
import { makeRequest } from '../lib/x509/make-request.ts';
import type { CertificateSigningRequest } from '../../../worker/api/gen/certificates-v1.ts';
import { endpoints } from '../../../worker/resources/core/endpoints.ts';
import { events } from '../../../worker/resources/core/event.ts';
import { persistentVolumeClaims } from '../../../worker/resources/core/persistentvolumeclaim.ts';
import { endpointSlices } from '../../../worker/resources/discovery/endpointslice.ts';
import { storageClasses } from '../../../worker/resources/storage/storageclass.ts';
import { isReady } from '../../../worker/resources/core/pod-state.ts';
import { namespaces } from '../../../worker/resources/core/namespace.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { services } from '../../../worker/resources/core/service.ts';
import { machineFiles } from '../../../worker/world/files/machine-files.ts';
import type { FileSystem } from '../../../worker/world/files/file-system.ts';
import { readLog } from '../../../worker/world/runtime/log.ts';
import type { Lease } from '../../../worker/api/gen/coordination-v1.ts';
import type { Event, Pod } from '../../../worker/api/gen/core-v1.ts';
import { makeTestCluster, START, statusOf } from '../harness.ts';
import type { TestCluster, TestOptions } from '../harness.ts';

const DIRECTORY = '/etc/kubernetes/manifests';

function born(options: TestOptions = {}): TestCluster {
  const cluster = makeTestCluster({ template: 'default', nodes: 1, ...options });
  cluster.settle();
  return cluster;
}

const filesOf = ({ cluster }: TestCluster): FileSystem => machineFiles(cluster.simulation.world, 'control-plane');
const manifest = (component: string): string => `${DIRECTORY}/${component}.yaml`;
const edit = (cluster: TestCluster, component: string, change: (text: string) => string): void => {
  const files = filesOf(cluster);
  files.write(manifest(component), change(files.read(manifest(component))));
  cluster.settle();
};
const take = (cluster: TestCluster, component: string): (() => void) => {
  const files = filesOf(cluster);
  const text = files.read(manifest(component));
  files.unlink(manifest(component));
  cluster.advance(3000);
  return () => {
    files.write(manifest(component), text);
    cluster.settle();
  };
};

/** What a component's newest container has said. */
function logOf({ cluster }: TestCluster, component: string): string {
  const { world } = cluster.simulation;
  const containers = world.sandboxes
    .find('machine', 'control-plane')
    .flatMap((sandbox) => sandbox.containers)
    .filter(({ name }) => name === component)
    .sort((a, b) => b.createdAt - a.createdAt || b.attempt - a.attempt);
  return containers[0]
    ? readLog(world, containers[0].id)
        .entries.map(({ text }) => text)
        .join('\n')
    : '';
}

const mirror = ({ api }: TestCluster, component: string): Pod | undefined => api.get(pods, 'kube-system', `${component}-control-plane`);
const stateOf = (cluster: TestCluster, component: string): string => {
  const status = mirror(cluster, component)?.status.containerStatuses?.[0];
  return status?.state.waiting?.reason ?? (status?.state.running ? 'running' : status?.state.terminated ? 'terminated' : 'none');
};

const web = {
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] } },
  },
};
const create = ({ api }: TestCluster, replicas = 2): void =>
  void api.create(deployments, { ...web, spec: { ...web.spec, replicas } } as never);
const ofWeb = ({ api }: TestCluster): Pod[] => api.list(pods, { namespace: 'default' });

describe('a component that is stopped, and started again', () => {
  test('without the scheduler pods stay pending, and are placed when it is back and leads', () => {
    const cluster = born();
    const putBack = take(cluster, 'kube-scheduler');
    expect(mirror(cluster, 'kube-scheduler')).toBeUndefined();
    create(cluster);
    cluster.advance(60_000);
    expect(ofWeb(cluster).map(({ status, spec }) => [status.phase, spec.nodeName])).toEqual([
      ['Pending', undefined],
      ['Pending', undefined],
    ]);
    putBack();
    cluster.advance(30_000);
    expect(ofWeb(cluster).map(isReady)).toEqual([true, true]);
    expect(cluster.errors).toEqual([]);
  });

  test('without the controller manager nothing follows from a Deployment, until it is back', () => {
    const cluster = born();
    const putBack = take(cluster, 'kube-controller-manager');
    create(cluster);
    cluster.advance(60_000);
    expect(ofWeb(cluster)).toEqual([]);
    putBack();
    cluster.advance(30_000);
    expect(ofWeb(cluster).map(isReady)).toEqual([true, true]);
    expect(cluster.errors).toEqual([]);
  });

  test('without the API server every request is refused, and what runs runs on', async () => {
    const cluster = born();
    create(cluster);
    cluster.advance(10_000);
    const putBack = take(cluster, 'kube-apiserver');
    const refused = await cluster.request('GET', '/api/v1/pods');
    expect([refused.status, statusOf(refused).reason]).toEqual([503, 'ServiceUnavailable']);
    const { world } = cluster.cluster.simulation;
    const isWebRunning = (): boolean[] =>
      world.sandboxes
        .values()
        .flatMap(({ namespace, containers }) => (namespace === 'default' ? containers.map(({ state }) => state === 'running') : []));
    expect(isWebRunning()).toEqual([true, true]);
    const before = cluster.store.revision;
    cluster.advance(30_000);
    expect(cluster.store.revision - before).toBeLessThanOrEqual(2); // the leaders' leases are no longer renewed
    putBack();
    cluster.advance(60_000);
    expect((await cluster.request('GET', '/api/v1/pods')).status).toBe(200);
    expect(isWebRunning()).toEqual([true, true]);
    expect(stateOf(cluster, 'kube-apiserver')).toBe('running');
    // Who could not renew its lease ended, and was started again.
    expect(mirror(cluster, 'kube-controller-manager')!.status.containerStatuses![0]!.restartCount).toBeGreaterThan(0);
    expect(cluster.errors).toEqual([]);
  });

  test('without etcd requests time out, the health page says why, and the API server is restarted', async () => {
    const cluster = born();
    const putBack = take(cluster, 'etcd');
    const timedOut = await cluster.request('GET', '/api/v1/namespaces/default/pods');
    expect([timedOut.status, statusOf(timedOut).message]).toEqual([500, 'etcdserver: request timed out']);
    expect((await cluster.request<string>('GET', '/readyz?verbose')).body).toContain('[-]etcd failed: reason withheld');
    expect((await cluster.request('GET', '/version')).status).toBe(200);
    cluster.advance(150_000);
    putBack();
    cluster.advance(6 * 60_000);
    expect((await cluster.request('GET', '/api/v1/namespaces/default/pods')).status).toBe(200);
    expect(mirror(cluster, 'kube-apiserver')!.status.containerStatuses![0]!.restartCount).toBeGreaterThan(0);
    create(cluster);
    cluster.advance(60_000);
    expect(ofWeb(cluster).map(isReady)).toEqual([true, true]);
    expect(cluster.errors).toEqual([]);
  });
});

describe('a manifest with a fault', () => {
  test.each([
    {
      name: 'an unknown flag',
      component: 'kube-scheduler',
      change: (text: string) => text.replace('    - --leader-elect=true\n', '    - --leader-elect=true\n    - --this-is-very-wrong\n'),
      state: 'CrashLoopBackOff',
      log: 'Error: unknown flag: --this-is-very-wrong',
    },
    {
      name: 'a value that is none',
      component: 'kube-controller-manager',
      change: (text: string) => text.replace('--bind-address=127.0.0.1', '--bind-address=localhost'),
      state: 'CrashLoopBackOff',
      log: 'Error: invalid argument "localhost" for "--bind-address" flag: failed to parse IP: "localhost"',
    },
    {
      name: 'values that it cannot work with',
      component: 'kube-controller-manager',
      change: (text: string) =>
        text
          .replace('--controllers=*,bootstrapsigner,tokencleaner', '--controllers=*,-deplyment')
          .replace('    - --bind-address', '    - --max-endpoints-per-slice=2000\n    - --bind-address'),
      state: 'CrashLoopBackOff',
      log: String.raw`"command failed" err="[\"deplyment\" is not in the list of known controllers, max-endpoints-per-slice must not be more than 1000, but got 2000]"`,
    },
    {
      name: 'an election that never ends',
      component: 'kube-controller-manager',
      change: (text: string) => text.replace('--leader-elect=true', '--leader-elect=true\n    - --leader-elect-renew-deadline=15s'),
      state: 'CrashLoopBackOff',
      log: 'panic: leaseDuration must be greater than renewDeadline',
    },
    {
      name: 'an election that is tried too seldom',
      component: 'kube-scheduler',
      change: (text: string) => text.replace('--leader-elect=true', '--leader-elect=true\n    - --leader-elect-retry-period=9s'),
      state: 'CrashLoopBackOff',
      log: `"command failed" err="couldn't create leader elector: renewDeadline must be greater than retryPeriod*JitterFactor"`,
    },
    {
      name: 'a file that is not there',
      component: 'kube-controller-manager',
      change: (text: string) =>
        text.replace('--kubeconfig=/etc/kubernetes/controller-manager.conf', '--kubeconfig=/etc/kubernetes/controller-manager.cnf'),
      state: 'CrashLoopBackOff',
      log: 'open /etc/kubernetes/controller-manager.cnf: no such file or directory',
    },
    {
      name: 'a scheduler configuration that cannot be read',
      component: 'kube-scheduler',
      change: (text: string) =>
        text.replace('    - --leader-elect=true\n', '    - --config=/etc/kubernetes/scheduler.conf\n    - --leader-elect=true\n'),
      state: 'CrashLoopBackOff',
      log: '"command failed" err=',
    },
    {
      name: 'an image that there is not',
      component: 'kube-scheduler',
      change: (text: string) => text.replace(/kube-scheduler:v[\d.]+/, 'kube-scheduler:v1.99.0'),
      state: 'ImagePullBackOff',
      log: '',
    },
  ])('$name', ({ component, change, state, log }) => {
    const cluster = born();
    const files = filesOf(cluster);
    const good = files.read(manifest(component));
    edit(cluster, component, change);
    cluster.advance(60_000);
    expect(stateOf(cluster, component)).toBe(state);
    expect(logOf(cluster, component)).toContain(log);
    create(cluster);
    cluster.advance(30_000);
    expect(ofWeb(cluster).filter(({ spec }) => spec.nodeName)).toEqual([]);
    edit(cluster, component, () => good);
    cluster.advance(60_000);
    expect(stateOf(cluster, component)).toBe('running');
    expect(ofWeb(cluster).map(isReady)).toEqual([true, true]);
    expect(cluster.errors).toEqual([]);
  });

  test.each([
    {
      name: 'a port at which nobody listens',
      servers: 'https://127.0.0.1:2378',
      why: 'transport: Error while dialing: dial tcp 127.0.0.1:2378: connect: connection refused',
    },
    {
      name: 'the port of its peers',
      servers: 'https://127.0.0.1:2380',
      why: 'transport: Error while dialing: dial tcp 127.0.0.1:2380: connect: connection refused',
    },
    { name: 'plain HTTP', servers: 'http://127.0.0.1:2379', why: 'error reading server preface: EOF' },
    {
      name: 'another machine',
      servers: 'https://172.18.0.3:2379',
      why: 'transport: Error while dialing: dial tcp 172.18.0.3:2379: connect: connection refused',
    },
    { name: 'its own address', servers: 'https://172.18.0.2:2379' },
    { name: 'one of two that answers', servers: 'https://127.0.0.1:2378,https://127.0.0.1:2379' },
  ])('an etcd at $name', async ({ servers, why }) => {
    const cluster = born();
    const good = filesOf(cluster).read(manifest('kube-apiserver'));
    edit(cluster, 'kube-apiserver', (text) => text.replace(/--etcd-servers=.*/, `--etcd-servers=${servers}`));
    cluster.advance(5000);
    expect((await cluster.request('GET', '/version')).status).toBe(why === undefined ? 200 : 503);
    cluster.advance(25_000);
    const { world } = cluster.cluster.simulation;
    const ids = world.sandboxes.find('machine', 'control-plane').flatMap(({ containers }) => containers);
    const log = ids
      .flatMap(({ name, id }) => (name === 'kube-apiserver' ? readLog(world, id).entries.map(({ text }) => text) : []))
      .join('\n');
    if (why === undefined) return expect(log).toContain('Serving securely');
    expect(log).not.toContain('Serving securely');
    expect(log).toContain(`desc = "${why}"`);
    expect(log).toContain('Error creating leases: error creating storage factory: context deadline exceeded');
    edit(cluster, 'kube-apiserver', () => good);
    cluster.advance(60_000);
    expect(stateOf(cluster, 'kube-apiserver')).toBe('running');
    return expect(cluster.errors).toEqual([]);
  });

  test('broken YAML takes the pod away, and the kubelet says why', () => {
    const cluster = born();
    edit(cluster, 'kube-scheduler', (text) => text.replace('spec:\n', 'spec\n'));
    cluster.advance(5000);
    expect(mirror(cluster, 'kube-scheduler')).toBeUndefined();
    const journal = readLog(cluster.cluster.simulation.world, 'journal/control-plane/kubelet').entries.map(({ text }) => text);
    expect(journal.at(-1)).toMatch(
      /"Could not process manifest file" err="\/etc\/kubernetes\/manifests\/kube-scheduler\.yaml: couldn't parse as pod\(.*\), please check config file"/,
    );
  });
});

describe('static pods of a user', () => {
  const text = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: mine\nspec:\n  containers:\n  - name: web\n    image: nginx:1.27\n';
  const mine = ({ api }: TestCluster): Pod | undefined => api.get(pods, 'default', 'mine-worker-1');

  test('one runs on its machine, is mirrored, comes back when its mirror is deleted, changes with its file and goes with it', () => {
    const cluster = born();
    const files = machineFiles(cluster.cluster.simulation.world, 'worker-1');
    files.write(`${DIRECTORY}/mine.yaml`, text);
    cluster.advance(10_000);
    expect(isReady(mine(cluster)!)).toBe(true);
    const [first] = cluster.cluster.simulation.world.sandboxes.find('pod', 'default/mine-worker-1');

    const { uid } = mine(cluster)!.metadata;
    cluster.api.delete(pods, 'default', 'mine-worker-1', { gracePeriodSeconds: 0 });
    cluster.advance(1000);
    expect(mine(cluster)!.metadata.uid).not.toBe(uid);
    expect(cluster.cluster.simulation.world.sandboxes.find('pod', 'default/mine-worker-1').map(({ id }) => id)).toEqual([first!.id]);

    cluster.api.delete(pods, 'default', 'mine-worker-1');
    cluster.advance(1000);
    expect(mine(cluster)!.metadata.deletionTimestamp).toBeUndefined();

    files.write(`${DIRECTORY}/mine.yaml`, text.replace('1.27', '1.28'));
    cluster.advance(20_000);
    expect(mine(cluster)!.spec.containers[0]!.image).toBe('nginx:1.28');
    expect(isReady(mine(cluster)!)).toBe(true);

    files.unlink(`${DIRECTORY}/mine.yaml`);
    cluster.advance(5000);
    expect(mine(cluster)).toBeUndefined();
    expect(cluster.cluster.simulation.world.sandboxes.find('pod', 'default/mine-worker-1')).toEqual([]);
    expect(cluster.errors).toEqual([]);
  });

  test('its events are about the pod of the file', () => {
    const cluster = born();
    machineFiles(cluster.cluster.simulation.world, 'worker-1').write(`${DIRECTORY}/mine.yaml`, text);
    cluster.advance(10_000);
    const hash = mine(cluster)!.metadata.annotations!['kubernetes.io/config.hash'];
    const told = cluster.api
      .list<Event>(events, { namespace: 'default' })
      .filter(({ involvedObject }) => involvedObject.name === 'mine-worker-1');
    expect(told.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['Pulled', 'Created', 'Started']));
    expect(new Set(told.map(({ involvedObject }) => involvedObject.uid))).toEqual(new Set([hash]));
  });
});

/** How often its containers have begun on its machine. */
const attemptsOf = ({ cluster }: TestCluster, component: string): number =>
  Math.max(
    ...cluster.simulation.world.sandboxes
      .find('machine', 'control-plane')
      .flatMap(({ containers }) => containers.filter(({ name }) => name === component).map(({ attempt }) => attempt)),
  );

describe('leaders', () => {
  test('a component that starts anew waits for the lease of the one before it to run out', () => {
    const cluster = born();
    const holder = (): string | undefined => cluster.api.get(leases, 'kube-system', 'kube-scheduler')?.spec.holderIdentity;
    const first = holder();
    expect(first).toMatch(/^control-plane_[0-9a-f-]{36}$/);
    const putBack = take(cluster, 'kube-scheduler');
    putBack();
    cluster.advance(3000);
    expect(stateOf(cluster, 'kube-scheduler')).toBe('running');
    expect(holder()).toBe(first);
    cluster.advance(20_000);
    expect(holder()).not.toBe(first);
    expect(cluster.api.get(leases, 'kube-system', 'kube-scheduler')?.spec.leaseTransitions).toBe(1);
    expect(logOf(cluster, 'kube-scheduler')).toContain('"Successfully acquired lease" lock="kube-system/kube-scheduler"');
  });

  test('of two replicas one leads; the other takes over when the lease of the first has run out, and everything goes on', () => {
    const cluster = born();
    const files = filesOf(cluster);
    const second = files
      .read(manifest('kube-controller-manager'))
      .replace('  name: kube-controller-manager', '  name: second-manager')
      .replace('    - kube-controller-manager\n', (line) => `${line}    - --secure-port=10258\n`)
      .replaceAll('10257', '10258');
    files.write(manifest('second-manager'), second);
    cluster.advance(30_000);
    const lease = () => cluster.api.get(leases, 'kube-system', 'kube-controller-manager')!.spec;
    const first = lease().holderIdentity;
    expect(stateOf(cluster, 'second-manager')).toBe('running');
    create(cluster);
    cluster.advance(20_000);
    expect(ofWeb(cluster).map(isReady)).toEqual([true, true]);
    expect([lease().holderIdentity, lease().leaseTransitions]).toEqual([first, 0]);

    files.unlink(manifest('kube-controller-manager'));
    cluster.advance(3000);
    expect(lease().holderIdentity).toBe(first);
    cluster.api.delete(pods, 'default', ofWeb(cluster)[0]!.metadata.name);
    cluster.advance(3000);
    expect(ofWeb(cluster)).toHaveLength(1);
    cluster.advance(40_000);
    expect(lease().holderIdentity).not.toBe(first);
    expect(lease().leaseTransitions).toBe(1);
    expect(ofWeb(cluster).map(isReady)).toEqual([true, true]);
    expect(logOf(cluster, 'kube-controller-manager')).toContain('"Successfully acquired lease" lock="kube-system/kube-controller-manager"');
    expect(cluster.errors).toEqual([]);
  });

  test('whose lease somebody else takes stops leading, and begins anew when that one has run out', () => {
    const cluster = born();
    const lease = () => cluster.api.get(leases, 'kube-system', 'kube-scheduler')!;
    const first = lease().spec.holderIdentity;
    const renewTime = new Date(START + cluster.elapsed()).toISOString().replace('Z', '000Z');
    cluster.api.update(leases, { ...lease(), spec: { ...lease().spec, holderIdentity: 'thief', renewTime } });
    cluster.advance(9000);
    expect(stateOf(cluster, 'kube-scheduler')).toBe('running');
    cluster.advance(2000);
    const told = cluster.api.list<Event>(events, { namespace: 'kube-system' }).filter(({ reason }) => reason === 'LeaderElection');
    expect(told.map(({ message }) => message)).toContain(`${first} stopped leading`);
    cluster.advance(20_000);
    expect(lease().spec.holderIdentity).toMatch(/^control-plane_/);
    expect(lease().spec.holderIdentity).not.toBe(first);
    expect(lease().spec.leaseTransitions).toBe(1);
    expect(mirror(cluster, 'kube-scheduler')!.status.containerStatuses![0]!.restartCount).toBe(1);
    expect(cluster.errors).toEqual([]);
  });

  test.each([
    { component: 'kube-apiserver', why: 'dial tcp 172.18.0.2:6443: connect: connection refused' },
    { component: 'etcd', why: 'net/http: request canceled (Client.Timeout exceeded while awaiting headers)' },
  ])('who would lead without $component says that it cannot, and goes on trying', ({ component, why }) => {
    const cluster = born();
    const putBack = take(cluster, component);
    const restarts = () => attemptsOf(cluster, 'kube-controller-manager');
    cluster.advance(100_000);
    const before = restarts();
    cluster.advance(200_000);
    expect(restarts()).toBe(before);
    const path = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager?timeout=5s';
    expect(logOf(cluster, 'kube-controller-manager')).toContain(
      `"Error retrieving lease lock" err=${JSON.stringify(`Get "https://172.18.0.2:6443${path}": ${why}`)} lock="kube-system/kube-controller-manager"`,
    );
    putBack();
    cluster.advance(60_000);
    create(cluster);
    cluster.advance(30_000);
    expect(ofWeb(cluster).map(isReady)).toEqual([true, true]);
    expect(cluster.errors).toEqual([]);
  });

  test.each([
    {
      component: 'kube-scheduler',
      drop: '',
      want: 'Error looking up in-cluster authentication configuration: Get "https://172.18.0.2:6443/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication": dial tcp 172.18.0.2:6443: connect: connection refused',
      state: 'running',
    },
    {
      component: 'kube-controller-manager',
      drop: '    - --requestheader-client-ca-file=/etc/kubernetes/pki/front-proxy-ca.crt\n',
      want: String.raw`"command failed" err="unable to load configmap based request-header-client-ca-file: Get \"https://172.18.0.2:6443/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication\": dial tcp 172.18.0.2:6443: connect: connection refused"`,
      state: 'CrashLoopBackOff',
    },
  ])('$component that starts before the API server finds out nothing of who asks it', ({ component, drop, want, state }) => {
    const cluster = born();
    const putBack = take(cluster, 'kube-apiserver');
    edit(cluster, component, (text) =>
      text.replace(drop, '').replace('--leader-elect=true', '--leader-elect=true\n    - --kube-api-qps=70'),
    );
    cluster.advance(40_000);
    expect(logOf(cluster, component)).toContain(want);
    putBack();
    cluster.advance(5000);
    expect(stateOf(cluster, component)).toBe(state);
    cluster.advance(400_000);
    expect(stateOf(cluster, component)).toBe('running');
    expect(cluster.errors).toEqual([]);
  });

  test("whose lease is nobody's takes it again", () => {
    const cluster = born();
    const lease = () => cluster.api.get(leases, 'kube-system', 'kube-scheduler')!;
    const first = lease().spec.holderIdentity;
    const { holderIdentity: _, ...spec } = lease().spec;
    cluster.api.update(leases, { ...lease(), spec });
    cluster.advance(30_000);
    expect([lease().spec.holderIdentity, lease().spec.leaseTransitions]).toEqual([first, 1]);
  });

  test('what is said of a pod that its file no longer describes names it', () => {
    const cluster = born();
    edit(cluster, 'kube-scheduler', (text) => text.replace('--leader-elect=true', '--leader-elect=true\n    - --v=3'));
    cluster.advance(30_000);
    const told = cluster.api.list<Event>(events, { namespace: 'kube-system' }).find(({ reason }) => reason === 'Killing')!;
    expect(told.involvedObject).toMatchObject({
      apiVersion: 'v1',
      kind: 'Pod',
      name: 'kube-scheduler-control-plane',
      fieldPath: 'spec.containers{kube-scheduler}',
    });
  });

  test('holds its lease for as long as it is told to', () => {
    const cluster = born();
    edit(cluster, 'kube-scheduler', (text) =>
      text.replace('--leader-elect=true', '--leader-elect=true\n    - --leader-elect-lease-duration=40s'),
    );
    cluster.advance(60_000);
    expect(cluster.api.get(leases, 'kube-system', 'kube-scheduler')!.spec.leaseDurationSeconds).toBe(40);
  });

  describe('by the scheduler’s file', () => {
    const FOLDER = '/etc/kubernetes/scheduler';
    const configured = (election: string, flags: readonly string[]): TestCluster => {
      const cluster = born();
      const files = filesOf(cluster);
      files.mkdirs(FOLDER);
      files.write(
        `${FOLDER}/config.yaml`,
        `apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nleaderElection: {${election}}\n`,
      );
      edit(cluster, 'kube-scheduler', (text) =>
        text
          .replace('    - --leader-elect=true\n', [`--config=${FOLDER}/config.yaml`, ...flags].map((flag) => `    - ${flag}\n`).join(''))
          .replace('    volumeMounts:\n', (line) => `${line}    - mountPath: ${FOLDER}\n      name: config\n`)
          .replace('  volumes:\n', (line) => `${line}  - hostPath:\n      path: ${FOLDER}\n    name: config\n`),
      );
      cluster.advance(60_000);
      return cluster;
    };

    test.each([
      { name: 'the lease', election: 'resourceName: mine, leaseDuration: 40s', flags: [], lock: 'kube-system/mine', seconds: 40 },
      {
        name: 'flags are stronger, each for itself',
        election: 'resourceNamespace: default, leaseDuration: 40s, leaderElect: false',
        flags: ['--leader-elect=true', '--leader-elect-lease-duration=30s'],
        lock: 'default/kube-scheduler',
        seconds: 30,
      },
      { name: 'what is nothing is as usual', election: "resourceName: '', leaseDuration: 0s", flags: [], lock: undefined, seconds: 15 },
    ])('$name', ({ election, flags, lock = 'kube-system/kube-scheduler', seconds }) => {
      const cluster = configured(election, flags);
      const [namespace, name] = lock.split('/') as [string, string];
      expect(cluster.api.get(leases, namespace, name)!.spec.leaseDurationSeconds).toBe(seconds);
      expect(logOf(cluster, 'kube-scheduler')).toContain(`"Successfully acquired lease" lock="${lock}"`);
      create(cluster);
      cluster.advance(30_000);
      expect(ofWeb(cluster).map(isReady)).toEqual([true, true]);
    });

    test('nobody is elected', () => {
      const cluster = configured('leaderElect: false', []);
      expect(logOf(cluster, 'kube-scheduler')).not.toContain('leader lease');
      create(cluster);
      cluster.advance(30_000);
      expect(ofWeb(cluster).map(isReady)).toEqual([true, true]);
    });

    test('times with which nobody can be elected end it', () => {
      const cluster = configured('retryPeriod: 9s', []);
      expect(stateOf(cluster, 'kube-scheduler')).toBe('CrashLoopBackOff');
      expect(logOf(cluster, 'kube-scheduler')).toContain(
        `"command failed" err="couldn't create leader elector: renewDeadline must be greater than retryPeriod*JitterFactor"`,
      );
    });
  });

  test.each([
    {
      name: 'of another name',
      component: 'kube-controller-manager',
      flags: ['--leader-elect-resource-name=mine'],
      lock: 'kube-system/mine',
    },
    {
      name: 'in another namespace',
      component: 'kube-scheduler',
      flags: ['--leader-elect-resource-namespace=default'],
      lock: 'default/kube-scheduler',
    },
  ])('a lease $name stands for leading, is renewed, and runs out after its holder', async ({ component, flags, lock }) => {
    const cluster = born();
    const [namespace, name] = lock.split('/') as [string, string];
    const lease = () => cluster.api.get(leases, namespace, name)!;
    const usual = () => cluster.api.get(leases, 'kube-system', component)!;
    const stoppedAt = cluster.elapsed();
    edit(cluster, component, (text) => text.replace('--leader-elect=true', ['--leader-elect=true', ...flags].join('\n    - ')));
    cluster.advance(30_000);
    create(cluster);
    cluster.advance(30_000);
    expect(ofWeb(cluster).map(isReady)).toEqual([true, true]);
    expect(timeOf(usual().spec.renewTime!) - START - stoppedAt).toBeLessThan(5000);
    const shown = await cluster.request<Lease>('GET', `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`);
    expect(START + cluster.elapsed() - timeOf(shown.body.spec.renewTime!)).toBeLessThan(2000);
    const log = logOf(cluster, component);
    expect(log).toContain(`"Attempting to acquire leader lease..." lock="${lock}"`);
    expect(log).toContain(`"Successfully acquired lease" lock="${lock}"`);
    const told = cluster.api.list<Event>(events, { namespace }).filter(({ involvedObject }) => involvedObject.name === name);
    expect(told.map(({ message, source }) => [message, source?.component])).toContainEqual([
      `${lease().spec.holderIdentity} became leader`,
      component === 'kube-scheduler' ? 'default-scheduler' : component,
    ]);
    const first = lease().spec.holderIdentity;
    take(cluster, component)();
    cluster.advance(3000);
    expect(lease().spec.holderIdentity).toBe(first);
    cluster.advance(20_000);
    expect(lease().spec.holderIdentity).not.toBe(first);
    expect(cluster.errors).toEqual([]);
  });

  test.each([
    {
      name: 'that it may not have',
      flags: ['--leader-elect-resource-name=mine', '--leader-elect-resource-namespace=default'],
      want: String.raw`"Error retrieving lease lock" err="leases.coordination.k8s.io \"mine\" is forbidden: User \"system:kube-scheduler\" cannot get resource \"leases\" in API group \"coordination.k8s.io\" in the namespace \"default\"" lock="default/mine"`,
    },
    {
      name: 'in a namespace that there is not',
      flags: ['--leader-elect-resource-namespace=nowhere'],
      want: String.raw`"Error initially creating lease lock" err="namespaces \"nowhere\" not found" lock="nowhere/kube-scheduler"`,
    },
  ])('who wants a lease $name says so, tries again, and does not lead', ({ flags, want }) => {
    const cluster = born();
    edit(cluster, 'kube-scheduler', (text) => text.replace('--leader-elect=true', ['--leader-elect=true', ...flags].join('\n    - ')));
    cluster.advance(30_000);
    create(cluster);
    cluster.advance(30_000);
    expect(logOf(cluster, 'kube-scheduler').split(want).length).toBeGreaterThan(10);
    expect(stateOf(cluster, 'kube-scheduler')).toBe('running');
    expect(ofWeb(cluster).map(({ spec }) => spec.nodeName)).toEqual([undefined, undefined]);
    expect(cluster.errors).toEqual([]);
  });

  test('waits for a lease for as long as it lasts, however long ago its holder went', () => {
    const cluster = born();
    const holder = (): string | undefined => cluster.api.get(leases, 'kube-system', 'kube-scheduler')?.spec.holderIdentity;
    const first = holder();
    const putBack = take(cluster, 'kube-scheduler');
    cluster.advance(60_000);
    putBack();
    cluster.advance(14_000);
    expect(holder()).toBe(first);
    cluster.advance(6000);
    expect(holder()).not.toBe(first);
  });

  test('a controller manager that starts anew knows no node, and gives pods of silent ones their time again', () => {
    const cluster = born({ nodes: 2 });
    const { world } = cluster.cluster.simulation;
    setService(world, world.machines.get('worker-2')!, 'kubelet', 'inactive');
    const taintedAt = () => cluster.api.get(nodes, '', 'worker-2')!.spec.taints?.find(({ effect }) => effect === 'NoExecute')?.timeAdded;
    cluster.api.create(endpoints, { metadata: { name: 'leftover', namespace: 'default' } } as never);
    cluster.advance(70_000);
    const before = taintedAt()!;
    expect(before).toBeDefined();
    take(cluster, 'kube-controller-manager')();
    expect(cluster.api.get(endpoints, 'default', 'leftover')).toBeDefined();
    cluster.advance(40_000);
    expect(taintedAt()! > before).toBe(true);
    const registered = cluster.api
      .list<Event>(events, { namespace: 'default' })
      .filter(({ reason, involvedObject }) => reason === 'RegisteredNode' && involvedObject.name === 'worker-1');
    expect(registered.reduce((sum, { count = 1 }) => sum + count, 0)).toBe(2);
    expect(cluster.api.get(endpoints, 'default', 'leftover')).toBeUndefined();
    expect(cluster.errors).toEqual([]);
  });

  test('a controller manager that starts anew counts nodes anew, and tells of old certificate requests that go', () => {
    const cluster = born();
    for (let i = 0; i < 100; i++) cluster.api.create(nodes, { metadata: { name: `n${i}` } });
    cluster.settle();
    const ttl = () => cluster.api.get(nodes, '', 'worker-1')!.metadata.annotations?.['node.alpha.kubernetes.io/ttl'];
    for (let i = 0; i < 8; i++) cluster.api.delete(nodes, '', `n${i}`);
    const node = cluster.api.get(nodes, '', 'worker-1')!;
    cluster.api.update(nodes, { ...node, metadata: { ...node.metadata, labels: { ...node.metadata.labels, x: 'y' } } });
    cluster.settle();
    expect(ttl()).toBe('15');
    take(cluster, 'kube-controller-manager')();
    cluster.advance(40_000);
    expect(ttl()).toBe('0');
    const made = cluster.api.create(certificateSigningRequests, {
      metadata: { name: 'r' },
      spec: { request: toBase64(utf8(makeRequest({ commonName: 'j' }))), signerName: 'x.io/y', usages: ['client auth'] },
    } as never) as CertificateSigningRequest;
    const conditions = [{ type: 'Denied', status: 'True', reason: 'Test', message: '' }];
    cluster.api.updateSubresource(certificateSigningRequests, 'approval', { ...made, status: { ...made.status, conditions } } as never);
    cluster.sleep(3_700_000);
    cluster.settle();
    expect(cluster.api.get(certificateSigningRequests, '', 'r')).toBeUndefined();
    expect(logOf(cluster, 'kube-controller-manager')).toContain(
      '"Cleaning CSR as it is more than deniedExpiration duration old and denied." csr="r" deniedExpiration="1h0m0s"',
    );
  });

  test('who elects no leader begins at once', () => {
    const cluster = born();
    edit(cluster, 'kube-scheduler', (text) => text.replace('--leader-elect=true', '--leader-elect=false'));
    create(cluster);
    cluster.advance(15_000);
    expect(ofWeb(cluster).map(isReady)).toEqual([true, true]);
  });
});

test('logs of components are read through the API', async () => {
  const cluster = born();
  const log = async (component: string): Promise<string> =>
    (await cluster.request<string>('GET', `/api/v1/namespaces/kube-system/pods/${component}-control-plane/log`)).body;
  expect(await log('kube-apiserver')).toContain('Serving securely on [::]:6443\n');
  expect(await log('kube-scheduler')).toContain('"Successfully acquired lease" lock="kube-system/kube-scheduler"\n');
  // All of them start at once, as kubeadm has it.
  expect(await log('kube-scheduler')).toContain(
    'Continuing without authentication configuration. This may treat all requests as anonymous.\n',
  );
  expect(await log('etcd')).toContain('"msg":"ready to serve client requests"');
});

test('logs tell what happens', () => {
  const cluster = born();
  create(cluster);
  cluster.api.create(services, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { clusterIP: '10.96.7.7', ports: [{ port: 80 }] },
  } as never);
  cluster.advance(5000);
  const events = logOf(cluster, 'kube-controller-manager');
  expect(events).toMatch(
    /^I0101 \d\d:\d\d:\d\d\.\d{6} {7}1 event\.go:389\] "Event occurred" object="default\/web" fieldPath="" kind="Deployment" apiVersion="apps\/v1" type="Normal" reason="ScalingReplicaSet" message="Scaled up replica set web-\w+ from 0 to 2"$/m,
  );
  expect(logOf(cluster, 'kube-scheduler')).toMatch(
    /"Event occurred" .* reason="Scheduled" message="Successfully assigned default\/web-\S+ to worker-1"/,
  );
  expect(logOf(cluster, 'kube-apiserver')).toContain('"allocated clusterIPs" service="default/web" clusterIPs={"IPv4":"10.96.7.7"}');
});

test('leases are renewed as time passes, without a write', async () => {
  const cluster = born();
  type Renewed = { spec: { renewTime: string }; metadata: { resourceVersion: string } };
  const path = '/apis/coordination.k8s.io/v1/namespaces';
  const read = async (namespace: string, name: string): Promise<Renewed> =>
    (await cluster.request<Renewed>('GET', `${path}/${namespace}/leases/${name}`)).body;
  for (const [namespace, name, period] of [
    ['kube-system', 'kube-scheduler', 2000],
    ['kube-node-lease', 'worker-1', 10_000],
  ] as const) {
    const [before, asked] = [await read(namespace, name), cluster.elapsed()];
    cluster.advance(period * 3);
    const after = await read(namespace, name);
    expect(Date.parse(after.spec.renewTime) - Date.parse(before.spec.renewTime)).toBe(period * 3);
    expect(Date.parse(before.spec.renewTime) - START - asked).toBeGreaterThan(-period);
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  }
  // Who writes a lease back does not stop it.
  const lease = await read('kube-node-lease', 'worker-1');
  await cluster.request('PUT', `${path}/kube-node-lease/leases/worker-1`, lease);
  cluster.advance(30_000);
  expect(Date.parse((await read('kube-node-lease', 'worker-1')).spec.renewTime)).toBeGreaterThan(Date.parse(lease.spec.renewTime));
});

describe('flags about admission plugins', () => {
  const MANIFEST_FLAG = '    - --enable-admission-plugins=NodeRestriction\n';
  const withFlags = (cluster: TestCluster, ...flags: string[]): void => {
    edit(cluster, 'kube-apiserver', (text) => text.replace(MANIFEST_FLAG, flags.map((flag) => `    - ${flag}\n`).join('')));
    cluster.advance(60_000);
  };
  const post = async (cluster: TestCluster, path: string, body: object): Promise<{ message?: string; spec?: Record<string, unknown> }> =>
    (await cluster.request<{ message?: string; spec?: Record<string, unknown> }>('POST', `/api/v1/namespaces/default/${path}`, body)).body;
  const pod = { metadata: { name: 'a' }, spec: { containers: [{ name: 'a', image: 'nginx:1.27' }], nodeSelector: { disk: 'ssd' } } };
  const service = { metadata: { name: 'a' }, spec: { ports: [{ port: 80 }], externalIPs: ['1.2.3.4'] } };

  test('what is switched on and off works otherwise', async () => {
    const cluster = born();
    withFlags(
      cluster,
      '--enable-admission-plugins=NodeRestriction,AlwaysPullImages,DenyServiceExternalIPs,PodNodeSelector,NamespaceExists',
      '--disable-admission-plugins=ServiceAccount,DefaultTolerationSeconds',
    );
    const annotate = (selector: string): Promise<unknown> =>
      cluster.request(
        'PATCH',
        '/api/v1/namespaces/default',
        { metadata: { annotations: { 'scheduler.alpha.kubernetes.io/node-selector': selector } } },
        { 'content-type': 'application/merge-patch+json' },
      );
    expect(await post(cluster, 'services', service)).toMatchObject({
      message: 'services "a" is forbidden: Use of external IPs is denied by admission control',
    });
    await annotate('disk=hdd');
    expect(await post(cluster, 'pods', pod)).toMatchObject({
      message: 'pods "a" is forbidden: pod node label selector conflicts with its namespace node label selector',
    });
    await annotate('zone=z,disk=ssd');
    const { spec } = await post(cluster, 'pods', pod);
    expect(spec).toMatchObject({ containers: [{ imagePullPolicy: 'Always' }], nodeSelector: { disk: 'ssd', zone: 'z' } });
    expect(spec).not.toHaveProperty('tolerations');
    expect(spec).not.toHaveProperty('serviceAccountName');
    expect(cluster.errors).toEqual([]);
  });

  test('a namespace is made with the first object in it', async () => {
    const cluster = born();
    withFlags(cluster, '--enable-admission-plugins=NodeRestriction,NamespaceAutoProvision');
    const create = async (query: string, data: object): Promise<number> =>
      (await cluster.request('POST', `/api/v1/namespaces/blue/configmaps${query}`, { metadata: { name: 'a' }, data })).status;
    expect(await create('?dryRun=All', {})).toBe(404);
    expect(await create('', { a: 1 })).toBe(400);
    expect(cluster.api.get(namespaces, '', 'blue')).toBeUndefined();
    expect(await create('', { a: '1' })).toBe(201);
    expect(cluster.api.get(namespaces, '', 'blue')).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'blue' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
    expect(cluster.errors).toEqual([]);
  });

  test('as kubeadm gives them, they leave all that as it is', async () => {
    const cluster = born();
    expect(await post(cluster, 'services', service)).toHaveProperty('spec.externalIPs', ['1.2.3.4']);
    expect((await post(cluster, 'pods', pod)).spec).toMatchObject({
      containers: [{ imagePullPolicy: 'IfNotPresent' }],
      serviceAccountName: 'default',
    });
  });

  test.each([
    {
      name: 'an unknown plugin',
      flags: ['--enable-admission-plugins=NodeRestriction,Nonsense'],
      log: 'enable-admission-plugins plugin \\"Nonsense\\" is unknown',
    },
    {
      name: 'a plugin that is switched on and off',
      flags: ['--enable-admission-plugins=NodeRestriction', '--disable-admission-plugins=NodeRestriction'],
      log: '[NodeRestriction] in enable-admission-plugins and disable-admission-plugins overlapped',
    },
    {
      name: 'the older flag beside the newer ones',
      flags: ['--enable-admission-plugins=NodeRestriction', '--admission-control=ServiceAccount,Nonsense'],
      log: '[admission-control and enable-admission-plugins/disable-admission-plugins flags are mutually exclusive, admission-control plugin \\"Nonsense\\" is unknown]',
    },
  ])('$name ends the API server', ({ flags, log }) => {
    const cluster = born();
    withFlags(cluster, ...flags);
    expect(cluster.cluster.simulation.controlPlane.api).toBe('refused');
    expect(logOf(cluster, 'kube-apiserver')).toContain(log);
  });
});

describe('the file of --admission-control-config-file', () => {
  const FILE = '/etc/kubernetes/admission/config.yaml';
  const TEXT = `apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: {enforce: baseline}
    exemptions: {namespaces: [infra, kube-system]}
`;
  const point = (cluster: TestCluster, mount: boolean): void => {
    edit(cluster, 'kube-apiserver', (text) => {
      const flagged = text.replace('    - --allow-privileged=true\n', (line) => `    - --admission-control-config-file=${FILE}\n${line}`);
      return mount
        ? flagged
            .replace(
              '    volumeMounts:\n',
              (line) => `${line}    - mountPath: /etc/kubernetes/admission\n      name: admission\n      readOnly: true\n`,
            )
            .replace(
              '  volumes:\n',
              (line) => `${line}  - hostPath:\n      path: /etc/kubernetes/admission\n      type: DirectoryOrCreate\n    name: admission\n`,
            )
        : flagged;
    });
    cluster.advance(60_000);
  };
  const post = async (cluster: TestCluster, namespace: string): Promise<number> =>
    (
      await cluster.request('POST', `/api/v1/namespaces/${namespace}/pods`, {
        metadata: { name: 'a' },
        spec: { hostPID: true, containers: [{ name: 'a', image: 'nginx:1.27' }] },
      })
    ).status;

  test('is read when the API server begins, and not again', async () => {
    const cluster = born();
    const files = filesOf(cluster);
    files.mkdir('/etc/kubernetes/admission');
    files.write(FILE, TEXT);
    point(cluster, true);
    await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: 'infra' } });
    cluster.settle();
    expect([await post(cluster, 'default'), await post(cluster, 'infra')]).toEqual([403, 201]);
    files.write(FILE, TEXT.replace('baseline', 'privileged'));
    cluster.advance(60_000);
    expect(await post(cluster, 'default')).toBe(403);
    cluster.save();
    const again = born({ backend: cluster.backend, startAt: cluster.elapsed() });
    expect(await post(again, 'default')).toBe(403);
    expect(cluster.errors).toEqual([]);
  });

  test('is not there for who forgets the volume', () => {
    const cluster = born();
    const files = filesOf(cluster);
    files.mkdir('/etc/kubernetes/admission');
    files.write(FILE, TEXT);
    point(cluster, false);
    expect(cluster.cluster.simulation.controlPlane.api).toBe('refused');
    expect(logOf(cluster, 'kube-apiserver')).toContain(
      `run.go:72] "command failed" err="failed to apply admission: failed to read plugin config: unable to read admission control configuration from \\"${FILE}\\" [open ${FILE}: no such file or directory]"`,
    );
  });
});

test('--controllers switches loops off', () => {
  const cluster = born();
  edit(cluster, 'kube-controller-manager', (text) =>
    text.replace('--controllers=*,bootstrapsigner,tokencleaner', '--controllers=*,-deployment-controller'),
  );
  cluster.advance(3000);
  create(cluster);
  cluster.advance(60_000);
  expect(stateOf(cluster, 'kube-controller-manager')).toBe('running');
  expect(ofWeb(cluster)).toEqual([]);
});

describe('flags of the controller manager are heeded', () => {
  function withFlags(...flags: string[]): TestCluster {
    const cluster = born();
    edit(cluster, 'kube-controller-manager', (text) =>
      text.replace('    - kube-controller-manager\n', (line) => line + flags.map((flag) => `    - ${flag}\n`).join('')),
    );
    cluster.advance(30_000);
    expect(stateOf(cluster, 'kube-controller-manager')).toBe('running');
    return cluster;
  }

  test('--terminated-pod-gc-threshold: the oldest pods that ended go, evicted ones before all', () => {
    const cluster = withFlags('--terminated-pod-gc-threshold=2');
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const pod = cluster.api.create(pods, { metadata: { name, namespace: 'default' }, spec: web.spec.template.spec } as never) as Pod;
      const now = cluster.api.get(pods, 'default', pod.metadata.name)!;
      cluster.api.updateStatus(pods, { ...now, status: { phase: 'Failed', ...(name === 'd' && { reason: 'Evicted' }) } });
      cluster.advance(1000);
    }
    cluster.advance(60_000);
    expect(ofWeb(cluster).map(({ metadata }) => metadata.name)).toEqual(['c', 'e']);
  });

  test('--node-monitor-grace-period: a silent node is Unknown sooner', () => {
    const cluster = withFlags('--node-monitor-grace-period=20s');
    const { world } = cluster.cluster.simulation;
    setService(world, world.machines.get('worker-1')!, 'kubelet', 'inactive');
    cluster.advance(35_000);
    const ready = cluster.api.get(nodes, '', 'worker-1')!.status.conditions!.find(({ type }) => type === 'Ready');
    expect(ready?.status).toBe('Unknown');
  });

  test('--node-cidr-mask-size: nodes get ranges as long as there are some, and wait for them', () => {
    const cluster = withFlags('--node-cidr-mask-size=17');
    const rangeOf = (name: string): string | undefined => cluster.api.get(nodes, '', name)?.spec.podCIDR;
    for (const name of ['one', 'two']) cluster.api.create(nodes, { metadata: { name } });
    cluster.advance(1000);
    expect(['one', 'two'].map(rangeOf)).toEqual(['10.244.128.0/17', undefined]);
    const told = cluster.api.list(events).filter(({ involvedObject }) => involvedObject.name === 'two');
    expect(told.map(({ reason, message }) => `${reason}: ${message}`)).toContain(
      'CIDRNotAvailable: Node two status is now: CIDRNotAvailable',
    );
    cluster.api.delete(nodes, '', 'one');
    cluster.advance(60_000);
    expect(rangeOf('two')).toBe('10.244.128.0/17');
  });

  test('--cluster-cidr with a range of each family: nodes get one of each, as wide as is said', () => {
    const cluster = withFlags();
    edit(cluster, 'kube-controller-manager', (text) =>
      text.replace(
        /--cluster-cidr=.*/,
        '--cluster-cidr=10.244.0.0/16,fd00:10:244::/62\n    - --node-cidr-mask-size-ipv4=26\n    - --node-cidr-mask-size-ipv6=64',
      ),
    );
    cluster.advance(60_000);
    const rangesOf = (name: string): string[] | undefined => cluster.api.get(nodes, '', name)?.spec.podCIDRs;
    for (let i = 1; i <= 5; i++) cluster.api.create(nodes, { metadata: { name: `n${i}` } });
    cluster.advance(1000);
    expect(rangesOf('n1')).toEqual(['10.244.2.0/26', 'fd00:10:244::/64']);
    expect(rangesOf('n2')).toEqual(['10.244.2.64/26', 'fd00:10:244:1::/64']);
    expect(rangesOf('n5')).toBeUndefined();
    expect(logOf(cluster, 'kube-controller-manager')).toContain(
      `"Unhandled Error" err="error syncing 'n5': failed to allocate cidr from cluster cidr at idx:1: CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range, requeuing" logger="UnhandledError"`,
    );
  });

  test('a node with a range of elsewhere is told of', () => {
    const cluster = withFlags();
    cluster.api.create(nodes, { metadata: { name: 'astray' }, spec: { podCIDR: '10.99.0.0/24', podCIDRs: ['10.99.0.0/24'] } } as never);
    cluster.advance(1000);
    expect(logOf(cluster, 'kube-controller-manager')).toContain(
      `"Unhandled Error" err="error syncing 'astray': failed to mark cidr[10.99.0.0/24] at idx [0] as occupied for node: astray: cidr 10.99.0.0/24 is out the range of cluster cidr 10.244.0.0/16, requeuing"`,
    );
  });

  test.each([
    {
      name: 'no range',
      flags: ['--cluster-cidr=10.244.0.0'],
      want: 'invalid CIDR[0]: <nil> (invalid CIDR address: 10.244.0.0)',
    },
    {
      name: 'two of a family',
      flags: ['--cluster-cidr=10.244.0.0/16,10.245.0.0/16'],
      want: 'len of ClusterCIDRs==2 and they are not configured as dual stack (at least one from each IPFamily',
    },
    {
      name: 'three',
      flags: ['--cluster-cidr=10.244.0.0/16,fd00::/56,fd01::/56'],
      want: 'length of clusterCIDRs is:3 more than max allowed of 2',
    },
    {
      name: 'a width for two families',
      flags: ['--cluster-cidr=10.244.0.0/16,fd00::/56', '--node-cidr-mask-size=24'],
      want: 'usage of --node-cidr-mask-size is not allowed with dual-stack clusters',
    },
    {
      name: 'a width for the family that there is not',
      flags: ['--node-cidr-mask-size-ipv6=64'],
      want: 'usage of --node-cidr-mask-size-ipv6 is not allowed for a single-stack IPv4 cluster',
    },
    {
      name: 'two widths for one',
      flags: ['--node-cidr-mask-size=24', '--node-cidr-mask-size-ipv4=24'],
      want: 'usage of --node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6 is not allowed if --node-cidr-mask-size is set. For dual-stack clusters please unset it and use IPFamily specific flags',
    },
    {
      name: "nodes' ranges wider than the cluster's",
      flags: ['--node-cidr-mask-size=12'],
      want: 'Controller: Invalid --cluster-cidr, mask size of cluster CIDR must be less than or equal to --node-cidr-mask-size configured for CIDR family',
    },
    {
      name: 'too many parts',
      flags: ['--cluster-cidr=10.244.0.0/16,fd00::/40'],
      want: 'New CIDR set failed; the node CIDR size is too big',
    },
    {
      name: 'nodes out of it',
      flags: ['--cluster-cidr=10.10.0.0/16'],
      want: 'failed to mark cidr[10.244.0.0/24] at idx [0] as occupied for node: control-plane: cidr 10.244.0.0/24 is out the range of cluster cidr 10.10.0.0/16',
    },
  ])('ranges that cannot be given out ($name): it ends when it leads, and says why', ({ flags, want }) => {
    const cluster = born();
    edit(cluster, 'kube-controller-manager', (text) =>
      text
        .replace(/ {4}- --cluster-cidr=.*\n/, (line) => (flags[0]!.startsWith('--cluster-cidr') ? '' : line))
        .replace('    - kube-controller-manager\n', (line) => line + flags.map((flag) => `    - ${flag}\n`).join('')),
    );
    cluster.advance(25_000);
    expect(mirror(cluster, 'kube-controller-manager')!.status.containerStatuses![0]!.restartCount).toBe(1);
    const { world } = cluster.cluster.simulation;
    const said = world.sandboxes
      .find('machine', 'control-plane')
      .flatMap(({ containers }) => containers.filter(({ name }) => name === 'kube-controller-manager'))
      .flatMap(({ id }) => readLog(world, id).entries.map(({ text }) => text));
    expect(said.map((line) => line.slice(line.indexOf(']') + 2))).toEqual(
      expect.arrayContaining([
        `"Error initializing a controller" err=${JSON.stringify(want)} controller="node-ipam-controller"`,
        `"Error building controllers" err=${JSON.stringify(want)}`,
      ]),
    );
    expect(cluster.errors).toEqual([]);
  });

  test('--horizontal-pod-autoscaler-sync-period: an autoscaler is looked at more often', () => {
    const cluster = withFlags('--horizontal-pod-autoscaler-sync-period=5s');
    create(cluster);
    cluster.api.create(horizontalPodAutoscalers, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 5, minReplicas: 1 },
    } as never);
    cluster.advance(60_000);
    const failures = cluster.api.list(events).filter(({ reason }) => reason === 'FailedGetResourceMetric');
    expect(failures.reduce((sum, { count = 1 }) => sum + count, 0)).toBeGreaterThan(8);
  });

  const requestCertificate = (cluster: TestCluster): CertificateSigningRequest => {
    const made = cluster.api.create(certificateSigningRequests, {
      metadata: { name: 'r' },
      spec: {
        request: toBase64(utf8(makeRequest({ commonName: 'jane' }))),
        signerName: 'kubernetes.io/kube-apiserver-client',
        usages: ['client auth'],
      },
    } as never) as CertificateSigningRequest;
    const conditions = [{ type: 'Approved', status: 'True', reason: 'Test', message: '' }];
    cluster.api.updateSubresource(certificateSigningRequests, 'approval', { ...made, status: { conditions } } as never);
    cluster.settle();
    return cluster.api.get(certificateSigningRequests, '', 'r')!;
  };

  test('--cluster-signing-duration: certificates live no longer', () => {
    const { status } = requestCertificate(withFlags('--cluster-signing-duration=48h'));
    const [certificate] = readCertificates(fromUtf8(fromBase64(status.certificate!)!));
    expect(certificate!.notAfter - certificate!.notBefore).toBe(48 * 3_600_000);
  });

  test.each([
    { name: 'no certificate to sign with', add: '' },
    {
      name: 'one for another signer',
      add: ['cert-file=/etc/kubernetes/pki/ca.crt', 'key-file=/etc/kubernetes/pki/ca.key']
        .map((rest) => `    - --cluster-signing-kubelet-serving-${rest}\n`)
        .join(''),
    },
  ])('--cluster-signing-…: with $name nothing is signed', ({ add }) => {
    const cluster = born();
    edit(cluster, 'kube-controller-manager', (text) =>
      text.replaceAll(/    - --cluster-signing-(cert|key)-file=.*\n/g, '').replace('    - kube-controller-manager\n', (line) => line + add),
    );
    cluster.advance(30_000);
    expect(stateOf(cluster, 'kube-controller-manager')).toBe('running');
    expect(requestCertificate(cluster).status.certificate).toBeUndefined();
  });

  test('--enable-garbage-collector=false: what belonged to a Deployment stays', () => {
    const cluster = withFlags('--enable-garbage-collector=false');
    create(cluster);
    cluster.advance(20_000);
    cluster.api.delete(deployments, 'default', 'web');
    cluster.advance(60_000);
    expect(ofWeb(cluster)).toHaveLength(2);
  });

  test('--node-monitor-period: a silent node is found later', () => {
    const cluster = withFlags('--node-monitor-period=120s', '--node-monitor-grace-period=20s');
    const { world } = cluster.cluster.simulation;
    cluster.advance(120_000 - (cluster.cluster.course.now % 120_000) + 5000);
    setService(world, world.machines.get('worker-1')!, 'kubelet', 'inactive');
    const ready = (): string | undefined =>
      cluster.api.get(nodes, '', 'worker-1')!.status.conditions!.find(({ type }) => type === 'Ready')?.status;
    cluster.advance(110_000);
    expect(ready()).toBe('True');
    cluster.advance(10_000);
    expect(ready()).toBe('Unknown');
  });

  const slicesOf = (cluster: TestCluster, name: string): number[] =>
    cluster.api
      .list(endpointSlices, { namespace: 'default' })
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
      .map((slice) => slice.endpoints?.length ?? 0)
      .sort();

  test('--max-endpoints-per-slice and --endpointslice-updates-batch-period: smaller slices, later', () => {
    const cluster = withFlags('--max-endpoints-per-slice=2', '--endpointslice-updates-batch-period=20s');
    cluster.api.create(services, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    } as never);
    cluster.advance(2000);
    create(cluster, 5);
    cluster.advance(15_000);
    expect(slicesOf(cluster, 'web')).toEqual([0]);
    cluster.advance(60_000);
    expect(slicesOf(cluster, 'web')).toEqual([1, 2, 2]);
  });

  test('--mirroring-max-endpoints-per-subset: no more are mirrored, and that is told', () => {
    const cluster = withFlags('--mirroring-max-endpoints-per-subset=2');
    const metadata = { name: 'own', namespace: 'default' };
    cluster.api.create(services, { metadata, spec: { ports: [{ port: 80 }] } } as never);
    const addresses = ['10.9.0.1', '10.9.0.2', '10.9.0.3'].map((ip) => ({ ip }));
    cluster.api.create(endpoints, { metadata, subsets: [{ addresses, ports: [{ port: 80 }] }] } as never);
    cluster.advance(2000);
    expect(slicesOf(cluster, 'own')).toEqual([2]);
    expect(cluster.api.list(events).find(({ reason }) => reason === 'TooManyAddressesToMirror')?.message).toBe(
      'A max of 2 addresses can be mirrored to EndpointSlices per Endpoints subset. 1 addresses were skipped',
    );
  });

  test('--enable-dynamic-provisioning=false: nobody is asked for a volume', () => {
    const cluster = withFlags('--enable-dynamic-provisioning=false');
    const [{ metadata: storageClass } = { metadata: { name: '' } }] = cluster.api.list(storageClasses);
    const annotations = { 'volume.kubernetes.io/selected-node': 'worker-1' };
    const spec = { storageClassName: storageClass.name, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    cluster.api.create(persistentVolumeClaims, { metadata: { name: 'c', namespace: 'default', annotations }, spec } as never);
    cluster.advance(60_000);
    expect(cluster.api.get(persistentVolumeClaims, 'default', 'c')!.metadata.annotations).toEqual(annotations);
    expect(cluster.api.list(events).filter(({ involvedObject }) => involvedObject.kind === 'PersistentVolumeClaim')).toEqual([]);
  });
});

test('--feature-gates: a StatefulSet may take down several pods at a time where that is switched on', () => {
  const cluster = born({ nodes: 2 });
  const gate = '    - --feature-gates=MaxUnavailableStatefulSet=true\n';
  for (const component of ['kube-apiserver', 'kube-controller-manager'])
    edit(cluster, component, (text) => text.replace(`    - ${component}\n`, (line) => line + gate));
  cluster.advance(60_000);
  const template = {
    metadata: { labels: { app: 'db' } },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: 'nginx:1.27' }] },
  };
  const spec = {
    replicas: 5,
    serviceName: 'db',
    podManagementPolicy: 'Parallel',
    selector: { matchLabels: { app: 'db' } },
    template,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '50%' } },
  };
  cluster.api.create(statefulSets, { metadata: { name: 'db', namespace: 'default' }, spec } as never);
  cluster.advance(60_000);
  expect(ofWeb(cluster).map(isReady)).toEqual(Array.from({ length: 5 }, () => true));
  const set = cluster.api.get(statefulSets, 'default', 'db')!;
  expect(set.spec.updateStrategy.rollingUpdate).toEqual({ partition: 0, maxUnavailable: '50%' });
  const { metadata, spec: pod } = set.spec.template;
  const next = { metadata, spec: { ...pod, containers: pod.containers.map((one) => ({ ...one, image: 'nginx:1.28' })) } };
  cluster.api.update(statefulSets, { ...set, spec: { ...set.spec, template: next } });
  cluster.settle();
  const leaving = ofWeb(cluster).filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  expect(leaving.map(({ metadata }) => metadata.name)).toEqual(['db-3', 'db-4']);
  cluster.advance(120_000);
  expect(new Set(ofWeb(cluster).map(({ spec: { containers } }) => containers[0]!.image))).toEqual(new Set(['nginx:1.28']));
  expect(cluster.errors).toEqual([]);
});

test('an eviction between any two events of a restart does not show', () => {
  const steps = (cluster: TestCluster): void => {
    const files = filesOf(cluster);
    const text = files.read(manifest('kube-scheduler'));
    files.unlink(manifest('kube-scheduler'));
    cluster.advance(5000);
    files.write(manifest('kube-scheduler'), text);
  };
  const whole = born();
  create(whole);
  steps(whole);
  whole.advance(40_000);

  let part = born();
  create(part);
  steps(part);
  part.save();
  for (let at = 5000; at < 45_000; at += 1000) {
    part = makeTestCluster({ template: 'default', nodes: 1, backend: part.backend, startAt: at });
    part.advance(1000);
    part.save();
  }
  expect(part.errors).toEqual([]);
  expect(part.log()).toBe(whole.log());
});

test('component statuses say who does not answer', async () => {
  const cluster = born();
  const rows = async (): Promise<unknown[][]> => {
    const accept = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' };
    const { body } = await cluster.request<{ rows: { cells: unknown[] }[] }>('GET', '/api/v1/componentstatuses', undefined, accept);
    return body.rows.map(({ cells }) => cells);
  };
  const well = [
    ['controller-manager', 'Healthy', 'ok', ''],
    ['etcd-0', 'Healthy', 'ok', ''],
    ['scheduler', 'Healthy', 'ok', ''],
  ];
  expect(await rows()).toEqual(well);
  const putBack = take(cluster, 'kube-scheduler');
  const url = 'Get "https://127.0.0.1:10259/healthz": dial tcp 127.0.0.1:10259: connect: connection refused';
  expect((await rows())[2]).toEqual(['scheduler', 'Unhealthy', url, '']);
  expect((await cluster.request('GET', '/api/v1/componentstatuses/scheduler')).body).toEqual({
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name: 'scheduler' },
    conditions: [{ type: 'Healthy', status: 'False', message: url }],
  });
  expect(statusOf(await cluster.request('GET', '/api/v1/componentstatuses/kubelet'))).toMatchObject({ code: 404 });
  putBack();
  cluster.advance(30_000);
  expect(await rows()).toEqual(well);
});

test.each(['kube-scheduler', 'kube-controller-manager'])(
  '%s tells everybody that it is well, and nobody unknown anything else',
  async (component) => {
    const cluster = born();
    edit(cluster, component, (text) => text.replace('--bind-address=127.0.0.1', '--bind-address=0.0.0.0'));
    cluster.advance(60_000);
    const port = component === 'kube-scheduler' ? 10_259 : 10_257;
    const ask = async (path: string): Promise<unknown> => {
      const answers: unknown[] = [];
      void cluster
        .request('GET', `/api/v1/namespaces/kube-system/pods/https:${component}-control-plane:${port}/proxy${path}`)
        .then((given) => answers.push(given));
      for (let i = 0; i < 20 && !answers.length; i++) {
        cluster.advance(100);
        await cluster.settleTools();
      }
      return answers[0];
    };
    expect(await ask('/healthz')).toMatchObject({ status: 200, body: 'ok' });
    expect(await ask('/configz')).toMatchObject({
      status: 403,
      body: { kind: 'Status', reason: 'Forbidden', message: 'forbidden: User "system:anonymous" cannot get path "/configz"' },
    });
  },
);
