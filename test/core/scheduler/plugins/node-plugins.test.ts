// Plugins that look at the node alone: NodeName, NodeUnschedulable, TaintToleration, NodeAffinity, NodePorts, NodeDeclaredFeatures, ImageLocality.

import { describe, expect, test } from 'vitest';
import type { Taint, Toleration } from '../../../../worker/api/gen/core-v1.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { makeBench } from '../lab.ts';
import type { NodeDraft, PodDraft } from '../lab.ts';

interface Row {
  readonly name: string;
  readonly nodes: readonly NodeDraft[];
  readonly pods?: readonly PodDraft[];
  readonly args?: object;
  readonly pod: PodDraft;
  readonly want: Record<string, string | number> | 'skip';
}

const filters = (plugin: string) => (row: Row) =>
  expect(makeBench(plugin, { nodes: row.nodes, pods: row.pods ?? [] }, row.args).filter(row.pod)).toEqual(row.want);
const scores = (plugin: string) => (row: Row) =>
  expect(makeBench(plugin, { nodes: row.nodes, pods: row.pods ?? [] }, row.args).score(row.pod)).toEqual(row.want);

const taint = (key: string, value: string, effect: string): Taint => ({ key, effect, ...(value && { value }) });
const tolerate = (key: string, value: string, effect = '', operator = 'Equal'): Toleration => ({
  ...(key && { key }),
  operator,
  ...(value && { value }),
  ...(effect && { effect }),
});

describe('NodeName', () => {
  const nodes = [{ name: 'a' }, { name: 'b' }];
  test.each<Row>([
    { name: 'a pod that names none goes anywhere', nodes, pod: {}, want: { a: '', b: '' } },
    {
      name: 'a pod that names one goes there',
      nodes,
      pod: { nodeName: 'b' },
      want: { a: "node(s) didn't match the requested node name", b: '' },
    },
  ])('$name', filters('NodeName'));
});

describe('NodeUnschedulable', () => {
  const cordoned = { name: 'a', unschedulable: true };
  test.each<Row>([
    { name: 'a cordoned node refuses', nodes: [cordoned, { name: 'b' }], pod: {}, want: { a: 'node(s) were unschedulable', b: '' } },
    {
      name: 'a pod may tolerate it',
      nodes: [cordoned],
      pod: { tolerations: [tolerate('node.kubernetes.io/unschedulable', '', 'NoSchedule', 'Exists')] },
      want: { a: '' },
    },
    { name: 'or everything', nodes: [cordoned], pod: { tolerations: [tolerate('', '', '', 'Exists')] }, want: { a: '' } },
    {
      name: 'another effect does not do',
      nodes: [cordoned],
      pod: { tolerations: [tolerate('node.kubernetes.io/unschedulable', '', 'PreferNoSchedule', 'Exists')] },
      want: { a: 'node(s) were unschedulable' },
    },
  ])('$name', filters('NodeUnschedulable'));
});

describe('TaintToleration', () => {
  const refused = 'node(s) had untolerated taint(s)';
  const tainted = (...taints: Taint[]): NodeDraft[] => [{ name: 'a', taints }];
  test.each<Row>([
    { name: 'no toleration', nodes: tainted(taint('k', 'v', 'NoSchedule')), pod: {}, want: { a: refused } },
    {
      name: 'the same key, value and effect',
      nodes: tainted(taint('k', 'v', 'NoSchedule')),
      pod: { tolerations: [tolerate('k', 'v', 'NoSchedule')] },
      want: { a: '' },
    },
    {
      name: 'another value',
      nodes: tainted(taint('k', 'v', 'NoSchedule')),
      pod: { tolerations: [tolerate('k', 'w', 'NoSchedule')] },
      want: { a: refused },
    },
    {
      name: 'Exists takes any value',
      nodes: tainted(taint('k', 'v', 'NoSchedule')),
      pod: { tolerations: [tolerate('k', '', 'NoSchedule', 'Exists')] },
      want: { a: '' },
    },
    {
      name: 'no effect means every effect',
      nodes: tainted(taint('k', 'v', 'NoSchedule'), taint('k', 'v', 'NoExecute')),
      pod: { tolerations: [tolerate('k', 'v')] },
      want: { a: '' },
    },
    {
      name: 'another effect',
      nodes: tainted(taint('k', 'v', 'NoSchedule')),
      pod: { tolerations: [tolerate('k', 'v', 'NoExecute')] },
      want: { a: refused },
    },
    { name: 'NoExecute refuses too', nodes: tainted(taint('k', 'v', 'NoExecute')), pod: {}, want: { a: refused } },
    { name: 'PreferNoSchedule does not', nodes: tainted(taint('k', 'v', 'PreferNoSchedule')), pod: {}, want: { a: '' } },
    {
      name: 'every taint has to be tolerated',
      nodes: tainted(taint('k', 'v', 'NoSchedule'), taint('l', '', 'NoSchedule')),
      pod: { tolerations: [tolerate('k', 'v', 'NoSchedule')] },
      want: { a: refused },
    },
    {
      name: 'a taint without value and Equal without value',
      nodes: tainted(taint('k', '', 'NoSchedule')),
      pod: { tolerations: [tolerate('k', '', 'NoSchedule')] },
      want: { a: '' },
    },
  ])('$name', filters('TaintToleration'));

  const prefer = (name: string, ...keys: string[]): NodeDraft => ({ name, taints: keys.map((key) => taint(key, 'v', 'PreferNoSchedule')) });
  test.each<Row>([
    { name: 'equal without taints', nodes: [{ name: 'a' }, { name: 'b' }], pod: {}, want: { a: 100, b: 100 } },
    {
      name: 'the fewer, the better',
      nodes: [prefer('a'), prefer('b', 'k'), prefer('c', 'k', 'l'), prefer('d', 'k', 'l', 'm', 'n')],
      pod: {},
      want: { a: 100, b: 75, c: 50, d: 0 },
    },
    {
      name: 'tolerated ones do not count',
      nodes: [prefer('a', 'k'), prefer('b', 'l')],
      pod: { tolerations: [tolerate('k', 'v', 'PreferNoSchedule')] },
      want: { a: 100, b: 0 },
    },
    {
      name: 'a toleration of NoSchedule does not help',
      nodes: [prefer('a', 'k'), prefer('b')],
      pod: { tolerations: [tolerate('k', 'v', 'NoSchedule')] },
      want: { a: 0, b: 100 },
    },
    {
      name: 'hard taints do not count',
      nodes: [{ name: 'a', taints: [taint('k', 'v', 'NoSchedule')] }, prefer('b', 'k')],
      pod: {},
      want: { a: 100, b: 0 },
    },
  ])('score: $name', scores('TaintToleration'));
});

describe('NodeAffinity', () => {
  const refused = "node(s) didn't match Pod's node affinity/selector";
  const nodes: NodeDraft[] = [
    { name: 'a', labels: { disk: 'ssd', size: '10' } },
    { name: 'b', labels: { disk: 'hdd', size: '3' } },
    { name: 'c' },
  ];
  type Expressions = readonly { key: string; operator: string; values?: string[] }[];
  const require = (...terms: readonly { e?: Expressions; f?: Expressions }[]): PodDraft => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: terms.map(({ e, f }) => ({ ...(e && { matchExpressions: e }), ...(f && { matchFields: f }) })),
        },
      },
    } as never,
  });
  test.each<Row>([
    { name: 'nothing wanted', nodes, pod: {}, want: 'skip' },
    { name: 'nodeSelector', nodes, pod: { nodeSelector: { disk: 'ssd' } }, want: { a: '', b: refused, c: refused } },
    {
      name: 'all of nodeSelector',
      nodes,
      pod: { nodeSelector: { disk: 'ssd', size: '3' } },
      want: { a: refused, b: refused, c: refused },
    },
    {
      name: 'In',
      nodes,
      pod: require({ e: [{ key: 'disk', operator: 'In', values: ['ssd', 'nvme'] }] }),
      want: { a: '', b: refused, c: refused },
    },
    {
      name: 'NotIn takes nodes without the label too',
      nodes,
      pod: require({ e: [{ key: 'disk', operator: 'NotIn', values: ['ssd'] }] }),
      want: { a: refused, b: '', c: '' },
    },
    { name: 'Exists', nodes, pod: require({ e: [{ key: 'disk', operator: 'Exists' }] }), want: { a: '', b: '', c: refused } },
    {
      name: 'DoesNotExist',
      nodes,
      pod: require({ e: [{ key: 'disk', operator: 'DoesNotExist' }] }),
      want: { a: refused, b: refused, c: '' },
    },
    { name: 'Gt', nodes, pod: require({ e: [{ key: 'size', operator: 'Gt', values: ['5'] }] }), want: { a: '', b: refused, c: refused } },
    { name: 'Lt', nodes, pod: require({ e: [{ key: 'size', operator: 'Lt', values: ['5'] }] }), want: { a: refused, b: '', c: refused } },
    {
      name: 'all expressions of a term',
      nodes,
      pod: require({
        e: [
          { key: 'disk', operator: 'Exists' },
          { key: 'size', operator: 'Gt', values: ['5'] },
        ],
      }),
      want: { a: '', b: refused, c: refused },
    },
    {
      name: 'any of the terms',
      nodes,
      pod: require({ e: [{ key: 'disk', operator: 'In', values: ['hdd'] }] }, { e: [{ key: 'disk', operator: 'DoesNotExist' }] }),
      want: { a: refused, b: '', c: '' },
    },
    { name: 'an empty term means no node', nodes, pod: require({}), want: { a: refused, b: refused, c: refused } },
    {
      name: 'selector and affinity together',
      nodes,
      pod: { nodeSelector: { disk: 'ssd' }, ...require({ e: [{ key: 'size', operator: 'In', values: ['3'] }] }) },
      want: { a: refused, b: refused, c: refused },
    },
    {
      name: 'a field names the node: others are not even looked at',
      nodes,
      pod: require({ f: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] }),
      want: { a: 'not among those named', b: '', c: 'not among those named' },
    },
    {
      name: 'fields and expressions of a term both have to hold',
      nodes,
      pod: require({
        e: [{ key: 'disk', operator: 'In', values: ['ssd'] }],
        f: [{ key: 'metadata.name', operator: 'In', values: ['b'] }],
      }),
      want: { a: 'not among those named', b: refused, c: 'not among those named' },
    },
    {
      name: 'a term without a name lifts the limit of the others',
      nodes,
      pod: require({ f: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] }, {
        e: [{ key: 'disk', operator: 'In', values: ['ssd'] }],
      }),
      want: { a: '', b: '', c: refused },
    },
    {
      name: 'NotIn of a field',
      nodes,
      pod: require({ f: [{ key: 'metadata.name', operator: 'NotIn', values: ['b'] }] }),
      want: { a: '', b: refused, c: '' },
    },
    {
      name: 'two names in one term exclude each other',
      nodes,
      pod: require({
        f: [
          { key: 'metadata.name', operator: 'In', values: ['a'] },
          { key: 'metadata.name', operator: 'In', values: ['b'] },
        ],
      }),
      want: { '*': 'pod affinity terms conflict' },
    },
    {
      name: 'affinity added by the configuration',
      nodes,
      args: {
        addedAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'Exists' }] }],
          },
        },
      },
      pod: { nodeSelector: { size: '3' } },
      want: { a: refused, b: '', c: "node(s) didn't match scheduler-enforced node affinity" },
    },
  ])('$name', filters('NodeAffinity'));

  const prefer = (...terms: [weight: number, key: string, value: string][]): PodDraft => ({
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: terms.map(([weight, key, value]) => ({
          weight,
          preference: { matchExpressions: [{ key, operator: 'In', values: [value] }] },
        })),
      },
    },
  });
  test.each<Row>([
    { name: 'nothing preferred', nodes, pod: {}, want: 'skip' },
    { name: 'one term', nodes, pod: prefer([5, 'disk', 'ssd']), want: { a: 100, b: 0, c: 0 } },
    { name: 'weights add up', nodes, pod: prefer([8, 'disk', 'ssd'], [2, 'size', '10'], [5, 'size', '3']), want: { a: 100, b: 50, c: 0 } },
    { name: 'no node has it', nodes, pod: prefer([1, 'disk', 'tape']), want: { a: 0, b: 0, c: 0 } },
    {
      name: 'preference added by the configuration',
      nodes,
      args: {
        addedAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 10, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['hdd'] }] } },
          ],
        },
      },
      pod: prefer([5, 'disk', 'ssd']),
      want: { a: 50, b: 100, c: 0 },
    },
  ])('score: $name', scores('NodeAffinity'));
});

describe('NodePorts', () => {
  const refused = "node(s) didn't have free ports for the requested pod ports";
  const withPorts = (...ports: [port: number, protocol?: string, ip?: string][]): PodDraft => ({
    containers: [
      {
        name: 'c',
        image: 'nginx',
        resources: {},
        ports: ports.map(([hostPort, protocol, hostIP]) => ({
          containerPort: hostPort,
          hostPort,
          ...(protocol && { protocol }),
          ...(hostIP && { hostIP }),
        })),
      },
    ] as never,
  });
  const on = (pod: PodDraft): PodDraft => ({ ...pod, nodeName: 'a' });
  const nodes = [{ name: 'a' }, { name: 'b' }];
  test.each<Row>([
    { name: 'no host port', nodes, pods: [on(withPorts([80]))], pod: {}, want: 'skip' },
    { name: 'a free one', nodes, pods: [on(withPorts([80]))], pod: withPorts([81]), want: { a: '', b: '' } },
    { name: 'a taken one', nodes, pods: [on(withPorts([80]))], pod: withPorts([80]), want: { a: refused, b: '' } },
    { name: 'another protocol', nodes, pods: [on(withPorts([80, 'UDP']))], pod: withPorts([80, 'TCP']), want: { a: '', b: '' } },
    {
      name: 'another address',
      nodes,
      pods: [on(withPorts([80, 'TCP', '127.0.0.1']))],
      pod: withPorts([80, 'TCP', '127.0.0.2']),
      want: { a: '', b: '' },
    },
    {
      name: 'all addresses, wanted',
      nodes,
      pods: [on(withPorts([80, 'TCP', '127.0.0.1']))],
      pod: withPorts([80, 'TCP', '0.0.0.0']),
      want: { a: refused, b: '' },
    },
    {
      name: 'all addresses, taken',
      nodes,
      pods: [on(withPorts([80]))],
      pod: withPorts([80, 'TCP', '127.0.0.1']),
      want: { a: refused, b: '' },
    },
    { name: 'one of two', nodes, pods: [on(withPorts([80]))], pod: withPorts([81], [80]), want: { a: refused, b: '' } },
    {
      name: 'ports of ordinary init containers do not count',
      nodes,
      pods: [on({ initContainers: withPorts([80]).containers!.map((one) => ({ ...one, name: 's' })) })],
      pod: withPorts([80]),
      want: { a: '', b: '' },
    },
    {
      name: 'those of sidecars do',
      nodes,
      pods: [on({ initContainers: withPorts([80]).containers!.map((one) => ({ ...one, name: 's', restartPolicy: 'Always' })) })],
      pod: withPorts([80]),
      want: { a: refused, b: '' },
    },
  ])('$name', filters('NodePorts'));

  test('a port is free again when its pod is gone', () => {
    const { lab, cache, filter } = makeBench('NodePorts', { nodes, pods: [{ name: 'p', ...on(withPorts([80])) }] });
    cache.removePod(lab.api.get(pods, 'default', 'p')!.metadata.uid);
    expect(filter(withPorts([80]))).toEqual({ a: '', b: '' });
  });
});

describe('NodeDeclaredFeatures', () => {
  const nodes: NodeDraft[] = [{ name: 'a', status: { declaredFeatures: ['UserNamespacesHostNetworkSupport'] } }, { name: 'b' }];
  test('nothing needed', () => expect(makeBench('NodeDeclaredFeatures', { nodes }).filter({})).toBe('skip'));

  test('a user namespace on the host network needs a node that has it', () => {
    const { plugin, cache, cycle } = makeBench('NodeDeclaredFeatures', { nodes });
    const plain = cycle({});
    // Behind a gate of the API server that is off.
    const pod = { ...plain.pod, spec: { ...plain.pod.spec, hostNetwork: true, hostUsers: false } };
    const outcome = plugin.preFilter!({ ...plain, pod }) as { state: unknown };
    const refusals = cache.nodes.map((node) => plugin.filter!(outcome.state, node, plain)?.reasons);
    expect(refusals).toEqual([undefined, ["node(s) didn't match Pod's required features"]]);
  });
});

describe('ImageLocality', () => {
  const MB = 1024 * 1024;
  const image = (name: string, megabytes: number) => ({ names: [`${name}:latest`, `${name}@sha256:0`], sizeBytes: megabytes * MB });
  const has = (name: string, ...images: ReturnType<typeof image>[]): NodeDraft => ({ name, status: { images } });
  test.each<Row>([
    { name: 'no images', nodes: [{ name: 'a' }, { name: 'b' }], pod: {}, want: { a: 0, b: 0 } },
    {
      name: 'large ones count, in proportion to how many nodes have them',
      nodes: [has('a', image('nginx', 500)), has('b', image('nginx', 500)), has('c'), has('d')],
      pod: { image: 'nginx' },
      want: { a: 23, b: 23, c: 0, d: 0 },
    },
    {
      name: 'small ones do not',
      nodes: [has('a', image('nginx', 20)), has('b')],
      pod: { image: 'nginx:latest' },
      want: { a: 0, b: 0 },
    },
    {
      name: 'another tag does not',
      nodes: [has('a', image('nginx', 500)), has('b')],
      pod: { image: 'nginx:1.27' },
      want: { a: 0, b: 0 },
    },
    {
      name: 'at most 1000 MB a container',
      nodes: [has('a', image('nginx', 9000))],
      pod: { image: 'nginx' },
      want: { a: 100 },
    },
  ])('score: $name', scores('ImageLocality'));
});
