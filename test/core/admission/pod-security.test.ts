// Pod Security: every check with its words, versions, and how a namespace chooses.

import { describe, expect, test } from 'vitest';
import { as, configured, forPlugin, makeAsker, podOf } from './ask.ts';
import type { Asker } from './ask.ts';
import { policyOf, policyText } from '../../../worker/admission/pod-security/policy.ts';
import type { Policy } from '../../../worker/admission/pod-security/policy.ts';

const LABEL = 'pod-security.kubernetes.io/';

async function labelled(labels: Record<string, string>, asker: Asker = makeAsker()): Promise<Asker> {
  const { status, message } = await asker.ask('PATCH /api/v1/namespaces/default', {
    metadata: { labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [LABEL + key, value])) },
  });
  expect(message).toBe('');
  expect(status).toBe(200);
  return asker;
}

const HARDENED = {
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
const container = (securityContext: object, more: object = {}): object => ({ name: 'c', image: 'nginx', securityContext, ...more });
const hardened = (more: object = {}, rest: object = {}): object => ({ containers: [container({ ...HARDENED, ...more }, rest)] });

interface Row {
  readonly name: string;
  readonly spec: object;
  readonly annotations?: Record<string, string>;
  readonly version?: string;
  /** What is in breach; '' if nothing. */
  readonly want: string;
}

const told = (message: string): string => message.replace(/^pods "p" is forbidden: violates PodSecurity "[a-z]+:[a-z0-9.]+": /, '');

async function hold(level: string, { spec, annotations, version = 'latest' }: Row): Promise<string> {
  const { ask } = await labelled({ enforce: level, 'enforce-version': version });
  const { message } = await ask('POST pods', podOf(spec, annotations && { annotations }));
  return told(message);
}

describe('baseline', () => {
  test.each<Row>([
    { name: 'an ordinary pod', spec: {}, want: '' },
    { name: 'host namespaces', spec: { hostNetwork: true, hostIPC: true }, want: 'host namespaces (hostNetwork=true, hostIPC=true)' },
    {
      name: 'privileged containers',
      spec: { containers: [container({ privileged: true }), { ...container({ privileged: true }), name: 'd' }] },
      want: 'privileged (containers "c", "d" must not set securityContext.privileged=true)',
    },
    {
      name: 'init containers count too',
      spec: { initContainers: [{ ...container({ privileged: true }), name: 'i' }] },
      want: 'privileged (container "i" must not set securityContext.privileged=true)',
    },
    {
      name: 'capabilities beyond the default set',
      spec: { containers: [container({ capabilities: { add: ['NET_ADMIN', 'CHOWN', 'SYS_TIME'] } })] },
      want: 'non-default capabilities (container "c" must not include "NET_ADMIN", "SYS_TIME" in securityContext.capabilities.add)',
    },
    {
      name: 'host paths',
      spec: { volumes: [{ name: 'h', hostPath: { path: '/' } }] },
      want: 'hostPath volumes (volume "h")',
    },
    {
      name: 'host ports',
      spec: {
        containers: [
          container(
            {},
            {
              ports: [
                { containerPort: 80, hostPort: 80 },
                { containerPort: 81, hostPort: 81 },
              ],
            },
          ),
        ],
      },
      want: 'hostPort (container "c" uses hostPorts 80, 81)',
    },
    {
      name: 'the host of a probe',
      spec: { containers: [container({}, { livenessProbe: { httpGet: { port: 80, host: '10.0.0.1' } } })] },
      want: 'probe or lifecycle host (container "c" uses probe or lifecycle host "10.0.0.1")',
    },
    {
      name: 'which nobody asked before 1.34',
      spec: { containers: [container({}, { livenessProbe: { httpGet: { port: 80, host: '10.0.0.1' } } })] },
      version: 'v1.33',
      want: '',
    },
    {
      name: 'SELinux',
      spec: { securityContext: { seLinuxOptions: { type: 'x', user: 'u' } }, containers: [container({ seLinuxOptions: { role: 'r' } })] },
      want: 'seLinuxOptions (pod and container "c" set forbidden securityContext.seLinuxOptions: type "x"; user may not be set; role may not be set)',
    },
    {
      name: 'container_engine_t from 1.31',
      spec: { securityContext: { seLinuxOptions: { type: 'container_engine_t' } } },
      want: '',
    },
    {
      name: 'and not before',
      spec: { securityContext: { seLinuxOptions: { type: 'container_engine_t' } } },
      version: 'v1.30',
      want: 'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "container_engine_t")',
    },
    {
      name: 'seccomp',
      spec: { securityContext: { seccompProfile: { type: 'Unconfined' } } },
      want: 'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    },
    {
      name: 'sysctls',
      spec: {
        securityContext: {
          sysctls: [
            { name: 'kernel.msgmax', value: '1' },
            { name: 'net.ipv4.tcp_rmem', value: '1' },
          ],
        },
      },
      want: 'forbidden sysctls (kernel.msgmax)',
    },
    {
      name: 'fewer of them were safe in 1.31',
      spec: { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem', value: '1' }] } },
      version: 'v1.31',
      want: 'forbidden sysctls (net.ipv4.tcp_rmem)',
    },
    {
      name: 'AppArmor',
      spec: { containers: [container({ appArmorProfile: { type: 'Unconfined' } })] },
      want: 'forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")',
    },
    {
      name: 'AppArmor, in annotations too',
      spec: {},
      annotations: { 'container.apparmor.security.beta.kubernetes.io/c': 'unconfined' },
      want: 'forbidden AppArmor profiles (container "c" and annotation must not set AppArmor profile type to "Unconfined", "container.apparmor.security.beta.kubernetes.io/c="unconfined"")',
    },
    {
      name: 'Windows host processes',
      spec: {
        hostNetwork: true,
        os: { name: 'windows' },
        securityContext: { windowsOptions: { hostProcess: true, runAsUserName: 'NT AUTHORITY\\SYSTEM' } },
      },
      want: 'host namespaces (hostNetwork=true), hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
    },
    {
      name: 'an unmasked /proc in a user namespace, from 1.35',
      spec: { hostUsers: false, containers: [container({ procMount: 'Unmasked' })] },
      want: '',
    },
    {
      name: 'but not before',
      spec: { hostUsers: false, containers: [container({ procMount: 'Unmasked' })] },
      version: 'v1.34',
      want: 'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
    },
  ])('$name', async (row) => {
    expect(await hold('baseline', row)).toBe(row.want);
  });
});

describe('restricted', () => {
  test.each<Row>([
    { name: 'a hardened pod', spec: hardened(), want: '' },
    {
      name: 'an ordinary pod',
      spec: {},
      want:
        'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), ' +
        'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    },
    {
      name: 'in 1.0 there was little',
      spec: {},
      version: 'v1.0',
      want: 'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
    },
    {
      name: 'volumes that are no part of Kubernetes',
      spec: {
        ...hardened(),
        volumes: [
          { name: 'n', nfs: { server: 's', path: '/' } },
          { name: 'h', hostPath: { path: '/' } },
          { name: 'e', emptyDir: {} },
        ],
      },
      want: 'restricted volume types (volumes "n", "h" use restricted volume types "hostPath", "nfs")',
    },
    {
      name: 'root by name',
      spec: hardened({ runAsUser: 0 }),
      want: 'runAsUser=0 (container "c" must not set runAsUser=0)',
    },
    {
      name: 'root in a namespace of its own is nobody',
      spec: { ...hardened({ runAsUser: 0, runAsNonRoot: false }), hostUsers: false },
      want: '',
    },
    {
      name: 'runAsNonRoot said no',
      spec: { ...hardened({ runAsNonRoot: false }), securityContext: { runAsNonRoot: true } },
      want: 'runAsNonRoot != true (container "c" must not set securityContext.runAsNonRoot=false)',
    },
    {
      name: 'other capabilities',
      spec: hardened({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE', 'CHOWN'] } }),
      want: 'unrestricted capabilities (container "c" must not include "CHOWN" in securityContext.capabilities.add)',
    },
    { name: 'Windows knows no capabilities', spec: { os: { name: 'windows' }, containers: [container({ runAsNonRoot: true })] }, want: '' },
  ])('$name', async (row) => {
    expect(await hold('restricted', row)).toBe(row.want);
  });
});

describe('a namespace', () => {
  test('that says nothing takes everything', async () => {
    const { ask } = makeAsker();
    const { status, warnings } = await ask('POST pods', podOf({ hostPID: true, containers: [container({ privileged: true })] }));
    expect({ status, warnings }).toEqual({ status: 201, warnings: [] });
  });

  test('may only warn; templates of workloads are warned of too, and never refused', async () => {
    const { ask } = await labelled({ warn: 'baseline', enforce: 'privileged' });
    const sentence = 'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)';
    expect(await ask('POST pods', podOf({ hostPID: true }))).toMatchObject({ status: 201, warnings: [sentence] });
    const template = { metadata: { labels: { a: 'b' } }, spec: { hostPID: true, containers: [{ name: 'c', image: 'x' }] } };
    const deployment = { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } };
    expect(await ask('POST deployments', deployment)).toMatchObject({ status: 201, warnings: [sentence] });
    await labelled({ enforce: 'baseline', warn: 'privileged' }, { ...makeAsker(), ask });
    expect(await ask('POST deployments', { ...deployment, metadata: { name: 'e' } })).toMatchObject({ status: 201, warnings: [] });
  });

  test.each([
    [
      { enforce: 'super' },
      'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "super": must be one of privileged, baseline, restricted',
    ],
    [{ 'warn-version': 'v0' }, 'metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "v0": must be "latest" or "v1.x"'],
  ])('cannot be labelled %j', async (labels, problem) => {
    const { ask } = makeAsker();
    const [key, value] = Object.entries(labels)[0]!;
    const refused = await ask('PATCH /api/v1/namespaces/default', { metadata: { labels: { [LABEL + key]: value } } });
    expect(refused).toMatchObject({ status: 422, message: `Namespace "default" is invalid: ${problem}` });
  });

  test('that becomes stricter is told of the pods that are there, each kind of breach once', async () => {
    const { ask } = makeAsker();
    for (const name of ['b', 'a']) await ask('POST pods', podOf({ hostPID: true }, { name }));
    await ask('POST pods', podOf({ hostIPC: true, containers: [container({ privileged: true })] }, { name: 'z' }));
    const change = (level: string): ReturnType<typeof ask> =>
      ask('PATCH /api/v1/namespaces/default', { metadata: { labels: { [`${LABEL}enforce`]: level } } });
    expect((await change('baseline')).warnings).toEqual([
      'existing pods in namespace "default" violate the new PodSecurity enforce level "baseline:latest"',
      'a (and 1 other pod): host namespaces',
      'z: host namespaces, privileged',
    ]);
    expect((await change('baseline')).warnings).toEqual([]);
    expect((await change('privileged')).warnings).toEqual([]);
  });

  test('a pod that is there already may change what no standard speaks of, but not its image', async () => {
    const { ask } = makeAsker();
    await ask('POST pods', podOf({ hostPID: true }));
    await ask('PATCH /api/v1/namespaces/default', { metadata: { labels: { [`${LABEL}enforce`]: 'baseline' } } });
    expect((await ask('PATCH pods/p', { metadata: { labels: { a: 'b' } } })).status).toBe(200);
    const refused = await ask(
      'PATCH pods/p',
      { spec: { containers: [{ name: 'c', image: 'httpd' }] } },
      { 'content-type': 'application/strategic-merge-patch+json' },
    );
    expect(refused).toMatchObject({
      status: 403,
      message: 'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)',
    });
  });
});

describe('a configured API server', () => {
  const configuration = (lines: string): ReturnType<typeof configured> =>
    configured(
      {},
      forPlugin(
        'PodSecurity',
        'apiVersion: pod-security.admission.config.k8s.io/v1',
        'kind: PodSecurityConfiguration',
        ...lines.split('\n'),
      ),
    );
  const EXEMPTIONS = `defaults:
  enforce: baseline
  audit: restricted
  audit-version: v1.30
exemptions:
  usernames: [system:serviceaccount:ci:builder]
  namespaces: [kube-system, infra]
  runtimeClasses: [kata]`;
  const bad = podOf({ hostPID: true });
  const annotations = ({ cluster }: Asker): Record<string, string> =>
    Object.fromEntries(
      Object.entries(cluster.audit.list().at(-1)?.annotations ?? {})
        .filter(([key]) => key.startsWith(LABEL))
        .map(([key, value]) => [key.slice(LABEL.length), value]),
    );

  test('holds pods to the standard of the cluster where their namespace says nothing', async () => {
    const asker = makeAsker(configuration(EXEMPTIONS));
    expect(await asker.ask('POST pods', bad)).toMatchObject({
      status: 403,
      message: 'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)',
    });
    expect(annotations(asker)).toMatchObject({
      'enforce-policy': 'baseline:latest',
      'audit-violations': expect.stringContaining('would violate PodSecurity "restricted:v1.30": host namespaces'),
    });
    await labelled({ enforce: 'privileged', audit: 'privileged' }, asker);
    expect(await asker.ask('POST pods', bad)).toMatchObject({ status: 201, warnings: [] });
    expect(annotations(asker)).toEqual({ 'enforce-policy': 'privileged:latest' });
  });

  test.each([
    { name: 'a namespace', path: '/api/v1/namespaces/infra/pods', headers: {}, body: bad, reason: 'namespace' },
    {
      name: 'a user',
      path: 'pods',
      headers: as('system:serviceaccount:ci:builder', 'system:masters'),
      body: bad,
      reason: 'user',
    },
    {
      name: 'a runtime class',
      path: 'pods',
      headers: {},
      body: podOf({ hostPID: true, runtimeClassName: 'kata' }),
      reason: 'runtimeClass',
    },
  ])('lets $name do as it likes', async ({ path, headers, body, reason }) => {
    const asker = makeAsker(configuration(EXEMPTIONS));
    await asker.ask('POST /api/v1/namespaces', { metadata: { name: 'infra' } });
    await asker.ask('POST /api/v1/namespaces/infra/serviceaccounts', { metadata: { name: 'default' } });
    await asker.ask('POST /apis/node.k8s.io/v1/runtimeclasses', { metadata: { name: 'kata' }, handler: 'kata' });
    const { status, message, warnings } = await asker.ask(`POST ${path}`, body, headers);
    expect({ status, message, warnings }).toEqual({ status: 201, message: '', warnings: [] });
    expect(annotations(asker)).toEqual({ exempt: reason });
  });

  const ignored = (policy: string): string[] => [
    `namespace "infra" is exempt from Pod Security, and the policy (${policy}) will be ignored`,
  ];
  test.each<{ name: string; labels: Record<string, string>; want: string[] }>([
    { name: 'says nothing', labels: {}, want: [] },
    { name: 'asks for what is the default', labels: { enforce: 'baseline', warn: 'privileged' }, want: [] },
    { name: 'asks for nothing', labels: { enforce: 'privileged', audit: 'privileged' }, want: [] },
    {
      name: 'asks for more',
      labels: { enforce: 'restricted', 'warn-version': 'v1.30' },
      want: ignored('enforce=restricted:latest, warn=restricted:v1.30'),
    },
    { name: 'asks for another version', labels: { 'audit-version': 'v1.29' }, want: ignored('audit=restricted:v1.29') },
  ])('warns of an exempt namespace that $name', async ({ labels, want }) => {
    const { ask } = makeAsker(configuration(EXEMPTIONS));
    const metadata = { name: 'infra', labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [LABEL + key, value])) };
    expect(await ask('POST /api/v1/namespaces', { metadata })).toMatchObject({ status: 201, warnings: want });
  });

  test('names no pods of an exempt runtime class when a namespace becomes stricter', async () => {
    const { ask } = makeAsker(configuration('exemptions: {runtimeClasses: [kata]}'));
    await ask('POST /apis/node.k8s.io/v1/runtimeclasses', { metadata: { name: 'kata' }, handler: 'kata' });
    for (const [name, spec] of Object.entries({ a: { runtimeClassName: 'kata' }, b: {} }))
      await ask('POST pods', podOf({ hostPID: true, ...spec }, { name }));
    const { warnings } = await ask('PATCH /api/v1/namespaces/default', { metadata: { labels: { [`${LABEL}enforce`]: 'baseline' } } });
    expect(warnings).toEqual([
      'existing pods in namespace "default" violate the new PodSecurity enforce level "baseline:latest"',
      'b: host namespaces',
    ]);
  });
});

describe('what labels come to', () => {
  const PRIVILEGED = { level: 'privileged', minor: Infinity } as const;
  const privileged = { enforce: PRIVILEGED, audit: PRIVILEGED, warn: PRIVILEGED };
  test.each<{ name: string; labels: Record<string, string>; defaults?: Policy; want: string; errors?: number }>([
    { name: 'nothing', labels: {}, want: 'privileged:latest privileged:latest privileged:latest' },
    { name: 'who enforces warns', labels: { enforce: 'baseline' }, want: 'baseline:latest privileged:latest baseline:latest' },
    {
      name: 'of the same version',
      labels: { enforce: 'baseline', 'enforce-version': 'v1.30' },
      want: 'baseline:v1.30 privileged:latest baseline:v1.30',
    },
    {
      name: 'or of its own',
      labels: { enforce: 'baseline', 'enforce-version': 'v1.30', 'warn-version': 'v1.31' },
      want: 'baseline:v1.30 privileged:latest baseline:v1.31',
    },
    {
      name: 'but not if it is told otherwise',
      labels: { enforce: 'baseline', warn: 'privileged' },
      want: 'baseline:latest privileged:latest privileged:latest',
    },
    {
      name: 'nor of a level that there is not',
      labels: { enforce: 'x' },
      want: 'restricted:latest privileged:latest privileged:latest',
      errors: 1,
    },
    {
      name: 'a default that is stricter stays',
      labels: { enforce: 'baseline' },
      defaults: { ...privileged, warn: { level: 'restricted', minor: 30 } },
      want: 'baseline:latest privileged:latest restricted:v1.30',
    },
    {
      name: 'a version that there is not is the latest, whatever the default',
      labels: { 'enforce-version': 'v2', audit: 'y' },
      defaults: { ...privileged, enforce: { level: 'baseline', minor: 30 }, audit: { level: 'baseline', minor: 30 } },
      want: 'baseline:latest privileged:v1.30 privileged:latest',
      errors: 2,
    },
  ])('$name', ({ labels, defaults = privileged, want, errors = 0 }) => {
    const given = Object.fromEntries(Object.entries(labels).map(([key, value]) => [LABEL + key, value]));
    const found = policyOf(given, defaults);
    expect((['enforce', 'audit', 'warn'] as const).map((mode) => policyText(found.policy[mode])).join(' ')).toBe(want);
    expect(found.errors).toHaveLength(errors);
  });
});
