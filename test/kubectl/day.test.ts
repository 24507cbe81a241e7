// A day's work with kubectl, from the first line on.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { kubectl, makePlace } from './kubectl.ts';
import type { Place } from './kubectl.ts';

describe.skipIf(!kubectl)('a day at the desk', () => {
  let place: Place;
  beforeAll(async () => {
    place = await makePlace({ template: 'bare', nodes: 2, speed: 'instant' });
  });
  afterAll(() => place.leave());

  test('one curl makes a cluster that kubectl works with', async () => {
    const kubeconfig = execFileSync('curl', ['-sX', 'POST', `${inject('server')}/api/v1/sandboxes`, '-H', 'accept: application/yaml']);
    writeFileSync(join(place.folder, 'fresh'), kubeconfig);
    expect(await place.ok('--kubeconfig', 'fresh', 'get', 'nodes')).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION\n(\S+ +Ready .*\n)+$/);
  });

  test('a deployment is made, exposed, scaled, updated, undone, and goes', async () => {
    expect(await place.ok('create', 'deployment', 'web', '--image=nginx:1.28', '--replicas=2')).toBe('deployment.apps/web created\n');
    expect(await place.ok('rollout', 'status', 'deployment/web')).toMatch(/deployment "web" successfully rolled out\n$/);
    expect(await place.ok('expose', 'deployment', 'web', '--port=80')).toBe('service/web exposed\n');
    await expect
      .poll(
        () =>
          place.ok('get', 'endpointslices', '-l', 'kubernetes.io/service-name=web', '-o', 'jsonpath={.items[0].endpoints[*].addresses}'),
        {
          timeout: 20_000,
        },
      )
      .toMatch(/^\["[\d.]+"\] \["[\d.]+"\]$/);
    expect(await place.ok('scale', 'deployment', 'web', '--replicas=4')).toBe('deployment.apps/web scaled\n');
    expect(await place.ok('wait', '--for=jsonpath={.status.readyReplicas}=4', 'deployment/web')).toBe(
      'deployment.apps/web condition met\n',
    );
    expect(await place.ok('set', 'image', 'deployment/web', 'nginx=nginx:1.29')).toBe('deployment.apps/web image updated\n');
    expect(await place.ok('rollout', 'status', 'deployment/web')).toMatch(/successfully rolled out\n$/);
    expect(await place.ok('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].spec.containers[0].image}')).toMatch(
      /^(nginx:1\.29 ?){4}/,
    );
    expect(await place.ok('rollout', 'history', 'deployment/web')).toMatch(/^1 .*\n2 /m);
    expect(await place.ok('rollout', 'undo', 'deployment/web')).toBe('deployment.apps/web rolled back\n');
    expect(await place.ok('rollout', 'status', 'deployment/web')).toMatch(/successfully rolled out\n$/);
    expect(await place.ok('get', 'deployment', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')).toBe('nginx:1.28');
    expect(await place.ok('describe', 'deployment', 'web')).toMatch(
      /Normal +ScalingReplicaSet .*Scaled up replica set web-\w+ from 0 to 2/,
    );
    expect(await place.ok('delete', 'deployment,service', 'web')).toMatch(/^deployment\.apps "web" deleted.*\nservice "web" deleted.*\n$/);
    expect(await place.ok('wait', '--for=delete', 'pod', '-l', 'app=web')).toMatch(/^(pod\/web-\S+ condition met\n)*$/);
    expect(await place.ok('get', 'pods', '-l', 'app=web', '-o', 'name')).toBe('');
  });

  test('a watch shows a pod come up', async () => {
    // What is listed first tells that the watch has begun: whatever comes after it is seen, however slow the machine.
    await place.ok('run', 'before', '--image=nginx');
    const watch = place.start(['get', 'pods', '--watch', '-o', 'custom-columns=:metadata.name,:status.phase', '--no-headers']);
    await watch.sees(/^before /m);
    await place.ok('run', 'seen', '--image=nginx');
    await watch.sees(/^seen +Pending\n[^]*^seen +Running/m);
    watch.stop();
    await watch.ended;
  });

  test('what is wrong is said as upstream says it', async () => {
    await place.ok('run', 'lone', '--image=nginx');
    await place.ok('wait', '--for=condition=Ready', 'pod/lone');
    expect(await place.run(['logs', 'lone', '--previous'])).toMatchObject({
      code: 1,
      stderr: 'Error from server (BadRequest): previous terminated container "lone" in pod "lone" not found\n',
    });
    expect(await place.run(['logs', 'lone', '-c', 'other'])).toMatchObject({
      code: 1,
      stderr: 'error: container other is not valid for pod lone\n',
    });
    expect(await place.run(['exec', 'lone', '-c', 'other', '--', 'true'])).toMatchObject({
      code: 1,
      stderr: 'Error from server (BadRequest): container other is not valid for pod lone\n',
    });
    expect((await place.run(['exec', 'lone', '--', 'no-such-command'])).stderr).toMatch(
      /OCI runtime exec failed: exec failed: unable to start container process: exec: "no-such-command": executable file not found in \$PATH: unknown/,
    );
  });
  test('custom resources are made, changed and pruned by apply, alone and in a List', async () => {
    const keepsUnknown = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    const names = { plural: 'things', kind: 'Thing' };
    const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: keepsUnknown } };
    const crd = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'things.example.com' } };
    const definition = { ...crd, spec: { group: 'example.com', scope: 'Namespaced', names, versions: [version] } };
    const thing = (more: object): object => ({ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'one' }, ...more });
    const apply = async (object: object): Promise<string> => {
      const { code, stdout, stderr } = await place.run(['apply', '-f', '-'], { stdin: JSON.stringify(object) });
      return code === 0 ? stdout : stderr;
    };
    expect(await apply(definition)).toBe('customresourcedefinition.apiextensions.k8s.io/things.example.com created\n');
    await place.ok('wait', '--for=condition=Established', 'crd/things.example.com');
    expect(await apply(thing({ size: 1, color: 'red' }))).toBe('thing.example.com/one created\n');
    expect(await apply(thing({ size: 2 }))).toBe('thing.example.com/one configured\n');
    expect(await place.ok('get', 'thing', 'one', '-o', 'jsonpath={.size} {.color}')).toBe('2 ');
    expect(await apply({ apiVersion: 'v1', kind: 'List', items: [thing({ size: 3 })] })).toBe('thing.example.com/one configured\n');
    expect(await apply(thing({ size: 3 }))).toBe('thing.example.com/one unchanged\n');
    expect(await place.ok('patch', 'thing', 'one', '--type=merge', '-p', '{"size":4}')).toBe('thing.example.com/one patched\n');
  });
});
