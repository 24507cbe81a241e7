import { describe, expect, test } from 'vitest';
import type { Endpoints, Pod, PodSpec, Service, ServiceSpec } from '../../../worker/api/gen/core-v1.ts';
import type { EndpointSlice } from '../../../worker/api/gen/discovery-v1.ts';
import { formatTime } from '../../../worker/lib/time.ts';
import { endpoints } from '../../../worker/resources/core/endpoints.ts';
import { nodes } from '../../../worker/resources/core/node.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { resourceQuotas } from '../../../worker/resources/core/resourcequota.ts';
import { services } from '../../../worker/resources/core/service.ts';
import { endpointSlices } from '../../../worker/resources/discovery/endpointslice.ts';
import { START } from '../harness.ts';
import type { TestCluster } from '../harness.ts';
import { emptyCluster, eventsOf, notCanonical, podSpec } from './workloads.ts';

const APP = { app: 'web' };

function makeService({ api }: TestCluster, spec: Partial<ServiceSpec> = {}, metadata: Partial<Service['metadata']> = {}): Service {
  return api.create(services, {
    metadata: { name: 'web', namespace: 'default', ...metadata },
    spec: {
      selector: APP,
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }],
      ...(spec.type !== 'ExternalName' && { clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'], ipFamilies: ['IPv4'] }),
      type: 'ClusterIP',
      ...spec,
    },
  });
}

/** A pod on a node nobody looks after, with an address. */
function makePod(
  cluster: TestCluster,
  name: string,
  ip: string,
  more: Partial<PodSpec> = {},
  ready = true,
  labels: Record<string, string> = APP,
): Pod {
  const pod = cluster.api.create(pods, { metadata: { name, namespace: 'default', labels }, spec: podSpec({ nodeName: 'n1', ...more }) });
  return setReady(cluster, pod, ready, ip);
}

function setReady({ api, elapsed }: TestCluster, { metadata }: Pod, ready: boolean, ip?: string): Pod {
  const pod = api.get(pods, 'default', metadata.name)!;
  const lastTransitionTime = formatTime(START + elapsed());
  return api.updateStatus(pods, {
    ...pod,
    status: {
      ...pod.status,
      phase: 'Running',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastProbeTime: null, lastTransitionTime }],
      ...(ip && { podIP: ip, podIPs: [{ ip }] }),
    },
  });
}

function makeNode({ api }: TestCluster, name: string, zone?: string): void {
  const node = api.create(nodes, {
    // Nobody's node: no kubelet acts on it.
    metadata: { name, labels: { ...(zone && { 'topology.kubernetes.io/zone': zone }) } },
    spec: { unschedulable: true },
  });
  api.updateStatus(nodes, {
    ...node,
    status: {
      ...node.status,
      allocatable: { cpu: '4' },
      conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: null, lastTransitionTime: null }],
    },
  });
}

const cluster = (zones: Record<string, string | undefined> = { n1: undefined }): TestCluster => {
  const made = emptyCluster();
  for (const [name, zone] of Object.entries(zones)) makeNode(made, name, zone);
  return made;
};

const readEndpoints = ({ api }: TestCluster): Endpoints => api.get(endpoints, 'default', 'web')!;
const readSlices = ({ api }: TestCluster): EndpointSlice[] =>
  api.list(endpointSlices, { namespace: 'default' }).filter(({ metadata }) => metadata.name !== 'kubernetes');
/** `10.0.0.1 ready,serving` … */
const conditionsOf = (slices: readonly EndpointSlice[]): string[] =>
  slices.flatMap((slice) =>
    (slice.endpoints ?? []).map(
      ({ addresses, conditions }) =>
        `${addresses[0]} ${Object.entries(conditions)
          .filter(([, is]) => is === true)
          .map(([name]) => name)
          .join()}`,
    ),
  );

describe('Endpoints', () => {
  test('hold the ready and the other addresses of the selected pods', () => {
    const made = cluster();
    const service = makeService(made, {}, { labels: { team: 'a' } });
    makePod(made, 'b', '10.0.0.2');
    const pod = makePod(made, 'a', '10.0.0.1');
    makePod(made, 'c', '10.0.0.3', {}, false);
    makePod(made, 'x', '10.0.0.4', {}, true, { app: 'other' });
    made.settle();
    const found = readEndpoints(made);
    expect(found.metadata.labels).toEqual({ team: 'a', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' });
    expect(found.subsets).toHaveLength(1);
    expect(found.subsets![0]).toMatchObject({
      addresses: [
        { ip: '10.0.0.1', nodeName: 'n1', targetRef: { kind: 'Pod', namespace: 'default', name: 'a', uid: pod.metadata.uid } },
        { ip: '10.0.0.2' },
      ],
      notReadyAddresses: [{ ip: '10.0.0.3' }],
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    });
    expect(found.metadata.annotations).toEqual({ 'endpoints.kubernetes.io/last-change-trigger-time': service.metadata.creationTimestamp });
    expect(notCanonical(made.api, [endpoints as never])).toEqual([]);
  });

  test('follow what changes, and go with the Service', () => {
    const made = cluster();
    makeService(made);
    const pod = makePod(made, 'a', '10.0.0.1');
    made.settle();
    made.advance(5000);
    setReady(made, pod, false);
    made.settle();
    expect(readEndpoints(made).subsets![0]).toMatchObject({ notReadyAddresses: [{ ip: '10.0.0.1' }] });
    expect(readEndpoints(made).metadata.annotations).toEqual({
      'endpoints.kubernetes.io/last-change-trigger-time': formatTime(START + 5000),
    });
    made.api.update(pods, {
      ...made.api.get(pods, 'default', 'a')!,
      metadata: { ...made.api.get(pods, 'default', 'a')!.metadata, labels: { app: 'other' } },
    });
    made.settle();
    expect(readEndpoints(made).subsets).toBeUndefined();
    made.api.delete(services, 'default', 'web');
    made.settle();
    expect(readEndpoints(made)).toBeUndefined();
  });

  test.each([
    { name: 'no selector', spec: { selector: {} } },
    { name: 'an ExternalName', spec: { type: 'ExternalName', externalName: 'x.example' } },
  ])('are not made for a Service with $name', ({ spec }) => {
    const made = cluster();
    makeService(made, spec as never);
    made.settle();
    expect(readEndpoints(made)).toBeUndefined();
    expect(readSlices(made)).toEqual([]);
  });

  test('of a headless Service without ports have no ports, and the label', () => {
    const made = cluster();
    makeService(made, { clusterIP: 'None', clusterIPs: ['None'], ports: [] });
    makePod(made, 'a', '10.0.0.1', { hostname: 'h', subdomain: 'web' });
    made.settle();
    expect(readEndpoints(made).subsets).toEqual([{ addresses: [expect.objectContaining({ ip: '10.0.0.1', hostname: 'h' })] }]);
    expect(readEndpoints(made).metadata.labels).toHaveProperty(['service.kubernetes.io/headless'], '');
    expect(readSlices(made)[0]!.metadata.labels).toHaveProperty(['service.kubernetes.io/headless'], '');
    expect(readSlices(made)[0]!.ports).toBeNull();
    expect(readSlices(made)[0]!.endpoints![0]!.hostname).toBe('h');
  });

  test('group pods by the numbers behind a named port', () => {
    const made = cluster();
    makeService(made, { ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'web' }] });
    const port = (containerPort: number): Partial<PodSpec> => ({
      containers: [{ name: 'c', image: 'x', resources: {}, ports: [{ name: 'web', containerPort, protocol: 'TCP' }] }],
    });
    makePod(made, 'a', '10.0.0.1', port(81));
    makePod(made, 'b', '10.0.0.2', port(82));
    makePod(made, 'c', '10.0.0.3');
    made.settle();
    expect(
      readEndpoints(made).subsets!.map(({ addresses, ports }) => [addresses!.map(({ ip }) => ip), ports!.map((one) => one.port)]),
    ).toEqual([
      [['10.0.0.1'], [81]],
      [['10.0.0.2'], [82]],
    ]);
    // A pod without the port is an endpoint of no port in slices.
    expect(
      readSlices(made)
        .map(({ ports }) => ports?.map((one) => one.port) ?? [])
        .toSorted(),
    ).toEqual([[], [81], [82]]);
  });

  test('list ports in the order of their hashes', () => {
    const made = cluster();
    const ports = [80, 443, 8080, 9090].map((port) => ({ name: `p${port}`, port, protocol: 'TCP', targetPort: port }));
    makeService(made, { ports });
    makePod(made, 'a', '10.0.0.1');
    made.settle();
    // FNV-1a of `(v1.EndpointPort){Name:(string)p80 Port:(int32)80 …}`.
    expect(readEndpoints(made).subsets![0]!.ports!.map(({ port }) => port)).toEqual([443, 9090, 80, 8080]);
    expect(readSlices(made)[0]!.ports!.map(({ port }) => port)).toEqual([8080, 9090, 80, 443]);
  });

  test('are no more than a thousand, the ready ones first', () => {
    const made = cluster();
    makeService(made);
    for (let i = 0; i < 1005; i++) makePod(made, `p${i}`, `10.1.${i >> 8}.${i & 255}`, {}, i >= 10);
    made.advance(1000);
    const { subsets, metadata } = readEndpoints(made);
    expect(subsets![0]!.addresses).toHaveLength(995);
    expect(subsets![0]!.notReadyAddresses).toHaveLength(5);
    expect(metadata.annotations).toMatchObject({ 'endpoints.kubernetes.io/over-capacity': 'truncated' });
    expect(readSlices(made)).toHaveLength(11);
  });
});

describe('EndpointSlices', () => {
  test('say of each endpoint whether it is ready, serving, terminating', () => {
    const made = cluster();
    const service = makeService(made);
    const ready = makePod(made, 'a', '10.0.0.1');
    makePod(made, 'b', '10.0.0.2', {}, false);
    const leaving = made.api.create(pods, {
      metadata: { name: 'c', namespace: 'default', labels: APP, finalizers: ['x.io/y'] },
      spec: podSpec({ nodeName: 'n1' }),
    });
    setReady(made, leaving, true, '10.0.0.3');
    made.api.delete(pods, 'default', 'c');
    made.settle();
    const [slice] = readSlices(made);
    expect(conditionsOf([slice!])).toEqual(['10.0.0.1 ready,serving', '10.0.0.2 ', '10.0.0.3 serving,terminating']);
    expect(slice).toMatchObject({
      addressType: 'IPv4',
      metadata: {
        generateName: 'web-',
        labels: { 'kubernetes.io/service-name': 'web', 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' },
        ownerReferences: [
          { apiVersion: 'v1', kind: 'Service', name: 'web', uid: service.metadata.uid, controller: true, blockOwnerDeletion: true },
        ],
        annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': service.metadata.creationTimestamp },
      },
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    });
    expect(slice!.endpoints![0]).toMatchObject({ nodeName: 'n1', targetRef: { kind: 'Pod', name: 'a', uid: ready.metadata.uid } });
    expect(notCanonical(made.api, [endpointSlices as never])).toEqual([]);
  });

  test('publish not ready addresses as ready if the Service says so', () => {
    const made = cluster();
    makeService(made, { publishNotReadyAddresses: true });
    makePod(made, 'a', '10.0.0.1', {}, false);
    made.settle();
    expect(conditionsOf(readSlices(made))).toEqual(['10.0.0.1 ready']);
    expect(readEndpoints(made).subsets![0]!.addresses).toHaveLength(1);
  });

  test('of a Service without pods are one empty slice, which is filled later', () => {
    const made = cluster();
    makeService(made);
    made.settle();
    const [empty] = readSlices(made);
    expect(empty).toMatchObject({ endpoints: null, ports: null });
    makePod(made, 'a', '10.0.0.1');
    made.settle();
    const [filled, ...none] = readSlices(made);
    expect(none).toEqual([]);
    expect(filled!.metadata.name).toBe(empty!.metadata.name);
    expect(filled!.ports).toHaveLength(1);
    made.api.delete(pods, 'default', 'a', { gracePeriodSeconds: 0 });
    made.settle();
    expect(readSlices(made)).toMatchObject([{ endpoints: null, ports: null, metadata: { name: empty!.metadata.name } }]);
    expect(notCanonical(made.api, [endpointSlices as never])).toEqual([]);
  });

  test('hold a hundred endpoints each, and are written sparingly', () => {
    const made = cluster();
    makeService(made);
    for (let i = 0; i < 250; i++) makePod(made, `p${String(i).padStart(3, '0')}`, `10.1.0.${i}`);
    made.advance(1000);
    expect(
      readSlices(made)
        .map((slice) => slice.endpoints!.length)
        .toSorted((a, b) => a - b),
    ).toEqual([50, 100, 100]);
    const before = new Map(readSlices(made).map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
    made.advance(1000);
    makePod(made, 'p250', '10.1.1.1');
    made.advance(1000);
    const written = readSlices(made).filter(({ metadata }) => before.get(metadata.name) !== metadata.resourceVersion);
    expect(written.map((slice) => slice.endpoints!.length)).toEqual([51]);
  });

  test('undo what others change in them', () => {
    const made = cluster();
    makeService(made);
    makePod(made, 'a', '10.0.0.1');
    made.settle();
    const [slice] = readSlices(made);
    made.api.update(endpointSlices, { ...slice!, endpoints: null });
    made.settle();
    expect(readSlices(made)[0]!.endpoints).toBeNull();
    made.advance(1500);
    expect(conditionsOf(readSlices(made))).toEqual(['10.0.0.1 ready,serving']);
    made.api.delete(endpointSlices, 'default', slice!.metadata.name);
    made.advance(1500);
    expect(conditionsOf(readSlices(made))).toEqual(['10.0.0.1 ready,serving']);
  });

  test('wait for the node of a pod, and say so', () => {
    const made = cluster({});
    const service = makeService(made);
    makePod(made, 'a', '10.0.0.1');
    made.settle();
    expect(conditionsOf(readSlices(made))).toEqual([]);
    expect(eventsOf(made.api, service)[0]).toBe(
      'FailedToUpdateEndpointSlices: Error updating Endpoint Slices for Service default/web: skipping Pod a for Service default/web: Node n1 Not Found',
    );
    expect(made.errors).toEqual([]);
  });

  test.each([
    { distribution: 'PreferClose', hints: { forZones: [{ name: 'z1' }] } },
    { distribution: 'PreferSameZone', hints: { forZones: [{ name: 'z1' }] } },
    { distribution: 'PreferSameNode', hints: { forZones: [{ name: 'z1' }], forNodes: [{ name: 'n1' }] } },
    { distribution: undefined, hints: undefined },
  ])('hint at zones and nodes for trafficDistribution $distribution', ({ distribution, hints }) => {
    const made = cluster({ n1: 'z1' });
    makeService(made, { ...(distribution && { trafficDistribution: distribution }) });
    makePod(made, 'a', '10.0.0.1');
    made.settle();
    expect(readSlices(made)[0]!.endpoints![0]).toMatchObject({ zone: 'z1' });
    expect(readSlices(made)[0]!.endpoints![0]!.hints).toEqual(hints);
  });

  test('that cannot be made are told of', () => {
    const made = cluster();
    made.api.create(resourceQuotas, {
      metadata: { name: 'none', namespace: 'default' },
      spec: { hard: { 'count/endpointslices.discovery.k8s.io': '0' } },
    });
    made.settle();
    const service = makeService(made);
    made.settle();
    expect(eventsOf(made.api, service)).toContainEqual(
      expect.stringMatching(
        /^FailedToUpdateEndpointSlices: Error updating Endpoint Slices for Service default\/web: failed to create EndpointSlice for Service default\/web: endpointslices\.discovery\.k8s\.io "web-\w{5}" is forbidden: exceeded quota/,
      ),
    );
  });

  describe('with topology-mode Auto', () => {
    const auto = { annotations: { 'service.kubernetes.io/topology-mode': 'Auto' } };
    const hintsOf = (made: TestCluster): string[] =>
      readSlices(made)
        .flatMap(({ endpoints: list }) => (list ?? []).map(({ zone, hints }) => `${zone}>${hints?.forZones?.[0]?.name ?? '-'}`))
        .toSorted();

    test('share endpoints among zones by CPU', () => {
      const made = cluster({ n1: 'z1', n2: 'z2' });
      const service = makeService(made, {}, auto);
      for (let i = 0; i < 6; i++) makePod(made, `p${i}`, `10.0.0.${i + 1}`, { nodeName: i < 5 ? 'n1' : 'n2' });
      made.settle();
      expect(hintsOf(made)).toEqual(['z1>z1', 'z1>z1', 'z1>z1', 'z1>z2', 'z1>z2', 'z2>z2']);
      expect(eventsOf(made.api, service)).toContain('TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4');
    });

    test('lose their hints with the annotation, and say so once', () => {
      const made = cluster({ n1: 'z1', n2: 'z2' });
      makeService(made, {}, auto);
      for (let i = 0; i < 4; i++) makePod(made, `p${i}`, `10.0.0.${i + 1}`, { nodeName: i < 2 ? 'n1' : 'n2' });
      made.settle();
      const { annotations: _, ...plain } = made.api.get(services, 'default', 'web')!.metadata;
      const service = made.api.update(services, { ...made.api.get(services, 'default', 'web')!, metadata: plain });
      made.settle();
      makePod(made, 'p9', '10.0.0.9');
      made.settle();
      expect(hintsOf(made).every((one) => one.endsWith('>-'))).toBe(true);
      expect(eventsOf(made.api, service)).toEqual([
        'TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4',
        'TopologyAwareHintsDisabled: Topology Aware Hints has been disabled, addressType: IPv4',
      ]);
    });

    test.each([
      {
        name: 'too few endpoints',
        zones: { n1: 'z1', n2: 'z2' },
        count: 1,
        problem: 'Insufficient number of endpoints (1 endpoints, 2 zones)',
      },
      {
        name: 'nodes without zones',
        zones: { n1: 'z1', n2: undefined },
        count: 4,
        problem: 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes',
      },
      {
        name: 'a share that would overload a zone',
        zones: { n1: 'z1', n2: 'z2' },
        count: 3,
        problem: 'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (3 endpoints, 2 zones)',
      },
    ])('give up with $name', ({ zones, count, problem }) => {
      const made = cluster(zones);
      const service = makeService(made, {}, auto);
      for (let i = 0; i < count; i++) makePod(made, `p${i}`, `10.0.0.${i + 1}`);
      made.settle();
      expect(hintsOf(made).every((one) => one.endsWith('>-'))).toBe(true);
      expect(eventsOf(made.api, service)).toContain(`TopologyAwareHintsDisabled: ${problem}, addressType: IPv4`);
    });
  });
});

test('a slice that takes the place of another keeps its name only', () => {
  const made = cluster();
  makeService(made);
  makePod(made, 'a', '10.1.0.1');
  made.settle();
  const slice = readSlices(made)[0]!;
  made.api.update(endpointSlices, { ...slice, metadata: { ...slice.metadata, annotations: { mine: 'yes' } } });
  const service = made.api.get(services, 'default', 'web')!;
  made.api.update(services, {
    ...service,
    spec: { ...service.spec, ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 9090 }] },
  });
  made.settle();
  const now = readSlices(made);
  expect(now.map(({ metadata, ports }) => [metadata.name, ports?.[0]?.port, metadata.annotations?.['mine']])).toEqual([
    [slice.metadata.name, 9090, undefined],
  ]);
});

describe('EndpointSlices mirror Endpoints of a Service without selector', () => {
  const write = ({ api }: TestCluster, subsets: Endpoints['subsets'], metadata: Partial<Endpoints['metadata']> = {}): Endpoints =>
    api.create(endpoints, { metadata: { name: 'web', namespace: 'default', ...metadata }, ...(subsets && { subsets }) });
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];

  test('with labels, annotations and both families', () => {
    const made = cluster();
    makeService(made, { selector: {} });
    const source = write(made, [{ addresses: [{ ip: '1.2.3.4' }, { ip: '2001:db8::1' }], notReadyAddresses: [{ ip: '1.2.3.5' }], ports }], {
      labels: { a: 'b' },
      annotations: { c: 'd' },
    });
    made.settle();
    const slices = readSlices(made).toSorted((a, b) => (a.addressType < b.addressType ? -1 : 1));
    expect(slices.map(({ addressType }) => addressType)).toEqual(['IPv4', 'IPv6']);
    expect(slices[0]).toMatchObject({
      metadata: {
        labels: {
          a: 'b',
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
        },
        annotations: { c: 'd' },
        ownerReferences: [{ kind: 'Endpoints', name: 'web', uid: source.metadata.uid }],
      },
      endpoints: [
        { addresses: ['1.2.3.4'], conditions: { ready: true } },
        { addresses: ['1.2.3.5'], conditions: { ready: false } },
      ],
      ports,
    });
    expect(notCanonical(made.api, [endpointSlices as never])).toEqual([]);
  });

  test('with each address once for a set of ports', () => {
    const made = cluster();
    makeService(made, { selector: {} });
    const other = { name: 'admin', port: 90, protocol: 'TCP' };
    write(made, [
      { addresses: [{ ip: '1.2.3.4' }], ports: [...ports, other] },
      { addresses: [{ ip: '1.2.3.5' }], ports },
    ]);
    made.settle();
    const told = readSlices(made).map((slice) => [
      slice.ports?.map(({ name }) => name),
      slice.endpoints?.map(({ addresses }) => addresses[0]),
    ]);
    expect(told.toSorted((a, b) => a[1]!.length - b[1]!.length)).toEqual([
      [['admin'], ['1.2.3.4']],
      [['http'], ['1.2.3.4', '1.2.3.5']],
    ]);
  });

  test('lose the annotations that these lose', () => {
    const made = cluster();
    makeService(made, { selector: {} });
    const source = write(made, [{ addresses: [{ ip: '1.2.3.4' }], ports }], { annotations: { c: 'd' } });
    made.settle();
    const { annotations: _, ...metadata } = source.metadata;
    made.api.update(endpoints, { ...source, metadata });
    made.settle();
    expect(readSlices(made).map((slice) => slice.metadata.annotations)).toEqual([undefined]);
  });

  test('follow them, and go with them', () => {
    const made = cluster();
    makeService(made, { selector: {} });
    const source = write(made, [{ addresses: [{ ip: '1.2.3.4' }], ports }]);
    made.settle();
    const name = readSlices(made)[0]!.metadata.name;
    made.api.update(endpoints, { ...source, subsets: [{ addresses: [{ ip: '1.2.3.9' }], ports: [{ port: 81, protocol: 'TCP' }] }] });
    made.settle();
    expect(readSlices(made)).toMatchObject([{ metadata: { name }, endpoints: [{ addresses: ['1.2.3.9'] }], ports: [{ port: 81 }] }]);
    made.api.delete(endpoints, 'default', 'web');
    made.settle();
    expect(readSlices(made)).toEqual([]);
  });

  test.each([
    { name: 'there is no Service', service: false, metadata: {} },
    { name: 'a label says not to', service: true, metadata: { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } } },
    { name: 'they serve leader election', service: true, metadata: { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } } },
  ])('but not if $name', ({ service, metadata }) => {
    const made = cluster();
    if (service) makeService(made, { selector: {} });
    write(made, [{ addresses: [{ ip: '1.2.3.4' }], ports }], metadata);
    made.settle();
    expect(readSlices(made)).toEqual([]);
  });
});
