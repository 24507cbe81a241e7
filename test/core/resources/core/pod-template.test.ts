// Templates: what is filled in, and what differs from the rules of a pod (test/core/resources/core/pod.test.ts has those).

import { describe, expect, test } from 'vitest';
import type { PodTemplateSpec } from '../../../../worker/api/gen/core-v1.ts';
import {
  defaultPodTemplate,
  dropDisabledPodFields,
  podTemplateWarnings,
  validatePodTemplate,
} from '../../../../worker/resources/core/pod-template.ts';
import { messagesOf, read, withChanges } from './given.ts';
import type { Changes } from './given.ts';

const BASE = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };

function templateOf(changes: Changes = {}): PodTemplateSpec {
  const template = read<PodTemplateSpec>('core.v1.PodTemplateSpec', withChanges(BASE, changes));
  defaultPodTemplate(template);
  dropDisabledPodFields(template.spec);
  return template;
}

describe('defaults', () => {
  test('of the least a template can say', () => {
    expect(templateOf().spec).toEqual({
      containers: [
        {
          name: 'c',
          image: 'nginx',
          imagePullPolicy: 'Always',
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      dnsPolicy: 'ClusterFirst',
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    });
  });

  const container = (template: PodTemplateSpec): Record<string, unknown> =>
    template.spec.containers[0] as unknown as Record<string, unknown>;

  test.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.25', 'IfNotPresent'],
    ['nginx@sha256:' + 'a'.repeat(64), 'IfNotPresent'],
    ['registry:5000/nginx', 'Always'],
    ['registry:5000/nginx:1', 'IfNotPresent'],
    ['Nginx', 'IfNotPresent'],
    ['', 'IfNotPresent'],
  ])('image %j is pulled %s', (image, policy) => {
    expect(container(templateOf({ 'spec.containers.0.image': image }))['imagePullPolicy']).toBe(policy);
  });

  test.each<[string, Changes, string, unknown]>([
    [
      'probe',
      { 'spec.containers.0.livenessProbe': { tcpSocket: { port: 80 } } },
      'livenessProbe',
      { tcpSocket: { port: 80 }, timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 },
    ],
    [
      'probe by HTTP',
      { 'spec.containers.0.readinessProbe': { httpGet: { port: 80 }, periodSeconds: 5 } },
      'readinessProbe',
      { httpGet: { path: '/', port: 80, scheme: 'HTTP' }, timeoutSeconds: 1, periodSeconds: 5, successThreshold: 1, failureThreshold: 3 },
    ],
    [
      'probe by gRPC',
      { 'spec.containers.0.startupProbe': { grpc: { port: 80 } } },
      'startupProbe',
      { grpc: { port: 80, service: '' }, timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 },
    ],
    [
      'hook',
      { 'spec.containers.0.lifecycle': { preStop: { httpGet: { port: 'web' } } } },
      'lifecycle',
      { preStop: { httpGet: { path: '/', port: 'web', scheme: 'HTTP' } } },
    ],
    ['port', { 'spec.containers.0.ports': [{ containerPort: 80 }] }, 'ports', [{ containerPort: 80, protocol: 'TCP' }]],
    [
      'field reference',
      { 'spec.containers.0.env': [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] },
      'env',
      [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
    ],
    [
      'amounts finer than thousandths',
      { 'spec.containers.0.resources': { limits: { cpu: '0.0001', memory: '1500m' } } },
      'resources',
      { limits: { cpu: '1m', memory: '1500m' } },
    ],
  ])('%s', (_name, changes, field, want) => {
    expect(container(templateOf(changes))[field]).toEqual(want);
  });

  test.each<[string, unknown, unknown]>([
    ['nothing', {}, { emptyDir: {} }],
    ['secret', { secret: { secretName: 's' } }, { secret: { secretName: 's', defaultMode: 0o644 } }],
    ['configMap', { configMap: { name: 'c', defaultMode: 0o400 } }, { configMap: { name: 'c', defaultMode: 0o400 } }],
    ['hostPath', { hostPath: { path: '/x' } }, { hostPath: { path: '/x', type: '' } }],
    [
      'downwardAPI',
      { downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      { downwardAPI: { defaultMode: 0o644, items: [{ path: 'l', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.labels' } }] } },
    ],
    [
      'projected',
      { projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
      { projected: { defaultMode: 0o644, sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }] } },
    ],
    ['image', { image: { reference: 'a:1' } }, { image: { reference: 'a:1', pullPolicy: 'IfNotPresent' } }],
    [
      'iscsi',
      { iscsi: { targetPortal: 'p', iqn: 'i', lun: 0 } },
      { iscsi: { targetPortal: 'p', iqn: 'i', lun: 0, iscsiInterface: 'default' } },
    ],
    [
      'ephemeral',
      { ephemeral: { volumeClaimTemplate: { spec: {} } } },
      { ephemeral: { volumeClaimTemplate: { metadata: {}, spec: { resources: {}, volumeMode: 'Filesystem' } } } },
    ],
  ])('a volume of %s', (_name, source, want) => {
    expect(templateOf({ 'spec.volumes': [{ name: 'v', ...(source as object) }] }).spec.volumes).toEqual([
      { name: 'v', ...(want as object) },
    ]);
  });

  test('what only pods get stays out', () => {
    const { spec } = templateOf({
      'spec.hostNetwork': true,
      'spec.containers.0.ports': [{ containerPort: 80 }],
      'spec.containers.0.resources': { limits: { cpu: '1' } },
    });
    expect(spec.enableServiceLinks).toBeUndefined();
    expect(spec.containers[0]!.ports).toEqual([{ containerPort: 80, protocol: 'TCP' }]);
    expect(spec.containers[0]!.resources).toEqual({ limits: { cpu: '1' } });
  });

  test.each<[string, Changes, string | undefined]>([
    ['the old name is filled in', { 'spec.serviceAccountName': 'a' }, 'a'],
    ['the old name counts alone', { 'spec.serviceAccount': 'b' }, 'b'],
    ['the new name wins', { 'spec.serviceAccountName': 'a', 'spec.serviceAccount': 'b' }, 'a'],
    ['neither', {}, undefined],
  ])('service account: %s', (_name, changes, want) => {
    const { serviceAccount, serviceAccountName } = templateOf(changes).spec;
    expect([serviceAccount, serviceAccountName]).toEqual([want, want]);
  });

  test('set fields are not written again', () => {
    const template = templateOf({ 'spec.volumes': [{ name: 'v', emptyDir: {} }] });
    const freeze = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      Object.freeze(value);
      Object.values(value).forEach(freeze);
    };
    freeze(template);
    expect(() => defaultPodTemplate(template)).not.toThrow();
  });
});

describe('validation', () => {
  test.each<[Changes, string[]]>([
    [{}, []],
    [
      { 'metadata.labels.a': 'b c' },
      [
        "template.labels: Invalid value: \"b c\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      ],
    ],
    [{ 'spec.containers': [] }, ['template.spec.containers: Required value']],
    [{ 'spec.containers.0.image': '' }, ['template.spec.containers[0].image: Required value']],
    [{ 'spec.containers.0.image': ' nginx' }, []], // only of pods
    [
      { 'spec.ephemeralContainers': [{ name: 'e', image: 'i' }] },
      ['template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template'],
    ],
    [
      { 'spec.hostNetwork': true, 'spec.containers.0.ports': [{ containerPort: 80, hostPort: 81 }] },
      ['template.spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true'],
    ],
    [{ 'spec.hostNetwork': true, 'spec.containers.0.ports': [{ containerPort: 80 }] }, []],
    [{ 'spec.volumes': [{ name: 'v', image: {} }] }, []],
    [
      { 'metadata.annotations': { 'controller.kubernetes.io/pod-deletion-cost': 'much' } },
      ['template.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "much": must be a 32bit integer'],
    ],
  ])('%j', (changes, want) => {
    expect(messagesOf(validatePodTemplate(templateOf(changes), 'template'))).toEqual(want);
  });
});

test('warnings name the place of the template', () => {
  const template = templateOf({
    'spec.nodeSelector': { 'beta.kubernetes.io/os': 'linux' },
    'metadata.annotations': {
      'container.apparmor.security.beta.kubernetes.io/c': 'unconfined',
      'security.alpha.kubernetes.io/sysctls': 'x',
    },
  });
  expect(podTemplateWarnings(template, 'spec.template')).toEqual([
    'spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    'spec.template.metadata.annotations[security.alpha.kubernetes.io/sysctls]: non-functional in v1.11+; use the "sysctls" field instead',
    'spec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the "appArmorProfile" field instead',
  ]);
});

test('fields whose gates are off are dropped', () => {
  const { spec } = templateOf({
    'spec.schedulingGroup': { podGroupName: 'g' },
    'spec.containers.0.lifecycle': { stopSignal: 'SIGTERM' },
    'spec.volumes': [{ name: 'v', projected: { sources: [{ clusterTrustBundle: { name: 'b', path: 'p' } }, { secret: { name: 's' } }] } }],
  });
  expect(spec.schedulingGroup).toBeUndefined();
  expect(spec.containers[0]!.lifecycle).toBeUndefined();
  expect(spec.volumes![0]!.projected!.sources).toEqual([{}, { secret: { name: 's' } }]);
});
