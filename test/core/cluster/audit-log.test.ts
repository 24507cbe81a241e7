// The log that `--audit-policy-file` and `--audit-log-path` ask for, as it is read on the node.

import { describe, expect, test } from 'vitest';
import { isStream } from '../../../worker/server/http.ts';
import type { Reply } from '../../../worker/server/http.ts';
import { machineFiles } from '../../../worker/world/files/machine-files.ts';
import type { FileSystem } from '../../../worker/world/files/file-system.ts';
import { readLog } from '../../../worker/world/runtime/log.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const POLICY = '/etc/kubernetes/audit/policy.yaml';
const LOG = '/var/log/kubernetes/audit/audit.log';
const HEAD = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n';
/** Of everything that the one who asks here does. */
const MINE = `${HEAD}rules:\n- level: RequestResponse\n  users: [kubernetes-admin]\n  omitManagedFields: true\n`;
const MAPS = '/api/v1/namespaces/default/configmaps';

interface Options {
  readonly policy?: string | undefined;
  readonly flags?: readonly string[];
  readonly mounts?: string;
}

const filesOf = ({ cluster }: TestCluster): FileSystem => machineFiles(cluster.simulation.world, 'control-plane');

function born({ policy, flags = [], mounts = '/etc/kubernetes/audit /var/log/kubernetes/audit' }: Options): TestCluster {
  const cluster = makeTestCluster({ template: 'default', nodes: 1 });
  cluster.settle();
  const files = filesOf(cluster);
  files.mkdirs('/etc/kubernetes/audit');
  if (policy !== undefined) files.write(POLICY, policy);
  const all = [`--audit-policy-file=${POLICY}`, `--audit-log-path=${LOG}`, ...flags];
  const paths = mounts.split(' ').map((path, i) => ({ path, name: `audit-${i}` }));
  const text = files
    .read(MANIFEST)
    .replace('    - --allow-privileged=true\n', (line) => line + all.map((flag) => `    - ${flag}\n`).join(''))
    .replace(
      '    volumeMounts:\n',
      (line) => line + paths.map(({ path, name }) => `    - mountPath: ${path}\n      name: ${name}\n`).join(''),
    )
    .replace(
      '  volumes:\n',
      (line) =>
        line +
        paths.map(({ path, name }) => `  - hostPath:\n      path: ${path}\n      type: DirectoryOrCreate\n    name: ${name}\n`).join(''),
    );
  files.write(MANIFEST, text);
  cluster.settle();
  cluster.advance(60_000);
  return cluster;
}

/** Gives what ends it. */
function openStream(reply: Reply): () => void {
  if (!isStream(reply)) throw new Error('no stream');
  return reply.open({ write: () => {}, close: () => {}, isReady: true, onDrain: () => {} });
}

type Line = Record<string, unknown> & { stage: string; verb: string; user: { username?: string } };
const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
const written = (cluster: TestCluster): Line[] => linesOf(filesOf(cluster).read(LOG));

function outputOf({ cluster }: TestCluster): { text: string; stream: string }[] {
  const { world } = cluster.simulation;
  const [newest] = world.sandboxes
    .find('machine', 'control-plane')
    .flatMap(({ containers }) => containers)
    .filter(({ name }) => name === 'kube-apiserver')
    .sort((a, b) => b.createdAt - a.createdAt || b.attempt - a.attempt);
  return readLog(world, newest!.id).entries.map(({ text, stream }) => ({ text, stream }));
}

describe('the audit log', () => {
  test('has a line for each stage, in the order of its fields', async () => {
    const cluster = born({ policy: MINE });
    await cluster.request('POST', MAPS, { metadata: { name: 'a' }, data: { b: '<c>' } }, { 'user-agent': 'kubectl/v1.36.0' });
    const [first, last, ...more] = written(cluster);
    expect(more).toEqual([]);
    expect(Object.keys(first!).join(' ')).toBe(
      'kind apiVersion level auditID stage requestURI verb user sourceIPs userAgent objectRef requestReceivedTimestamp stageTimestamp',
    );
    expect(Object.keys(last!).join(' ')).toBe(
      'kind apiVersion level auditID stage requestURI verb user sourceIPs userAgent objectRef responseStatus requestObject responseObject ' +
        'requestReceivedTimestamp stageTimestamp annotations',
    );
    expect(first).toMatchObject({
      stage: 'RequestReceived',
      objectRef: { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' },
    });
    expect(last).toMatchObject({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'RequestResponse',
      auditID: first!['auditID'],
      stage: 'ResponseComplete',
      requestURI: MAPS,
      verb: 'create',
      userAgent: 'kubectl/v1.36.0',
      objectRef: { resource: 'configmaps', namespace: 'default', name: 'a', apiVersion: 'v1' },
      responseStatus: { metadata: {}, code: 201 },
      responseObject: { kind: 'ConfigMap', metadata: { name: 'a', uid: expect.any(String) as string } },
      annotations: { 'authorization.k8s.io/decision': 'allow' },
    });
    // As it was sent.
    expect(last!['requestObject']).toEqual({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' }, data: { b: '<c>' } });
    expect(JSON.stringify(last)).not.toContain('managedFields');
    expect(filesOf(cluster).read(LOG)).toContain(String.raw`"b":"\u003cc\u003e"`);
    expect(filesOf(cluster).stat(LOG)).toMatchObject({ mode: 0o600 });
  });

  test('has nothing of what cannot be read', async () => {
    const cluster = born({ policy: MINE });
    await cluster.request('POST', MAPS, { metadata: { name: 'a' }, data: 3 });
    const [, last] = written(cluster);
    expect(last).toMatchObject({ responseStatus: { code: 400 } });
    expect(last).not.toHaveProperty('requestObject');
    expect(last!['objectRef']).not.toHaveProperty('name');
  });

  test('has an answer that is not sent as JSON', async () => {
    const cluster = born({ policy: MINE });
    await cluster.request('POST', MAPS, { metadata: { name: 'a' } }, { accept: 'application/vnd.kubernetes.protobuf' });
    await cluster.request('DELETE', `${MAPS}/a`, undefined, { accept: 'application/vnd.kubernetes.protobuf' });
    const done = written(cluster).filter(({ stage }) => stage === 'ResponseComplete');
    expect(done.map(({ responseObject }) => responseObject)).toMatchObject([
      { kind: 'ConfigMap', metadata: { name: 'a' } },
      { kind: 'Status', status: 'Success', details: { name: 'a' } },
    ]);
  });

  test('has what was asked, refused and deleted, as the policy wants it', async () => {
    const cluster = born({
      policy: `${HEAD}omitStages: [RequestReceived]
rules:
- level: None
  resources: [{group: "", resources: [configmaps], resourceNames: [quiet]}]
- level: Request
  users: [kubernetes-admin]
  resources: [{resources: [configmaps]}]
- level: Metadata
  nonResourceURLs: [/healthz]
  users: [kubernetes-admin]
- level: Metadata
  resources: [{resources: [nodes]}]
  verbs: [list]
`,
    });
    const { request } = cluster;
    await request('POST', MAPS, { metadata: { name: 'a' } });
    await request('PATCH', `${MAPS}/a`, { data: { x: 'y' } }, { 'content-type': 'application/merge-patch+json' });
    await request('GET', `${MAPS}/quiet`);
    await request('GET', `${MAPS}/none`);
    await request('DELETE', `${MAPS}/a`, { propagationPolicy: 'Background' }, { 'impersonate-user': 'jane' });
    await request('DELETE', `${MAPS}/a`, { propagationPolicy: 'Background' });
    await request('GET', '/healthz');
    await request('GET', '/readyz');
    await request('GET', '/api/v1/nodes', undefined, { authorization: 'Bearer wrong' });
    await request('GET', '/api/v1/nodes', undefined, { authorization: '' });
    const lines = written(cluster).map(({ level, stage, verb, user, impersonatedUser, objectRef, responseStatus, requestObject }) => [
      level,
      stage,
      user.username,
      impersonatedUser,
      verb,
      (objectRef as { name?: string } | undefined)?.name,
      responseStatus,
      requestObject,
    ]);
    const admin = 'kubernetes-admin';
    expect(lines).toEqual([
      [
        'Request',
        'ResponseComplete',
        admin,
        undefined,
        'create',
        'a',
        { metadata: {}, code: 201 },
        expect.objectContaining({ kind: 'ConfigMap' }),
      ],
      ['Request', 'ResponseComplete', admin, undefined, 'patch', 'a', { metadata: {}, code: 200 }, { data: { x: 'y' } }],
      [
        'Request',
        'ResponseComplete',
        admin,
        undefined,
        'get',
        'none',
        {
          metadata: {},
          status: 'Failure',
          message: 'configmaps "none" not found',
          reason: 'NotFound',
          details: { name: 'none', kind: 'configmaps' },
          code: 404,
        },
        undefined,
      ],
      [
        'Request',
        'ResponseComplete',
        admin,
        expect.objectContaining({ username: 'jane' }),
        'delete',
        'a',
        expect.objectContaining({ code: 403 }),
        undefined,
      ],
      [
        'Request',
        'ResponseComplete',
        admin,
        undefined,
        'delete',
        'a',
        expect.objectContaining({ status: 'Success', code: 200 }),
        { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', propagationPolicy: 'Background' },
      ],
      ['Metadata', 'ResponseComplete', admin, undefined, 'get', undefined, { metadata: {}, code: 200 }, undefined],
      [
        'Metadata',
        'ResponseStarted',
        undefined,
        undefined,
        'list',
        undefined,
        { metadata: {}, status: 'Failure', message: 'Unauthorized', reason: 'Unauthorized', code: 401 },
        undefined,
      ],
      ['Metadata', 'ResponseComplete', 'system:anonymous', undefined, 'list', undefined, expect.objectContaining({ code: 403 }), undefined],
    ]);
  });

  test('has what components write, by their names', async () => {
    const cluster = born({
      policy: `${HEAD}omitStages: [RequestReceived]\nrules:\n- level: Request\n  verbs: [create, patch]\n  resources: [{resources: [pods, pods/*]}]\n`,
    });
    const spec = {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] } },
    };
    await cluster.request('POST', '/apis/apps/v1/namespaces/default/deployments', { metadata: { name: 'web' }, spec });
    cluster.advance(20_000);
    const own = written(cluster).filter(({ requestURI }) => (requestURI as string).includes('/default/'));
    const lines = own.map(({ user, verb, requestURI }) => `${user.username} ${verb} ${(requestURI as string).replace(/web-[^/]*/, 'web')}`);
    expect([...new Set(lines)]).toEqual([
      'system:serviceaccount:kube-system:replicaset-controller create /api/v1/namespaces/default/pods',
      'system:kube-scheduler create /api/v1/namespaces/default/pods/web/binding',
      'system:node:worker-1 patch /api/v1/namespaces/default/pods/web/status',
    ]);
    expect(own[0]).toMatchObject({
      responseStatus: { metadata: {}, code: 201 },
      requestObject: { kind: 'Pod', apiVersion: 'v1' },
      annotations: { 'authorization.k8s.io/decision': 'allow' },
    });
  });

  test('a watch is written down when it begins, and when it ends', async () => {
    const cluster = born({ policy: MINE });
    const watch = openStream(await cluster.send('GET', `${MAPS}?watch=true`));
    expect(written(cluster).map(({ stage, verb }) => `${verb} ${stage}`)).toEqual(['watch RequestReceived', 'watch ResponseStarted']);
    watch();
    expect(written(cluster).map(({ stage }) => stage)).toEqual(['RequestReceived', 'ResponseStarted', 'ResponseComplete']);
  });

  test('goes to the output of the API server', async () => {
    const cluster = born({ policy: MINE, flags: ['--audit-log-path=-'] });
    await cluster.request('GET', MAPS);
    const lines = outputOf(cluster).filter(({ stream }) => stream === 'stdout');
    expect(lines.map(({ text }) => (JSON.parse(text) as Line).stage)).toEqual(['RequestReceived', 'ResponseComplete']);
  });

  test('is plain text where that is wanted', async () => {
    const cluster = born({ policy: MINE, flags: ['--audit-log-format=legacy'] });
    await cluster.request('GET', MAPS, undefined, { 'user-agent': 'x' });
    const [first, last] = filesOf(cluster).read(LOG).split('\n');
    expect(first).toMatch(
      /^\d{4}-\d\d-\d\dT\S+Z AUDIT: id="[-0-9a-f]{36}" stage="RequestReceived" ip="\S+" method="list" user="kubernetes-admin" groups="/,
    );
    expect(first).toContain(
      ' as="<self>" asgroups="<lookup>" user-agent="x" namespace="default" uri="/api/v1/namespaces/default/configmaps" response="<deferred>"',
    );
    expect(last).toMatch(/stage="ResponseComplete".* response="200"$/);
  });

  test('is in the container where nothing is mounted', async () => {
    const cluster = born({ policy: MINE, mounts: '/etc/kubernetes/audit' });
    await cluster.request('GET', MAPS);
    expect(filesOf(cluster).exists(LOG)).toBe(false);
  });

  test('is gone for good when it is removed, and is full at its size', async () => {
    const cluster = born({ policy: MINE, flags: ['--audit-log-maxsize=1', '--audit-log-maxbackup=2'] });
    const files = filesOf(cluster);
    for (let i = 0; i < 4; i++) {
      files.write(LOG, `${'x'.repeat(2 ** 20 - 10)}\n`);
      await cluster.request('GET', `${MAPS}/a`);
      cluster.advance(1000);
    }
    const names = files.list('/var/log/kubernetes/audit');
    expect(names).toHaveLength(3);
    expect(names.slice(0, 2).every((name) => /^audit-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log$/.test(name))).toBe(true);
    files.unlink(LOG);
    await cluster.request('GET', `${MAPS}/a`);
    expect(files.exists(LOG)).toBe(false);
  });

  test.each([
    {
      name: 'no file',
      policy: undefined,
      want: `"command failed" err="loading audit policy file: failed to read file path \\"${POLICY}\\": open ${POLICY}: no such file or directory"`,
    },
    {
      name: 'a wrong level',
      policy: `${HEAD}rules: [{level: All}]\n`,
      want: `err="loading audit policy file: rules[0].level: Unsupported value: \\"All\\": supported values: \\"None\\", \\"Metadata\\", \\"Request\\", \\"RequestResponse\\": from file ${POLICY}"`,
    },
    {
      name: 'a wrong format',
      policy: MINE,
      flags: ['--audit-log-format=xml'],
      want: 'err="invalid audit log format xml, allowed formats are \\"legacy,json\\""',
    },
    {
      name: 'a directory in its place',
      policy: MINE,
      flags: ['--audit-log-path=/var/log/kubernetes/audit'],
      want: 'err="ensureLogFile: open /var/log/kubernetes/audit: is a directory"',
    },
  ])('the API server does not begin with $name', ({ policy, flags = [], want }) => {
    const cluster = born({ policy, flags });
    expect(cluster.cluster.simulation.controlPlane.api).toBe('refused');
    expect(
      outputOf(cluster)
        .map(({ text }) => text)
        .join('\n'),
    ).toContain(want);
  });
});
