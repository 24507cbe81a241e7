import { describe, expect, test } from 'vitest';
import { ingresses } from '../../../worker/resources/networking/ingress.ts';
import { ingressClasses } from '../../../worker/resources/networking/ingressclass.ts';
import { ipAddresses } from '../../../worker/resources/networking/ipaddress.ts';
import { networkPolicies } from '../../../worker/resources/networking/networkpolicy.ts';
import { serviceCIDRs } from '../../../worker/resources/networking/servicecidr.ts';
import { cells, created, createRules, defaultRules, updated, updateRules } from './kind-rules.ts';

const policy = { metadata: { name: 'p' }, spec: { podSelector: {} } };
const from = (peer: object): object => ({ spec: { ingress: [{ from: [peer] }] } });
const port = (value: object): object => ({ spec: { egress: [{ ports: [value] }] } });
createRules(networkPolicies, policy, [
  ['ports by number and name', { spec: { ingress: [{ ports: [{ port: 80 }, { port: 'http' }, { port: 1000, endPort: 2000 }] }] } }],
  ['port 0', port({ port: 0 }), 'spec.egress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
  [
    'a name that is none',
    port({ port: 'A' }),
    'spec.egress[0].ports[0].port: Invalid value: "A": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
    'spec.egress[0].ports[0].port: Invalid value: "A": must contain at least one letter (a-z)',
  ],
  [
    'a protocol of no kind',
    port({ protocol: 'X' }),
    'spec.egress[0].ports[0].protocol: Unsupported value: "X": supported values: "TCP", "UDP", "SCTP"',
  ],
  [
    'an end before the start',
    port({ port: 80, endPort: 79 }),
    'spec.egress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`',
  ],
  [
    'an end after a name',
    port({ port: 'a', endPort: 79 }),
    'spec.egress[0].ports[0].endPort: Invalid value: 79: may not be specified when `port` is non-numeric',
  ],
  [
    'an end without start',
    port({ endPort: 79 }),
    'spec.egress[0].ports[0].endPort: Invalid value: 79: may not be specified when `port` is not specified',
  ],
  ['nobody', from({}), 'spec.ingress[0].from[0]: Required value: must specify a peer'],
  ['both selectors', from({ podSelector: {}, namespaceSelector: {} })],
  [
    'a range and a selector',
    from({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }),
    'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer',
  ],
  ['a range with holes', from({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } })],
  ['no range', from({ ipBlock: { cidr: '' } }), 'spec.ingress[0].from[0].ipBlock.cidr: Required value'],
  [
    'a range that is none',
    from({ ipBlock: { cidr: '10.0.0.0' } }),
    'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    'a hole outside',
    from({ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16', '10.0.0.0/8'] } }),
    'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
    'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
  ],
  [
    'three types',
    { spec: { policyTypes: ['Ingress', 'Egress', 'Ingress'] } },
    'spec.policyTypes: Invalid value: ["Ingress","Egress","Ingress"]: may not specify more than two policyTypes',
  ],
  [
    'another type',
    { spec: { policyTypes: ['Both'] } },
    'spec.policyTypes[0]: Unsupported value: "Both": supported values: "Ingress", "Egress"',
  ],
  [
    'a selector that is none',
    { spec: { podSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } } },
    "spec.podSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
  ],
]);
defaultRules(networkPolicies, [
  ['types without egress', policy, { spec: { policyTypes: ['Ingress'] } }],
  ['types with egress', { spec: { podSelector: {}, egress: [{}] } }, { spec: { policyTypes: ['Ingress', 'Egress'] } }],
  [
    'protocols',
    { spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] } },
    { spec: { ingress: [{ ports: [{ protocol: 'TCP', port: 80 }] }] } },
  ],
]);
describe('network policies', () => {
  test('a sloppy range may stay, a new one may not come', () => {
    const sloppy = { ...policy, spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.1.0.0/8' } }] }] } };
    expect(updated(networkPolicies, sloppy, { metadata: { labels: { a: 'b' } } }).errors).toEqual([]);
    expect(updated(networkPolicies, policy, from({ ipBlock: { cidr: '10.1.0.0/8' } })).errors).toEqual([
      'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.1.0.0/8": must not have bits set beyond the prefix length',
    ]);
  });
  test('columns', () => {
    expect(cells(networkPolicies, policy)).toEqual({ Name: 'p', 'Pod-Selector': '<none>', Age: '60s' });
    expect(cells(networkPolicies, { ...policy, spec: { podSelector: { matchLabels: { b: '1', a: '2' } } } })['Pod-Selector']).toBe(
      'a=2,b=1',
    );
  });
});

const backend = { service: { name: 'web', port: { number: 80 } } };
const ingress = {
  metadata: { name: 'i' },
  spec: { rules: [{ host: 'a.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] },
};
const path = (value: object): object => ({
  spec: { rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...value }] } }] },
});
const host = (value: string): object => ({ spec: { rules: [{ host: value }] } });
createRules(ingresses, ingress, [
  ['only a default', { spec: { rules: null, defaultBackend: backend } }],
  ['nothing', { spec: { rules: null } }, 'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
  ['a wildcard', host('*.example.com')],
  [
    'a wildcard in the middle',
    host('a.*.com'),
    "spec.rules[0].host: Invalid value: \"a.*.com\": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ],
  ['an address', host('10.0.0.1'), 'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
  ['no paths', { spec: { rules: [{ http: { paths: [] } }] } }, 'spec.rules[0].http.paths: Required value'],
  ['no type of path', path({ pathType: null }), 'spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified'],
  [
    'another type of path',
    path({ pathType: 'Regex' }),
    'spec.rules[0].http.paths[0].pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"',
  ],
  ['a relative path', path({ path: 'a' }), 'spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path'],
  ['no path, of no known kind', path({ path: '', pathType: 'ImplementationSpecific' })],
  [
    'a path with dots',
    path({ path: '/a/../b//c' }),
    'spec.rules[0].http.paths[0].path: Invalid value: "/a/../b//c": must not contain \'//\'',
    'spec.rules[0].http.paths[0].path: Invalid value: "/a/../b//c": must not contain \'/../\'',
  ],
  [
    'a path that ends in dots',
    path({ path: '/a/..' }),
    'spec.rules[0].http.paths[0].path: Invalid value: "/a/..": cannot end with \'/..\'',
  ],
  ['no backend', path({ backend: {} }), 'spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required'],
  [
    'no service',
    path({ backend: { service: { name: '', port: { number: 80 } } } }),
    'spec.rules[0].http.paths[0].backend.service.name: Required value',
  ],
  ['a service that begins with a digit', path({ backend: { service: { name: '1web', port: { number: 80 } } } })],
  [
    'no port',
    path({ backend: { service: { name: 'web' } } }),
    'spec.rules[0].http.paths[0].backend: Required value: port name or number is required',
  ],
  [
    'port by name and number',
    path({ backend: { service: { name: 'web', port: { name: 'a', number: 80 } } } }),
    'spec.rules[0].http.paths[0].backend: Invalid value: "": cannot set both port name & port number',
  ],
  [
    'a port that is none',
    path({ backend: { service: { name: 'web', port: { number: 70000 } } } }),
    'spec.rules[0].http.paths[0].backend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive',
  ],
  [
    'both backends',
    path({ backend: { ...backend, resource: { kind: 'A', name: 'b' } } }),
    'spec.rules[0].http.paths[0].backend: Invalid value: "": cannot set both resource and service backends',
  ],
  [
    'a resource without name',
    path({ backend: { resource: { kind: 'A', name: '' } } }),
    'spec.rules[0].http.paths[0].backend.resource.name: Required value',
  ],
  [
    'a secret that is none',
    { spec: { tls: [{ secretName: 'A' }] } },
    "spec.tls[0].secretName: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ],
  [
    'annotation and field differ',
    { metadata: { annotations: { 'kubernetes.io/ingress.class': 'a' } }, spec: { ingressClassName: 'b' } },
    'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
  ],
]);
updateRules(
  ingresses,
  ingress,
  [
    ['an address', { status: { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } } }],
    [
      'a bad address',
      { status: { loadBalancer: { ingress: [{ ip: '10.0.0.01' }] } } },
      'status.loadBalancer.ingress[0].ip: Invalid value: "10.0.0.01": must not have leading 0s',
    ],
    [
      'an address as a name',
      { status: { loadBalancer: { ingress: [{ hostname: '10.0.0.1' }] } } },
      'status.loadBalancer.ingress[0].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
    ],
  ],
  'status',
);
describe('ingresses', () => {
  test('the old annotation is warned of, once', () => {
    const old = created(ingresses, { ...ingress, metadata: { name: 'i', annotations: { 'kubernetes.io/ingress.class': 'a' } } }) as never;
    expect(ingresses.warnings!(old, undefined)).toEqual([
      'annotation "kubernetes.io/ingress.class" is deprecated, please use \'spec.ingressClassName\' instead',
    ]);
    expect(ingresses.warnings!(old, old)).toEqual([]);
  });
  test.each([
    [[], '*'],
    [['a', 'b'], 'a,b'],
    [['a', 'b', 'c', 'd', 'e'], 'a,b,c + 2 more...'],
    [['a', '', 'b'], 'a,b'],
  ])('hosts %j', (hosts, want) =>
    expect(cells(ingresses, { ...ingress, spec: { rules: hosts.map((host) => ({ host })) } })['Hosts']).toBe(want),
  );
  test('columns', () =>
    expect(
      cells(ingresses, {
        ...ingress,
        spec: { ...ingress.spec, tls: [{}], ingressClassName: 'nginx' },
        status: { loadBalancer: { ingress: [{ hostname: 'b' }, { ip: '10.0.0.1' }, { hostname: 'b' }] } },
      }),
    ).toEqual({ Name: 'i', Class: 'nginx', Hosts: 'a.example.com', Address: '10.0.0.1,b', Ports: '80, 443', Age: '60s' }));
});

const ingressClass = { metadata: { name: 'nginx' }, spec: { controller: 'example.com/nginx' } };
const parameters = (change: object): object => ({ spec: { parameters: { kind: 'A', name: 'b', ...change } } });
createRules(ingressClasses, ingressClass, [
  ['no controller', { spec: { controller: '' } }, 'spec.controller: Required value'],
  [
    'a controller without path',
    { spec: { controller: 'nginx' } },
    'spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")',
  ],
  ['parameters of the cluster', parameters({})],
  [
    'a namespace of the cluster',
    parameters({ namespace: 'x' }),
    "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
  ],
  [
    'no namespace',
    parameters({ scope: 'Namespace' }),
    "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
  ],
  [
    'another scope',
    parameters({ scope: 'World' }),
    'spec.parameters.scope: Unsupported value: "World": supported values: "Cluster", "Namespace"',
  ],
  ['no kind', parameters({ kind: '' }), 'spec.parameters.kind: Required value'],
]);
updateRules(ingressClasses, ingressClass, [
  [
    'the controller',
    { spec: { controller: 'example.com/other' } },
    'spec.controller: Invalid value: "example.com/other": field is immutable',
  ],
]);
test('columns of an ingress class', () => {
  expect(cells(ingressClasses, ingressClass)).toEqual({ Name: 'nginx', Controller: 'example.com/nginx', Parameters: '<none>', Age: '60s' });
  expect(
    cells(ingressClasses, {
      metadata: { name: 'nginx', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
      spec: { ...ingressClass.spec, parameters: { apiGroup: 'x.io', kind: 'A', name: 'b' } },
    }),
  ).toMatchObject({ Name: 'nginx (default)', Parameters: 'A.x.io/b' });
});

const address = {
  metadata: { name: '10.96.0.1' },
  spec: { parentRef: { resource: 'services', namespace: 'default', name: 'kubernetes' } },
};
createRules(ipAddresses, address, [
  ['IPv6', { metadata: { name: '2001:db8::1' } }],
  [
    'a name that is no address',
    { metadata: { name: 'a' } },
    'metadata.name: Invalid value: "a": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  [
    'not canonical',
    { metadata: { name: '2001:DB8::1' } },
    'metadata.name: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")',
  ],
  ['no parent', { spec: { parentRef: null } }, 'spec.parentRef: Required value'],
  ['a parent without kind', { spec: { parentRef: { resource: '' } } }, 'spec.parentRef.resource: Required value'],
  ['a parent without name', { spec: { parentRef: { name: '' } } }, 'spec.parentRef.name: Required value'],
]);
updateRules(ipAddresses, address, [
  [
    'the parent',
    { spec: { parentRef: { name: 'other' } } },
    'spec.parentRef: Invalid value: {"Group":"","Resource":"services","Namespace":"default","Name":"other"}: field is immutable',
  ],
]);
test('columns of an address', () =>
  expect(cells(ipAddresses, address)).toEqual({ Name: '10.96.0.1', ParentRef: 'services/default/kubernetes' }));

const range = { metadata: { name: 'r' }, spec: { cidrs: ['10.0.0.0/16'] } };
createRules(serviceCIDRs, range, [
  ['both families', { spec: { cidrs: ['10.0.0.0/16', '2001:db8::/64'] } }],
  ['none', { spec: { cidrs: [] } }, 'spec.cidrs: Required value: at least one CIDR required'],
  [
    'three',
    { spec: { cidrs: ['10.0.0.0/16', '2001:db8::/64', '11.0.0.0/8'] } },
    'spec.cidrs: Invalid value: {"CIDRs":["10.0.0.0/16","2001:db8::/64","11.0.0.0/8"]}: may only hold up to 2 values',
  ],
  [
    'two of a family',
    { spec: { cidrs: ['10.0.0.0/16', '11.0.0.0/16'] } },
    'spec.cidrs: Invalid value: ["10.0.0.0/16","11.0.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
  ],
  [
    'no range',
    { spec: { cidrs: ['x'] } },
    'spec.cidrs[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
]);
updateRules(serviceCIDRs, range, [
  ['a second family', { spec: { cidrs: ['10.0.0.0/16', '2001:db8::/64'] } }],
  ['another', { spec: { cidrs: ['11.0.0.0/16'] } }, 'spec.cidrs[0]: Invalid value: "11.0.0.0/16": field is immutable'],
  ['none', { spec: { cidrs: [] } }, 'spec.cidrs: Invalid value: []: field is immutable'],
]);
