// A day's work with the JavaScript client, as an operator would do it: objects by class, an informer, patches, apply, a command, a log, deletion.

import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  AppsV1Api,
  CoreV1Api,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
} from '@kubernetes/client-node';
import type { V1Deployment, V1Pod, V1Status } from '@kubernetes/client-node';
import { beforeAll, expect, inject, test } from 'vitest';

const config = new KubeConfig();

beforeAll(async () => {
  const made = await fetch(`${inject('server')}/api/v1/sandboxes`, {
    method: 'POST',
    headers: { accept: 'application/yaml', 'content-type': 'application/json' },
    body: JSON.stringify({ template: 'bare', nodes: 2, speed: 'instant' }),
  });
  config.loadFromString(await made.text());
});

const namespace = 'default';
const deployment: V1Deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'nginx', image: 'nginx' }] } },
  },
};

test('a day', async () => {
  const [core, apps] = [config.makeApiClient(CoreV1Api), config.makeApiClient(AppsV1Api)];
  expect((await core.listNode()).items).toHaveLength(2);

  const seen = new Map<string, V1Pod>();
  const informer = makeInformer<V1Pod>(
    config,
    `/api/v1/namespaces/${namespace}/pods`,
    () => core.listNamespacedPod({ namespace, labelSelector: 'app=web' }),
    'app=web',
  );
  for (const event of ['add', 'update'] as const) informer.on(event, (pod) => void seen.set(pod.metadata!.name!, pod));
  informer.on('delete', (pod) => void seen.delete(pod.metadata!.name!));
  await informer.start();

  await apps.createNamespacedDeployment({ namespace, body: deployment });
  const running = (): number => [...seen.values()].filter(({ status }) => status?.phase === 'Running').length;
  await expect.poll(running, { timeout: 20_000 }).toBe(2);

  const scaled = await apps.patchNamespacedDeploymentScale(
    { namespace, name: 'web', body: { spec: { replicas: 3 } } },
    setHeaderOptions('content-type', PatchStrategy.MergePatch),
  );
  expect(scaled.spec?.replicas).toBe(3);
  await expect.poll(running, { timeout: 20_000 }).toBe(3);

  const objects = KubernetesObjectApi.makeApiClient(config);
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace }, data: { colour: 'blue' } };
  await objects.patch(map, undefined, undefined, 'my-operator', true, PatchStrategy.ServerSideApply);
  const applied = await core.readNamespacedConfigMap({ namespace, name: 'settings' });
  expect(applied.data).toEqual({ colour: 'blue' });
  expect(applied.metadata?.managedFields?.map(({ manager, operation }) => [manager, operation])).toEqual([['my-operator', 'Apply']]);

  const [name] = seen.keys();
  const [out, log] = [new PassThrough(), new PassThrough()];
  const status = await new Promise<V1Status>((resolve, reject) => {
    new Exec(config)
      .exec(namespace, name!, 'nginx', ['sh', '-c', 'cat; exit 3'], out, null, PassThrough.from(['hello\n']), false, resolve)
      .catch(reject);
  });
  out.end();
  expect([await text(out), status.reason, status.message]).toEqual([
    'hello\n',
    'NonZeroExitCode',
    'command terminated with non-zero exit code: command terminated with exit code 3',
  ]);
  await new Log(config).log(namespace, name!, 'nginx', log);
  expect(await text(log)).toContain('start worker processes');

  await expect(core.readNamespacedConfigMap({ namespace, name: 'none' })).rejects.toMatchObject({ code: 404 });
  await expect(apps.createNamespacedDeployment({ namespace, body: deployment })).rejects.toMatchObject({ code: 409 });

  await apps.deleteNamespacedDeployment({ namespace, name: 'web' });
  await expect.poll(() => seen.size, { timeout: 20_000 }).toBe(0);
  await informer.stop();
});
