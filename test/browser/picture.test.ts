// A sandbox as it lives: pods that come, move and go, what waits and why, workloads, events, one object from near, time, and a thousand nodes.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEPLOYMENTS, deployment, PODS, hasBrowser, launch, Visitor, WHY_NOT } from './visitor.ts';

const LONG_NAME = 'queue_messages_ready_total_of_the_longest_name_that_there_is_anywhere_at_all';

describe.skipIf(!hasBrowser)(`a live sandbox (${hasBrowser ? 'in Chromium' : WHY_NOT})`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

  test('pods appear where they are placed, follow their workload, and go', async () => {
    const ada = await Visitor.come(browser);
    const { page } = ada;
    const { id, kube } = await ada.sandbox({ name: 'live', template: 'bare', nodes: 3, speed: 'paused' });
    await page.goto(`/sandboxes/${id}`);
    await page.getByText('3 nodes, 0 pods').waitFor();
    await ada.picture('empty');
    await kube('POST', DEPLOYMENTS, deployment('web', 3));
    const tiles = page.locator('.node button.pod');
    const count = async (wanted: number) => expect.poll(() => tiles.count()).toBe(wanted);
    await expect.poll(() => page.locator('.node button.pod.starting').count()).toBe(3);
    await ada.picture('starting');
    await ada.api('PATCH', `/sandboxes/${id}/clock`, { speed: 1 });
    await page.getByRole('button', { name: /^web Deployment .*3\/3/ }).waitFor();
    await count(3);
    await expect
      .poll(() => page.locator('.node').evaluateAll((boxes) => boxes.map((box) => box.querySelectorAll('button.pod.ok').length)))
      .toEqual([1, 1, 1]);
    await ada.picture('running');

    await kube('PATCH', `${DEPLOYMENTS}/web`, { spec: { replicas: 6 } }, 'application/merge-patch+json');
    await count(6);
    // What a scheduler cannot place is aside, with its reason; when the node is open again it moves in.
    await kube('POST', DEPLOYMENTS, deployment('large', 1, { resources: { requests: { cpu: '1000' } } }));
    const waiting = page.getByRole('region', { name: 'Waiting for a node' });
    await waiting.getByText('Insufficient cpu').waitFor();
    await expect.poll(() => waiting.getByRole('button').count()).toBe(1);
    await page.getByRole('button', { name: /^large Deployment/ }).hover();
    await ada.picture('waiting');
    await expect
      .poll(() =>
        page
          .locator('.node button.pod')
          .first()
          .evaluate((one) => Number(getComputedStyle(one).opacity)),
      )
      .toBeLessThan(0.5);
    await expect.poll(() => waiting.getByRole('button').evaluate((one) => getComputedStyle(one).opacity)).toBe('1');
    await kube(
      'PATCH',
      `${DEPLOYMENTS}/large`,
      { spec: { template: { spec: { containers: [{ name: 'main', image: 'nginx', resources: null }] } } } },
      'application/merge-patch+json',
    );
    await waiting.waitFor({ state: 'detached' });
    await count(7);

    await kube('DELETE', `${DEPLOYMENTS}/web`);
    await kube('DELETE', `${DEPLOYMENTS}/large`);
    await count(0);
    await page.getByText('There are no workloads yet').waitFor();
    await page.getByRole('tab', { name: /Events/ }).click();
    await page.getByText('Scaled up replica set').first().waitFor();
    await ada.picture('events');
    await ada.leave();
  });

  test('a rolling update: which pods are of the new revision, and what is wrong with them', async () => {
    const ada = await Visitor.come(browser);
    const { page } = ada;
    const { id, kube } = await ada.sandbox({ name: 'rolling', template: 'bare', nodes: 2, speed: 'instant' });
    await kube('POST', DEPLOYMENTS, deployment('web', 4));
    await page.goto(`/sandboxes/${id}`);
    await page.getByRole('button', { name: /^web Deployment .*4\/4/ }).waitFor();
    await ada.api('PATCH', `/sandboxes/${id}/clock`, { speed: 'paused' });
    await page.getByRole('button', { name: /^web Deployment/ }).click();
    const drawer = page.getByRole('dialog', { name: 'Deployment web' });
    await drawer.getByText('4 desired | 4 updated | 4 total | 4 available | 0 unavailable').waitFor();
    expect(await drawer.getByText('New revision').count()).toBe(0);
    const containers = [{ name: 'main', image: 'busybox', resources: { requests: { cpu: '1000' } } }];
    await kube('PATCH', `${DEPLOYMENTS}/web`, { spec: { template: { spec: { containers } } } }, 'application/strategic-merge-patch+json');
    await drawer.getByText('New revision · busybox · 2').waitFor();
    await drawer.getByText('Old revision · nginx ·').waitFor();
    const marked = () =>
      page
        .locator('.picture button.pod')
        .evaluateAll((tiles) =>
          tiles.filter((one) => getComputedStyle(one, '::after').display === 'block').map((one) => one.className.trim()),
        );
    await expect.poll(marked).toEqual(['pod waiting', 'pod waiting']);
    await page.getByText('of a new revision').waitFor();
    await ada.picture('rolling');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^web Deployment .* 2 × Pending .*Updating 2\/4/ }).waitFor();
    // Focus is back at the workload, and nothing is in the background.
    expect(
      await page
        .locator('.node button.pod')
        .first()
        .evaluate((one) => getComputedStyle(one).opacity),
    ).toBe('1');
    // Its pods' events are told beside it: of those that are there, and of those that are gone.
    await page.getByRole('button', { name: /^web Deployment/ }).click();
    await drawer.getByRole('tab', { name: /Events/ }).click();
    for (const reason of ['ScalingReplicaSet', 'SuccessfulCreate', 'Scheduled', 'Killing'])
      await drawer.getByText(reason).first().waitFor();
    await ada.leave();
  });

  test('what waits for a node, by the reason', async () => {
    const ada = await Visitor.come(browser);
    const { page } = ada;
    const { id, kube } = await ada.sandbox({ name: 'reasons', template: 'bare', nodes: 1, speed: 'instant' });
    const pod = (name: string, spec: object) =>
      kube('POST', PODS, { metadata: { name }, spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec } });
    for (const name of ['gpu-1', 'gpu-2']) await pod(name, { nodeSelector: { gpu: 'yes' } });
    await pod('gated', { schedulingGates: [{ name: 'x.io/y' }] });
    await page.goto(`/sandboxes/${id}`);
    const waiting = page.getByRole('region', { name: 'Waiting for a node' });
    await waiting.getByText('Scheduling is blocked due to non-empty scheduling gates').waitFor();
    await waiting.getByText("didn't match Pod's node affinity/selector").waitFor();
    const groups = waiting.locator('.reason-of');
    expect(await groups.filter({ hasText: 'scheduling gates' }).getByRole('button').count()).toBe(1);
    expect(await groups.filter({ hasText: 'node affinity' }).getByRole('button').count()).toBe(2);
    await ada.picture('reasons');
    await ada.leave();
  });

  test('objects are added, looked into, scaled, changed and deleted by hand', async () => {
    const ada = await Visitor.come(browser);
    const { page } = ada;
    const { id } = await ada.sandbox({ name: 'hands', template: 'bare', nodes: 2 });
    await page.goto(`/sandboxes/${id}`);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('button', { name: 'Deployment + Service' }).click();
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /^web Deployment/ }).click();
    const drawer = page.getByRole('dialog', { name: 'Deployment web' });
    await drawer.getByRole('button', { name: 'One more' }).click();
    await page.getByRole('button', { name: /^web Deployment .*4\/4/ }).waitFor();
    await ada.picture('drawer');
    expect(await ada.nameless()).toEqual([]);

    await drawer.getByRole('tab', { name: 'YAML' }).click();
    await drawer.getByText('kind: Deployment').waitFor();
    await ada.picture('yaml');
    await drawer.getByRole('button', { name: 'Edit' }).click();
    const editor = drawer.getByRole('textbox', { name: 'YAML' });
    await editor.waitFor();
    const text = await editor.inputValue();
    expect(text).not.toContain('managedFields');
    await editor.fill(text.replace(/replicas: 4/, 'replicas: 2'));
    await drawer.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: /^web Deployment .*2\/2/ }).waitFor();
    await drawer.getByRole('button', { name: 'Edit' }).click();
    await editor.fill((await editor.inputValue()).replace(/replicas: 2/, 'replicas: two'));
    await drawer.getByRole('button', { name: 'Save' }).click();
    await drawer.getByRole('alert').waitFor();
    expect(await drawer.getByRole('alert').textContent()).toMatch(/replicas/);
    ada.complaints.length = 0; // of the browser itself, that there was a 400

    await drawer.getByRole('button', { name: 'Cancel' }).click();
    await drawer.getByRole('button', { name: 'Delete' }).click();
    await drawer.getByRole('button', { name: 'Sure? Delete' }).click();
    await drawer.getByRole('heading', { name: 'It is gone' }).waitFor();
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });

    await page.getByRole('tab', { name: 'Objects' }).click();
    await page.getByRole('button', { name: 'web' }).waitFor();
    expect(await page.getByRole('columnheader').allTextContents()).toContain('Cluster-IP');
    await page.getByLabel('Kind').selectOption('clusterroles.rbac.authorization.k8s.io');
    await page.getByRole('button', { name: 'cluster-admin' }).click();
    await page.getByRole('dialog', { name: 'ClusterRole cluster-admin' }).getByText('rbac-defaults').first().waitFor();
    await ada.picture('objects');
    await ada.leave();
  });

  test('a log follows what is written, and a terminal runs a shell', async () => {
    const ada = await Visitor.come(browser);
    const { page } = ada;
    const { id, kube } = await ada.sandbox({ name: 'shell', template: 'bare', nodes: 1 });
    const command = ['sh', '-c', 'i=0; while true; do i=$((i+1)); echo tick $i; sleep 1; done'];
    await kube('POST', PODS, { metadata: { name: 'clock' }, spec: { containers: [{ name: 'main', image: 'busybox', command }] } });
    await page.goto(`/sandboxes/${id}`);
    await page.locator('.node button.pod.ok').click();
    const drawer = page.getByRole('dialog', { name: 'Pod clock' });
    await drawer.getByRole('tab', { name: 'Logs' }).click();
    const log = drawer.getByRole('log');
    await log.getByText('tick 1').waitFor();
    const lines = async () => (await log.textContent())!.trim().split('\n').length;
    const before = await lines();
    await expect.poll(lines).toBeGreaterThan(before + 1);
    await ada.picture('logs');

    await drawer.getByRole('tab', { name: 'Terminal' }).click();
    const screen = drawer.locator('.xterm-rows');
    await screen.getByText('/ #').waitFor();
    await page.keyboard.type('echo $((6 * 7)) > /tmp/answer; cat /tmp/answer /etc/hostname\n');
    await screen.getByText('42').waitFor();
    await screen.getByText('clock', { exact: true }).waitFor();
    await ada.picture('terminal');
    await page.keyboard.press('Shift+Tab');
    expect(await page.evaluate(() => document.activeElement?.closest('.xterm'))).toBeNull();
    await drawer.locator('.screen').click();
    await page.keyboard.type('exit 3\n');
    await drawer.getByText('exit code 3').waitFor();
    await drawer.getByRole('button', { name: 'Start again' }).click();
    await expect.poll(async () => (await screen.allTextContents()).join('').trim()).toBe('/ #');
    await ada.leave();
  });

  test.each([
    { name: 'on a desk', options: {} },
    { name: 'on a phone, in the dark', options: { viewport: { width: 390, height: 844 }, colorScheme: 'dark' as const } },
  ])('an autoscaler is seen from what it scales, by keyboard too ($name)', async ({ name, options }) => {
    const ada = await Visitor.come(browser, { reducedMotion: 'reduce', ...options });
    const { page } = ada;
    const { id, kube } = await ada.sandbox({ name: 'scaled', template: 'bare', nodes: 1, speed: 600 });
    await kube('POST', DEPLOYMENTS, deployment('web', 1, { resources: { requests: { cpu: '100m' } } }));
    await kube('POST', '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'grow' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 2,
        maxReplicas: 5,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
          { type: 'External', external: { metric: { name: LONG_NAME }, target: { type: 'AverageValue', averageValue: '30' } } },
        ],
      },
    });
    await page.goto(`/sandboxes/${id}`);
    await page.getByRole('tab', { name: /Workloads/ }).click();
    await page.getByRole('button', { name: /^web Deployment .*2\/2/ }).click();
    const drawer = page.getByRole('dialog', { name: 'Deployment web' });
    await drawer.getByRole('heading', { name: 'Autoscaler' }).scrollIntoViewIfNeeded();
    await drawer.getByText('2, from 2 to 5').waitFor();
    await drawer.getByText('unknown / 50%').waitFor();
    await expect
      .poll(() => drawer.evaluate((one) => [...one.querySelectorAll('.rows li')].filter((row) => row.scrollWidth > row.clientWidth).length))
      .toBe(0);
    await drawer.getByText('FailedGetResourceMetric').waitFor();
    await ada.picture(`autoscaler ${name}`);
    expect(await ada.overflow()).toBeLessThanOrEqual(0);
    expect(await ada.pale()).toEqual([]);
    await drawer.getByRole('tab', { name: /Events/ }).click();
    await drawer.getByText('New size: 2; reason: Current number of replicas below Spec.MinReplicas').waitFor();
    await drawer.getByRole('tab', { name: 'Summary' }).click();
    const link = drawer.getByRole('button', { name: 'grow' });
    await link.focus();
    await page.keyboard.press('Enter');
    const own = page.getByRole('dialog', { name: 'HorizontalPodAutoscaler grow' });
    await own.getByRole('button', { name: 'deployment/web' }).waitFor();
    await own.getByText('unknown / 50%').waitFor();
    await ada.picture(`autoscaler itself ${name}`);
    expect(await ada.overflow()).toBeLessThanOrEqual(0);
    await page.keyboard.press('Escape');
    await own.waitFor({ state: 'detached' });
    await ada.leave();
  });

  test('a node is drained: its pods go to the others', async () => {
    const ada = await Visitor.come(browser);
    const { page } = ada;
    const { id, kube } = await ada.sandbox({ name: 'drain', template: 'bare', nodes: 2 });
    await kube('POST', DEPLOYMENTS, deployment('web', 4));
    await page.goto(`/sandboxes/${id}`);
    const ready = (node: string) =>
      page
        .getByRole('region', { name: new RegExp(`^${node}`) })
        .locator('button.pod.ok')
        .count();
    await expect.poll(async () => [await ready('node-1'), await ready('node-2')]).toEqual([2, 2]);
    await page.getByRole('button', { name: 'node-1' }).click();
    await page.getByRole('dialog', { name: 'Node node-1' }).getByRole('button', { name: 'Drain' }).click();
    await page.getByText('2 of 2 pods asked to go elsewhere').waitFor();
    await expect.poll(async () => [await ready('node-1'), await ready('node-2')]).toEqual([0, 4]);
    await ada.picture('drained');
    await ada.leave();
  });

  test('a watch that is too old begins with a list again', async () => {
    const ada = await Visitor.come(browser);
    const { page } = ada;
    const { id, kube } = await ada.sandbox({ name: 'old', template: 'bare', nodes: 1, speed: 'instant' });
    let isOld = true;
    const lists: string[] = [];
    page.on('request', (request) => {
      if (/\/api\/v1\/pods\?limit/.test(request.url())) lists.push(request.url());
    });
    await page.routeWebSocket(/\/api\/v1\/pods\?watch/, (socket) => {
      if (!isOld) return void socket.connectToServer();
      isOld = false;
      const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Expired', code: 410 };
      socket.send(JSON.stringify({ type: 'ERROR', object: status }));
    });
    await page.goto(`/sandboxes/${id}`);
    await expect.poll(() => lists.length).toBe(2);
    await kube('POST', DEPLOYMENTS, deployment('web', 2));
    await expect.poll(() => page.locator('.node button.pod.ok').count()).toBe(2);
    expect(lists.length).toBe(2);
    await ada.leave();
  });

  test('addons are switched on', async () => {
    const ada = await Visitor.come(browser);
    const { page } = ada;
    const { id } = await ada.sandbox({ name: 'more', template: 'bare', nodes: 1, speed: 'instant' });
    await page.goto(`/sandboxes/${id}`);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Add objects' });
    for (const name of ['metrics-server', 'csi-disk']) {
      await dialog.getByRole('button', { name }).click();
      await dialog
        .getByRole('listitem')
        .filter({ hasText: `${name} applied` })
        .waitFor();
    }
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: /^metrics-server Deployment .*1\/1/ }).waitFor();
    await ada.leave();
  });

  test('time stands still, goes on, and is stepped', async () => {
    const ada = await Visitor.come(browser);
    const { page } = ada;
    const { id, kube } = await ada.sandbox({ name: 'time', template: 'bare', nodes: 1 });
    const clock = () => ada.api<{ time: string; speed: unknown }>('GET', `/sandboxes/${id}/clock`);
    await page.goto(`/sandboxes/${id}`);
    await page.getByRole('button', { name: 'Pause time' }).click();
    await page.getByRole('button', { name: 'Let time run' }).waitFor();
    const before = await clock();
    expect(before.speed).toBe('paused');
    await kube('POST', DEPLOYMENTS, deployment('web', 1));
    await page.locator('.node button.pod.starting').waitFor();
    await page.getByRole('button', { name: 'Step time forward' }).click();
    await page.getByRole('menuitem', { name: 'Forward by 1m' }).click();
    await page.locator('.node button.pod.ok').waitFor();
    expect(Date.parse((await clock()).time) - Date.parse(before.time)).toBe(60_000);
    await page.getByRole('button', { name: 'Speed of time' }).click();
    await page.getByRole('menuitemradio', { name: '60×' }).click();
    await page.getByRole('button', { name: 'Pause time' }).waitFor();
    expect((await clock()).speed).toBe(60);
    await ada.leave();
  });

  test('a thousand nodes are cells in groups, those in trouble seen at once', async () => {
    const ada = await Visitor.come(browser);
    const { page } = ada;
    const { id, kube } = await ada.sandbox({ name: 'fleet', template: 'bare', nodes: 1000, speed: 'instant' });
    await kube('POST', DEPLOYMENTS, deployment('web', 300));
    await page.goto(`/sandboxes/${id}`);
    await page.getByText('1,000 nodes, 300 pods').waitFor();
    expect(await page.locator('.cell').count()).toBe(1000);
    expect(await page.getByRole('region', { name: /^node-\d+ – node-\d+$/ }).count()).toBe(10);
    await page.getByRole('button', { name: /^web Deployment .*300\/300/ }).waitFor();
    await ada.picture('fleet');
    await page.locator('.cell.ok').first().click();
    await page
      .getByRole('dialog', { name: /^Node node-/ })
      .getByRole('button', { name: 'Cordon' })
      .click();
    await page.locator('.cell.cordoned').waitFor();
    await ada.leave();
  });
});
