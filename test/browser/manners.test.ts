// How the console behaves whatever it shows: offline, in the dark, on a phone, by keyboard alone, in another language, and in few bytes.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEPLOYMENTS, deployment, hasBrowser, launch, Visitor, WHY_NOT } from './visitor.ts';

const CLIENT = join(import.meta.dirname, '../../dist/client');
const MOST_BYTES = 60 * 1024;

describe.skipIf(!hasBrowser)(`manners (${hasBrowser ? 'in Chromium' : WHY_NOT})`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

  test('offline it says so, keeps what it has, and goes on by itself', async () => {
    const ada = await Visitor.come(browser);
    const { page } = ada;
    const { id, kube } = await ada.sandbox({ name: 'offline', template: 'bare', nodes: 2 });
    await kube('POST', DEPLOYMENTS, deployment('web', 2));
    await page.goto(`/sandboxes/${id}`);
    await expect.poll(() => page.locator('.node button.pod.ok').count()).toBe(2);
    await ada.context.setOffline(true);
    await page.getByText('You are offline').waitFor();
    await page.getByText('Connecting again').waitFor();
    expect(await page.locator('.node button.pod').count()).toBe(2);
    await ada.picture('offline');
    // The server is still there for others: what changes meanwhile is caught up with.
    const other = await Visitor.come(browser, { storageState: await ada.context.storageState() });
    await (
      await other.kube(id)
    )('PATCH', `${DEPLOYMENTS}/web`, { spec: { replicas: 5 } }, 'application/merge-patch+json');
    await other.leave();
    await ada.context.setOffline(false);
    await expect.poll(() => page.locator('.node button.pod').count()).toBe(5);
    await page.getByText('Live', { exact: true }).waitFor();
    ada.complaints.length = 0; // of the browser itself, that it is offline
    await ada.leave();
  });

  test('in the dark it is dark, and one can choose against the system', async () => {
    const ada = await Visitor.come(browser, { colorScheme: 'dark' });
    const { page } = ada;
    const { id, kube } = await ada.sandbox({ name: 'dark', nodes: 3 });
    await kube('POST', DEPLOYMENTS, deployment('web', 4));
    await page.goto(`/sandboxes/${id}`);
    await expect.poll(() => page.locator('.node button.pod.ok[data-owner*=web]').count()).toBe(4);
    await ada.picture('dark');
    const light = () =>
      page.evaluate(() =>
        getComputedStyle(document.documentElement)
          .backgroundColor.match(/\d+/g)!
          .slice(0, 3)
          .reduce((sum, one) => sum + Number(one), 0),
      );
    expect(await light()).toBeLessThan(150);
    await page.getByRole('button', { name: 'Colours' }).click();
    await page.getByRole('menuitemradio', { name: 'Light' }).click();
    expect(await light()).toBeGreaterThan(600);
    await page.reload();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await light()).toBeGreaterThan(600);
    await ada.leave();
  });

  test.each(['light', 'dark'] as const)('%s, every text is told from what it is on', async (colorScheme) => {
    // Nothing in between two colours is to be measured.
    const ada = await Visitor.come(browser, { colorScheme, reducedMotion: 'reduce' });
    const { page } = ada;
    await page.goto('/');
    await page.getByRole('button', { name: 'Make a cluster' }).waitFor();
    await expect.poll(() => ada.pale()).toEqual([]);
    const { id, kube } = await ada.sandbox({ name: 'colours', nodes: 2, speed: 'instant' });
    await kube('POST', DEPLOYMENTS, deployment('web', 3));
    await kube('POST', DEPLOYMENTS, deployment('broken', 1, { command: ['/none'] }));
    await kube('POST', DEPLOYMENTS, deployment('large', 1, { resources: { requests: { cpu: '1000' } } }));
    await page.goto(`/sandboxes/${id}`);
    await page.locator('.node button.pod.bad').first().waitFor();
    await page.getByRole('region', { name: 'Waiting for a node' }).waitFor();
    await expect.poll(() => ada.pale()).toEqual([]);
    await page.getByRole('tab', { name: /Events/ }).click();
    await page.locator('.node button.pod.bad').first().click();
    await page.getByText('Conditions').waitFor();
    await expect.poll(() => ada.pale()).toEqual([]);
    await page.getByRole('dialog').getByRole('tab', { name: 'YAML' }).click();
    await page.getByText('kind: Pod').waitFor();
    await expect.poll(() => ada.pale()).toEqual([]);
    await page.keyboard.press('Escape');
    for (const name of ['Share', 'kubectl']) {
      await page.locator('.toolbar').getByRole('button', { name }).click();
      await page.getByRole('dialog').waitFor();
      await expect.poll(() => ada.pale(), { message: name }).toEqual([]);
      await page.keyboard.press('Escape');
    }
    const still = await ada.sandbox({ name: 'still', template: 'bare', nodes: 1, speed: 'paused' });
    await still.kube('POST', DEPLOYMENTS, deployment('web', 1));
    await page.goto(`/sandboxes/${still.id}`);
    await page.locator('.node button.pod.starting').waitFor();
    await expect.poll(() => ada.pale()).toEqual([]);
    await page.goto('/account');
    await page.getByRole('heading', { name: 'API tokens' }).waitFor();
    await expect.poll(() => ada.pale()).toEqual([]);
    await ada.leave();
  });

  test('on a phone nothing is cut off, and all is within reach', async () => {
    const ada = await Visitor.come(browser, { viewport: { width: 375, height: 740 }, isMobile: true, hasTouch: true });
    const { page } = ada;
    const { kube } = await ada.sandbox({ name: 'phone', nodes: 3 });
    await kube('POST', DEPLOYMENTS, deployment('web', 4));
    await page.goto('/');
    await page.getByRole('link', { name: 'phone' }).waitFor();
    expect(await ada.overflow()).toBe(0);
    await page.getByRole('link', { name: 'phone' }).tap();
    await page.getByRole('tab', { name: 'Picture' }).waitFor();
    await expect.poll(() => page.locator('.node button.pod.ok[data-owner*=web]').count()).toBe(4);
    await ada.picture('phone');
    for (const tab of ['Workloads', 'Events', 'Objects']) {
      await page.getByRole('tab', { name: tab }).tap();
      expect(await ada.overflow(), tab).toBe(0);
    }
    await page.getByRole('tab', { name: 'Workloads' }).tap();
    await page.getByRole('button', { name: /^web Deployment/ }).tap();
    await page.getByRole('dialog', { name: 'Deployment web' }).getByText('Conditions').waitFor();
    await ada.picture('phone-drawer');
    expect(await ada.overflow()).toBe(0);
    await page.getByRole('button', { name: 'Close' }).tap();
    for (const name of ['Share', 'kubectl']) {
      await page.locator('.toolbar').getByRole('button', { name }).tap();
      await page.getByRole('dialog').waitFor();
      expect(await ada.overflow(), name).toBe(0);
      await page.getByRole('dialog').getByRole('button', { name: 'Close' }).tap();
    }
    await ada.leave();
  });

  test('the keyboard alone is enough', async () => {
    const ada = await Visitor.come(browser);
    const { page } = ada;
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const focused = () =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '');
    /** Goes on with Tab until something of this name has the focus. */
    const tabTo = async (name: RegExp): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        if (name.test(await focused())) return;
        await press('Tab');
      }
      throw new Error(`Tab does not lead to ${name}`);
    };
    await page.goto('/');
    await page.getByRole('button', { name: 'Choose options' }).waitFor();
    await press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await tabTo(/^Choose options$/);
    await press('Enter');
    await page.getByRole('dialog', { name: 'New sandbox' }).waitFor();
    await page.keyboard.type('keys');
    await press('Tab', 'ArrowDown'); // the bare template
    await tabTo(/^Make sandbox$/);
    await press('Enter');
    await page.waitForURL('**/sandboxes/*');
    const kube = await ada.kube(page.url().split('/').at(-1)!);
    await kube('POST', DEPLOYMENTS, deployment('web', 6));
    await expect.poll(() => page.locator('.node button.pod.ok').count()).toBe(6);
    await tabTo(/default\/web-/);
    const first = await focused();
    await press('ArrowRight');
    expect(await focused()).not.toBe(first);
    await press('Enter');
    await page.getByRole('dialog', { name: /^Pod web/ }).waitFor();
    await press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused()).toMatch(/default\/web-/);
    await tabTo(/^Workloads/);
    await press('ArrowRight');
    expect(await focused()).toMatch(/^Events/);
    await page.getByText('Scaled up replica set').waitFor();
    // A menu: down to the second choice, and out again.
    await page.getByRole('button', { name: 'Speed of time' }).focus();
    await press('Enter', 'ArrowDown');
    expect(await focused()).toBe('Real time');
    await press('Escape');
    expect(await focused()).toBe('Speed of time');
    await ada.leave();
  });

  test('it speaks the browser’s language if it knows it', async () => {
    const ada = await Visitor.come(browser, { locale: 'ko-KR' });
    const { page } = ada;
    await page.goto('/');
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('ko');
    await ada.picture('korean');
    await page.locator('.bar').getByText('KO', { exact: true }).click();
    await page.getByRole('menuitemradio', { name: 'English' }).click();
    await page.getByRole('button', { name: 'Make a cluster' }).waitFor();
    await ada.leave();
  });

  test('who asked for less motion gets none', async () => {
    const ada = await Visitor.come(browser, { reducedMotion: 'reduce' });
    const { page } = ada;
    const { id, kube } = await ada.sandbox({ name: 'calm', template: 'bare', nodes: 1 });
    await page.goto(`/sandboxes/${id}`);
    await page.getByText('1 node, 0 pods').waitFor();
    await kube('POST', DEPLOYMENTS, deployment('web', 2));
    await page.locator('.node button.pod').first().waitFor();
    const moving = await page.evaluate(
      () => document.getAnimations().filter(({ effect }) => Number(effect?.getComputedTiming().duration ?? 0) > 1).length,
    );
    expect(moving).toBe(0);
    await ada.leave();
  });

  test('files are served as they should be', async () => {
    const ada = await Visitor.come(browser);
    const { request } = ada.context;
    const page = await request.get('/', { headers: { accept: 'text/html' } });
    expect(page.status()).toBe(200);
    expect(page.headers()['content-security-policy']).toMatch(/default-src 'none'; script-src 'self';/);
    expect(page.headers()['cache-control']).toMatch(/must-revalidate/);
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(await page.text())![1]!;
    const asset = await request.get(script);
    expect(asset.headers()['cache-control']).toBe('public, max-age=31536000, immutable');
    const deep = await request.get('/sandboxes/abc', { headers: { accept: 'text/html' } });
    expect([deep.status(), await deep.text()]).toEqual([200, await page.text()]);
    expect((await request.get('/assets/none.js')).status()).toBe(404);
    expect((await request.get('/api/v1/none', { headers: { accept: 'text/html' } })).status()).toBe(404);
    await ada.leave();
  });
});

test.skipIf(!hasBrowser)('before the terminal is loaded, it is under 60 KB', () => {
  interface Entry {
    readonly file: string;
    readonly isEntry?: boolean;
    readonly css?: readonly string[];
    readonly imports?: readonly string[];
  }
  const manifest = JSON.parse(readFileSync(join(CLIENT, 'assets/manifest.json'), 'utf8')) as Record<string, Entry>;
  const files = new Set(['index.html']);
  const add = (name: string): void => {
    const { file, css = [], imports = [] } = manifest[name]!;
    for (const one of [file, ...css]) files.add(one);
    for (const one of imports) add(one);
  };
  for (const [name, { isEntry }] of Object.entries(manifest)) if (isEntry) add(name);
  expect(files.size).toBeGreaterThanOrEqual(3);
  const size = [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(CLIENT, file))).length, 0);
  expect(size).toBeLessThan(MOST_BYTES);
});
