// Why a pod is where it is, or nowhere: from the picture to the scheduler's reasons, node by node.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEPLOYMENTS, deployment, hasBrowser, launch, PODS, Visitor, WHY_NOT } from './visitor.ts';

const MERGE = 'application/merge-patch+json';

describe.skipIf(!hasBrowser)(`why here? (${hasBrowser ? 'in Chromium' : WHY_NOT})`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

  test('nodes as rows: the chosen one, what made the difference, who refused and why', async () => {
    const ada = await Visitor.come(browser, { reducedMotion: 'reduce' });
    const { page } = ada;
    const { id, kube } = await ada.sandbox({ name: 'why', template: 'bare', nodes: 4, speed: 'instant' });
    await kube('PATCH', '/api/v1/nodes/node-1', { spec: { unschedulable: true } }, MERGE);
    await kube('PATCH', '/api/v1/nodes/node-2', { spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] } }, MERGE);
    await kube('POST', DEPLOYMENTS, deployment('first', 1));
    await page.goto(`/sandboxes/${id}`);
    await page.locator('.node button.pod.ok').waitFor();
    await kube('POST', DEPLOYMENTS, deployment('second', 1));
    const chunks: string[] = [];
    page.on('request', (request) => {
      if (/decision/.test(request.url())) chunks.push(new URL(request.url()).pathname);
    });
    await page.locator('.node button.pod.ok[data-owner*=second]').click();
    const drawer = page.getByRole('dialog', { name: /^Pod second/ });
    await drawer.getByText('Conditions').waitFor();
    expect(chunks).toEqual([]); // nothing before it is wanted
    await drawer.getByRole('tab', { name: 'Summary' }).focus();
    await page.keyboard.press('ArrowRight');
    await drawer.getByText('was chosen, of 2 nodes that fit').waitFor();
    expect(chunks.filter((path) => path.endsWith('.js')).length).toBe(1);
    const rows = drawer.getByRole('list', { name: 'Nodes, the best first' }).getByRole('listitem');
    expect(await rows.count()).toBe(4);
    const here = await page.locator('.node:has(button.pod[data-owner*=second])').getAttribute('data-node');
    expect(await rows.nth(0).textContent()).toMatch(new RegExp(`^${here}chosen`));
    expect(await rows.nth(1).textContent()).toMatch(/−\d+ /);
    expect((await rows.allTextContents()).slice(2).sort()).toEqual([
      'node-1NodeUnschedulable node(s) were unschedulable',
      'node-2TaintToleration node(s) had untolerated taint(s)',
    ]);
    await rows
      .nth(0)
      .getByRole('img', { name: /^passed all \d+ filters$/ })
      .waitFor();
    await rows
      .nth(0)
      .getByRole('img', { name: /TaintToleration 300, / })
      .waitFor();
    await rows
      .filter({ hasText: 'node-2' })
      .getByRole('img', { name: /^refused by TaintToleration, after \d of \d filters$/ })
      .waitFor();
    expect([await ada.nameless(), await ada.pale()]).toEqual([[], []]);
    // What is pointed at in the list is pointed out in the picture.
    await rows.filter({ hasText: 'node-1' }).getByRole('button').focus();
    await expect.poll(() => page.locator('[data-node=node-2]').evaluate((one) => Number(getComputedStyle(one).opacity))).toBeLessThan(0.5);
    expect(await page.locator('[data-node=node-1]').evaluate((one) => Number(getComputedStyle(one).opacity))).toBe(1);
    await ada.picture('why-here');
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    await expect.poll(() => page.locator('[data-node=node-2]').evaluate((one) => Number(getComputedStyle(one).opacity))).toBe(1);
    await ada.leave();
  });

  test('nowhere: the scheduler’s words; and it is told at once when there is a node', async () => {
    const ada = await Visitor.come(browser, { colorScheme: 'dark', viewport: { width: 390, height: 800 }, reducedMotion: 'reduce' });
    const { page } = ada;
    const { id, kube } = await ada.sandbox({ name: 'nowhere', template: 'bare', nodes: 9, speed: 'instant' });
    const selector = { nodeSelector: { disk: 'ssd' }, containers: [{ name: 'c', image: 'nginx' }] };
    await kube('POST', PODS, { metadata: { name: 'lost' }, spec: selector });
    await page.goto(`/sandboxes/${id}`);
    await page.getByRole('button', { name: /^default\/lost/ }).click();
    const drawer = page.getByRole('dialog', { name: 'Pod lost' });
    await drawer.getByRole('tab', { name: 'Why nowhere?' }).click();
    await drawer.getByText('No node takes it.').waitFor();
    await drawer.getByText("9 node(s) didn't match Pod's node affinity/selector.").waitFor();
    const rows = drawer.getByRole('list', { name: 'Nodes, the best first' }).getByRole('listitem');
    expect(await rows.count()).toBe(1); // nine that were refused alike
    await rows.getByText('9 nodes').click();
    await rows.getByText('node-1, node-2').waitFor();
    expect([await ada.overflow(), await ada.pale()]).toEqual([0, []]);
    await ada.picture('why-nowhere');
    await kube('PATCH', '/api/v1/nodes/node-5', { metadata: { labels: { disk: 'ssd' } } }, MERGE);
    await drawer.getByText('node-5 was the only node that fits').waitFor();
    await drawer.getByRole('tab', { name: 'Why here?' }).waitFor();
    await ada.leave();
  });

  test('who had to go so that there was room', async () => {
    const ada = await Visitor.come(browser);
    const { page } = ada;
    const { id, kube } = await ada.sandbox({ name: 'room', template: 'bare', nodes: 1, speed: 'instant' });
    const spec = (cpu: string) => ({ containers: [{ name: 'c', image: 'nginx', resources: { requests: { cpu } } }] });
    await kube('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'high' }, value: 1000 });
    await kube('POST', PODS, { metadata: { name: 'low' }, spec: spec('3') });
    await page.goto(`/sandboxes/${id}`);
    await page.locator('.node button.pod.ok').waitFor();
    await kube('POST', PODS, { metadata: { name: 'vip' }, spec: { ...spec('3'), priorityClassName: 'high' } });
    await page.getByRole('button', { name: /^default\/vip · Running/ }).click();
    await page.getByRole('tab', { name: 'Why here?' }).click();
    const drawer = page.getByRole('dialog', { name: 'Pod vip' });
    await drawer.getByRole('heading', { name: 'Preemption' }).waitFor();
    await drawer.getByText('default/low had to leave node-1').waitFor();
    await ada.picture('why-preemption');
    await ada.leave();
  });

  test('whoever only looks on at somebody else’s is not offered it', async () => {
    const ada = await Visitor.come(browser);
    const { id, kube } = await ada.sandbox({ name: 'mine', template: 'bare', nodes: 1, speed: 'instant' });
    await kube('POST', PODS, { metadata: { name: 'web' }, spec: { containers: [{ name: 'c', image: 'nginx' }] } });
    const { url } = await ada.api<{ url: string }>('POST', `/sandboxes/${id}/links`, { mode: 'edit' });
    const bob = await Visitor.come(browser);
    await bob.page.goto(new URL(url).pathname);
    await bob.page.locator('.node button.pod.ok').click();
    const drawer = bob.page.getByRole('dialog', { name: 'Pod web' });
    await drawer.getByRole('tab', { name: 'Terminal' }).waitFor();
    expect(await drawer.getByRole('tab').allTextContents()).not.toContain('Why here? ');
    expect(await drawer.getByRole('tab').count()).toBe(5);
    await bob.leave();
    await ada.leave();
  });
});
